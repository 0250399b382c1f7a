import { LazySession } from '../../duckdb/lazySession.ts'
import type { Session } from '../../duckdb/session.ts'
import type { Disk } from '../../files/disk.ts'
import { endOf } from '../../stream/position.ts'
import { RefusedWatch } from '../../stream/refusedWatch.ts'
import type { Feed, Position, Source } from '../../stream/source.ts'
import { TableFeed } from './feed.ts'
import { isTableOffset } from './offset.ts'
import type { SessionOf, SourceTable } from './sourceTable.ts'
import { TableTail } from './tail.ts'

export interface DeltaTableOptions {
  /** The table, as it is at each resuming. */
  readonly table: (session: SessionOf) => Promise<SourceTable>
  readonly logFolder: string
  /** What the engine is told to expect. */
  readonly inputKind: 'table' | 'delta'
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
    this.#refused = new RefusedWatch(options.logFolder)
  }

  async resume(last: Position | undefined): Promise<Feed> {
    const after = last === undefined ? undefined : endOf(last, isTableOffset)
    const session = new LazySession(this.#options.connect)
    try {
      const { disk, inputKind } = this.#options
      const of = await this.#options.table(() => session.open())
      const tail = await TableTail.open(of, after, () => session.open())
      return new TableFeed({ of, disk, session, tail, inputKind, refused: this.#refused }, after ?? null)
    } catch (error) {
      await session.close()
      throw error
    }
  }
}
