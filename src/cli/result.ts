import Table from 'cli-table3'
import type { Result } from '../duckdb/session.ts'
import type { JsonValue } from '../duckdb/values.ts'
import { cut, visible, widthOf } from './text.ts'

export type ResultFormat = 'table' | 'json' | 'csv'

/** On a terminal a long table is cut; data forms never are. */
const MAX_TABLE_ROWS = 200

const NUMERIC = /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|FLOAT|DOUBLE|DECIMAL)/

/**
 * A result as lines of text: an aligned table, one JSON object a row, or CSV by RFC 4180.
 * @param width  of the terminal that a table is for; undefined where it goes elsewhere, and is never cut
 */
export function renderResult(result: Result, format: ResultFormat, width: number | undefined): string[] {
  if (format === 'json') return result.rows.map((row) => JSON.stringify(asRecord(result, row)))
  if (format === 'csv') return [result.columns, ...result.rows].map((row) => row.map(csvCell).join(','))
  return result.columns.length === 0 ? [] : renderTable(result, width)
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

function renderTable(result: Result, width: number | undefined): string[] {
  const shown = width === undefined ? result.rows : result.rows.slice(0, MAX_TABLE_ROWS)
  const lines = alignedTable(
    result.columns,
    shown.map((row) => row.map(tableCell)),
    result.types.map((type) => NUMERIC.test(type)),
    width,
  )
  const hidden = result.rows.length - shown.length
  return hidden === 0
    ? lines
    : [...lines, `… and ${hidden.toLocaleString('en-US')} more rows; --json or --csv gives all`]
}

function tableCell(value: JsonValue): string {
  if (value === null) return 'NULL'
  if (typeof value === 'object') return visible(JSON.stringify(value))
  return visible(String(value))
}

/** The least that a column of text is cut to before lines are cut instead. */
const MIN_COLUMN_WIDTH = 8
const COLUMN_GAP = 2

/** Columns side by side, numbers to the right, a rule under the head; cut to `width` where one is given. */
export function alignedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isNumeric: readonly boolean[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const widths = fittingWidths(head, rows, isNumeric, width)
  const fitted = (cells: readonly string[]): string[] => cells.map((cell, column) => cut(cell, widths[column] ?? 0))
  const table = new Table({
    head: fitted(head),
    colAligns: isNumeric.map((numeric) => (numeric ? 'right' : 'left')),
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': COLUMN_GAP },
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
  table.push(...rows.map(fitted))
  const [first = '', ...rest] = table.toString().split('\n')
  const rule = '─'.repeat(totalWidth(widths))
  return [first, rule, ...rest].map((line) => cut(line.trimEnd(), width))
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, own) => sum + own + COLUMN_GAP, -COLUMN_GAP)
}

/** Takes from the widest columns of text until all fit. A number is never cut: half of one is another. */
function fittingWidths(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isNumeric: readonly boolean[],
  width: number,
): number[] {
  const widths = head.map((name, column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), widthOf(name)),
  )
  while (totalWidth(widths) > width) {
    const texts = widths.map((own, column) => (isNumeric[column] === true ? 0 : own))
    const widest = Math.max(...texts)
    if (widest <= MIN_COLUMN_WIDTH) break
    widths[texts.indexOf(widest)] = widest - 1
  }
  return widths
}
