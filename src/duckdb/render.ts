/**
 * The one place that builds SQL text, from names and types that a config declares. Data never comes this way but as
 * literals made here.
 */

/** Column name → DuckDB type, in order. */
export type Columns = Readonly<Record<string, string>>

/** A name as SQL. */
function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A text literal. */
export function text(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
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

export function setVariable(name: string, value: VariableValue): string {
  return `SET VARIABLE ${identifier(name)} = ${literal(value)}`
}

export function setVariables(values: Readonly<Record<string, VariableValue>>): string[] {
  return Object.entries(values).map(([name, value]) => setVariable(name, value))
}

/** Several statements as one text. */
export function script(statements: readonly string[]): string {
  return statements.join(';\n')
}

export function setOption(name: string, value: string | number | boolean): string {
  return `SET ${name} = ${literal(value)}`
}

/** A path as DuckDB's readers want it: they take every path for a glob, so its special characters stand in brackets. */
export function exactPath(path: string): string {
  return path.replaceAll(/[*?[]/g, '[$&]')
}

/** The columns in order, quoted. */
function columnList(names: readonly string[]): string {
  return names.map(identifier).join(', ')
}

/** Every column cast to its declared type. */
function castColumns(columns: Columns): string {
  return Object.entries(columns)
    .map(([name, type]) => `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`)
    .join(', ')
}

/** No rows of the given columns. */
export function emptyRelation(columns: Columns): string {
  const nulls = Object.entries(columns).map(([name, type]) => `NULL::${type} AS ${identifier(name)}`)
  return `SELECT ${nulls.join(', ')} WHERE false`
}

export function createTempView(name: string, select: string): string {
  return `CREATE OR REPLACE TEMP VIEW ${identifier(name)} AS ${select}`
}

export function createTempTable(name: string, select: string): string {
  return `CREATE OR REPLACE TEMP TABLE ${identifier(name)} AS ${select}`
}

/** The rows of Parquet files of one table, whose paths a variable lists; partition values come from folder names. */
export function readTableFiles(variable: string, columns: Columns, partitionBy: readonly string[]): string {
  const files = `getvariable(${text(variable)})`
  if (partitionBy.length === 0) {
    return (
      `SELECT ${castColumns(columns)} FROM ` +
      `read_parquet(${files}, hive_partitioning = false, union_by_name = false)`
    )
  }
  const types = partitionBy.map((name) => `${text(name)}: ${columns[name]}`).join(', ')
  return (
    `SELECT ${castColumns(columns)} FROM read_parquet(${files}, ` +
    `hive_partitioning = true, hive_types_autocast = false, hive_types = {${types}}, union_by_name = false)`
  )
}

/** The same relation as it stands for a list that may be empty, chosen when the query runs. */
export function readTableFilesOrNone(variable: string, columns: Columns, partitionBy: readonly string[]): string {
  const some = text(readTableFiles(variable, columns, partitionBy))
  return (
    `FROM query(CASE WHEN len(getvariable(${text(variable)})) = 0 ` +
    `THEN ${text(emptyRelation(columns))} ELSE ${some} END)`
  )
}

/** How one column of a foreign Parquet file becomes the declared one. */
export interface ForeignColumn {
  readonly name: string
  readonly type: string
  /** The column's name and type in the file; undefined where the file lacks it. */
  readonly found?: { readonly name: string; readonly type: string }
}

/** The rows of foreign Parquet files that share one schema, cast to the declared columns. */
export function readForeignFiles(files: readonly string[], columns: readonly ForeignColumn[]): string {
  const projection = columns.map((column) => `${foreignValue(column)} AS ${identifier(column.name)}`)
  return (
    `SELECT ${projection.join(', ')} FROM ` +
    `read_parquet(${fileList(files)}, hive_partitioning = false, union_by_name = false)`
  )
}

function foreignValue(column: ForeignColumn): string {
  const { name, type, found } = column
  if (found === undefined) return `NULL::${type}`
  const value = castForeign(found, type)
  // What 64 bits of nanoseconds can say lies between the years 1677 and 2262.
  if (!isTime(type) || found.type === 'TIMESTAMP_NS') return value
  const message = text(`column ${name} has a time outside of the years 1 to 9999`)
  return `CASE WHEN ${value} IS NULL OR (${inDeltaYears(value, type)}) THEN ${value} ELSE error(${message}) END`
}

function isTime(type: string): boolean {
  return type === 'DATE' || type === 'TIMESTAMPTZ'
}

/** DuckDB has later, earlier and infinite times; one of them would make a table unreadable to other Delta readers. */
function inDeltaYears(value: string, type: string): string {
  return `${value} >= ${type} '0001-01-01' AND ${value} < ${type} '10000-01-01'`
}

function castForeign(found: { readonly name: string; readonly type: string }, type: string): string {
  const value = identifier(found.name)
  // A cast from nanoseconds rounds towards 1970; microseconds are floored, also before it.
  if (found.type === 'TIMESTAMP_NS' && type.startsWith('TIMESTAMP')) {
    const micros = `(epoch_ns(${value}) - (epoch_ns(${value}) % 1000 + 1000) % 1000) // 1000`
    return `CAST(make_timestamp(${micros}) AS ${type})`
  }
  return `CAST(${value} AS ${type})`
}

export function unionAll(selects: readonly string[]): string {
  return selects.join(' UNION ALL ')
}

/** Rows `first` ≤ value < `endExclusive`, each `stepMicros` after the one before, from `firstMicros` since 1970. */
export function generatedRows(first: number, endExclusive: number, firstMicros: number, stepMicros: number): string {
  return (
    `SELECT range AS value, ` +
    `make_timestamptz(${firstMicros} + (range - ${first}) * ${stepMicros}) AS "timestamp" ` +
    `FROM range(${first}, ${endExclusive})`
  )
}

/** The sum of the rows that the footers of Parquet files count. */
export function footerRowsInAll(files: readonly string[]): string {
  return `SELECT CAST(sum(num_rows) AS BIGINT) AS rows FROM parquet_file_metadata(${fileList(files)})`
}

/** The rows that the footer of each Parquet file counts. */
export function footerRows(files: readonly string[]): string {
  return `SELECT file_name, num_rows FROM parquet_file_metadata(${fileList(files)})`
}

/** The rows of each Parquet file as its row groups count them. */
export function rowGroupRows(files: readonly string[]): string {
  return (
    `SELECT file_name, CAST(sum(row_group_num_rows) AS BIGINT) AS rows ` +
    `FROM parquet_metadata(${fileList(files)}) WHERE column_id = 0 GROUP BY file_name`
  )
}

/**
 * The schemas of Parquet files, each once with the files that have it: its elements depth first, so that a nested one
 * is followed by its children.
 */
export function fileSchemas(files: readonly string[]): string {
  const element = '{name: name, type: duckdb_type, children: CAST(coalesce(num_children, 0) AS INTEGER)}'
  return (
    `SELECT elements, list(file_name) AS files FROM (` +
    `SELECT file_name, list(${element} ORDER BY column_id) AS elements ` +
    `FROM parquet_schema(${fileList(files)}) GROUP BY file_name) GROUP BY elements`
  )
}

function fileList(files: readonly string[]): string {
  return textList(files.map(exactPath))
}

/** How reference files are read: everything said, nothing guessed from the first lines. */
const REFERENCE_FORM = `header = true, skip = 0, delim = ',', quote = '"', escape = '"', comment = ''`

/** A CSV file with a header, and its columns by name and typed. */
export interface ReferenceFile {
  readonly name: string
  readonly file: string
  readonly columns: Columns
}

/** The rows of a reference file. A value that is none of its column's type fails by name, and none is rounded. */
export function readReference({ name, file, columns }: ReferenceFile): string {
  const values = Object.entries(columns).map(
    ([column, type]) => `${referenceValue(name, column, type)} AS ${identifier(column)}`,
  )
  return `SELECT ${values.join(', ')} FROM read_csv(${text(exactPath(file))}, ${REFERENCE_FORM}, all_varchar = true)`
}

function referenceValue(reference: string, column: string, type: string): string {
  const given = identifier(column)
  if (type === 'VARCHAR') return given
  const value = `TRY_CAST(${given} AS ${type})`
  const exact = exactType(type)
  const isExact = exact === undefined ? [] : [`${value} = TRY_CAST(${given} AS ${exact})`]
  const isInRange = isTime(type) ? [inDeltaYears(value, type)] : []
  const isSound = [`${value} IS NOT NULL`, ...isExact, ...isInRange].join(' AND ')
  const [before, after] = [text(`reference ${reference}: column ${column} has '`), text(`', which is no ${type}`)]
  const failure = `error(${before} || left(${given}, 60) || ${after})`
  return `CASE WHEN ${given} IS NULL OR (${isSound}) THEN ${value} ELSE ${failure} END`
}

/** A type that keeps what a cast from text to `type` would round away; undefined where none would, or by its nature. */
function exactType(type: string): string | undefined {
  if (type === 'DATE') return 'TIMESTAMP'
  if (type.endsWith('INT') || type === 'INTEGER') return 'DECIMAL(38, 18)'
  const [, digits, scale] = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(type) ?? []
  return digits === undefined ? undefined : `DECIMAL(38, ${38 - Number(digits) + Number(scale)})`
}

/** How many rows a CSV file of so many columns has; fails with the line at which it is none. */
export function readCsvLines(file: string, columns: number): string {
  const names = Array.from({ length: columns }, (_, index) => `${text(`column ${index}`)}: 'VARCHAR'`)
  return (
    `SELECT count(COLUMNS(*)) FROM read_csv(${text(exactPath(file))}, ${REFERENCE_FORM}, ` +
    `auto_detect = false, strict_mode = true, columns = {${names.join(', ')}})`
  )
}

/** Rows of `table` whose `key` is NULL or stands more than once: empty is well. */
export function badKeys(table: string, key: string): string {
  const name = identifier(key)
  return (
    `SELECT CAST(${name} AS VARCHAR) AS key, count(*) AS count FROM ${identifier(table)} ` +
    `GROUP BY ALL HAVING ${name} IS NULL OR count(*) > 1 ORDER BY 1 LIMIT 5`
  )
}

export interface CopyShape {
  /** A SELECT, or FROM, over what is to be written. */
  readonly rows: string
  readonly columns: readonly string[]
  /** Folder levels below the target, outermost first; none writes one file. */
  readonly partitionBy: readonly string[]
  /** A folder; without partitions, a file. */
  readonly target: string
  /** The pattern of file names in a folder. */
  readonly fileName: string
  /** Keys and values for the footer of every file. */
  readonly footer: Readonly<Record<string, string>>
}

/** Writes rows as Parquet. Returns one row per file. */
export function copyToParquet({ rows, columns, partitionBy, target, fileName, footer }: CopyShape): string {
  const options = [
    'FORMAT parquet',
    'COMPRESSION zstd',
    'PARQUET_VERSION v1',
    `KV_METADATA ${literal(footer)}`,
    'RETURN_STATS',
  ]
  if (partitionBy.length > 0) {
    options.push(
      `PARTITION_BY (${columnList(partitionBy)})`,
      'WRITE_PARTITION_COLUMNS false',
      `FILENAME_PATTERN ${text(fileName)}`,
    )
  }
  return `COPY (SELECT ${columnList(columns)} FROM (${rows})) TO ${text(target)} (${options.join(', ')})`
}

/** The rows that the SELECT in the variable `select` gives. */
export const selectedRows = "FROM query(getvariable('select'))"

/** Those of them whose `column` has a value. */
export function selectedRowsWhere(column: string, value: string): string {
  return `${selectedRows} WHERE ${identifier(column)} = ${text(value)}`
}

/** All rows of a relation as they are. */
export function allRows(relation: string): string {
  return `FROM ${identifier(relation)}`
}

/** The rows of a relation whose `column` has one of some values. */
export function rowsWith(relation: string, column: string, values: readonly string[]): string {
  return `${allRows(relation)} WHERE ${identifier(column)} IN (${values.map(text).join(', ')})`
}

/** A value of `column` that is none of `values`, NULL included: no row is well. */
export function strayValue(relation: string, column: string, values: readonly string[]): string {
  const name = identifier(column)
  return (
    `SELECT ${name} AS stray ${allRows(relation)} ` +
    `WHERE ${name} IS NULL OR ${name} NOT IN (${values.map(text).join(', ')}) LIMIT 1`
  )
}

export function dropTable(name: string): string {
  return `DROP TABLE IF EXISTS ${identifier(name)}`
}

/** A temporary table with the given rows; every cell a literal. */
export function createTempTableOf(
  name: string,
  columns: Columns,
  rows: readonly (readonly (string | number | null)[])[],
): string {
  const names = Object.keys(columns)
  if (rows.length === 0) return createTempTable(name, emptyRelation(columns))
  const tuples = rows.map((row) => `(${row.map(literal).join(', ')})`)
  return createTempTable(
    name,
    `SELECT ${castColumns(columns)} FROM (VALUES ${tuples.join(', ')}) AS v(${columnList(names)})`,
  )
}

/** The live files of a table in the order of their versions and names. */
export function liveFilesOf(table: string): string {
  return `SELECT path, file, version, bytes, rows FROM live_files WHERE name = ${text(table)} ORDER BY version, path`
}

/** Every path that a table's log names, live or not. */
export function namedPathsOf(table: string): string {
  return (
    `SELECT DISTINCT url_decode(coalesce(add.path, remove.path)) AS path FROM log_actions ` +
    `WHERE name = ${text(table)} AND (add IS NOT NULL OR remove IS NOT NULL)`
  )
}

/** Sets a variable to the exact paths of a table's live files, in order. */
export function setLiveFiles(variable: string, table: string): string {
  return (
    `SET VARIABLE ${identifier(variable)} = (SELECT coalesce(` +
    `list(regexp_replace(file, '([*?\\[])', '[\\1]', 'g') ORDER BY file), []::VARCHAR[]) ` +
    `FROM live_files WHERE name = ${text(table)})`
  )
}

/** The lake's folder: the one that a client has set before, or this one. */
export function setLakeDefault(folder: string): string {
  return `SET VARIABLE lake = rtrim(coalesce(CAST(getvariable('lake') AS VARCHAR), ${text(folder)}), '/')`
}

/** A number that is equal for equal multisets of rows, whatever their order, and hardly ever for others. */
export function multisetHash(rows: string, columns: readonly string[]): string {
  return (
    `SELECT count(*) AS rows, ` +
    `CAST(coalesce(sum(CAST(hash(${columnList(columns)}) AS HUGEINT)), 0) AS VARCHAR) AS hash ` +
    `FROM (${rows})`
  )
}
