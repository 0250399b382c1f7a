import type { BatchProgress } from '../stream/progress.ts'
import type { Console } from './console.ts'
import { count, duration, plural, rate } from './format.ts'

/** Shows the batches of a run. */
export interface BatchPrinter {
  readonly onStart: (stream: string, batches: number) => void
  readonly onBatch: (progress: BatchProgress) => void
  readonly end: () => void
}

/** One line a batch on stderr, in columns; with `isJson` one object a batch on stdout instead. */
export function batchPrinter(
  console: Console,
  streams: readonly string[],
  tables: readonly string[],
  isJson: boolean,
): BatchPrinter {
  const nameWidth = Math.max(...streams.map((name) => name.length))
  return {
    onStart: (stream, batches) => {
      if (isJson) return
      const at = batches === 0 ? 'begins' : `goes on after batch ${count(batches)}`
      console.note(console.colors.dim(`${stream.padEnd(nameWidth)}  ${at}`))
    },
    onBatch: (progress) => {
      if (isJson) console.data(JSON.stringify(progress))
      else console.note(batchLine(progress, nameWidth, tables, console))
    },
    end: () => undefined,
  }
}

function batchLine(progress: BatchProgress, nameWidth: number, tables: readonly string[], console: Console): string {
  const { colors } = console
  const rows = tables
    .filter((table) => progress.rows[table] !== undefined)
    .map((table) => `${table} ${count(progress.rows[table] ?? 0).padStart(7)}`)
  const files = progress.inputFiles === 0 ? '' : `from ${plural(progress.inputFiles, 'file')}`
  const input = `${count(progress.inputRows).padStart(10)} ${progress.inputRows === 1 ? 'row ' : 'rows'}`
  return [
    colors.bold(progress.stream.padEnd(nameWidth)),
    `batch ${count(progress.batch).padStart(5)}`,
    `${input} ${files.padEnd(14)} → ${rows.join(' + ')}`,
    colors.dim(`${duration(progress.durationMs.total).padStart(7)}  ${rate(progress.rowsPerSecond)}`),
  ].join('  ')
}

const BAR_WIDTH = 30

/** A bar that fills up to a known number of rows, with rate and time left. */
export function progressPrinter(console: Console, totalRows: number): BatchPrinter {
  const startMs = performance.now()
  let rows = 0
  const draw = (): void => {
    const share = Math.min(1, rows / totalRows)
    const filled = Math.round(share * BAR_WIDTH)
    const elapsedMs = performance.now() - startMs
    const leftMs = rows === 0 ? undefined : (elapsedMs * (totalRows - rows)) / rows
    const left = leftMs === undefined ? '' : `  ${duration(leftMs)} left`
    const bar = `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)}`
    console.live(`${bar} ${Math.floor(share * 100)} %  ${count(rows)} rows  ${rate((rows * 1000) / elapsedMs)}${left}`)
  }
  return {
    onStart: () => draw(),
    onBatch: (progress) => {
      rows += progress.inputRows
      draw()
    },
    end: () => {
      console.live('')
      const elapsedMs = performance.now() - startMs
      console.note(`${plural(rows, 'row')} in ${duration(elapsedMs)}  ${rate((rows * 1000) / elapsedMs)}`)
    },
  }
}
