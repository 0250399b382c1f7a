import type { Session } from '../../duckdb/session.ts'
import { columnsOf, createTempTable, createTempView } from '../../duckdb/sql/statements.ts'
import type { KeptRelation, NewRows, RelationChange, RelationSize } from './keptRelation.ts'

/** All rows of a table: it gains those of each portion, loses none, and nothing has to be remembered of them. */
export class AllRows implements KeptRelation {
  readonly name: string
  readonly isBuilt = true
  readonly current = undefined
  readonly size: RelationSize = { keys: undefined, memoryBytes: 0, lookup: 'none' }
  readonly columns: readonly string[]
  readonly #session: Session

  /** @param columns  those that models read */
  constructor(session: Session, name: string, columns: readonly string[]) {
    this.name = name
    this.columns = columns
    this.#session = session
  }

  async showCurrent(): Promise<void> {}

  /** The rows of a portion are read once for all models. Those of the whole table would not fit into memory. */
  async take({ scope, select }: NewRows): Promise<RelationChange> {
    const rows = columnsOf(this.columns, select)
    const gained = scope === 'all' ? `${this.name} now` : `${this.name} gained`
    await this.#session.run(scope === 'all' ? createTempView(gained, rows) : createTempTable(gained, rows))
    return { gained, lost: undefined }
  }

  committed(): void {}

  rolledBack(): void {}
}
