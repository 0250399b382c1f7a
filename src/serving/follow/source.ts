import { endOf } from '../../stream/position.ts'
import { RefusedWatch } from '../../stream/refusedWatch.ts'
import type { Feed, Position, Source } from '../../stream/source.ts'
import type { BatchRows } from '../input.ts'
import { FollowFeed } from './feed.ts'
import { replacedFile } from './files.ts'
import type { Followed } from './followed.ts'
import { isBatchOffset } from './offset.ts'
import { filesAt } from './wholeTables.ts'

/** The batches of a stream, as they appear in all of its tables: first all rows, then each batch once. */
export class FollowSource implements Source<BatchRows> {
  readonly kind = 'batches'
  readonly #followed: Followed
  /** Kept from one resuming to the next, so that nothing is told twice in a run. */
  readonly #refused: ReadonlyMap<string, RefusedWatch>

  constructor(followed: Followed) {
    this.#followed = followed
    this.#refused = new Map(followed.tables.map(({ name, log }) => [name, new RefusedWatch(log.folder)]))
  }

  async resume(last: Position | undefined): Promise<Feed<BatchRows>> {
    const after = last === undefined ? undefined : endOf(last, isBatchOffset)
    return new FollowFeed(this.#followed, this.#refused, after)
  }

  /**
   * Table → the files that it had at a place up to which it was followed, to build one model anew from.
   * @returns undefined if that is no longer known: then all rows are taken again
   */
  async filesUpTo(last: Position): Promise<ReadonlyMap<string, readonly string[]> | undefined> {
    const files = await filesAt(this.#followed, endOf(last, isBatchOffset))
    if (files === undefined || (await replacedFile(this.#followed, files)) !== undefined) return undefined
    return new Map([...files].map(([table, ofTable]) => [table, ofTable.map(({ file }) => file)]))
  }
}
