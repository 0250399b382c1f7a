import { setImmediate as turn } from 'node:timers/promises'
import { LakeError, messageOf } from '../../errors.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { OpenLake } from '../openLake.ts'
import type { Runnable } from '../runnable.ts'
import { withRunSession } from '../sessions.ts'
import { logOf } from '../tableLogs.ts'
import { joinDue } from './optimize.ts'
import { vacuumIfDue } from './vacuumDue.ts'

/** After so many batches it is looked again whether files are to be joined. */
const BATCHES_A_LOOK = 4

/** After each look it rests this many times as long as that took: it takes a tenth of the time at the most. */
const REST_FACTOR = 9

/** It rests for the batches' sake: no longer once none has come for so long. */
const IDLE_MS = 1_000

/** After a failure it rests so long, whether batches come or not. */
const FAILED_REST_MS = 60_000

/** One table of a run. */
interface Tended {
  readonly table: LakeTable
  /** Its writer among the streams of the run, in whose name notes are told. */
  readonly stream: string
  /** Batches since the last look. */
  batches: number
}

/**
 * Joins the small files of the tables that a run writes where there are too many, and removes what was replaced long
 * ago. It does one thing at a time, in a session of its own, and no batch waits for it. It begins after a batch, and
 * goes on until nothing is due, whether more batches come or not. What fails is told and tried again later: no stream
 * stops for it.
 */
export class FileTending {
  readonly #lake: OpenLake
  readonly #streams: readonly Pick<Runnable, 'name' | 'writes'>[]
  readonly #tables: readonly Tended[]
  /** Fewer small files than configured: some more come before the next look. */
  readonly #moreThan: number
  readonly #signal: AbortSignal
  readonly #onNote: (stream: string, text: string) => void
  readonly #streamsEnded = new AbortController()
  #work: Promise<void> | undefined
  #restUntilMs = 0
  #failedUntilMs = 0
  #batches = 0

  /** @param signal  once it is aborted, what is being done is abandoned */
  constructor(
    lake: OpenLake,
    streams: readonly Pick<Runnable, 'name' | 'writes'>[],
    signal: AbortSignal,
    onNote: (stream: string, text: string) => void,
  ) {
    this.#lake = lake
    this.#signal = signal
    this.#onNote = onNote
    this.#streams = streams
    const { isByItself, smallFiles } = lake.config.upkeep
    this.#moreThan = Math.max(1, (smallFiles ?? 0) - BATCHES_A_LOOK + 1)
    const writers = isByItself && smallFiles !== undefined ? streams : []
    const tables = new Map(writers.flatMap(({ name, writes }) => writes.map((table) => [table, name] as const)))
    this.#tables = [...tables].map(([table, stream]) => ({ table, stream, batches: 0 }))
  }

  /** Takes note of a batch. Returns at once, whatever is due. */
  onBatch(stream: string): void {
    const writes = this.#streams.find(({ name }) => name === stream)?.writes ?? []
    for (const tended of this.#tables) if (writes.includes(tended.table)) tended.batches += 1
    this.#batches += 1
    if (this.#work !== undefined || this.#signal.aborted || this.#due() === undefined) return
    this.#work = this.#lookWhileDue().finally(() => {
      this.#work = undefined
    })
  }

  /** The table that has waited longest. All together would keep the processors from many batches in a row. */
  #due(): Tended | undefined {
    const [longest] = this.#tables.toSorted((one, other) => other.batches - one.batches)
    return longest !== undefined && longest.batches >= BATCHES_A_LOOK ? longest : undefined
  }

  /** A burst of batches may end while it rests: then there is no later batch to begin after. */
  async #lookWhileDue(): Promise<void> {
    const over = AbortSignal.any([this.#signal, this.#streamsEnded.signal])
    for (let due = this.#due(); due !== undefined; due = this.#due()) {
      await this.#rest(over)
      if (over.aborted) return
      await this.#look(due)
    }
  }

  async #rest(over: AbortSignal): Promise<void> {
    const { clock } = this.#lake
    const nowMs = clock.monotonicMs()
    if (this.#failedUntilMs > nowMs) await clock.sleep(this.#failedUntilMs - nowMs, over)
    for (let seen = -1; seen !== this.#batches && !over.aborted; ) {
      const leftMs = this.#restUntilMs - clock.monotonicMs()
      if (leftMs <= 0) return
      seen = this.#batches
      await clock.sleep(Math.min(leftMs, IDLE_MS), over)
    }
  }

  /** Does what is due once the streams have ended. */
  async end(): Promise<void> {
    this.#streamsEnded.abort()
    await this.#work
    for (const tended of this.#tables) if (await this.#isRound(tended)) await this.#look(tended)
  }

  /** Runs of one batch each look once in so many: each look reads the log. */
  async #isRound({ table, batches }: Tended): Promise<boolean> {
    const every = this.#lake.config.upkeep.smallFiles ?? Number.POSITIVE_INFINITY
    const version =
      (await logOf(this.#lake, table)
        .newestVersion()
        .catch(() => undefined)) ?? 0
    return Math.floor(version / every) > Math.floor((version - batches) / every)
  }

  /** Never throws. */
  async #look(tended: Tended): Promise<void> {
    await turn() // the batch first
    if (this.#signal.aborted) return
    const { clock } = this.#lake
    const startedMs = clock.monotonicMs()
    tended.batches = 0
    await this.#tend(tended)
    const endedMs = clock.monotonicMs()
    this.#restUntilMs = endedMs + REST_FACTOR * (endedMs - startedMs)
  }

  async #tend({ table, stream }: Tended): Promise<void> {
    const lake = this.#lake
    try {
      await withRunSession(lake, async (session) => {
        const release = session.interruptOn(this.#signal)
        try {
          await joinDue(lake, table, session, this.#moreThan)
          await vacuumIfDue(lake, table, session)
        } finally {
          release()
        }
      })
    } catch (error) {
      // Another process does it: then it need not be done here.
      if (error instanceof LakeError && error.code === 'LAKE_TABLE_HELD') return
      this.#failedUntilMs = lake.clock.monotonicMs() + FAILED_REST_MS
      if (!this.#signal.aborted) this.#tell(table, stream, error)
    }
  }

  #tell(table: LakeTable, stream: string, error: unknown): void {
    const what = error instanceof LakeError ? `${error.code}: ${error.message}` : messageOf(error)
    const text = `the files of ${table.name} could not be joined, so it tries again later: ${what.replace(/\.$/, '')}`
    this.#onNote(stream, text)
  }
}
