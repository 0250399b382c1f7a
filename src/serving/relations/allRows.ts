import type { Sql } from '../../duckdb/sql/sql.ts'
import { columnsOf, createTempTable, createTempView } from '../../duckdb/sql/statements.ts'
import type { Statements } from '../statements.ts'
import type { KeptRelation, NewRows, RelationChange, RelationSize, Unsettled } from './keptRelation.ts'

/** All rows of a table: it gains those of each portion, loses none, and nothing has to be remembered of them. */
export class AllRows implements KeptRelation {
  readonly name: string
  readonly isBuilt = true
  readonly current = undefined
  readonly size: RelationSize = { keys: undefined, memoryBytes: 0, lookup: 'none' }
  readonly columns: readonly string[]
  readonly unsettled: Unsettled = { portions: 0, rows: 0 }
  readonly isSettled = true

  /** @param columns  those that models read */
  constructor(name: string, columns: readonly string[]) {
    this.name = name
    this.columns = columns
  }

  get kept(): readonly string[] {
    return this.columns
  }

  async showCurrent(): Promise<void> {}

  /** The rows of a portion are read once for all models. Those of the whole table would not fit into memory. */
  async take({ scope, select, from }: NewRows, statements: Statements): Promise<RelationChange> {
    const rows = columnsOf(this.columns, select)
    if (scope === 'added' && from === 'files') {
      const gained = `${this.name} gained`
      statements.add(createTempTable(gained, rows))
      return { gained, lost: undefined, read: { name: gained, columns: this.columns } }
    }
    const gained = `${this.name} now`
    statements.add(createTempView(gained, rows))
    return { gained, lost: undefined, read: undefined }
  }

  settle(): readonly Sql[] {
    return []
  }

  committed(): void {}

  rolledBack(): void {}

  giveUp(): void {}

  forgetIndex(): void {}
}
