import type { ResultHead } from '../duckdb/result.ts'
import type { JsonValue } from '../duckdb/values.ts'
import { type Column, TableLayout } from './table.ts'
import { visible } from './text.ts'

/** The forms in which a result is written as text. */
export type TextForm = 'table' | 'json' | 'ndjson' | 'csv' | 'md'

/** Writes one result, some rows after another, as text. */
export interface ResultWriter {
  readonly rows: (rows: readonly (readonly JsonValue[])[]) => string
  /** What is left to write after the last row. */
  readonly end: () => string
}

/** @param width  of the terminal that a table is for; undefined where it goes elsewhere, and nothing is cut */
export function resultWriter(form: TextForm, head: ResultHead, width: number | undefined): ResultWriter {
  if (form === 'table') return tableWriter(head, width)
  if (form === 'json') return arrayWriter(head)
  if (form === 'ndjson') return { rows: (rows) => linesOf(rows.map((row) => jsonOf(head, row))), end: () => '' }
  const line = form === 'csv' ? csvLine : markdownLine
  const top = form === 'csv' ? [csvLine(head.columns)] : markdownHead(head)
  return withTop(linesOf(top), (rows) => linesOf(rows.map(line)))
}

/** A form with a head above the first row, also if there are no rows. */
function withTop(top: string, textOf: ResultWriter['rows']): ResultWriter {
  let before = top
  const take = (): string => {
    const text = before
    before = ''
    return text
  }
  return { rows: (rows) => take() + textOf(rows), end: take }
}

function linesOf(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

function jsonOf({ columns }: ResultHead, row: readonly JsonValue[]): string {
  return JSON.stringify(Object.fromEntries(columns.map((name, column) => [name, row[column] ?? null])))
}

/** One array, a row a line. */
function arrayWriter(head: ResultHead): ResultWriter {
  let count = 0
  return {
    rows: (rows) => rows.map((row) => `${count++ === 0 ? '[' : ','}\n  ${jsonOf(head, row)}`).join(''),
    end: () => (count === 0 ? '[]\n' : '\n]\n'),
  }
}

function csvLine(row: readonly JsonValue[]): string {
  return row.map(csvCell).join(',')
}

function csvCell(value: JsonValue): string {
  if (value === null) return ''
  const text = plainText(value)
  // An empty text is quoted, so that it is not read as NULL.
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function markdownHead({ columns, types }: ResultHead): string[] {
  const rule = types.map((type) => (isNumeric(type) ? '---:' : '---'))
  return [markdownLine(columns), markdownLine(rule)]
}

function markdownLine(row: readonly JsonValue[]): string {
  return `| ${row.map((value) => markdownCell(value)).join(' | ')} |`
}

function markdownCell(value: JsonValue): string {
  if (value === null) return ''
  // A backslash would escape what follows it, and < begin a tag.
  return plainText(value)
    .replaceAll(/[\\|<]/g, '\\$&')
    .replaceAll(/\r\n|\r|\n/g, '<br>')
}

function plainText(value: string | number | boolean | object): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** This many rows are laid out at once: from one block to the next a column may change its width. */
const TABLE_BLOCK_ROWS = 10_000

function tableWriter(head: ResultHead, width: number | undefined): ResultWriter {
  const layout = new TableLayout(columnsOf(head), width)
  let isBegun = false
  let block: string[][] = []
  const flush = (): string => {
    const lines = layout.lines(block)
    isBegun = true
    block = []
    return linesOf(lines)
  }
  return {
    rows: (rows) => {
      for (const row of rows) block.push(row.map(tableCell))
      return block.length < TABLE_BLOCK_ROWS ? '' : flush()
    },
    end: () => (block.length === 0 && isBegun ? '' : flush()),
  }
}

function tableCell(value: JsonValue): string {
  return value === null ? 'NULL' : visible(plainText(value))
}

function columnsOf({ columns, types }: ResultHead): Column[] {
  return columns.map((name, column) => {
    const type = types[column] ?? ''
    return { name, isNumeric: isNumeric(type), isWhole: isNumeric(type) || WHOLE.test(type) }
  })
}

function isNumeric(type: string): boolean {
  return /^(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|BIGNUM|FLOAT|DOUBLE|DECIMAL\(\d+,\d+\))$/.test(type)
}

/** Types, besides numbers, whose values are short and would mean something else if they were cut. */
const WHOLE = /^(BOOLEAN|DATE|UUID|INTERVAL|TIME[A-Z_ ]*)$/
