import type { JsonValue } from '../duckdb/values.ts'

const LINE_END = '\r\n'

/** What makes a cell a formula for a spreadsheet. */
const FORMULA = /^[=+\-@\t\r]/

/**
 * Rows as CSV (RFC 4180). A text that a spreadsheet would take for a formula gets an apostrophe before it: panels show
 * what strangers wrote, and whoever opens the file must not run that. JSON has every text as it is.
 * @param types  DuckDB's names of the columns' types
 */
export function csvOf(
  columns: readonly string[],
  types: readonly string[],
  rows: readonly (readonly JsonValue[])[],
): string {
  const isText = types.map((type) => !PLAIN_TYPES.test(type))
  const lines = rows.map((row) => row.map((value, column) => cellOf(value, isText[column] ?? true)).join(','))
  return [columns.map((name) => cellOf(name, true)).join(','), ...lines].map((line) => line + LINE_END).join('')
}

/** Types whose values DuckDB writes, so that a minus is the sign of a number. */
const PLAIN_TYPES =
  /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\)|BOOLEAN|DATE|TIME.*)$/

function cellOf(value: JsonValue, isText: boolean): string {
  if (value === null) return ''
  const plain = typeof value === 'object' ? JSON.stringify(value) : String(value)
  const text = isText && FORMULA.test(plain) ? `'${plain}` : plain
  // An empty text is quoted, so that it is not read as NULL.
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
