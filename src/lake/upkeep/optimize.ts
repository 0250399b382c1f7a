import { DeltaLog } from '../../delta/log.ts'
import { Snapshot } from '../../delta/snapshot.ts'
import { assertTableMatches } from '../../delta/table.ts'
import { ReplacementLog } from '../../delta/upkeep/optimize.ts'
import type { Session } from '../../duckdb/session.ts'
import { knownError } from '../../stream/failures.ts'
import { lastOfSameRows } from '../../tables/logHistory.ts'
import type { LakeTable } from '../../tables/table.ts'
import { chosenTables } from '../byName.ts'
import type { OpenLake } from '../openLake.ts'
import { withPrepared } from '../prepare.ts'
import { withSession } from '../sessions.ts'
import { logOf, tableRefs } from '../tableLogs.ts'
import { assertUnused } from './inUse.ts'
import { type Join, joinFiles } from './joinFiles.ts'
import { needsOf } from './needs.ts'
import { allJoins, dueJoins, type Joining } from './smallFiles.ts'
import { TendedTable } from './tendedTable.ts'
import { dueTables, tendLogs } from './tendLogs.ts'
import { vacuumTable } from './vacuum.ts'

/** What was joined of a table. */
export interface OptimizedTable {
  readonly table: string
  /** Small files that were replaced, and their bytes. */
  readonly replacedFiles: number
  readonly replacedBytes: number
  /** Those that took their place. */
  readonly joinedFiles: number
  readonly joinedBytes: number
  /** The commits that did it. */
  readonly versions: readonly number[]
  /** Why some were left as they are, each a sentence without its full stop: another writer changed them meanwhile. */
  readonly givenUp: readonly string[]
  /** Replaced files that were removed at once, and their bytes. */
  readonly removedFiles: number
  readonly removedBytes: number
}

export interface OptimizeOptions {
  /** The names of tables; empty: all. */
  readonly tables?: readonly string[]
  /** Removes the replaced files at once, which is refused while anything on this machine may need them. */
  readonly vacuum?: boolean
  /** Stops after the files that are being joined. */
  readonly signal?: AbortSignal
  /** Called for each table once it is done. */
  readonly onTable?: (table: OptimizedTable) => void
}

/**
 * Joins the small files of tables, while streams may run.
 * @throws LakeError LAKE_TABLE_HELD while another process does so; what was joined before stays
 */
export async function optimizeLake(lake: OpenLake, options: OptimizeOptions = {}): Promise<readonly OptimizedTable[]> {
  const tables = chosenTables(lake.config, options.tables ?? [])
  return withPrepared(lake, async () => {
    const done: OptimizedTable[] = []
    if (options.vacuum === true) for (const table of tables) await assertUnused(lake, table)
    for (const table of tables) {
      if (options.signal?.aborted === true) break
      const optimized = await optimizeTable(lake, table, options)
      options.onTable?.(optimized)
      done.push(optimized)
    }
    return done
  })
}

const NEVER = new AbortController().signal

async function optimizeTable(
  lake: OpenLake,
  table: LakeTable,
  { signal, vacuum }: OptimizeOptions,
): Promise<OptimizedTable> {
  return withSession(lake, async (session) => {
    // To replay a log takes as long as to make a lock and to take it; one that wants a checkpoint takes far longer.
    const isDue = (await dueTables(lake, [table])).length > 0
    const early = isDue ? undefined : joiningOf(lake, table, session)
    early?.catch(() => undefined) // thrown where it is waited for
    try {
      return await TendedTable.alone(lake, table, async (tended) => {
        const joining = await joiningNow(lake, table, session, early, signal ?? NEVER)
        const done = new Optimizing(lake, session, tended, joining?.version ?? 0)
        if (joining === undefined) return done.result
        for await (const joins of allJoins(session, joining)) {
          if (signal?.aborted === true) break
          await done.join(joins)
        }
        if (vacuum !== true) return done.result
        await assertUnused(lake, table)
        const { files, bytes } = await vacuumTable(lake, table, session, { retainMs: 0, isDry: false })
        return { ...done.result, removedFiles: files, removedBytes: bytes }
      })
    } finally {
      await early?.catch(() => undefined) // until then, the session is in use
    }
  })
}

/**
 * What can be joined, once nobody else joins files: as it was found before, unless the log has gone on since.
 * @param early  undefined where the log wants a checkpoint first, so that what is read of it from then on is short
 */
async function joiningNow(
  lake: OpenLake,
  table: LakeTable,
  session: Session,
  early: ReturnType<typeof joiningOf> | undefined,
  signal: AbortSignal,
): ReturnType<typeof joiningOf> {
  if (early === undefined) {
    await tendLogs(lake, session, [table], signal)
    return joiningOf(lake, table, session)
  }
  const found = await early
  const isNewest = (await logOf(lake, table).newestVersion()) === found?.newest
  return isNewest ? found : joiningOf(lake, table, session)
}

/**
 * Joins small files of a table where a partition has more than so many.
 * @returns undefined if there is nothing to do
 */
export async function joinDue(
  lake: OpenLake,
  table: LakeTable,
  session: Session,
  moreThan: number,
): Promise<OptimizedTable | undefined> {
  const joining = await joiningOf(lake, table, session)
  const joins = joining === undefined ? [] : await dueJoins(session, joining, moreThan)
  if (joining === undefined || joins.length === 0) return undefined
  return TendedTable.alone(lake, table, async (tended) => {
    const done = new Optimizing(lake, session, tended, joining.version)
    await done.join(joins)
    return done.result
  })
}

/** What can be joined of a table, as its log was when it was read. */
interface FoundJoining extends Joining {
  /** The version that was read, and the newest in the log. */
  readonly version: number
  readonly newest: number
}

/** What can be joined of a table as it is now; undefined if it has no log. The session keeps the snapshot. */
async function joiningOf(lake: OpenLake, table: LakeTable, session: Session): Promise<FoundJoining | undefined> {
  // Before the log: what the followers have read by then, they have read of every later state of it, too.
  const { readUpTo } = await needsOf(lake, table)
  const siblings = tableRefs(lake.config, lake.layout).filter(({ name, stream }) => {
    return name === table.name || (stream !== null && stream === table.owner)
  })
  const snapshot = await Snapshot.load(session, lake.config.root, siblings)
  const head = snapshot.heads.get(table.name)
  if (head === undefined) return undefined
  assertTableMatches(table, head)
  const readBy = Math.min(readUpTo, head.readVersion)
  const upTo = readBy < 0 ? readBy : await lastOfSameRows(logOf(lake, table), readBy, head.readVersion)
  const { fileBytes } = lake.config.upkeep
  return { table, upTo, fileBytes, version: head.readVersion, newest: head.version }
}

/** One table while its files are joined. */
class Optimizing {
  readonly #lake: OpenLake
  readonly #session: Session
  readonly #tended: TendedTable
  readonly #log: ReplacementLog
  #result: OptimizedTable

  constructor(lake: OpenLake, session: Session, tended: TendedTable, version: number) {
    this.#lake = lake
    this.#session = session
    this.#tended = tended
    const { table } = tended
    this.#log = new ReplacementLog(new DeltaLog(lake.disk, lake.layout.data(table)), version)
    this.#result = { ...NOTHING_DONE, table: table.name }
  }

  get result(): OptimizedTable {
    return this.#result
  }

  async join(joins: readonly Join[]): Promise<void> {
    const joined = await joinFiles(this.#lake, this.#session, this.#tended, this.#log, joins).catch(
      (error: unknown) => {
        const state = 'The table is as it was; what was joined before stays.'
        throw knownError(error, { state, after: ', then start again.' })
      },
    )
    const { givenUp, replacedFiles, replacedBytes, joinedFiles, joinedBytes, versions } = this.#result
    if (joined.kind === 'given up') {
      this.#result = { ...this.#result, givenUp: [...givenUp, joined.why] }
      return
    }
    const replaced = joins.flatMap(({ files }) => files)
    const bytesOf = (files: readonly { readonly bytes: number }[]): number =>
      files.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#result = {
      ...this.#result,
      replacedFiles: replacedFiles + replaced.length,
      replacedBytes: replacedBytes + bytesOf(replaced),
      joinedFiles: joinedFiles + joined.files.length,
      joinedBytes: joinedBytes + bytesOf(joined.files),
      versions: [...versions, joined.version],
    }
  }
}

const NOTHING_DONE: Omit<OptimizedTable, 'table'> = {
  replacedFiles: 0,
  replacedBytes: 0,
  joinedFiles: 0,
  joinedBytes: 0,
  versions: [],
  givenUp: [],
  removedFiles: 0,
  removedBytes: 0,
}
