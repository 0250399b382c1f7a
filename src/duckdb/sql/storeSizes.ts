// How large the states are that a store of live aggregates keeps of relations.
import { NEXT_STATE_END } from './firstRows.ts'
import { identifier, text } from './literals.ts'
import { STORE } from './liveStore.ts'
import { clauses, type Sql, sql } from './sql.ts'

/** One row a relation that has a state: about how many rows that has. Those that are being made have none yet. */
export const storedRelations: Sql = clauses(
  sql`SELECT table_name AS name, estimated_size AS rows FROM duckdb_tables()`,
  sql`WHERE database_name = ${text(STORE)} AND schema_name = 'relations'`,
  sql`AND NOT ends_with(table_name, ${text(NEXT_STATE_END)}) ORDER BY name`,
)

/** The blocks of the file that the state of a relation has. */
export function relationBlocks(name: string): Sql {
  const table = sql`${identifier(STORE)}.relations.${identifier(name)}`
  return clauses(
    sql`SELECT count(DISTINCT block_id) AS blocks FROM pragma_storage_info(${text(table)}) WHERE block_id >= 0`,
  )
}
