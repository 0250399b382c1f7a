import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { batchPrinter } from '../../src/cli/batchLines.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import { widthOf } from '../../src/cli/text.ts'
import { describeWith } from '../support/optionalTool.ts'
import { Program, runInProcess } from '../support/program.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'
import { hasTerminals, runOnTerminal } from '../support/terminal.ts'

const ESC = '\u001b'
const folder = makeTemporaryFolder()
/** Of a run that nobody stops. */
const { signal } = new AbortController()
const usualEngine = 'duckdb'
const lake = join(folder, 'lake')
/** A name that would clear the screen, write a second line and turn the rest around. */
const EVIL = 'a\u001b[2J\nb\u202ec.parquet'
const SHOWN = 'a\\e[2J\\nb\\u202ec.parquet'

beforeAll(async () => {
  await runInProcess(['run', 'produce', '--rows', '1000', '--seed', '7'], { lake })
  await runInProcess(['run', 'silver', '--available-now'], { lake })
})
afterAll(() => removeFolder(folder))

/** Lines as they stand on the screen: without colours, and each drawing of a line that is drawn again on its own. */
function linesOf(text: string): string[] {
  return text
    .replaceAll(new RegExp(`${ESC}\\[\\d+m`, 'g'), '')
    .split(new RegExp(`\r?\n|\r${ESC}\\[2K`))
    .filter((line) => line !== '')
}

describe.each([20, 80, 300])('on a terminal of %i columns', (columns) => {
  test.each([
    'status',
    'report user-activity',
    'sql',
    "sql SELECT\trepeat('日本',200)\tAS\twide,\t1\tAS\tn",
    'run produce --rows 50',
    'run land silver --available-now',
  ])('every line that %s prints fits', async (line) => {
    const args = line.split(' ').map((word) => word.replaceAll('\t', ' '))
    const end = await runInProcess(args, { lake, columns })
    expect(end.exitCode, end.stderr).toBe(0)
    const lines = linesOf(end.stdout + end.stderr)
    expect(lines.length).toBeGreaterThan(1)
    expect(lines.filter((text) => widthOf(text) > columns)).toEqual([])
  })

  test('numbers are whole, and what is cut ends with …', async () => {
    const validate = await runInProcess(['validate'], { lake, columns })
    const rows = linesOf(validate.stdout)
    expect(rows.filter((text) => widthOf(text) > columns)).toEqual([])
    expect(rows[0]).toMatch(columns < 30 ? /^bronze_me.*… +1,\d\d\d$/ : /^bronze_messages +1,\d\d\d$/)
    const status = linesOf((await runInProcess(['status'], { lake, columns })).stdout)
    expect(status.some((text) => text.includes('…'))).toBe(columns < 60)
  })
})

describe('a result that is wider than its terminal', () => {
  const AT = "TIMESTAMPTZ '2026-11-22 10:00:00.123456Z'"
  const WIDE = `SELECT ${AT} AS began_at, ${AT} AS ended_at, 12345678901234567890::HUGEINT AS number, true AS is_done,
    repeat('lang ', 30) AS text, '日本語のとても長いテキスト' AS japanese, 1.5 AS a_rather_long_name_of_a_column`
  const VALUES = ['2026-11-22 10:00:00.123456+00', '12345678901234567890', 'true', '1.5']

  test.each([
    [20, 3],
    [40, 3],
    [80, 3],
    [80, 40],
    [120, 3],
    [120, 40],
    [300, 40],
  ])('has each number and time whole, at %i columns for %i rows', async (columns, rows) => {
    const end = await runInProcess(['sql', `${WIDE} FROM range(${rows})`], { lake, columns })
    const lines = linesOf(end.stdout)
    expect(lines.filter((line) => widthOf(line) > columns)).toEqual([])
    // A value that takes more than a line goes on below itself.
    const whole = lines
      .map((line) => line.replace(/^ {8,}/, ''))
      .join('')
      .replaceAll(/\s+(?=\S)/g, ' ')
    const wrapped = lines
      .map((line) => line.slice(columns < 60 ? Math.max(4, Math.floor(columns / 3)) + 2 : 0))
      .join('')
    for (const value of VALUES) {
      const count = Math.max(whole.split(value).length, wrapped.split(value).length) - 1
      expect(count, `${value}\n${end.stdout}`).toBeGreaterThanOrEqual(rows)
    }
    expect(end.stdout).not.toMatch(/\d…/)
  })

  test('of a few rows is shown as records', async () => {
    const query = `SELECT 1 AS n, repeat('日本', 50) AS text, ${AT} AS began_at UNION ALL SELECT 22, NULL, NULL ORDER BY n`
    expect((await runInProcess(['sql', query], { lake, columns: 50 })).stdout).toBe(
      [
        '─ 1 ────────────────────────────────────',
        'n         1',
        `text      ${'日本'.repeat(10)}`,
        ...Array.from({ length: 4 }, () => `          ${'日本'.repeat(10)}`),
        'began_at  2026-11-22 10:00:00.123456+00',
        '─ 2 ────────────────────────────────────',
        'n         22',
        'text      NULL',
        'began_at  NULL',
        '',
      ].join('\n'),
    )
  })

  test('of many rows is a table whose texts are cut', async () => {
    const query = `SELECT range AS n, repeat('abc', 50) AS text, ${AT} AS began_at FROM range(21) ORDER BY n`
    const lines = linesOf((await runInProcess(['sql', query], { lake, columns: 60 })).stdout)
    expect(lines.slice(0, 3)).toEqual([
      ' n  text                       began_at',
      '─'.repeat(60),
      ' 0  abcabcabcabcabcabcabcabc…  2026-11-22 10:00:00.123456+00',
    ])
  })
})

// biome-ignore format: a table
test.each([
  ['abc', 3], ['é', 1], ['e\u0301', 1], ['日本', 4], ['ｶﾞ', 2], ['한국', 4], ['\u1112\u1161\u11AB', 2], ['🦆', 2],
  ['👨‍👩‍👧', 2], ['👍🏽', 2], ['🇧🇷', 2], ['❤️', 2], ['❤', 1], ['1️⃣', 2], ['→', 1], ['─', 1], ['a\u200Bb', 2], ['（）', 4], ['', 0],
])('%j takes %i places', (text, places) => {
  expect(widthOf(text)).toBe(places)
})

test('a table of wide characters, pictures and marks aligns', async () => {
  const query = "SELECT unnest(['日本', '👨‍👩‍👧', 'e\u0301', '🇧🇷🇧🇷', 'plain']) AS text, 1 AS n"
  const lines = linesOf((await runInProcess(['sql', query], { lake, columns: 80 })).stdout)
  expect(new Set(lines.map(widthOf))).toEqual(new Set([8]))
})

describe('a batch line keeps the rows of each table', () => {
  const tables = ['messages', 'messages_corrupted']
  const streams = [{ name: 'silver', measures: { files: true, lag: true }, isCounted: false, into: tables }] as const

  test.each([
    [
      200,
      'silver  batch      7      9,321 rows from 1 file           1.3 s  7,452 rows/s      12 ms lag  → messages 9,000 + messages_corrupted 321',
    ],
    [120, 'silver  batch      7      9,321 rows     1.3 s  7,452 rows/s  → messages 9,000 + messages_corrupted 321'],
    [100, 'silver  batch      7      9,321 rows     1.3 s  → messages 9,000 + messages_corrupted 321'],
    [80, 'silver  batch      7      9,321 rows  → messages 9,000 + messages_corrupted 321'],
    [75, 'silver  batch 7  9,321 rows  → messages 9,000 + messages_corrupted 321'],
    [40, 'silver  batch 7  9,321 rows\n  → messages 9,000\n  + messages_corrupted 321'],
  ])('at %i columns', (columns, says) => {
    const lines: string[] = []
    const terminal = new Terminal(
      { write: () => undefined, on: () => undefined },
      { isTTY: true, columns, write: (text) => lines.push(text), on: () => undefined },
      { NO_COLOR: '1' },
    )
    const print = batchPrinter(terminal, {
      streams,
      tables,
      totalRows: undefined,
      isEndless: true,
      usualEngine,
      signal,
    })
    print.onBatch({
      stream: 'silver',
      batch: 7,
      batchTime: '2026-11-22T10:00:00.000Z',
      inputRows: 9321,
      inputFiles: 1,
      rows: { messages: 9000, messages_corrupted: 321 },
      startOffset: null,
      endOffset: {},
      durationMs: { plan: 0, stage: 0, sync: 0, commit: 0, publish: 0, total: 1251 },
      rowsPerSecond: 7452,
      lagMs: 12,
    })
    print.end()
    expect(lines.join('')).toBe(`${says}\n`)
  })
})

test('a run that made nothing has no pace', () => {
  const written: string[] = []
  const terminal = new Terminal(
    { write: () => undefined, on: () => undefined },
    { isTTY: true, columns: 80, write: (text) => written.push(text), on: () => undefined },
    {},
  )
  const streams = [
    { name: 'produce', measures: { files: false, lag: false }, isCounted: true, into: ['events'] },
  ] as const
  const print = batchPrinter(terminal, {
    streams,
    tables: ['events'],
    totalRows: 20_000_000,
    isEndless: false,
    usualEngine,
    signal,
  })
  print.end()
  print.sumUp()
  expect(stripVTControlCharacters(written.at(-1) ?? '').trim()).toBe('produce  nothing new')
})

test('where stderr is no terminal, each line of a run bears its time in UTC', async () => {
  const { stderr } = await runInProcess(['run', 'produce', '--rows', '5'], { lake })
  const lines = stderr.trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ {2}produce {2}/)
  const shown = await runInProcess(['run', 'produce', '--rows', '5'], { lake, columns: 80, env: { NO_COLOR: '1' } })
  expect(shown.stderr).not.toMatch(/\dT\d/)
})

test('batch lines align whatever the numbers, and the names of tables come last', () => {
  const lines: string[] = []
  const terminal = new Terminal(
    { write: () => undefined, on: () => undefined },
    { isTTY: true, write: (text) => lines.push(text.trimEnd()), on: () => undefined },
    { NO_COLOR: '1' },
  )
  const tables = ['a', 'a_table_with_a_name_that_is_much_longer_than_others', 'b']
  const streams = [
    { name: 'land', measures: { files: true, lag: false }, isCounted: false, into: tables },
    { name: 'a_longer_stream', measures: { files: true, lag: true }, isCounted: false, into: tables },
  ] as const
  const print = batchPrinter(terminal, { streams, tables, totalRows: undefined, isEndless: true, usualEngine, signal })
  const batch = (
    stream: string,
    number: number,
    inputRows: number,
    inputFiles: number,
    totalMs: number,
    lagMs: number | null,
  ): void =>
    print.onBatch({
      stream,
      batch: number,
      batchTime: '2026-11-22T10:00:00.000Z',
      inputRows,
      inputFiles,
      rows: { a: inputRows, a_table_with_a_name_that_is_much_longer_than_others: 0, b: 0 },
      startOffset: null,
      endOffset: {},
      durationMs: { plan: 0, stage: 0, sync: 0, commit: 0, publish: 0, total: totalMs },
      rowsPerSecond: Math.round((inputRows * 1000) / totalMs),
      lagMs,
    })
  batch('land', 1, 1, 1, 12.3, null)
  batch('land', 2, 20_000_000, 10_000, 6_100, null)
  batch('a_longer_stream', 12_345, 9_999, 12, 999.7, 31.4)
  batch('a_longer_stream', 12_346, 0, 0, 3_599_000, 3_599_000)
  const tail = ' + a_table_with_a_name_that_is_much_longer_than_others 0 + b 0'
  expect(lines).toEqual([
    `land             batch      1          1 row  from 1 file           12 ms     81 rows/s                 → a 1${tail}`,
    `land             batch      2 20,000,000 rows from 10,000 files     6.1 s   3.3M rows/s                 → a 20,000,000${tail}`,
    `a_longer_stream  batch 12,345      9,999 rows from 12 files         1.0 s    10k rows/s      31 ms lag  → a 9,999${tail}`,
    `a_longer_stream  batch 12,346          0 rows                   59 m 59 s      0 rows/s  59 m 59 s lag  → a 0${tail}`,
  ])
})

describe('what steers a terminal', () => {
  beforeAll(() => {
    mkdirSync(join(lake, 'landing/messages'), { recursive: true })
    writeFileSync(join(lake, 'landing/messages', EVIL), 'no Parquet')
  })

  test.each([undefined, 80])('is written out where it stands in the name of a file (columns: %s)', async (columns) => {
    const shown = columns === undefined ? {} : { columns, env: { NO_COLOR: '1' } }
    for (const args of [['run', 'land', '--available-now'], ['status']]) {
      const { stdout, stderr } = await runInProcess(args, { lake, ...shown })
      expect(stdout + stderr).toContain(`land rejected ${SHOWN}: `)
      expect(stdout + stderr).not.toMatch(new RegExp(`${ESC}|\u202e`))
    }
  })

  test('is written out in a table, and kept in JSON and CSV, which are data', async () => {
    const query = "SELECT 'a' || chr(27) || '[31m' || chr(10) || 'b' AS text"
    const [table, csv, json] = await Promise.all(
      [[], ['--csv'], ['--json']].map((form) => runInProcess(['sql', query, ...form], { lake })),
    )
    expect(table?.stdout).toBe('text\n──────────\na\\e[31m\\nb\n')
    expect(csv?.stdout).toBe(`text\n"a${ESC}[31m\nb"\n`)
    expect(json?.stdout).toBe('{"text":"a\\u001b[31m\\nb"}\n')
  })
})

test.each([
  ['no terminal', {}],
  ['NO_COLOR', { columns: 80, env: { NO_COLOR: '1' } }],
  ['CI', { columns: 80, env: { CI: 'true' } }],
  ['TERM=dumb', { columns: 80, env: { TERM: 'dumb' } }],
])('with %s nothing is coloured and no line is drawn again', async (_, how) => {
  for (const args of [['run', 'produce', '--rows', '5'], [], ['status'], ['validate'], ['run', 'nothing']]) {
    const { stdout, stderr } = await runInProcess(args, { lake, ...how })
    expect(stdout + stderr).not.toMatch(new RegExp(`[${ESC}\r]`))
  }
})

describe('a reader that goes away early', () => {
  test.each([['sql', '--json', 'FROM range(200000)'], ['status'], ['run', '--help']])(
    'does not make %s fail',
    async (...args) => {
      const running = Program.start(args, { lake })
      running.process.stdout?.destroy()
      expect(await running.ended).toMatchObject({ exitCode: 0, stderr: '' })
    },
  )

  test('ends run --json in good order', async () => {
    const running = Program.start(['run', 'produce', '--rows-per-second', '100', '--trigger', '10ms', '--json'], {
      lake,
    })
    await running.said(/"batch":/)
    running.process.stdout?.destroy()
    expect(await running.ended).toMatchObject({ exitCode: 0, signal: null, stderr: '' })
    await runInProcess(['run', 'silver', '--available-now'], { lake })
    expect(await runInProcess(['validate'], { lake })).toMatchObject({ exitCode: 0 })
  })
})

describeWith(hasTerminals(), 'python3', 'on a real terminal', () => {
  test('a bar is drawn in one line and taken away at the end', async () => {
    const { exitCode, text } = await runOnTerminal(['run', 'produce', '--rows', '1M'], { lake, columns: 60 })
    expect(exitCode, text).toBe(0)
    expect(text).toMatch(/[█░]{16}.* 0 of 1,000,000 rows/)
    const [sum, tables] = linesOf(text).slice(-2)
    expect(sum).toMatch(/^produce {2}1,000,000 rows in 1 batch in .* rows\/s$/)
    expect(tables).toBe('  → bronze_messages 1,000,000')
    expect(linesOf(text).filter((line) => widthOf(line) > 60)).toEqual([])
  })

  test('Ctrl-C says what happens, in a line of its own, and ends with 130', async () => {
    const how = { lake, columns: 100, typedAt: 'Ctrl-C ends it' }
    const { exitCode, text } = await runOnTerminal(['run', 'land', 'silver'], how)
    expect(text).toContain(`\r${ESC}[2Kstopping after this batch; Ctrl-C again stops at once (nothing is lost)\r\n`)
    expect(linesOf(text).filter((line) => line.includes('^C') && line.includes('stopping'))).toEqual([])
    // The line that is drawn again no longer offers the first Ctrl-C.
    expect(text.slice(text.indexOf('stopping after this batch'))).not.toContain('Ctrl-C ends it')
    expect(linesOf(text)).toContainEqual(expect.stringMatching(/^\d+ s since .*Ctrl-C again stops at once$/))
    expect(exitCode, text).toBe(130)
  })

  test('Ctrl-C ends a query at once, with 130 and without a word', async () => {
    const endless = 'SELECT sum(a.range * b.range) FROM range(10000000) AS a, range(10000000) AS b'
    const how = { lake, columns: 80, typedAt: 'first' }
    const { exitCode, text } = await runOnTerminal(['sql', `SELECT 1 AS first; ${endless}`], how)
    expect(exitCode, text).toBe(130)
    expect(linesOf(text.replace('^C', '')).map((line) => line.trim())).toEqual(['first', '─────', '1'])
  })

  test('NO_COLOR leaves it without any escape code', async () => {
    const how = { lake, columns: 80, env: { NO_COLOR: '1' } }
    for (const args of [['run', 'produce', '--rows', '5'], ['status']]) {
      const { exitCode, text } = await runOnTerminal(args, how)
      expect(text).not.toContain(ESC)
      expect(exitCode, text).toBe(0)
    }
  })
})
