import { endOf } from '../../stream/position.ts'
import { RefusedWatch } from '../../stream/refusedWatch.ts'
import type { Feed, Position, Source } from '../../stream/source.ts'
import type { BatchRows } from '../input.ts'
import { FollowFeed } from './feed.ts'
import type { Followed } from './followed.ts'
import { isBatchOffset } from './offset.ts'

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
}
