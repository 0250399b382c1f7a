import { BOUND_CHARACTERS, type Columns, type ColumnValues, isTableDate } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { boundsInFiles } from '../../duckdb/sql/batch.ts'
import { type JsonValue, type Row, requiredText, safeInteger } from '../../duckdb/values.ts'

/** What RETURN_STATS says about a column, with values as DuckDB writes them. */
interface ReturnedStats extends Bounds {
  readonly name: string
  readonly type: string
  readonly nulls: number
}

interface Bounds {
  readonly min: string | undefined
  readonly max: string | undefined
}

/**
 * What is known about the columns of files that a COPY wrote, by file and column. What RETURN_STATS leaves out is read
 * from the files, by a scan of those columns alone.
 * @param files  the rows that a COPY with RETURN_STATS returned
 * @param columns  those of the table; others are ignored
 */
export async function columnValuesOf(
  session: Session,
  files: readonly Row[],
  columns: Columns,
): Promise<Map<string, Record<string, ColumnValues>>> {
  const read = await readBounds(session, files, columns)
  return new Map(
    files.map(({ filename, count, column_statistics: statistics }) => {
      const file = requiredText(filename, 'filename')
      const rows = safeInteger(count, 'rows of a file')
      const values = returnedStats(statistics, columns).map((stats) => [
        stats.name,
        valuesOf(rows, stats, read.get(file)?.get(stats.name)),
      ])
      return [file, Object.fromEntries(values)]
    }),
  )
}

function valuesOf(rows: number, stats: ReturnedStats, read: Bounds | undefined): ColumnValues {
  const nulls = Number.isSafeInteger(stats.nulls) ? stats.nulls : null
  if (nulls === rows || stats.type === 'BLOB') return { nulls, bounds: null }
  const bounds = read ?? stats
  const [min, max] = [boundText(bounds.min, stats.type), boundText(bounds.max, stats.type)]
  return { nulls, bounds: min === undefined || max === undefined ? null : { min, max } }
}

async function readBounds(
  session: Session,
  files: readonly Row[],
  columns: Columns,
): Promise<Map<string, Map<string, Bounds>>> {
  const unknown = new Set<string>()
  const paths: string[] = []
  for (const { filename, count, column_statistics: statistics } of files) {
    const rows = safeInteger(count, 'rows of a file')
    const names = returnedStats(statistics, columns).flatMap((stats) => (hasBounds(stats, rows) ? [] : [stats.name]))
    if (names.length === 0) continue
    paths.push(requiredText(filename, 'filename'))
    for (const name of names) unknown.add(name)
  }
  if (paths.length === 0) return new Map()
  const rows = await session.rows(boundsInFiles(paths, [...unknown], BOUND_CHARACTERS))
  return new Map(rows.map(({ file, bounds }) => [requiredText(file, 'file'), boundsByColumn(bounds)]))
}

/**
 * Whether RETURN_STATS has the bounds of a column, or the column needs none. RETURN_STATS says nothing about the whole
 * column if a row group has only NULLs, or if the minimum or maximum is a long text that is not ASCII. Its `has_nan` is
 * that of the last row group, so that a column of floats may have NaN whatever it says.
 */
function hasBounds({ type, nulls, min, max }: ReturnedStats, rows: number): boolean {
  return (min !== undefined && max !== undefined && !isFloating(type)) || nulls === rows || type === 'BLOB'
}

function boundsByColumn(list: Row[string] | undefined): Map<string, Bounds> {
  if (!Array.isArray(list)) return new Map()
  return new Map(list.map(({ name, min, max }) => [name, { min: min ?? undefined, max: max ?? undefined }]))
}

/** @param statistics  what COPY … RETURN_STATS says about a file: DuckDB's MAP(column, MAP(statistic, text)) as JSON */
function returnedStats(statistics: JsonValue | undefined, columns: Columns): ReturnedStats[] {
  return entriesOf(statistics).flatMap(([column, values]) => {
    const byName = new Map(entriesOf(values))
    // Keys are quoted identifiers.
    const name = column.replace(/^"(.*)"$/s, '$1').replaceAll('""', '"')
    const type = columns[name]
    if (type === undefined) return []
    return {
      name,
      type,
      nulls: Number(byName.get('null_count')),
      min: textOf(byName.get('min')),
      max: textOf(byName.get('max')),
    }
  })
}

/** The entries of a MAP, which in DuckDB's JSON form is a list of {key, value}. */
export function entriesOf(map: JsonValue | undefined): [string, JsonValue][] {
  if (!Array.isArray(map)) return []
  return map.map((entry: { key: string; value: JsonValue }) => [entry.key, entry.value])
}

function textOf(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function isFloating(type: string): boolean {
  return type === 'FLOAT' || type === 'DOUBLE'
}

/** Puts a value from DuckDB's form into the contract's, or returns undefined if the contract has none for it. */
function boundText(value: string | undefined, type: string): string | undefined {
  if (value === undefined) return undefined
  if (type === 'VARCHAR')
    return value.length <= BOUND_CHARACTERS ? value : [...value].slice(0, BOUND_CHARACTERS).join('')
  if (type === 'DATE') return isTableDate(value) ? value : undefined
  if (type === 'TIMESTAMPTZ') return timeText(value)
  if (type === 'BOOLEAN') return value === '1' || value === 'true' ? 'true' : 'false'
  return isFloating(type) ? floatingText(Number(value)) : exactText(value)
}

/** `2026-11-22 10:00:00.1234+00` → `2026-11-22T10:00:00.123400Z` */
function timeText(value: string): string | undefined {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/.exec(value)
  return parts === null ? undefined : `${parts[1]}T${parts[2]}.${(parts[3] ?? '').padEnd(6, '0')}Z`
}

function floatingText(value: number): string | undefined {
  return Number.isFinite(value) ? JSON.stringify(value) : undefined
}

/** An integer or a decimal; DuckDB writes -0.5 as `-.5`. */
function exactText(value: string): string | undefined {
  const parts = /^(-?)(\d*)(\.\d+)?$/.exec(value)
  return parts === null ? undefined : `${parts[1]}${parts[2] || '0'}${parts[3] ?? ''}`
}
