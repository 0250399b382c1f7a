// Compares a live model, which stands in the store, with what its SELECT returns over the tables.
import { identifier, text } from './literals.ts'
import { STORE } from './liveStore.ts'
import { clauses, type Sql, sql } from './sql.ts'
import { createTempTable, onLines, script } from './statements.ts'

const RETURNED = 'returned now'
const SURPLUS = 'only kept'
const MISSING = 'only returned'

/** Computes the model by its SELECT, and notes the rows in which both differ. */
export function compareModel(name: string, select: Sql): Sql {
  const kept = sql`FROM ${identifier(STORE)}.main.${identifier(name)}`
  const returned = sql`FROM ${identifier(RETURNED)}`
  return script([
    createTempTable(RETURNED, sql`FROM (${onLines(select)})`),
    createTempTable(SURPLUS, sql`${kept} EXCEPT ALL ${returned}`),
    createTempTable(MISSING, sql`${returned} EXCEPT ALL ${kept}`),
  ])
}

/** One row: how many rows the model has, how many only it has, and how many only its SELECT returns. */
export function comparedCounts(name: string): Sql {
  return clauses(
    sql`SELECT (SELECT count(*) FROM ${identifier(STORE)}.main.${identifier(name)}) AS rows,`,
    sql`(SELECT count(*) FROM ${identifier(SURPLUS)}) AS surplus,`,
    sql`(SELECT count(*) FROM ${identifier(MISSING)}) AS missing`,
  )
}

/** Some differing rows, as JSON. */
export function differingExamples(limit: number): Sql {
  const examples = (relation: string): Sql => {
    const rows = sql`SELECT ${text(relation)} AS side, to_json(r)::VARCHAR AS row FROM ${identifier(relation)} AS r`
    return sql`(${rows} ORDER BY ALL LIMIT ${limit})`
  }
  return sql`${examples(SURPLUS)} UNION ALL ${examples(MISSING)}`
}

/** Which side an example is of. */
export function isSurplus(side: unknown): boolean {
  return side === SURPLUS
}
