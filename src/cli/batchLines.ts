import { LakeError, messageOf } from '../errors.ts'
import type { LakeStream } from '../lake/resolve.ts'
import type { StreamFailure } from '../lake/run.ts'
import type { BatchProgress } from '../stream/progress.ts'
import type { Console } from './console.ts'
import { count, duration, plural, rate } from './format.ts'
import { type Piece, paintedLine, visible, widthOf } from './text.ts'

/** A failure after which the stream goes on. */
export type RetriedFailure = StreamFailure & { readonly retryMs: number }

/** Shows the batches of a run. */
export interface BatchPrinter {
  readonly onStart: (stream: string, batches: number) => void
  readonly onBatch: (progress: BatchProgress) => void
  readonly onNote: (stream: string, text: string) => void
  readonly onRetry: (failure: RetriedFailure) => void
  /** Takes away what is drawn again and again. */
  readonly end: () => void
  /** What each stream has done. */
  readonly sumUp: () => void
}

/** What a printer shows of a run. */
export interface ShownRun {
  readonly streams: readonly { readonly name: string; readonly kind: LakeStream['from']['kind'] }[]
  readonly tables: readonly string[]
  /** How many rows the run will make, where that is known. */
  readonly totalRows: number | undefined
  /** Whether the run goes on until it is stopped. */
  readonly isEndless: boolean
}

/** One JSON object a batch on stdout. */
export function jsonPrinter(console: Console): BatchPrinter {
  return {
    onStart: () => undefined,
    onBatch: (progress) => console.data(JSON.stringify(progress)),
    onNote: (stream, text) => console.note(visible(`${stream}  ${text}`)),
    onRetry: (failure) => console.note(retryText(failure)),
    end: () => undefined,
    sumUp: () => undefined,
  }
}

/** What failed, and when its stream is tried again. */
function retryText({ stream, error, failures, retryMs }: RetriedFailure, nameWidth = 0): string {
  const times = failures === 1 ? 'once' : failures === 2 ? 'twice' : `${failures} times in a row`
  const what = error instanceof LakeError ? `${error.code}: ${error.message}` : messageOf(error)
  return visible(`${stream.padEnd(nameWidth)}  failed ${times}, is tried again in ${duration(retryMs)}: ${what}`)
}

const REDRAW_MS = 250

/**
 * One line a batch on stderr, in columns; on a terminal a line below tells that the run is alive. A run whose rows are
 * known draws a bar there instead of its lines.
 */
export function batchPrinter(console: Console, run: ShownRun): BatchPrinter {
  const { colors } = console
  const nameWidth = Math.max(...run.streams.map(({ name }) => name.length))
  const sums = new Map(run.streams.map(({ name }) => [name, NOTHING]))
  const isBar = run.totalRows !== undefined && console.isLive && run.streams.every(({ kind }) => kind === 'generated')
  const startMs = performance.now()
  let lastMs = startMs
  const draw = (): void => {
    const nowMs = performance.now()
    const { rows, batches } = totalOf([...sums.values()])
    if (isBar) console.live(barLine(rows, run.totalRows ?? rows, nowMs - startMs, lastMs - startMs, console))
    else console.live(aliveLine({ rows, batches, quietMs: nowMs - lastMs, isEndless: run.isEndless }, console))
  }
  let timer: NodeJS.Timeout | undefined
  return {
    onStart: (stream, batches) => {
      timer ??= console.isLive ? setInterval(draw, REDRAW_MS).unref() : undefined
      const at = batches === 0 ? 'begins' : `goes on after batch ${count(batches)}`
      const pieces = [{ text: `${stream.padEnd(nameWidth)}  ${at}`, paint: console.colors.dim }]
      if (!isBar) console.note(paintedLine(pieces, console.noteWidth))
      draw()
    },
    onBatch: (progress) => {
      sums.set(progress.stream, sumWith(sums.get(progress.stream) ?? NOTHING, progress))
      lastMs = performance.now()
      if (!isBar) console.note(batchLine(progress, nameWidth, run, console))
      draw()
    },
    // Whole, however long: a sentence that is cut says nothing.
    onNote: (stream, text) => console.note(colors.yellow(visible(`${stream.padEnd(nameWidth)}  ${text}`))),
    onRetry: (failure) => console.note(colors.yellow(retryText(failure, nameWidth))),
    end: () => {
      clearInterval(timer)
      console.live([])
    },
    sumUp: () => {
      const elapsedMs = Math.max(1, lastMs - startMs)
      for (const [stream, sum] of sums) {
        const pace = isBar ? ` in ${duration(elapsedMs)}  ${rate((sum.rows * 1000) / elapsedMs)}` : ''
        const text = `${doneIn(sum) ?? 'nothing new'}${pace}${tablesOf(sum.tables, run)}`
        const pieces = [{ text: `${stream.padEnd(nameWidth)}  ${text}`, paint: console.colors.dim }]
        console.note(paintedLine(pieces, console.noteWidth))
      }
    },
  }
}

/** What a stream has done in a run. */
interface Sum {
  readonly batches: number
  readonly rows: number
  readonly tables: Readonly<Record<string, number>>
}

const NOTHING: Sum = { batches: 0, rows: 0, tables: {} }

function sumWith(sum: Sum, { inputRows, rows }: BatchProgress): Sum {
  const tables: Record<string, number> = { ...sum.tables }
  for (const [table, more] of Object.entries(rows)) tables[table] = (tables[table] ?? 0) + more
  return { batches: sum.batches + 1, rows: sum.rows + inputRows, tables }
}

function doneIn({ rows, batches }: Pick<Sum, 'rows' | 'batches'>): string | undefined {
  return batches === 0 ? undefined : `${plural(rows, 'row')} in ${plural(batches, 'batch')}`
}

function totalOf(sums: readonly Sum[]): { batches: number; rows: number } {
  const total = { batches: 0, rows: 0 }
  for (const { batches, rows } of sums) {
    total.batches += batches
    total.rows += rows
  }
  return total
}

/** Rows by table, in the order of the config. */
function tablesOf(rows: Readonly<Record<string, number>>, { tables }: ShownRun): string {
  const parts = tables.flatMap((table) => (rows[table] === undefined ? [] : [`${table} ${count(rows[table])}`]))
  return parts.length === 0 ? '' : `  → ${parts.join(' + ')}`
}

/** The least of the tables that is worth showing on a narrow terminal; the end of the run sums them up. */
const MIN_TABLES_WIDTH = 16
const FILES_WIDTH = ' from 10,000 files'.length
const LAG_WIDTH = '  59 m 59 s lag'.length

/**
 * What is as wide in every line comes first: it aligns however many tables there are, however long their names. On a
 * narrow terminal the tables go first, then the files, then the lag.
 */
function batchLine(progress: BatchProgress, nameWidth: number, run: ShownRun, console: Console): string {
  const { colors } = console
  const { inputRows, inputFiles, lagMs } = progress
  const kinds = new Set(run.streams.map(({ kind }) => kind))
  const rows = `${count(inputRows).padStart(10)} ${inputRows === 1 ? 'row ' : 'rows'}`
  const start = `  batch ${count(progress.batch).padStart(6)} ${rows}`
  const speed = `${duration(progress.durationMs.total).padStart(10)}  ${rate(progress.rowsPerSecond).padStart(12)}`
  let room = console.noteWidth - nameWidth - widthOf(start) - widthOf(speed)
  const column = (isThere: boolean, width: number): number => {
    if (!isThere || width > room) return 0
    room -= width
    return width
  }
  const lagWidth = column(kinds.has('deltaTable'), LAG_WIDTH)
  const filesWidth = column(kinds.has('deltaTable') || kinds.has('parquetFolder'), FILES_WIDTH)
  const files = inputFiles === 0 ? '' : ` from ${plural(inputFiles, 'file')}`
  const lag = lagMs === null ? '' : `${duration(lagMs)} lag`
  const pieces: Piece[] = [
    { text: progress.stream.padEnd(nameWidth), paint: colors.bold },
    { text: start },
    { text: filesWidth === 0 ? '' : files.padEnd(filesWidth) },
    { text: speed },
    { text: lagWidth === 0 ? '' : lag.padStart(lagWidth) },
    { text: room < MIN_TABLES_WIDTH ? '' : tablesOf(progress.rows, run), paint: colors.dim },
  ]
  return paintedLine(pieces, console.noteWidth)
}

/** Below the lines of a run that goes on. */
function aliveLine(
  run: { readonly rows: number; readonly batches: number; readonly quietMs: number; readonly isEndless: boolean },
  { colors }: Console,
): Piece[] {
  const seconds = Math.floor(run.quietMs / 1000)
  if (seconds === 0) return []
  const done = doneIn(run)
  const time = seconds < 60 ? `${seconds} s` : duration(seconds * 1000)
  const parts = [`${time} since the ${done === undefined ? 'start' : 'last batch'}`, done]
  if (run.isEndless) parts.push('Ctrl-C ends it')
  return [{ text: parts.filter((part) => part !== undefined).join(' · '), paint: colors.dim }]
}

const BAR_WIDTH = 16

/** A bar that fills up to a known number of rows, with rate and time left. */
function barLine(rows: number, totalRows: number, elapsedMs: number, rowsMs: number, { colors }: Console): Piece[] {
  const share = Math.min(1, rows / totalRows)
  const filled = Math.round(share * BAR_WIDTH)
  const perMs = rows / Math.max(1, rowsMs)
  const leftMs = totalRows / perMs - elapsedMs
  const known = `  ${rate(perMs * 1000)}${rows < totalRows && leftMs > 0 ? `  ${duration(leftMs)} left` : ''}`
  return [
    { text: '█'.repeat(filled) },
    { text: '░'.repeat(BAR_WIDTH - filled), paint: colors.dim },
    { text: ` ${String(Math.floor(share * 100)).padStart(3)} %  ${count(rows)} of ${plural(totalRows, 'row')}` },
    { text: rows === 0 ? `  ${duration(elapsedMs)}` : known },
  ]
}
