import { newestCheckpoint } from '../../delta/log.ts'
import { Snapshot, type TableHead } from '../../delta/snapshot.ts'
import { cleanUpLog } from '../../delta/upkeep/cleanUpLog.ts'
import { writeLogCheckpoint } from '../../delta/upkeep/logCheckpoint.ts'
import { hasProperties, retentionProperties, setProperties } from '../../delta/upkeep/logProperties.ts'
import type { Session } from '../../duckdb/session.ts'
import { messageOf } from '../../errors.ts'
import type { LakeTable } from '../../tables/table.ts'
import { noteForeign } from '../foreignCommits.ts'
import type { OpenLake } from '../openLake.ts'
import type { Runnable } from '../runnable.ts'
import { withRunSession } from '../sessions.ts'
import { logOf, tableRefs } from '../tableLogs.ts'
import { needsOf } from './needs.ts'

/** A stream of a run and the tables that it writes. */
type Writing = Pick<Runnable, 'name' | 'writes'>

/**
 * Writes checkpoints of the logs of the tables that a run writes, and cleans the logs up, beside the batches: a batch
 * is only counted, and one log is tended at a time, with a session of its own. What fails is said and tried again after
 * as many batches; no stream ends because of it.
 */
export class LogTending {
  readonly #lake: OpenLake
  readonly #streams: readonly Writing[]
  readonly #signal: AbortSignal
  readonly #onNote: (stream: string, text: string) => void
  /** Stream → its batches since its logs were looked at. A run of few batches looks once, at its end. */
  readonly #batches = new Map<string, number>()
  #working: Promise<void> = Promise.resolve()

  constructor(
    lake: OpenLake,
    streams: readonly Writing[],
    signal: AbortSignal,
    onNote: (stream: string, text: string) => void,
  ) {
    this.#lake = lake
    this.#streams = streams.filter(({ writes }) => writes.length > 0)
    this.#signal = signal
    this.#onNote = onNote
  }

  /** Takes note of a batch. Returns at once, whatever is due. */
  onBatch(name: string): void {
    const stream = this.#streams.find((one) => one.name === name)
    if (stream === undefined || !this.#lake.config.upkeep.isByItself) return
    const batches = (this.#batches.get(name) ?? 0) + 1
    this.#batches.set(name, batches)
    if (batches % this.#lake.config.upkeep.checkpointEvery === 0) this.#add(stream)
  }

  /** Tends what is due once the streams have ended, also where none had a batch: another program may have written. */
  async end(): Promise<void> {
    if (this.#lake.config.upkeep.isByItself) for (const stream of this.#streams) this.#add(stream)
    await this.#working
  }

  #add(stream: Writing): void {
    this.#working = this.#working.then(() => this.#turn(stream))
  }

  async #turn({ name, writes }: Writing): Promise<void> {
    if (this.#signal.aborted) return
    try {
      const due = await dueTables(this.#lake, writes)
      if (due.length === 0) return
      await withRunSession(this.#lake, (session) => tendLogs(this.#lake, session, due, this.#signal))
    } catch (error) {
      const text = `the logs of its tables could not be tended: ${messageOf(error)}`
      if (!this.#signal.aborted) this.#onNote(name, text)
    }
  }
}

/** The tables whose logs have so many commits since their newest checkpoint that they want another one. */
export async function dueTables(lake: OpenLake, tables: readonly LakeTable[]): Promise<LakeTable[]> {
  const due: LakeTable[] = []
  for (const table of tables) if (await isDue(lake, table)) due.push(table)
  return due
}

/** Tends the logs of some tables: settings, a checkpoint, and what it makes superfluous. */
export async function tendLogs(
  lake: OpenLake,
  session: Session,
  tables: readonly LakeTable[],
  signal: AbortSignal,
): Promise<void> {
  if (tables.length === 0) return
  const { config, layout } = lake
  const stopInterrupting = session.interruptOn(signal)
  try {
    // All tables of a stream together: a checkpoint never passes a batch that one of them lacks. Once for all, because
    // the logs may be those of years without a checkpoint.
    const owners = new Set(tables.map(({ owner }) => owner))
    const refs = tableRefs(config, layout).filter(({ name, stream }) => {
      return (stream !== null && owners.has(stream)) || tables.some((table) => table.name === name)
    })
    const snapshot = await Snapshot.load(session, config.root, refs)
    const tails = await snapshot.foreignTails()
    for (const table of tables) {
      const [head, tail] = [snapshot.heads.get(table.name), tails.get(table.name)]
      if (head === undefined || tail === undefined) continue
      await tendLog(lake, session, table, head)
      await noteForeign(lake, table, head.readVersion, tail)
    }
  } finally {
    stopInterrupting()
  }
}

async function isDue(lake: OpenLake, table: LakeTable): Promise<boolean> {
  const { folder } = logOf(lake, table)
  const { version, checkpoint } = await newestCheckpoint(folder)
  return version - (checkpoint ?? -1) >= lake.config.upkeep.checkpointEvery
}

async function tendLog(
  lake: OpenLake,
  session: Session,
  table: LakeTable,
  { readVersion, configuration }: TableHead,
): Promise<void> {
  const { config, layout, disk, clock } = lake
  const log = logOf(lake, table)
  const { upkeep, root } = config
  const place = { table: table.name, folder: layout.dataFolder(table) }
  const parts = { disk, session, log, lakeFolder: root, staging: layout.checkpoints(table) }
  const tombstonesFromMs = clock.nowMs() - upkeep.keepFilesMs
  const outcome = await writeLogCheckpoint(parts, { ...place, version: readVersion, tombstonesFromMs })
  // After the checkpoint, from which the log is then read.
  const properties = retentionProperties(upkeep)
  if (!hasProperties(configuration, properties)) await setProperties(parts, place, properties, clock.nowMs())
  if (outcome !== 'written') return
  const { lowest: neededVersion } = await needsOf(lake, table)
  await cleanUpLog(parts, { ...place, neededVersion, beforeMs: clock.nowMs() - upkeep.keepLogMs })
}
