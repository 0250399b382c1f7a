import type { Columns } from '../../columns.ts'
import { isConvertible, misfitReason } from '../../duckdb/sql/foreignFiles.ts'
import type { Column, Footer } from '../../parquet/footer.ts'
import type { ForeignColumn } from '../../parquet/foreignColumn.ts'
import type { ColumnType } from '../../parquet/types.ts'
import { isFastparquet, legacyCalendarOf } from '../../parquet/writers.ts'

/** A foreign file's columns matched to the declared ones, or why they cannot be. */
export type Match = Fit | { readonly reason: string }

export interface Fit {
  readonly columns: readonly ForeignColumn[]
  /** Columns that are not declared. */
  readonly extra: readonly string[]
  /** Columns whose annotations DuckDB must not see: it would reject the file or change a value. */
  readonly plain: readonly Column[]
}

/** Matches the columns of files, once for all files that have the same ones. */
export class ColumnMatcher {
  readonly #declared: Columns
  /** Keyed by the array that such files share, and removed with it. */
  readonly #drafts = new WeakMap<readonly Column[], Map<string, Draft>>()

  constructor(declared: Columns) {
    this.#declared = declared
  }

  /**
   * Matches by name, ignoring case as DuckDB does. A column that the file lacks is NULL, an undeclared one is left out,
   * and one of another type makes the file unfit (text is never read as a number), unless it has no values.
   */
  match(footer: Footer): Match {
    if (footer.isEncrypted) return { reason: 'it is encrypted' }
    if (footer.rows !== footer.rowGroupRows) {
      return { reason: `its footer counts ${footer.rows} rows, its row groups ${footer.rowGroupRows}` }
    }
    const draft = this.#draftOf(footer)
    const beyond = valuesBeyondRows(footer, draft.flat)
    if (beyond !== undefined) return { reason: beyond }
    if (footer.rows === 0) return { columns: draft.absent, extra: draft.extra, plain: [] }
    const reason = draft.refusal ?? draft.misfits.find(({ column }) => hasValues(footer, column))?.reason
    return reason === undefined ? fitOf(draft, footer) : { reason }
  }

  #draftOf(footer: Footer): Draft {
    const footnotes = footnotesOf(footer)
    const drafts = this.#drafts.get(footer.columns) ?? new Map<string, Draft>()
    const key = JSON.stringify(footnotes)
    const draft = drafts.get(key) ?? draftOf(this.#declared, footer.columns, footnotes)
    this.#drafts.set(footer.columns, drafts.set(key, draft))
    return draft
  }
}

/** The part of a match that is the same for all files with the same columns. */
interface Draft {
  readonly columns: readonly ForeignColumn[]
  /** The same columns for a file without rows. */
  readonly absent: readonly ForeignColumn[]
  readonly extra: readonly string[]
  /** Why no file with these columns fits. */
  readonly refusal: string | undefined
  /** Columns that only fit if they have no values. */
  readonly misfits: readonly { readonly column: Column; readonly reason: string }[]
  /** Declared name → a column of times that DuckDB may change while it reads them. */
  readonly delicate: ReadonlyMap<string, Column>
  readonly unbindable: readonly Column[]
  /** The declared columns that have one value per row. */
  readonly flat: readonly Column[]
  /** Which delicate columns are read raw → the fit. */
  readonly fits: Map<string, Fit>
}

/** The fit of one file, which decides how each delicate column is read. */
function fitOf({ columns, extra, delicate, unbindable, fits }: Draft, footer: Footer): Fit {
  const raw = [...delicate].filter(([, column]) => !isReadExactly(footer, column))
  const key = raw.map(([name]) => name).join('\0')
  const known = fits.get(key)
  if (known !== undefined) return known
  const names = new Set(raw.map(([name]) => name))
  const fit = {
    columns: columns.map((column) => (names.has(column.name) ? readRaw(column) : column)),
    extra,
    plain: [...unbindable, ...raw.map(([, column]) => column)],
  }
  fits.set(key, fit)
  return fit
}

function readRaw(column: ForeignColumn): ForeignColumn {
  const { found } = column
  if (found?.type.kind !== 'timestamp') return column
  return { ...column, found: { ...found, type: { ...found.type, isRaw: true } } }
}

/**
 * DuckDB turns these into microseconds: milliseconds, which may not fit, and nanoseconds with a zone, rounded towards
 * 1970.
 */
function isDelicate({ type }: Column): boolean {
  return type.kind === 'timestamp' && (type.unit === 'ms' || (type.unit === 'ns' && type.isUtc))
}

/** Whether, by the footer, DuckDB reads a delicate column exactly. That is checked again while it reads. */
function isReadExactly({ rowGroups }: Footer, { type, firstChunk }: Column): boolean {
  const isNanos = type.kind === 'timestamp' && type.unit === 'ns'
  const [least, most] = isNanos ? [1_000n, (1n << 63n) - 2n] : [-MAX_MILLIS, MAX_MILLIS]
  return rowGroups.every(({ chunks }) => {
    const { values, statistics } = chunks[firstChunk] ?? {}
    if (statistics === undefined) return false
    const { nulls, min, max } = statistics
    if (nulls === values) return true
    return typeof min === 'bigint' && typeof max === 'bigint' && min >= least && max <= most
  })
}

/** The most milliseconds that fit into 64 bits as microseconds. */
const MAX_MILLIS = ((1n << 63n) - 1n) / 1000n

/** How a file's writer treated times and values, by kind of column. */
type FileFootnotes = Readonly<Record<'date' | 'timestamp' | 'int96' | 'other', object>>

function footnotesOf(footer: Footer): FileFootnotes {
  const writer = isFastparquet(footer) ? { isFastparquet: true } : {}
  const of = (kind: 'date' | 'timestamp' | 'int96'): object => {
    const legacyCalendar = legacyCalendarOf(footer, kind)
    return legacyCalendar === undefined ? writer : { ...writer, legacyCalendar }
  }
  return { date: of('date'), timestamp: of('timestamp'), int96: of('int96'), other: writer }
}

function draftOf(declared: Columns, columns: readonly Column[], footnotes: FileFootnotes): Draft {
  const names = namesInDuckdb(columns)
  const matched: ForeignColumn[] = []
  const misfits: { column: Column; reason: string }[] = []
  const wanted = new Set<number>()
  const delicate = new Map<string, Column>()
  let refusal: string | undefined
  for (const [name, type] of Object.entries(declared)) {
    const [index, twin] = columns.flatMap((column, place) => (isAlike(column.name, name) ? [place] : []))
    const column = index === undefined ? undefined : columns[index]
    if (index === undefined || column === undefined) {
      matched.push({ name, type })
      continue
    }
    wanted.add(index)
    if (twin !== undefined) {
      wanted.add(twin)
      refusal ??= `columns ${column.name} and ${columns[twin]?.name} differ only in case`
    }
    const misfit = misfitReason(name, column.type, type)
    if (!isConvertible(column.type, type)) misfits.push({ column, reason: misfit })
    if (isDelicate(column) && isConvertible(column.type, type)) delicate.set(name, column)
    const found = { name: names[index] ?? '', type: column.type, ...footnotesFor(column.type, footnotes) }
    matched.push(column.type.kind === 'null' ? { name, type } : { name, type, found })
  }
  if (wanted.size === 0) {
    // All its values would be NULL: the file was meant for another table.
    refusal = `it shares no column with the table, which has ${Object.keys(declared).join(', ')}`
  }
  const extra = columns.filter((_, index) => !wanted.has(index)).map(({ name }) => name)
  const absent = Object.entries(declared).map(([name, type]) => ({ name, type }))
  const unbindable = columns.filter(({ isBindable }) => !isBindable)
  const flat = columns.filter(({ type }, index) => wanted.has(index) && type.kind !== 'nested')
  return { columns: matched, absent, extra, refusal, misfits, delicate, unbindable, flat, fits: new Map() }
}

function footnotesFor({ kind }: ColumnType, footnotes: FileFootnotes): object {
  return kind === 'date' || kind === 'timestamp' || kind === 'int96' ? footnotes[kind] : footnotes.other
}

/** Whether a column has values, by the footer. If the footer is wrong, reading the column shows it. */
function hasValues({ rowGroups }: Footer, { type, firstChunk }: Column): boolean {
  if (type.kind === 'null') return false
  return rowGroups.some(({ chunks }) => {
    const chunk = chunks[firstChunk]
    const nulls = chunk?.statistics?.nulls
    return chunk !== undefined && nulls !== undefined && nulls < chunk.values
  })
}

/** Why a file cannot be taken if its footer counts fewer rows than it has: DuckDB would not read the others. */
function valuesBeyondRows({ rowGroups }: Footer, flat: readonly Column[]): string | undefined {
  for (const [index, { rows, chunks }] of rowGroups.entries()) {
    const longer = flat.find(({ firstChunk }) => (chunks[firstChunk]?.values ?? 0) > rows)
    if (longer === undefined) continue
    const values = chunks[longer.firstChunk]?.values
    return `column ${longer.name}: its footer counts ${values} values in row group ${index + 1}, but rows: ${rows}`
  }
  return undefined
}

/** DuckDB ignores case in names, but only that of ASCII letters. */
function isAlike(one: string, other: string): boolean {
  return asciiLower(one) === asciiLower(other)
}

function asciiLower(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase())
}

/** DuckDB's names for the columns of a file: names that it considers equal get numbers. */
function namesInDuckdb(columns: readonly Column[]): string[] {
  const taken = new Map<string, number>()
  return columns.map(({ name }) => {
    let given = name
    for (let count = taken.get(asciiLower(given)); count !== undefined; count = taken.get(asciiLower(given))) {
      taken.set(asciiLower(given), count + 1)
      given = `${given}_${count}`
    }
    taken.set(asciiLower(given), 1)
    return given
  })
}
