import { type Commit, decodePath } from '../../delta/actions.ts'
import { Snapshot } from '../../delta/snapshot.ts'
import { latest, newestTime } from '../../delta/stats.ts'
import { isIdOf, streamOf } from '../../stream/streamId.ts'
import { changeIn } from '../../tables/logCommits.ts'
import type { LogPlace } from '../../tables/logHistory.ts'
import { LogTail } from '../../tables/logTail.ts'
import type { Target } from '../../tables/target.ts'
import { changedError, type DataFile, type Followed, refOf, tailedTable } from './followed.ts'
import type { BatchOffset } from './offset.ts'

/** What one batch added to one table. */
export interface TableBatch {
  readonly batch: number
  readonly place: LogPlace
  readonly files: readonly DataFile[]
  /** The latest event time in them, in microseconds since 1970; undefined if not known. */
  readonly newestEventMicros: bigint | undefined
  readonly commit: Commit
}

/** The log of one table, read batch by batch of the stream that is followed. */
export class BatchTail {
  readonly #followed: Followed
  readonly #target: Target
  readonly #streamId: string
  readonly #log: LogTail
  /** The last batch that was read. */
  #batch: number
  /** Batches that were read and are not yet dropped, in order. */
  #ahead: TableBatch[] = []

  constructor(followed: Followed, target: Target, { streamId, batch, tables }: BatchOffset) {
    const place = tables[target.name]
    if (place === undefined) throw changedError(followed, `table ${target.name} was not followed before`)
    this.#followed = followed
    this.#target = target
    this.#streamId = streamId
    this.#log = new LogTail(tailedTable(followed, target), place.tableId, place.version)
    this.#batch = batch
  }

  /** What a batch added, or undefined if the log does not have it yet. Batches are asked for in order. */
  async batch(batch: number): Promise<TableBatch | undefined> {
    while (this.#batch < batch) {
      const commit = await this.#log.next()
      if (commit === undefined) return undefined
      const read = await this.#read(commit)
      if (read !== undefined) this.#ahead.push(read)
    }
    return this.#ahead.find((ahead) => ahead.batch === batch)
  }

  /** Drops the batches up to this one. */
  drop(batch: number): void {
    this.#ahead = this.#ahead.filter((ahead) => ahead.batch > batch)
  }

  pin(): Promise<void> {
    return this.#log.pin()
  }

  /** Whether there is a commit to read. While this table has a batch that another lacks, no news of its own helps. */
  async hasNews(): Promise<boolean> {
    return this.#ahead.length === 0 && (await this.#log.hasNews())
  }

  /** Whether the log no longer goes on from where it was read: it was cleaned up, restored, or is another one. */
  async isLost(): Promise<boolean> {
    return (await this.#log.lost()) !== undefined
  }

  /** What a commit is to those who follow the stream; undefined if it changes no row. */
  async #read(commit: Commit): Promise<TableBatch | undefined> {
    const { version } = commit
    const change = changeIn(commit)
    if (change !== undefined) throw this.#changed(`version ${version} ${change}`)
    if (commit.metaData !== undefined) this.#log.assertSameShape(version, commit.metaData)
    const added = commit.adds.filter(({ dataChange }) => dataChange)
    const txn = commit.txns.find(({ appId }) => isIdOf(this.#followed.stream.name, appId))
    if (txn === undefined) {
      if (added.length === 0) return undefined
      throw this.#changed(`version ${version} adds rows that no batch of the stream has (by ${writerOf(commit)})`)
    }
    if (txn.appId !== this.#streamId) {
      throw this.#changed(`version ${version} is of another stream named ${streamOf(txn.appId)} (${txn.appId})`)
    }
    if (txn.version !== this.#batch + 1) {
      throw this.#changed(`version ${version} has batch ${txn.version}, but the one before is ${this.#batch}`)
    }
    this.#batch = txn.version
    const { lakeFolder, eventTime } = this.#followed
    const place = await this.#log.place()
    const files = added.map(({ path, size, rows }) => {
      const decoded = decodePath(path)
      const file = Snapshot.fileOf(lakeFolder, refOf(this.#followed, this.#target), decoded)
      return { path: decoded, file, rows, bytes: size }
    })
    const times = eventTime === undefined ? [] : added.map(({ stats }) => newestTime(stats, eventTime))
    return { batch: txn.version, place, files, newestEventMicros: latest(times), commit }
  }

  #changed(how: string): Error {
    return changedError(this.#followed, `table ${this.#target.name}: ${how}`)
  }
}

/** A writer, as it calls itself. */
function writerOf({ operation, engineInfo }: Commit): string {
  return engineInfo ?? operation ?? 'a writer that does not say its name'
}
