import { givenSql, type Sql } from '../../src/duckdb/sql/sql.ts'

/** SQL of a test, with whatever text in it. */
export function rawSql(fixed: TemplateStringsArray, ...parts: readonly (string | number)[]): Sql {
  return givenSql(fixed.reduce((text, piece, index) => `${text}${parts[index - 1]}${piece}`))
}
