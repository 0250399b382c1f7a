// Names, types and values as SQL. Only this folder builds SQL text, from names and types that a config declares; data
// enters it only as literals made here. DuckDB knows the lake's types by the same names as the lake.
import type { Columns, VariableValue } from '../../columns.ts'
import { joined, type Sql, sql } from './sql.ts'

/** A name as SQL. */
export function identifier(name: string): Sql {
  return quoted(name, '"')
}

/** A text literal. The parser takes a NUL character for the end of the text, so a function puts it in. */
export function text(value: string): Sql {
  const parts = value.split('\0').map((part) => quoted(part, "'"))
  return parts.length === 1 ? joined(parts, '') : sql`(${joined(parts, ' || chr(0) || ')})`
}

function quoted(value: string, quote: string): Sql {
  return `${quote}${value.replaceAll(quote, quote + quote)}${quote}` as Sql
}

/** A list of text literals, typed so that an empty one stays a list of text. */
export function textList(values: readonly string[]): Sql {
  return sql`[${listed(values.map(text))}]::VARCHAR[]`
}

/** A value as a literal of its natural type. */
export function literal(value: VariableValue): Sql {
  if (value === null) return sql`NULL`
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number') return sql`${value}`
  if (typeof value === 'boolean') return value ? sql`true` : sql`false`
  if (isTextList(value)) return textList(value)
  return sql`{${listed(Object.entries(value).map(([key, item]) => sql`${text(key)}: ${text(item)}`))}}`
}

function isTextList(value: readonly string[] | Readonly<Record<string, string>>): value is readonly string[] {
  return Array.isArray(value)
}

/** The name of a column's type. */
export function typeSql(name: string): Sql {
  if (/^[A-Z][A-Z0-9_ ]*(\(\d+, ?\d+\))?$/.test(name)) return name as Sql
  throw new RangeError(`${name} is not a column type`)
}

/** A path for DuckDB's readers, which take every path for a glob: special characters are put in brackets. */
export function exactPath(path: string): string {
  return path.replaceAll(/[*?[]/g, '[$&]')
}

export function listed(items: readonly Sql[]): Sql {
  return joined(items, ', ')
}

/** The columns in order, quoted. */
export function columnList(names: readonly string[]): Sql {
  return listed(names.map(identifier))
}

/** Every column cast to its declared type. */
export function castColumns(columns: Columns): Sql {
  return listed(
    Object.entries(columns).map(
      ([name, type]) => sql`CAST(${identifier(name)} AS ${typeSql(type)}) AS ${identifier(name)}`,
    ),
  )
}

/** No rows of the given columns. */
export function emptyRelation(columns: Columns): Sql {
  const nulls = Object.entries(columns).map(([name, type]) => sql`NULL::${typeSql(type)} AS ${identifier(name)}`)
  return sql`SELECT ${listed(nulls)} WHERE false`
}

export function isTime(type: string): type is 'DATE' | 'TIMESTAMPTZ' {
  return type === 'DATE' || type === 'TIMESTAMPTZ'
}

/** DuckDB has earlier, later and infinite times; a single one would make a table unreadable to other Delta readers. */
export function inDeltaYears(value: Sql, type: 'DATE' | 'TIMESTAMP' | 'TIMESTAMPTZ'): Sql {
  const time = typeSql(type)
  return sql`${value} >= ${time} '0001-01-01' AND ${value} < ${time} '10000-01-01'`
}

export function fileList(files: readonly string[]): Sql {
  return textList(files.map(exactPath))
}
