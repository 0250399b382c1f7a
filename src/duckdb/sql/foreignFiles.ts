// Parquet files that other programs wrote, cast to declared columns.
import { fileList, identifier, inDeltaYears, isTime, text } from './literals.ts'

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

function castForeign(found: { readonly name: string; readonly type: string }, type: string): string {
  const value = identifier(found.name)
  // A cast from nanoseconds rounds towards 1970; microseconds are floored, also before it.
  if (found.type === 'TIMESTAMP_NS' && type.startsWith('TIMESTAMP')) {
    const micros = `(epoch_ns(${value}) - (epoch_ns(${value}) % 1000 + 1000) % 1000) // 1000`
    return `CAST(make_timestamp(${micros}) AS ${type})`
  }
  return `CAST(${value} AS ${type})`
}
