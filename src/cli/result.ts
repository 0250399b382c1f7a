import Table from 'cli-table3'
import type { Result } from '../duckdb/session.ts'
import type { JsonValue } from '../duckdb/values.ts'

export type ResultFormat = 'table' | 'json' | 'csv'

/** On a terminal a long table is cut; data forms never are. */
const MAX_TABLE_ROWS = 200

const NUMERIC = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/

/** A result as lines of text: an aligned table, one JSON object a row, or CSV by RFC 4180. */
export function renderResult(result: Result, format: ResultFormat, isTerminal: boolean): string[] {
  if (format === 'json') return result.rows.map((row) => JSON.stringify(asRecord(result, row)))
  if (format === 'csv') return [result.columns, ...result.rows].map((row) => row.map(csvCell).join(','))
  return result.columns.length === 0 ? [] : renderTable(result, isTerminal)
}

function asRecord(result: Result, row: readonly JsonValue[]): Record<string, JsonValue> {
  return Object.fromEntries(result.columns.map((name, column) => [name, row[column] ?? null]))
}

function csvCell(value: JsonValue): string {
  if (value === null) return ''
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
  // An empty text is quoted, so that it is not taken for NULL.
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function renderTable(result: Result, isTerminal: boolean): string[] {
  const shown = isTerminal ? result.rows.slice(0, MAX_TABLE_ROWS) : result.rows
  const lines = alignedTable(
    result.columns,
    shown.map((row) => row.map(tableCell)),
    result.types.map((type) => NUMERIC.test(type)),
  )
  const hidden = result.rows.length - shown.length
  return hidden === 0
    ? lines
    : [...lines, `… and ${hidden.toLocaleString('en-US')} more rows; --json or --csv gives all`]
}

function tableCell(value: JsonValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'object') return JSON.stringify(value)
  return String(value).replaceAll(/[\r\n\t]/g, ' ')
}

/** Columns side by side, numbers to the right, a rule under the head. */
export function alignedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isNumeric: readonly boolean[],
): string[] {
  const table = new Table({
    head: [...head],
    colAligns: isNumeric.map((numeric) => (numeric ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: {
      top: '',
      'top-mid': '',
      'top-left': '',
      'top-right': '',
      bottom: '',
      'bottom-mid': '',
      'bottom-left': '',
      'bottom-right': '',
      left: '',
      'left-mid': '',
      mid: '',
      'mid-mid': '',
      right: '',
      'right-mid': '',
      middle: '',
    },
  })
  table.push(...rows.map((row) => [...row]))
  const [first = '', ...rest] = table.toString().split('\n')
  return [first, '─'.repeat(first.trimEnd().length), ...rest].map((line) => line.trimEnd())
}
