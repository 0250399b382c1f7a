import { expect, test } from 'vitest'
import { batchPrinter } from '../../src/cli/batchLines.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import type { BatchProgress } from '../../src/stream/progress.ts'

// What a command line says of engines, and how a run's lines name them.

const { signal } = new AbortController()
const streams = [{ name: 'silver', measures: { files: true, lag: true }, isCounted: false, into: ['good'] }] as const

const BATCH: BatchProgress = {
  stream: 'silver',
  batch: 7,
  batchTime: '2026-11-22T10:00:00.000Z',
  inputRows: 20_000_000,
  inputFiles: 12,
  rows: { good: 20_000_000 },
  startOffset: null,
  endOffset: {},
  durationMs: { plan: 0, stage: 0, sync: 0, commit: 0, publish: 0, total: 60_000 },
  rowsPerSecond: 333_333,
  lagMs: null,
  engine: 'spark 4.3.0',
}

interface Screen {
  readonly print: ReturnType<typeof batchPrinter>
  readonly written: string[]
}

function screen(columns: number | undefined, env: NodeJS.ProcessEnv = { NO_COLOR: '1' }): Screen {
  const written: string[] = []
  const terminal = new Terminal(
    { write: () => undefined, on: () => undefined },
    {
      isTTY: columns !== undefined,
      ...(columns === undefined ? {} : { columns }),
      write: (text) => written.push(text),
      on: () => undefined,
    },
    env,
  )
  const run = { streams, tables: ['good'], totalRows: undefined, usualEngine: 'duckdb', isEndless: false, signal }
  return { print: batchPrinter(terminal, run), written }
}

const REASON = 'its input has 12.3 GB, more than 10.0 GB'
const LINE = 'silver batch 7 20,000,000 rows from 12 files 1 m 0 s 333k rows/s → good 20,000,000'

test.each<[number | undefined, Partial<BatchProgress>, string]>([
  [200, {}, `${LINE} on spark 4.3.0`],
  [undefined, {}, `${LINE} on spark 4.3.0`],
  [200, { engine: 'duckdb 1.5.5' }, LINE],
  [200, { engineReason: REASON }, `${LINE} on spark 4.3.0: ${REASON}`],
  [
    70,
    { engineReason: REASON },
    `silver batch 7 20,000,000 rows 1 m 0 s → good 20,000,000\n on spark 4.3.0: ${REASON}`,
  ],
])(
  'in %j columns, the line of a batch %j names its engine where that is not the usual one',
  (columns, change, says) => {
    const { print, written } = screen(columns)
    print.onBatch({ ...BATCH, ...change })
    print.end()
    expect(
      written
        .join('')
        .replaceAll(/ +/g, ' ')
        .replace(/^\d\S+Z /, ''),
    ).toBe(`${says}\n`)
  },
)

test('what an engine says while it works is on the line that is drawn again, until its batch is done', () => {
  const { print, written } = screen(120, {})
  print.onProgress('silver', '3 of 40 tasks')
  expect(written.at(-1)).toContain('silver: 3 of 40 tasks · 0 s since the start')
  print.onProgress('silver', '4 of 40 tasks')
  expect(written.at(-1)).toContain('silver: 4 of 40 tasks')
  print.onBatch(BATCH)
  expect(written.at(-1)).not.toContain('tasks')
  print.end()
})

test('in a pipe it is nowhere', () => {
  const { print, written } = screen(undefined)
  print.onProgress('silver', '3 of 40 tasks')
  print.end()
  expect(written).toEqual([])
})
