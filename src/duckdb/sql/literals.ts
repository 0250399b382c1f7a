// Names, types and values as SQL. This folder is the one place that builds SQL text, from names and types that a config
// declares; data never comes this way but as literals made here.

/** Column name → DuckDB type, in order. */
export type Columns = Readonly<Record<string, string>>

/** A name as SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text literal. The parser takes the character of the code 0 for the end of all, so it is put in by a function. */
export function text(value: string): string {
  const parts = value.split('\0').map((part) => `'${part.replaceAll("'", "''")}'`)
  return parts.length === 1 ? parts.join() : `(${parts.join(' || chr(0) || ')})`
}

/** A list of text literals, typed so that an empty one stays a list of text. */
export function textList(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]::VARCHAR[]`
}

/** What a variable may hold. */
export type VariableValue = string | number | boolean | null | readonly string[] | Readonly<Record<string, string>>

/** A value as a literal of its natural type. */
export function literal(value: VariableValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'string') return text(value)
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (isTextList(value)) return textList(value)
  return `{${Object.entries(value)
    .map(([key, item]) => `${text(key)}: ${text(item)}`)
    .join(', ')}}`
}

function isTextList(value: readonly string[] | Readonly<Record<string, string>>): value is readonly string[] {
  return Array.isArray(value)
}

/** A path as DuckDB's readers want it: they take every path for a glob, so its special characters stand in brackets. */
export function exactPath(path: string): string {
  return path.replaceAll(/[*?[]/g, '[$&]')
}

/** The columns in order, quoted. */
export function columnList(names: readonly string[]): string {
  return names.map(identifier).join(', ')
}

/** Every column cast to its declared type. */
export function castColumns(columns: Columns): string {
  return Object.entries(columns)
    .map(([name, type]) => `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`)
    .join(', ')
}

/** No rows of the given columns. */
export function emptyRelation(columns: Columns): string {
  const nulls = Object.entries(columns).map(([name, type]) => `NULL::${type} AS ${identifier(name)}`)
  return `SELECT ${nulls.join(', ')} WHERE false`
}

export function isTime(type: string): boolean {
  return type === 'DATE' || type === 'TIMESTAMPTZ'
}

/** DuckDB has later, earlier and infinite times; one of them would make a table unreadable to other Delta readers. */
export function inDeltaYears(value: string, type: string): string {
  return `${value} >= ${type} '0001-01-01' AND ${value} < ${type} '10000-01-01'`
}

export function fileList(files: readonly string[]): string {
  return textList(files.map(exactPath))
}
