import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { batchPrinter } from '../../src/cli/batchLines.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import type { BatchProgress } from '../../src/stream/progress.ts'
import { runInProcess } from '../support/program.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { engineLakeFolder } from '../support/toyEngines.ts'

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
  expect(written.at(-1)).toMatch(/silver: 3 of 40 tasks · \d+ s since the start/)
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

// biome-ignore format: a table
const SLIPS: readonly (readonly [line: readonly string[], says: string])[] = [
  [['run', 'silver', '--engine', 'sprak'], '--engine is "sprak", which is not an engine.\nDid you mean "spark"?'],
  [['run', 'silver', '--engine', 'hadoop'], '--engine is "hadoop", which is not an engine.\nAvailable: duckdb, spark, program, auto.'],
  [['run', 'silver', '--engine'], '--engine needs a value.\nFor example: --engine auto'],
  [['run', 'silver', '--enigne', 'spark'], 'there is no option --enigne.\nDid you mean "--engine"?'],
  [['run', 'silver', '--engine', 'program'], '--engine is "program", which has to be told more.\nWrite it like this: engine: { program: [\'python3\', \'engine.py\'] }'],
  [['run', 'silver', '--spark-master', 'local[2]'], '--spark-master is for Spark, and no stream that is chosen runs on it.\nAdd --engine spark, or leave it out.'],
  [['run', 'silver', '--engine', 'duckdb', '--spark-master', 'yarn'], '--spark-master is for Spark, and no stream that is chosen runs on it.\nAdd --engine spark, or leave it out.'],
  [['run', 'silver', '--engine', 'spark', '--spark-master'], '--spark-master needs a value.\nFor example: --spark-master spark://10.0.0.1:7077'],
  [['status', '--spark-master', 'yarn'], 'status has no option --spark-master.\nIt is an option of run'],
  [['run', 'silver', '--', '--conf', 'a=b'], 'there is no stream "--conf".\nAvailable: produce, land, silver, live. What is for an engine needs one that takes it: --engine spark'],
  [['run', 'silver', '--engine', 'duckdb', '--', '--conf', 'a=b'], 'there is no stream "--conf".\nAvailable: produce, land, silver, live. What is for an engine needs one that takes it: --engine spark'],
  [['run', '--engine', 'spark', '--', 'silver'], '"silver" after -- would be for the engine, not the stream.\nName streams before it: run silver -- …'],
  [['run', 'produce', '--rows', '5', '--engine', 'spark'], 'produce cannot run on the engine "spark": the rows of a generator'],
  [['run', 'produce', '--rows', '5', '--engine', 'auto'], 'produce cannot run on the engine "auto": the rows of a generator'],
  [['run', 'land', 'silver', '--engine', 'spark'], 'land cannot run on the engine "spark": the files of a landing folder'],
  [['run', 'live', '--engine', 'spark'], '--engine is "spark", but no stream that was chosen has an engine: DuckDB keeps the live aggregates.\n'],
]

test.each(SLIPS)('%j is refused before anything runs', async (line, says) => {
  const lake = join(temporaryFolder(), 'lake')
  const { exitCode, stdout, stderr } = await runInProcess(line, { lake })
  expect(stderr).toContain(`LAKE_USAGE: ${says}`)
  expect({ exitCode, stdout, isThere: existsSync(lake) }).toEqual({ exitCode: 2, stdout: '', isThere: false })
})

test('words after -- are streams where no engine takes them', async () => {
  const lake = join(temporaryFolder(), 'lake')
  const { exitCode, stderr } = await runInProcess(['run', '--rows', '5', '--', 'produce'], { lake })
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: expect.stringContaining('5 rows in 1 batch') })
})

test('the help of run says which engines there are, and what they take', async () => {
  const { stdout } = await runInProcess(['run', '--help'], { columns: 120 })
  expect(stdout).toMatch(/--engine +what does the work, where it can: duckdb, spark or auto/)
  expect(stdout).toMatch(/--spark-master +the master/)
})

/** A lake whose split runs on a Spark that is not there. */
function sparkless(): string {
  const engines = { spark: { python: '/nowhere/python3' } }
  const folder = engineLakeFolder({ engine: 'spark' }, { engines, reports: 'reports' })
  mkdirSync(join(folder, 'reports'))
  writeFileSync(
    join(folder, 'reports/halves.sql'),
    '-- reports/halves.sql: the even rows; one row per row.\n--\n-- in   even   rows\n-- out  id\nSELECT id FROM even\n',
  )
  return folder
}

test('where the engine of a stream is not installed, its run and the doctor say what to do, and nothing is emptied', async () => {
  const folder = sparkless()
  const config = join(folder, 'lakeweir.config.mjs')
  const doctor = await runInProcess(['doctor', '--json'], { config })
  expect(JSON.parse(doctor.stdout).findings).toContainEqual({
    check: 'engines',
    level: 'fail',
    says: expect.stringContaining('/nowhere/python3'),
    fix: expect.any(String),
  })
  for (const words of [[], ['--fresh', '--yes']]) {
    const run = await runInProcess(['run', 'split', '--available-now', '--no-retry', ...words], { config })
    expect(run.stderr).toMatch(/^LAKE_PACKAGE_MISSING: .*\/nowhere\/python3/m)
    expect(run.exitCode).toBe(2)
  }
  // The words after -- are for Spark, whose report gets that far.
  const words = ['report', 'halves', '--engine', 'spark', '--', '--driver-memory', '1g']
  const report = await runInProcess(words, { config })
  expect(report.stderr).toMatch(/^LAKE_PACKAGE_MISSING: .*\/nowhere\/python3/m)
  const twice = await runInProcess(['report', 'halves', 'wholes', '--engine', 'spark'], { config })
  expect(twice.stderr).toContain('LAKE_USAGE: "wholes" is a word too many for report.')
  // What needs no Spark works.
  for (const line of [
    ['run', 'land', '--available-now'],
    ['run', 'split', '--engine', 'duckdb', '--available-now'],
    ['validate'],
    ['status'],
  ]) {
    expect(await runInProcess(line, { config })).toMatchObject({ exitCode: 0 })
  }
})
