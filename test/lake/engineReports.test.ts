import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { runProgram } from '../../src/cli/main.ts'
import { type Output, Terminal } from '../../src/cli/terminal.ts'
import { Lake } from '../../src/index.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { CONFIG, SPLIT, soundFiles, VIEW } from '../support/lakeFiles.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { Program } from '../support/program.ts'
import { rawSql } from '../support/sql.ts'

const JITI = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../support/queryProgram.ts', import.meta.url))

/** Reads a table by a view, a reference and the batches, and returns columns of every type that a table has here. */
const REPORT = `-- reports/sums.sql: events of a day with the kinds of the lake; one row per date and amount.
--
-- in   recent    what was good
--      kinds     one row per kind
--      batches   the batches of all streams
-- out  date, amount, kinds, batches
SELECT r.date, r.amount, (SELECT count(*) FROM kinds) AS kinds, (SELECT count(*) FROM batches) AS batches
FROM recent AS r
ORDER BY r.amount DESC NULLS LAST, r.date NULLS LAST
`

/** A report that fails once it reads a row. */
const BAD = VIEW.replace('views/recent', 'reports/bad').replace('WHERE amount > 3', "WHERE error('it was ' || amount)")

/** A line of a terminal that was cleared. */
const ESC = '\u001b'
const CLEARED = new RegExp(`[^\\n]*\r${ESC}\\[2K`, 'g')

async function openLake(files: Readonly<Record<string, string>> = {}): Promise<{ lake: Lake; folder: string }> {
  const engines = `engines: { program: ${JSON.stringify([process.execPath, JITI, PROGRAM])} },`
  const streams = "streams: { land: { from: parquetFolder('landing'), into: ['events'] }, "
  const folder = lakeFolder({
    ...soundFiles,
    'lakeweir.config.ts': CONFIG.replace('{ defineLake, deltaTable }', '{ defineLake, deltaTable, parquetFolder }')
      .replace('streams: { ', streams)
      .replace("views: 'sql/views'", `${engines}\n  views: 'sql/views'`),
    'sql/split.sql': SPLIT,
    'sql/reports/sums.sql': REPORT,
    ...files,
  })
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.ts') })
  onTestFinished(() => lake.close())
  mkdirSync(join(folder, 'lake/landing'), { recursive: true })
  for (const day of [20, 21]) await drop(lake, folder, day)
  return { lake, folder }
}

async function drop(lake: Lake, folder: string, day: number): Promise<void> {
  const rows = `SELECT TIMESTAMPTZ '2026-11-${day} 00:00:00+00' + to_hours(n) AS seen_at, 'k' AS kind,
    CAST(n AS INTEGER) AS amount FROM (SELECT unnest(range(6)) AS n)`
  const file = join(folder, `lake/landing/${day}.parquet`)
  await withSession(Lake.opened(lake), (session) => session.run(rawSql`COPY (${rows}) TO '${file}' (FORMAT parquet)`))
  await lake.run({ streams: ['land', 'split'], availableNow: true })
}

const ON_PROGRAM = { engine: 'program' } as const

test('a report that another engine runs has the columns, types and rows of DuckDB, in their order', async () => {
  const { lake, folder } = await openLake()
  const ours = await lake.report('sums')
  const theirs = await lake.report('sums', ON_PROGRAM)
  expect(ours.rows).toHaveLength(4)
  expect(theirs.columns).toEqual(ours.columns)
  expect(theirs.types).toEqual(ours.types)
  expect(theirs.rows).toEqual(ours.rows)
  expect(queriesIn(folder)).toEqual([])
})

test('it reads the lake as it was, and says what is not known of then', async () => {
  const { lake } = await openLake()
  const asOf = { stream: 'split', batch: 1 }
  const ours = await lake.report('recent-days', { asOf })
  expect(ours.rows).toHaveLength(2)
  const theirs = await lake.report('recent-days', { asOf, ...ON_PROGRAM })
  expect(theirs.rows.map(String).sort()).toEqual(ours.rows.map(String).sort())
  await expect(lake.report('recent-days', { asOf: { stream: 'land', batch: 1 }, ...ON_PROGRAM })).rejects.toThrow(
    'sql/reports/recent_days.sql: good is neither written nor read by land, so that it is not known as of its batch.',
  )
})

test('a table without a log has no rows there either', async () => {
  const { lake, folder } = await openLake()
  const empty = await Lake.open({ config: join(folder, 'lakeweir.config.ts'), lake: join(folder, 'other') })
  onTestFinished(() => empty.close())
  const { columns, rows } = await empty.report('recent-days', ON_PROGRAM)
  expect({ columns, rows }).toEqual({ columns: (await lake.report('recent-days')).columns, rows: [] })
})

test('what fails there is told with the name of the report, and leaves nothing behind', async () => {
  const { lake, folder } = await openLake({ 'sql/reports/bad.sql': BAD })
  const failing = lake.report('bad', ON_PROGRAM)
  await expect(failing).rejects.toMatchObject({
    code: 'LAKE_QUERY_FAILED',
    message: expect.stringMatching(/^sql\/reports\/bad\.sql: Invalid Input Error: it was \d/),
  })
  expect(queriesIn(folder)).toEqual([])
  expect((await lake.report('sums', ON_PROGRAM)).rows).toHaveLength(4)
})

test.each([
  ['a query that is no report', { sql: 'FROM good' }, 'only reports run on another engine than DuckDB.'],
  ['an engine that there is not', { report: 'sums', engine: 'sprak' }, 'engine is "sprak"'],
])('%s is refused', async (_, { sql, report, engine }: { sql?: string; report?: string; engine?: string }, says) => {
  const { lake } = await openLake()
  const options = { engine: (engine ?? 'program') as 'program' }
  const asked = report === undefined ? lake.query(sql ?? '', [], options) : lake.report(report, options)
  await expect(asked).rejects.toThrow(expect.objectContaining({ message: expect.stringContaining(says) }))
})

test('how far the engine is with it is told while it works', async () => {
  const { lake } = await openLake()
  const told: string[] = []
  await lake.report('sums', { ...ON_PROGRAM, onProgress: (text) => told.push(text) })
  expect(told).toEqual(['starting program', '1 of 2 tasks'])
})

test('a terminal shows that on a line that is gone before the first row; a pipe shows nothing of it', async () => {
  const { lake, folder } = await openLake({ 'sql/reports/bad.sql': BAD })
  const { rows } = await lake.report('sums')
  await lake.close()
  const words = ['report', 'sums', '--engine', 'program', '--csv', '--config', join(folder, 'lakeweir.config.ts')]
  const plain = await written(words, undefined)
  expect(plain.trim().split('\n')).toEqual(['date,amount,kinds,batches', ...rows.map((row) => row.join(','))])
  const shown = await written(words, 120)
  expect(shown).toMatch(/sums: starting program · \d+ s/)
  expect(shown).toMatch(/sums: 1 of 2 tasks · \d+ s/)
  expect(shown.replaceAll(CLEARED, '')).toBe(plain)
  const failing = await written(words.with(1, 'bad'), 120)
  expect(failing).toMatch(/bad: 1 of 2 tasks/)
  expect(stripVTControlCharacters(failing.replaceAll(CLEARED, ''))).toMatch(
    /^LAKE_QUERY_FAILED: sql\/reports\/bad\.sql: /,
  )
})

/** All that a command writes to its terminal, or into a pipe that takes both of its outputs. */
async function written(words: readonly string[], columns: number | undefined): Promise<string> {
  let text = ''
  const output: Output = {
    isTTY: columns !== undefined,
    ...(columns === undefined ? {} : { columns }),
    write: (piece, done) => {
      text += piece
      done?.()
    },
    on: () => undefined,
  }
  await runProgram(words, new Terminal(output, output, {}))
  return text
}

test('the command writes it in every form, as it does what DuckDB computes', async () => {
  const { lake, folder } = await openLake()
  await lake.close()
  const options = { lake: join(folder, 'lake'), config: join(folder, 'lakeweir.config.ts') }
  const report = (...words: string[]) => Program.start(['report', 'sums', ...words], options).ended
  const file = join(folder, 'sums.md')
  for (const form of [['--json'], ['--limit', '2'], ['--output', file]]) {
    const found: unknown[] = []
    for (const engine of [[], ['--engine', 'program']]) {
      const { exitCode, stdout, stderr } = await report(...form, ...engine)
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 })
      found.push([stdout, form.includes(file) ? readFileSync(file, 'utf8') : ''])
    }
    expect(found[1]).toEqual(found[0])
  }
  const surplus = await report('--', '--conf', 'x=y')
  expect(surplus.exitCode).toBe(2)
  expect(surplus.stderr).toContain('"--conf" is a word too many for report.')
})

test('what a query of a process that died has left is removed by the next', async () => {
  const { lake, folder } = await openLake()
  await lake.report('sums', ON_PROGRAM)
  const [log = ''] = readdirSync(join(folder, 'lake/.queries'))
  expect(log).toMatch(new RegExp(`^program\\.[0-9a-f]{8}-${process.pid}-[0-9a-f]{8}\\.log$`))
  const dead = join(folder, 'lake/.queries', (await deadName()) as string)
  mkdirSync(dead)
  writeFileSync(join(dead, 'rows.parquet'), '')
  await lake.report('sums', ON_PROGRAM)
  expect(queriesIn(folder)).toEqual([])
})

test('of the logs of processes that have ended, only the last one is kept', async () => {
  const { lake, folder } = await openLake()
  await lake.report('sums', ON_PROGRAM)
  const queries = join(folder, 'lake/.queries')
  const [log = ''] = readdirSync(queries)
  const dead = [4_194_304, 4_194_305, 4_194_306].map((id) => log.replace(/-\d+-/, `-${id}-`))
  for (const [index, name] of dead.entries()) {
    writeFileSync(join(queries, name), '')
    const seconds = 1_790_000_000 + (index === 1 ? 10 : index)
    utimesSync(join(queries, name), seconds, seconds)
  }
  await lake.report('sums', ON_PROGRAM)
  expect(readdirSync(queries).sort()).toEqual([log, dead[1] ?? ''].sort())
})

/** The folder of a query whose process has ended. */
async function deadName(): Promise<string> {
  const { temporaryName } = await import('../../src/files/temporaryNames.ts')
  return temporaryName('query').replace(/-\d+-/, '-4194304-')
}

function queriesIn(folder: string): string[] {
  const queries = join(folder, 'lake/.queries')
  return existsSync(queries) ? readdirSync(queries).filter((name) => name.startsWith('query')) : []
}
