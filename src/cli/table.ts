import { cut, startOf, visible, widthOf } from './text.ts'

/** The least that a column of text is cut to. */
const MIN_COLUMN_WIDTH = 8
const COLUMN_GAP = 2

/** A column of a table of text. */
export interface Column {
  readonly name: string
  readonly isNumeric: boolean
  /** Whether its cells must not be cut: half a number is another number. */
  readonly isWhole: boolean
}

/** Columns side by side, numbers to the right, a rule under the head; cut to `width` where one is given. */
export function alignedTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isNumeric: readonly boolean[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const columns = head.map((name, column) => {
    const numeric = isNumeric[column] === true
    return { name, isNumeric: numeric, isWhole: numeric }
  })
  const widths = cutWidths(naturalWidths(columns, rows, []), columns, rows, width)
  return [...headLines(columns, widths), ...rowLines(columns, rows, widths)].map((line) => cut(line, width))
}

/** A table that is wider than the terminal is shown as records if it has at most this many rows. */
const FEW_ROWS = 20

/** Lays rows out for a terminal or a page, block by block: as a table if that fits, else as records. */
export class TableLayout {
  readonly #columns: readonly Column[]
  readonly #width: number
  #widths: readonly number[] = []
  #rowCount = 0

  constructor(columns: readonly Column[], width = Number.POSITIVE_INFINITY) {
    this.#columns = columns
    this.#width = width
  }

  /** The lines of the next rows. Later rows may widen a column; the lines before them stay as they are. */
  lines(rows: readonly (readonly string[])[]): string[] {
    const before = this.#rowCount
    this.#rowCount += rows.length
    const natural = naturalWidths(this.#columns, rows, this.#widths)
    const isFirst = before === 0
    const widths = this.#isFew(natural) && isFirst ? natural : cutWidths(natural, this.#columns, rows, this.#width)
    if (totalWidth(widths) > this.#width && rows.length > 0) {
      return rows.flatMap((row, index) => recordLines(this.#columns, row, before + index + 1, this.#width))
    }
    this.#widths = widths
    const lines = [...(isFirst ? headLines(this.#columns, widths) : []), ...rowLines(this.#columns, rows, widths)]
    return lines.map((line) => cut(line, this.#width))
  }

  #isFew(natural: readonly number[]): boolean {
    return totalWidth(natural) > this.#width && this.#rowCount <= FEW_ROWS
  }
}

function totalWidth(widths: readonly number[]): number {
  return widths.reduce((sum, own) => sum + own + COLUMN_GAP, -COLUMN_GAP)
}

function naturalWidths(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  least: readonly number[],
): number[] {
  return columns.map(({ name }, column) =>
    rows.reduce(
      (widest, row) => Math.max(widest, widthOf(row[column] ?? '')),
      Math.max(least[column] ?? 0, widthOf(visible(name))),
    ),
  )
}

/** Takes from the widest columns until all fit, as far as they can be cut: their text, and the names of the others. */
function cutWidths(
  natural: readonly number[],
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  width: number,
): number[] {
  const widths = [...natural]
  if (totalWidth(widths) <= width) return widths
  const least = columns.map(({ isWhole }, column) => {
    if (!isWhole) return MIN_COLUMN_WIDTH
    return rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? '')), MIN_COLUMN_WIDTH)
  })
  // At once down to the terminal's width: a text may have a million characters, and the loop takes one at a time.
  for (const [column, own] of widths.entries()) widths[column] = Math.min(own, Math.max(width, least[column] ?? 0))
  while (totalWidth(widths) > width) {
    const spare = widths.map((own, column) => (own > (least[column] ?? 0) ? own : 0))
    const widest = Math.max(...spare)
    if (widest <= 0) break
    widths[spare.indexOf(widest)] = widest - 1
  }
  return widths
}

function headLines(columns: readonly Column[], widths: readonly number[]): string[] {
  const names = columns.map(({ name }) => visible(name))
  return [...rowLines(columns, [names], widths), '─'.repeat(Math.max(0, totalWidth(widths)))]
}

function rowLines(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  widths: readonly number[],
): string[] {
  return rows.map((row) =>
    columns
      .map(({ isNumeric }, column) => {
        const width = widths[column] ?? 0
        const cell = cut(row[column] ?? '', width)
        return isNumeric ? paddingOf(cell, width) + cell : cell + paddingOf(cell, width)
      })
      .join(' '.repeat(COLUMN_GAP))
      .trimEnd(),
  )
}

function paddingOf(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** The most lines that a text takes in a record. */
const MAX_TEXT_LINES = 10
/** The least width of a value beside its name, and of a name. */
const MIN_VALUE_WIDTH = 4
const MIN_NAME_WIDTH = 4
const MAX_RULE_WIDTH = 40

/** One row as a record: a line with its number, then a line, or as many as it takes, for each column. */
function recordLines(columns: readonly Column[], row: readonly string[], number: number, width: number): string[] {
  const longest = Math.max(...columns.map(({ name }) => widthOf(visible(name))))
  const nameWidth = Math.min(longest, Math.max(MIN_NAME_WIDTH, Math.floor(width / 3)))
  const room = Math.max(MIN_VALUE_WIDTH, width - nameWidth - COLUMN_GAP)
  const rule = cut(`─ ${number} `.padEnd(Math.min(width, MAX_RULE_WIDTH), '─'), width)
  const lines = columns.flatMap(({ name, isWhole }, column) => {
    const shown = cut(visible(name), nameWidth)
    const label = shown + paddingOf(shown, nameWidth)
    return wrapped(row[column] ?? '', room, isWhole ? Number.POSITIVE_INFINITY : MAX_TEXT_LINES).map((part, index) =>
      `${index === 0 ? label : ' '.repeat(nameWidth)}${' '.repeat(COLUMN_GAP)}${part}`.trimEnd(),
    )
  })
  return [rule, ...lines]
}

/** A text in lines of `width` places, cut with … after `maxLines`. */
function wrapped(text: string, width: number, maxLines: number): string[] {
  const lines: string[] = []
  let rest = text
  while (lines.length < maxLines - 1 && widthOf(rest) > width) {
    const start = startOf(rest, width)
    lines.push(start)
    rest = rest.slice(start.length)
  }
  return [...lines, cut(rest, width)]
}
