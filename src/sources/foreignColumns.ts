import type { ForeignColumn } from '../duckdb/sql/foreignFiles.ts'
import type { Columns } from '../duckdb/sql/literals.ts'

/** A foreign file's columns matched to the declared ones, or why they cannot be. */
export type Match =
  | { readonly columns: readonly ForeignColumn[]; readonly extra: readonly string[] }
  | { readonly reason: string }

const INTEGERS: ReadonlySet<string> = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'UTINYINT',
  'USMALLINT',
  'UINTEGER',
  'UBIGINT',
])
const TIMESTAMPS: ReadonlySet<string> = new Set([
  'TIMESTAMP',
  'TIMESTAMP_S',
  'TIMESTAMP_MS',
  'TIMESTAMP_NS',
  'TIMESTAMP WITH TIME ZONE',
  'TIMESTAMPTZ',
])

/**
 * Matches by name, as DuckDB does: without regard to case. A column that the file lacks is NULL, one that is not
 * declared is left out, and one of another kind makes the file unfit: text is never read as a number.
 */
export function matchColumns(declared: Columns, found: readonly { name: string; type: string }[]): Match {
  const byName = new Map<string, { name: string; type: string }>()
  for (const column of found) {
    const twin = byName.get(column.name.toLowerCase())
    if (twin !== undefined) return { reason: `columns ${twin.name} and ${column.name} differ only in case` }
    byName.set(column.name.toLowerCase(), column)
  }
  const columns: ForeignColumn[] = []
  for (const [name, type] of Object.entries(declared)) {
    const column = byName.get(name.toLowerCase())
    byName.delete(name.toLowerCase())
    if (column !== undefined && !canCast(column.type, type)) {
      return { reason: `column ${name} is ${column.type}, the table wants ${type}` }
    }
    columns.push({ name, type, ...(column === undefined ? {} : { found: column }) })
  }
  if (columns.every((column) => column.found === undefined)) {
    // All of its rows would be NULLs: it was meant for another table.
    return { reason: `it shares no column with the table, which has ${Object.keys(declared).join(', ')}` }
  }
  return { columns, extra: [...byName.values()].map(({ name }) => name) }
}

/** Whether every value of one type that fits the other keeps its meaning. */
function canCast(from: string, to: string): boolean {
  if (from === to) return true
  if (TIMESTAMPS.has(from)) return TIMESTAMPS.has(to)
  if (INTEGERS.has(from)) return INTEGERS.has(to) || to === 'DOUBLE' || to.startsWith('DECIMAL')
  if (from === 'FLOAT') return to === 'DOUBLE'
  if (from.startsWith('DECIMAL')) return to === 'DOUBLE' || (to.startsWith('DECIMAL') && scaleOf(from) <= scaleOf(to))
  if (from === 'DATE') return TIMESTAMPS.has(to)
  return false
}

/** The digits behind the point of a DECIMAL; a cast to fewer would round them. */
function scaleOf(type: string): number {
  return Number(/, ?(\d+)\)$/.exec(type)?.[1] ?? 0)
}
