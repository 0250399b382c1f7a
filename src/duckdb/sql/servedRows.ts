// Rows of live aggregates that come as JSON, from a process that has their store open, in a database of their own.
import { columnList, identifier, listed, text } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/** The catalog that stands for the store. */
const CATALOG = sql`live`

/** The variable in which rows are handed over: a JSON array of arrays. */
export const SERVED_ROWS = 'served_rows'

/** A database in memory in the place of the store. */
export const attachServed: Sql = sql`ATTACH ':memory:' AS ${CATALOG}`

/** @param columns  name → DuckDB's name of the type */
export function createServed(model: string, columns: Readonly<Record<string, string>>): Sql {
  const defined = Object.entries(columns).map(([name, type]) => sql`${identifier(name)} ${servedType(type)}`)
  return sql`CREATE TABLE ${CATALOG}.main.${identifier(model)} (${listed(defined)})`
}

/** Adds the rows of the variable. */
export function insertServed(model: string, columns: Readonly<Record<string, string>>): Sql {
  const values = Object.values(columns).map(valueAt)
  return clauses(
    sql`INSERT INTO ${CATALOG}.main.${identifier(model)} (${columnList(Object.keys(columns))})`,
    sql`SELECT ${listed(values)} FROM (SELECT unnest(CAST(getvariable(${text(SERVED_ROWS)}) AS JSON[])) AS row)`,
  )
}

/** A value of a row as its column has it. Text stands for what JSON cannot hold, so each value is cast from text. */
function valueAt(type: string, index: number): Sql {
  const map = /^MAP\((\w[\w ]*), (.+)\)$/.exec(type)
  if (map !== null) {
    const entry = sql`STRUCT(key ${servedType(map[1] ?? '')}, value ${servedType(map[2] ?? '')})[]`
    return sql`map_from_entries(CAST(row->${index} AS ${entry}))`
  }
  return isPlain(type)
    ? sql`CAST(row->>${index} AS ${servedType(type)})`
    : sql`CAST(row->${index} AS ${servedType(type)})`
}

function isPlain(type: string): boolean {
  return !/\]$|^STRUCT\b/.test(type)
}

/** DuckDB's names of types; what another process says need not be one. */
export const TYPE_NAME = /^[A-Z][\w ]*(\([\w ,()[\]]*\))?(\[\d*\])*$/

function servedType(name: string): Sql {
  if (TYPE_NAME.test(name)) return name as Sql
  throw new RangeError(`${name} is not the type of a column`)
}
