import { LazySession } from '../../duckdb/lazySession.ts'
import type { Session } from '../../duckdb/session.ts'
import type { Disk } from '../../files/disk.ts'
import { endOf } from '../../stream/position.ts'
import { RefusedWatch } from '../../stream/refusedWatch.ts'
import type { Feed, Position, Source } from '../../stream/source.ts'
import { TableFeed } from './feed.ts'
import { isTableOffset } from './offset.ts'
import type { SourceTable } from './sourceTable.ts'
import { TableTail } from './tail.ts'

export interface DeltaTableOptions extends SourceTable {
  readonly disk: Disk
  /** Opens a session, which the feed closes. Needed to replay a log, and to count the rows of other writers' files. */
  readonly connect: () => Promise<Session>
}

/** Follows the appends to a Delta table: first what is there, then each new commit. */
export class DeltaTableSource implements Source {
  readonly kind = 'delta'
  readonly #options: DeltaTableOptions
  /** Kept from one resuming to the next, so that nothing is told twice in a run. */
  readonly #refused: RefusedWatch

  constructor(options: DeltaTableOptions) {
    this.#options = options
    this.#refused = new RefusedWatch(options.log.folder)
  }

  async resume(last: Position | undefined): Promise<Feed> {
    const after = last === undefined ? undefined : endOf(last, isTableOffset)
    const session = new LazySession(this.#options.connect)
    try {
      const tail = await TableTail.open(this.#options, after, () => session.open())
      return new TableFeed(
        { of: this.#options, disk: this.#options.disk, session, tail, refused: this.#refused },
        after ?? null,
      )
    } catch (error) {
      await session.close()
      throw error
    }
  }
}
