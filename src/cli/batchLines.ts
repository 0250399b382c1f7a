import { LakeError, messageOf } from '../errors.ts'
import type { LakeSource } from '../lake/config/resolve.ts'
import type { StreamFailure } from '../lake/runOptions.ts'
import type { BatchProgress } from '../stream/progress.ts'
import { count, duration, plural, rate, secondsText } from './format.ts'
import type { Terminal } from './terminal.ts'
import { type Piece, paintedLine, visible, widthOf } from './text.ts'

/** A failure after which the stream is tried again. */
export type RetriedFailure = StreamFailure & { readonly retryMs: number }

/** Shows the batches of a run. */
export interface BatchPrinter {
  readonly onStart: (stream: string, batches: number) => void
  readonly onBatch: (progress: BatchProgress) => void
  readonly onNote: (stream: string, text: string) => void
  readonly onRetry: (failure: RetriedFailure) => void
  /** How far an engine is with the batch of a stream. */
  readonly onProgress: (stream: string, text: string) => void
  /** Removes the line that is drawn again and again. */
  readonly end: () => void
  /** Says what each stream has done. */
  readonly sumUp: () => void
}

export interface ShownStream {
  readonly name: string
  readonly measures: LakeSource['measures']
  /** Whether it ends by itself, after a number of rows. */
  readonly isCounted: boolean
  /** The tables that it writes. */
  readonly into: readonly string[]
  /** What it looks for and where, said when it begins. */
  readonly looksFor?: string | undefined
}

/** What a printer needs to know of a run. */
export interface ShownRun {
  readonly streams: readonly ShownStream[]
  readonly tables: readonly string[]
  /** How many rows the run will make, where that is known. */
  readonly totalRows: number | undefined
  /** The engine that batches need not name. */
  readonly usualEngine: string
  /** Whether the run goes on until it is stopped. */
  readonly isEndless: boolean
  /** Aborted when the run is asked to stop. */
  readonly signal: AbortSignal
}

/** One JSON object a batch on stdout. */
export function jsonPrinter(terminal: Terminal): BatchPrinter {
  return {
    onStart: () => undefined,
    onBatch: (progress) => terminal.data(JSON.stringify(progress)),
    onNote: (stream, text) => terminal.event(visible(`${stream}  ${text}`)),
    onRetry: (failure) => terminal.event(retryText(failure)),
    onProgress: () => undefined,
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
export function batchPrinter(terminal: Terminal, run: ShownRun): BatchPrinter {
  const { colors } = terminal
  const nameWidth = Math.max(...run.streams.map(({ name }) => name.length))
  const columns = columnsOf(run, nameWidth, terminal.noteWidth)
  const sums = new Map(run.streams.map(({ name }) => [name, NOTHING]))
  const isBar = run.totalRows !== undefined && terminal.isLive && run.streams.every(({ isCounted }) => isCounted)
  const startMs = performance.now()
  let lastMs = startMs
  const working = new Map<string, string>()
  const draw = (): void => {
    const nowMs = performance.now()
    const { rows, batches } = totalOf([...sums.values()])
    if (isBar) terminal.live(barLine(rows, run.totalRows ?? rows, nowMs - startMs, lastMs - startMs, terminal))
    else {
      const work = [...working].map(([stream, text]) => visible(`${stream}: ${text}`))
      terminal.live(aliveLine({ rows, batches, quietMs: nowMs - lastMs, work, key: keyText(run) }, terminal))
    }
  }
  run.signal.addEventListener('abort', draw) // at once, because the line names the key that was just pressed
  let timer: NodeJS.Timeout | undefined
  return {
    onStart: (stream, batches) => {
      working.delete(stream)
      timer ??= terminal.isLive ? setInterval(draw, REDRAW_MS).unref() : undefined
      const begins = batches === 0 ? 'begins' : `goes on after batch ${count(batches)}`
      const looksFor = run.streams.find(({ name }) => name === stream)?.looksFor
      const at = looksFor === undefined ? begins : `${begins}: ${visible(looksFor)}`
      const pieces = [{ text: `${stream.padEnd(nameWidth)}  ${at}`, paint: terminal.colors.dim }]
      if (!isBar) terminal.event(paintedLine(pieces, terminal.noteWidth))
      draw()
    },
    onBatch: (given) => {
      const progress = { ...given, rows: ownRows(given, run) }
      sums.set(progress.stream, sumWith(sums.get(progress.stream) ?? NOTHING, progress))
      lastMs = performance.now()
      working.delete(progress.stream)
      if (!isBar) for (const line of batchLines(progress, run, columns, terminal)) terminal.event(line)
      draw()
    },
    // Whole, however long: a sentence that is cut says nothing.
    onNote: (stream, text) => terminal.event(colors.yellow(visible(`${stream.padEnd(nameWidth)}  ${text}`))),
    onRetry: (failure) => {
      working.delete(failure.stream)
      terminal.event(colors.yellow(retryText(failure, nameWidth)))
    },
    // Where no line can be drawn again, each would stay for ever.
    onProgress: (stream, text) => {
      if (!terminal.isLive) return
      working.set(stream, text)
      draw()
    },
    end: () => {
      clearInterval(timer)
      run.signal.removeEventListener('abort', draw)
      terminal.live([])
    },
    sumUp: () => {
      const elapsedMs = Math.max(1, lastMs - startMs)
      for (const [stream, sum] of sums) {
        const pace =
          isBar && sum.batches > 0 ? ` in ${duration(elapsedMs)}  ${rate((sum.rows * 1000) / elapsedMs)}` : ''
        const text = `${stream.padEnd(nameWidth)}  ${doneIn(sum) ?? 'nothing new'}${pace}`
        const start = [{ text, paint: terminal.colors.dim }]
        for (const line of withTables([start], sum.tables, run, terminal)) terminal.event(line)
      }
    },
  }
}

/** The rows of the tables that a stream writes: live aggregates say those of the tables that they read. */
function ownRows({ stream, rows }: BatchProgress, { streams }: ShownRun): Readonly<Record<string, number>> {
  const into = streams.find(({ name }) => name === stream)?.into ?? []
  return Object.fromEntries(Object.entries(rows).filter(([table]) => into.includes(table)))
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
  const parts = partsOf(rows, tables)
  return parts.length === 0 ? '' : `  → ${parts.join(' + ')}`
}

function partsOf(rows: Readonly<Record<string, number>>, tables: readonly string[]): string[] {
  return tables.flatMap((table) => (rows[table] === undefined ? [] : [`${table} ${count(rows[table])}`]))
}

const FILES_WIDTH = ' from 10,000 files'.length
const TIME_WIDTH = 10
const RATE_WIDTH = 14
const LAG_WIDTH = '  59 m 59 s lag'.length
/** The rows of each table in a batch, as assumed before the first batch. */
const USUAL_ROWS = 99_999

/** The columns of a run's batch lines. What is as wide in every line comes first, the tables last. */
interface LineColumns {
  readonly nameWidth: number
  readonly time: boolean
  readonly rate: boolean
  readonly files: boolean
  readonly lag: boolean
}

/**
 * The rows of each table are what a batch line is for, so they have their room first; the time, the pace, the files and
 * the lag follow as long as there is some. Chosen once, so that lines align however their numbers grow.
 */
function columnsOf(run: ShownRun, nameWidth: number, width: number): LineColumns {
  const splits = run.streams.map(({ into }) => {
    return widthOf(tablesOf(Object.fromEntries(into.map((table) => [table, USUAL_ROWS])), run))
  })
  let room = width - nameWidth - widthOf(startOf(0, 0)) - Math.max(0, ...splits)
  const fits = (isThere: boolean, own: number): boolean => {
    if (!isThere || own > room) return false
    room -= own
    return true
  }
  const time = fits(true, TIME_WIDTH)
  const rate = fits(time, RATE_WIDTH)
  const hasFiles = run.streams.some(({ measures }) => measures.files)
  const files = fits(hasFiles, FILES_WIDTH)
  const hasLag = run.streams.some(({ measures }) => measures.lag)
  return { nameWidth, time, rate, files, lag: fits(hasLag, LAG_WIDTH) }
}

function startOf(batch: number, inputRows: number): string {
  return `  batch ${count(batch).padStart(6)} ${count(inputRows).padStart(10)} ${inputRows === 1 ? 'row ' : 'rows'}`
}

function batchLines(progress: BatchProgress, run: ShownRun, columns: LineColumns, terminal: Terminal): string[] {
  const { stream, batch, inputRows, inputFiles, lagMs } = progress
  const name: Piece = { text: stream.padEnd(columns.nameWidth), paint: terminal.colors.bold }
  const files = inputFiles === 0 ? '' : ` from ${plural(inputFiles, 'file')}`
  const lag = lagMs === null ? '' : `${duration(lagMs)} lag`
  const start: Piece[] = [name, { text: startOf(batch, inputRows) }]
  const more: Piece[] = [
    { text: columns.files ? files.padEnd(FILES_WIDTH) : '' },
    { text: columns.time ? duration(progress.durationMs.total).padStart(TIME_WIDTH) : '' },
    { text: columns.rate ? `  ${rate(progress.rowsPerSecond).padStart(RATE_WIDTH - 2)}` : '' },
    { text: columns.lag ? lag.padStart(LAG_WIDTH) : '' },
  ]
  const tight: Piece[] = [name, { text: `  batch ${count(batch)}  ${plural(inputRows, 'row')}` }]
  const after: Piece = { text: engineText(progress, run), paint: terminal.colors.dim }
  return withTables([[...start, ...more], start, tight], progress.rows, run, terminal, after)
}

/** What made the files of a batch, where that is not what everybody expects. */
function engineText({ engine, engineReason }: BatchProgress, { usualEngine }: ShownRun): string {
  if (engine === undefined || engine.split(' ')[0] === usualEngine) return ''
  return visible(`  on ${engine}${engineReason === undefined ? '' : `: ${engineReason}`}`)
}

/** The first of several starts that leaves room for the tables; where none does, they stand below it. */
function withTables(
  starts: readonly (readonly Piece[])[],
  rows: Readonly<Record<string, number>>,
  run: ShownRun,
  { colors, noteWidth }: Terminal,
  after: Piece = { text: '' },
): string[] {
  const tables: Piece = { text: tablesOf(rows, run), paint: colors.dim }
  const below = after.text === '' ? [] : [paintedLine([after], noteWidth)]
  const fitting = starts.find((start) => isWithin([...start, tables], noteWidth))
  if (fitting !== undefined) {
    const whole = [...fitting, tables, after]
    if (isWithin(whole, noteWidth)) return [paintedLine(whole, noteWidth)]
    return [paintedLine([...fitting, tables], noteWidth), ...below]
  }
  const parts = partsOf(rows, run.tables).map((part, index) => `  ${index === 0 ? '→' : '+'} ${part}`)
  const lines = parts.map((text) => paintedLine([{ text, paint: colors.dim }], noteWidth))
  return [paintedLine(starts.at(-1) ?? [], noteWidth), ...lines, ...below]
}

function isWithin(pieces: readonly Piece[], width: number): boolean {
  return pieces.reduce((sum, { text }) => sum + widthOf(text), 0) <= width
}

interface AliveRun {
  readonly rows: number
  readonly batches: number
  /** Since the last batch, in milliseconds. */
  readonly quietMs: number
  /** How far engines are, by stream. */
  readonly work: readonly string[]
  readonly key: string | undefined
}

/** The line below those of a run that is up. */
function aliveLine(run: AliveRun, { colors }: Terminal): Piece[] {
  if (run.quietMs < 1000 && run.work.length === 0) return []
  const done = doneIn(run)
  const time = secondsText(run.quietMs)
  const parts = [...run.work, `${time} since the ${done === undefined ? 'start' : 'last batch'}`, done, run.key]
  return [{ text: parts.filter((part) => part !== undefined).join(' · '), paint: colors.dim }]
}

/** What Ctrl-C does now, if it is worth saying. */
function keyText({ isEndless, signal }: ShownRun): string | undefined {
  if (signal.aborted) return 'Ctrl-C again stops at once'
  return isEndless ? 'Ctrl-C ends it' : undefined
}

const BAR_WIDTH = 16

/** A bar that fills up to a known number of rows, with rate and time left. */
function barLine(rows: number, totalRows: number, elapsedMs: number, rowsMs: number, { colors }: Terminal): Piece[] {
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
