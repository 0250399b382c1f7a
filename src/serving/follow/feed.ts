import { latest } from '../../delta/stats.ts'
import { syncLasting } from '../../files/barriers.ts'
import { folderIdentity, statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import { LogWatcher } from '../../stream/logWatcher.ts'
import { POLL_MS, type RefusedWatch } from '../../stream/refusedWatch.ts'
import type { Feed, Idle, Limits, Portion, Watch } from '../../stream/source.ts'
import type { BatchRows } from '../input.ts'
import { BatchTail, type TableBatch } from './batchTail.ts'
import { beginningOf } from './beginning.ts'
import { committedBatch, lastBatches } from './facts.ts'
import { replacedFile } from './files.ts'
import { changedError, type DataFile, type DataFiles, type Followed } from './followed.ts'
import type { BatchOffset } from './offset.ts'
import { type CommittedBatch, Trace } from './trace.ts'
import { wholeTables } from './wholeTables.ts'

/** How often all files are listed again because another writer has replaced one meanwhile. */
const MAX_REPLAYS = 3

/** How many batches one portion has at the most: batches without rows count against no other limit. */
const MAX_BATCHES = 1_000

/** Of so many batches at the most is known what they were, where all rows are taken at once. */
const KNOWN_BATCHES = 100

/** One batch: table → what it added there. */
type WholeBatch = ReadonlyMap<string, TableBatch>

/** The batches of a stream, one portion of whole batches at a time. */
export class FollowFeed implements Feed<BatchRows> {
  readonly #followed: Followed
  readonly #refused: ReadonlyMap<string, RefusedWatch>
  /** Up to where the stream was followed; undefined: nothing of it was, so that all rows come first. */
  #after: BatchOffset | undefined
  /** Table → the batches after that; undefined while the logs have not been compared with it. */
  #tails: ReadonlyMap<string, BatchTail> | undefined
  /** Whether all rows come next, whatever was followed before. */
  #isWhole = false
  /** The folders of the logs when they were compared. */
  #folders = ''
  #watchers: readonly LogWatcher[] = []
  #isPinned = false
  /** What a person should know, until it is told. */
  #notes: string[] = []
  /** What there is to wait for, if that was told. */
  #waitsFor: string | undefined
  readonly #trace: Trace
  /** Batches that were followed before, of which more may be known by now. */
  #recalled: readonly CommittedBatch[] = []
  /** The newest versions of the logs when they had no batch. */
  #emptyAt: string | undefined

  /** @param refused  table → what the system refused to let a stream watch, kept for the whole run */
  constructor(followed: Followed, refused: ReadonlyMap<string, RefusedWatch>, after: BatchOffset | undefined) {
    this.#followed = followed
    this.#refused = refused
    this.#after = after
    this.#trace = new Trace(followed.stream)
  }

  async next(limits: Limits): Promise<Portion<BatchRows> | Idle> {
    const tails = await this.#compared()
    if (tails === 'waiting') return this.#idle(POLL_MS)
    if (tails === 'whole' || this.#after === undefined) return this.#wholePortion()
    const batches = await this.#batchesAfter(this.#after, tails, limits)
    return batches.length === 0 ? this.#idle(undefined) : this.#portion(this.#after, batches)
  }

  async pin(): Promise<void> {
    this.#isPinned = true
    for (const tail of this.#tails?.values() ?? []) await tail.pin()
  }

  async watch(wake: () => void): Promise<Watch> {
    if (this.#watchers.length === 0) {
      this.#watchers = this.#followed.tables.map(({ name, log }) => new LogWatcher(log.folder, this.#refused.get(name)))
    }
    const watches = this.#watchers.map((watcher) => watcher.open(wake))
    // A commit that came since the last look, but before the watch, causes no event.
    for (const tail of this.#tails?.values() ?? []) if (await tail.hasNews()) wake()
    if (this.#foldersNow() !== this.#folders) wake()
    const rechecks = watches.flatMap(({ recheckMs }) => recheckMs ?? [])
    return {
      recheckMs: rechecks.length === 0 ? undefined : Math.min(...rechecks),
      notes: watches.flatMap(({ notes }) => notes),
      close: async () => {
        for (const watch of watches) await watch.close()
      },
    }
  }

  async close(): Promise<void> {
    this.#forget()
  }

  /** Compares the logs with what was followed: at first, and again whenever they are not where they were. */
  async #compared(): Promise<ReadonlyMap<string, BatchTail> | 'whole' | 'waiting'> {
    const folders = this.#foldersNow()
    if (folders !== this.#folders || (await this.#isLost())) this.#forget()
    this.#folders = folders
    if (this.#tails !== undefined) return this.#tails
    if (this.#isWhole) return 'whole'
    const beginning = await beginningOf(this.#followed, this.#after)
    if (beginning.kind === 'missing') {
      this.#wait(`table ${beginning.table} of ${this.#followed.stream.name} is not there yet, so it waits for it`)
      return 'waiting'
    }
    if (beginning.kind === 'tail' && this.#after !== undefined) {
      this.#recalled = await lastBatches(this.#followed, this.#after, 1)
      return this.#tailsAfter(this.#after)
    }
    if (beginning.kind === 'whole' && beginning.note !== undefined) this.#notes.push(beginning.note)
    this.#isWhole = true
    return 'whole'
  }

  #foldersNow(): string {
    return this.#followed.tables.map(({ log }) => folderIdentity(log.folder)).join(' ')
  }

  async #isLost(): Promise<boolean> {
    for (const tail of this.#tails?.values() ?? []) if (await tail.isLost()) return true
    return false
  }

  #forget(): void {
    for (const watcher of this.#watchers) watcher.close()
    this.#watchers = []
    this.#tails = undefined
    this.#isWhole = false
    this.#emptyAt = undefined
  }

  async #tailsAfter(after: BatchOffset): Promise<ReadonlyMap<string, BatchTail>> {
    const tails = new Map<string, BatchTail>()
    for (const target of this.#followed.tables) {
      const tail = new BatchTail(this.#followed, target, after)
      if (this.#isPinned) await tail.pin()
      tails.set(target.name, tail)
    }
    this.#tails = tails
    this.#waitsFor = undefined
    return tails
  }

  /** All rows of all tables, up to the newest batch that each of them has. */
  async #wholePortion(): Promise<Portion<BatchRows> | Idle> {
    const { stream, tables } = this.#followed
    for (let tries = 0; tries < MAX_REPLAYS; tries++) {
      const versions = JSON.stringify(await Promise.all(tables.map(({ log }) => log.newestVersion())))
      const whole = versions === this.#emptyAt ? undefined : await wholeTables(this.#followed)
      if (whole === undefined) {
        this.#emptyAt = versions
        this.#wait(`${stream.name} has no batch yet, so it waits for the first`)
        return this.#idle(POLL_MS)
      }
      const { end, files } = whole
      const isWhole = (await replacedFile(this.#followed, files)) === undefined
      if (isWhole) {
        const facts = await this.#trace.of(await lastBatches(this.#followed, end, KNOWN_BATCHES))
        return this.#portionOf({ scope: 'all', start: null, end, files, facts })
      }
    }
    throw changedError(this.#followed, 'another writer replaces its files faster than they can be listed')
  }

  /** The batches after a place that every table has by now, within the limits. */
  async #batchesAfter(
    after: BatchOffset,
    tails: ReadonlyMap<string, BatchTail>,
    limits: Limits,
  ): Promise<WholeBatch[]> {
    const batches: WholeBatch[] = []
    let [files, rows, bytes] = [0, 0, 0]
    for await (const number of inTurns(upwards(after.batch + 1, MAX_BATCHES))) {
      const batch = await batchIn(tails, number)
      if (batch === undefined) break
      for (const file of [...batch.values()].flatMap((part) => part.files)) {
        files += 1
        rows += file.rows ?? 0
        bytes += file.bytes
      }
      const isOver = files > limits.maxFiles || rows > limits.maxRows || bytes > limits.maxBytes
      if (isOver && batches.length > 0) break
      batches.push(batch)
    }
    return batches
  }

  async #portion(after: BatchOffset, batches: readonly WholeBatch[]): Promise<Portion<BatchRows> | Idle> {
    const last = batches.at(-1) ?? new Map<string, TableBatch>()
    const parts = batches.flatMap((batch) => [...batch])
    const files = new Map<string, DataFile[]>()
    for (const [table, part] of parts) files.set(table, [...(files.get(table) ?? []), ...part.files])
    const moved = await replacedFile(this.#followed, files)
    if (moved !== undefined) {
      this.#notes.push(`${moved}, so all models are built again from the tables`)
      this.#forget()
      this.#isWhole = true
      return this.#wholePortion()
    }
    const before = after.newestEventMicros === null ? undefined : BigInt(after.newestEventMicros)
    const newest = latest([before, ...parts.map(([, { newestEventMicros }]) => newestEventMicros)])
    const end: BatchOffset = {
      streamId: after.streamId,
      batch: after.batch + batches.length,
      tables: Object.fromEntries([...last].map(([table, { place }]) => [table, place])),
      newestEventMicros: newest === undefined ? null : String(newest),
    }
    const committed = batches.map((batch, index) => {
      const commits = new Map([...batch].map(([table, { commit }]) => [table, commit]))
      return committedBatch(after.streamId, after.batch + 1 + index, commits)
    })
    const facts = await this.#trace.of([...this.#recalled, ...committed])
    return this.#portionOf({ scope: 'added', start: after, end, files, facts })
  }

  async #portionOf(taken: Taken): Promise<Portion<BatchRows>> {
    const { scope, start, end, files, facts } = taken
    const dataFiles = [...files.values()].flat()
    return {
      kind: 'portion',
      range: { start, end, detail: {}, fileCount: dataFiles.length, newestMs: await this.#writtenMs(end) },
      input: {
        streamId: end.streamId,
        scope,
        batch: end.batch,
        files: new Map([...files].map(([table, ofTable]) => [table, ofTable.map(({ file }) => file)])),
        facts,
        newestEventMicros: end.newestEventMicros === null ? undefined : BigInt(end.newestEventMicros),
      },
      notes: this.#told(),
      secure: async () => {
        await this.#secure(end)
        return dataFiles.reduce((sum, { rows }) => sum + (rows ?? 0), 0)
      },
      finish: async () => {
        this.#after = end
        this.#isWhole = false
        this.#recalled = []
        this.#trace.finish()
        if (scope === 'all') await this.#tailsAfter(end)
        else for (const tail of this.#tails?.values() ?? []) tail.drop(end.batch)
      },
      // All its files come from the stream that is followed: if they fail, somebody has to fix them.
      refuse: async () => false,
    }
  }

  /** When the last batch became visible. */
  async #writtenMs(end: BatchOffset): Promise<number | undefined> {
    const times: number[] = []
    for (const { name, log } of this.#followed.tables) {
      const stats = await statOf(log.commitPath(end.tables[name]?.version ?? -1))
      if (stats !== undefined) times.push(stats.mtimeMs)
    }
    return times.length === 0 ? undefined : Math.max(...times)
  }

  /**
   * Makes what is visible durable: the process that linked the last commits may have died before its barrier. Those
   * before them are durable already, because a stream publishes no batch before the one below it is durable.
   */
  async #secure({ tables }: BatchOffset): Promise<void> {
    const { disk, tables: targets } = this.#followed
    const commits = targets.flatMap(({ name, log }) => {
      const version = tables[name]?.version
      return version === undefined ? [] : [log.commitPath(version)]
    })
    const there: string[] = []
    for (const commit of commits) if ((await statOf(commit)) !== undefined) there.push(commit)
    await syncLasting(
      disk,
      there,
      targets.map(({ log }) => log.folder),
    )
  }

  #idle(pollMs: number | undefined): Idle {
    return { kind: 'idle', recheckMs: undefined, pollMs, notes: this.#told() }
  }

  /** Tells once what there is to wait for. */
  #wait(what: string): void {
    if (this.#waitsFor !== what) this.#notes.push(what)
    this.#waitsFor = what
  }

  #told(): readonly string[] {
    return this.#notes.splice(0)
  }
}

/** What a portion is made of. */
interface Taken {
  readonly scope: BatchRows['scope']
  readonly start: BatchOffset | null
  readonly end: BatchOffset
  readonly files: DataFiles
  readonly facts: BatchRows['facts']
}

/**
 * What a batch added to each table; undefined while one of them does not have it. Every table is asked all the same: a
 * commit that is left unread would be news for ever.
 */
async function batchIn(tails: ReadonlyMap<string, BatchTail>, batch: number): Promise<WholeBatch | undefined> {
  const parts = new Map<string, TableBatch>()
  for (const [table, tail] of tails) {
    const part = await tail.batch(batch)
    if (part !== undefined) parts.set(table, part)
  }
  return parts.size === tails.size ? parts : undefined
}

function* upwards(first: number, count: number): Generator<number> {
  for (let number = first; number < first + count; number++) yield number
}
