import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Program, type ProgramEnd, runInProcess, type Said } from '../support/program.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

const folder = makeTemporaryFolder()
const lake = join(folder, 'lake')
/** Rows and then an error, long after the first are read. */
const LATE_ERROR = "SELECT CASE WHEN range = 90000 THEN error('too late') ELSE range END AS n FROM range(100000)"
/** Takes longer than any test, and returns nothing before it is done. */
const ENDLESS = 'SELECT sum(a.range * b.range) FROM range(10000000) AS a, range(10000000) AS b'

beforeAll(async () => {
  expect((await runInProcess(['run', 'produce', '--rows', '50', '--seed', '7'], { lake })).exitCode).toBe(0)
})
afterAll(() => removeFolder(folder))

async function sql(query: string, ...options: readonly string[]): Promise<Said> {
  return runInProcess(['sql', query, ...options], { lake })
}

describe('a large result', () => {
  test.each([
    ['as a table', [], 130_002],
    ['as JSON', ['--json'], 130_000],
    ['as CSV', ['--csv'], 130_001],
    ['with --all', ['--all', '--csv'], 130_001],
    ['with --limit', ['--limit', '120k', '--json'], 120_000],
  ])('goes into a pipe whole: %s', async (_, options, lineCount) => {
    const end = await sql('FROM range(130000)', ...options)
    expect(end).toMatchObject({ exitCode: 0, stderr: '' })
    const lines = end.stdout.trimEnd().split('\n')
    expect(lines).toHaveLength(lineCount)
    expect(lines.at(-1)).toContain(String(options.includes('--limit') ? 119_999 : 129_999))
  })

  test('takes as much memory as a small one', async () => {
    const peakOf = async (rows: number): Promise<number> => {
      const query = `SELECT range AS n, repeat('x', 100) AS text FROM range(${rows})`
      const end = await Program.run(['sql', query, '--output', join(folder, 'large.csv')], {
        lake,
        nodeOptions: [
          '--import',
          `data:text/javascript,process.on('exit',()=>console.error(process.resourceUsage().maxRSS))`,
        ],
      })
      expect(end.exitCode, end.stderr).toBe(0)
      return Number(end.stderr.trimEnd().split('\n').at(-1))
    }
    const small = await peakOf(20_000)
    // Held, these rows would take some 300 MB.
    expect((await peakOf(1_000_000)) - small).toBeLessThan(120_000)
  })

  test('whose query fails on its way fails, with what DuckDB says, and writes no file', async () => {
    const file = join(folder, 'late.csv')
    writeFileSync(file, 'from before')
    for (const name of ['late.csv', 'late.json', 'late.parquet']) {
      const end = await sql(LATE_ERROR, '--output', join(folder, name))
      expect(end).toMatchObject({ exitCode: 1, stdout: '' })
      expect(end.stderr).toContain('LAKE_QUERY_FAILED: the query: Invalid Input Error: too late')
    }
    expect(await sql(LATE_ERROR, '--csv')).toMatchObject({ exitCode: 1 })
    expect(readFileSync(file, 'utf8')).toBe('from before')
    expect(readdirSync(folder).filter((name) => /late|tmp/.test(name))).toEqual(['late.csv'])
  })
})

describe('on a terminal', () => {
  /** @param countMs  how long rows are counted; how many that are depends on the machine */
  const onTerminal = async (args: readonly string[], countMs: number): Promise<string[]> => {
    const end = await runInProcess(['sql', ...args], { lake, columns: 80, countMs })
    expect(end.exitCode, end.stderr).toBe(0)
    return end.stdout.trimEnd().split('\n')
  }

  test.each([
    ['FROM range(100)', [], 102, '99'],
    ['FROM range(101)', [], 103, '… and 1 more row; --all shows them, --output FILE writes them'],
    ['FROM range(130000)', [], 103, '… and 129,900 more rows; --all shows them, --output FILE writes them'],
    ['FROM range(130000)', ['--limit', '5'], 8, '… and 129,995 more rows; --all shows them, --output FILE writes them'],
    ['FROM range(130000)', ['--all'], 130_002, '129999'],
    ['FROM range(130000)', ['--csv'], 130_001, '129999'],
  ])('%s %j shows some rows and says how many more there are', async (query, options, lineCount, last) => {
    const lines = await onTerminal([query, ...options], 600_000)
    expect(lines).toHaveLength(lineCount)
    expect(lines.at(-1)?.trim()).toBe(last)
  })

  test('an endless result is not counted to its end', async () => {
    const lines = await onTerminal(['FROM range(1000000000000)'], 500)
    expect(lines).toHaveLength(103)
    expect(lines.at(-1)).toMatch(/^… and more than [\d,]+ more rows; /)
  })

  test('an error after the rows that are shown is told', async () => {
    const end = await runInProcess(['sql', LATE_ERROR], { lake, columns: 80 })
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain('too late')
  })
})

describe('--output', () => {
  const QUERY = `SELECT 1::INTEGER AS n, 'a"b|c' AS "t x", NULL AS nothing, [1, 2] AS list
    UNION ALL SELECT 20, '', 'x', [] ORDER BY n`

  test.each([
    ['.csv', 'n,t x,nothing,list\n1,"a""b|c",,"[1,2]"\n20,"",x,[]\n'],
    [
      '.json',
      '[\n  {"n":1,"t x":"a\\"b|c","nothing":null,"list":[1,2]},\n  {"n":20,"t x":"","nothing":"x","list":[]}\n]\n',
    ],
    ['.ndjson', '{"n":1,"t x":"a\\"b|c","nothing":null,"list":[1,2]}\n{"n":20,"t x":"","nothing":"x","list":[]}\n'],
    ['.JSONL', '{"n":1,"t x":"a\\"b|c","nothing":null,"list":[1,2]}\n{"n":20,"t x":"","nothing":"x","list":[]}\n'],
    [
      '.md',
      '| n | t x | nothing | list |\n| ---: | --- | --- | --- |\n| 1 | a"b\\|c |  | [1,2] |\n| 20 |  | x | [] |\n',
    ],
  ])('%s writes what the ending says', async (ending, text) => {
    const file = join(folder, `result${ending}`)
    expect(await sql(QUERY, '--output', file)).toEqual({ exitCode: 0, stdout: '', stderr: `2 rows in ${file}\n` })
    expect(readFileSync(file, 'utf8')).toBe(text)
  })

  test.each([
    ['no rows', 'SELECT 1 AS n WHERE false', '[]\n'],
    [
      'an array that another program reads',
      'SELECT range AS n FROM range(3)',
      '[\n  {"n":0},\n  {"n":1},\n  {"n":2}\n]\n',
    ],
  ])('.json is an array: %s', async (_, query, text) => {
    const file = join(folder, 'array.json')
    await sql(query, '--output', file, '--json')
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(JSON.parse(text)).toBeInstanceOf(Array)
  })

  test.each([
    ['a SELECT', 'SELECT range AS n FROM range(1000) ORDER BY n DESC', [[999], [998]]],
    ['a SELECT that ends with a comment', 'SELECT 1 AS n; -- that was it', [[1]]],
    ['several statements of which the last is written', "SET VARIABLE x = ';'; SELECT getvariable('x') AS x", [[';']]],
    ['a PIVOT', 'PIVOT (SELECT 1 AS a, 2 AS b) ON a USING sum(b)', [[2]]],
    ['a DESCRIBE', 'DESCRIBE SELECT 1 AS n', [['n', 'INTEGER', 'YES', null, null, null]]],
    ['a FROM', 'FROM (VALUES (1), (2)) AS v(n)', [[1], [2]]],
  ])('.parquet is written from %s', async (_, query, firstRows) => {
    const file = join(folder, 'result.parquet')
    expect(await sql(query, '--output', file)).toMatchObject({ exitCode: 0, stdout: '' })
    const back = await sql(`FROM read_parquet('${file}') LIMIT 2`, '--json')
    expect(
      back.stdout
        .trimEnd()
        .split('\n')
        .map((line) => Object.values(JSON.parse(line))),
    ).toEqual(firstRows)
  })

  test('.parquet keeps the order and the types of a large result, and --limit', async () => {
    const file = join(folder, 'large.parquet')
    const query = "SELECT range AS n, DATE '2026-11-22' AS day FROM range(1000000) ORDER BY hash(range)"
    expect((await sql(query, '--output', file, '--limit', '500000')).stderr).toBe(`500,000 rows in ${file}\n`)
    const check = `SELECT count(*) FILTER (hash(n) < before) AS unordered, count(*) AS n, any_value(typeof(day)) AS type
      FROM (SELECT *, lag(hash(n)) OVER (ORDER BY file_row_number) AS before
        FROM read_parquet('${file}', file_row_number = true))`
    expect((await sql(check, '--json')).stdout).toBe('{"unordered":0,"n":500000,"type":"DATE"}\n')
  })

  test('- is stdout', async () => {
    expect((await sql('SELECT 1 AS n', '--output', '-', '--csv')).stdout).toBe('n\n1\n')
    expect((await runInProcess(['report', '--output', '-', '--csv'], { lake })).stdout).toMatch(/^report,rows\n/)
  })

  test('takes the options of sql for a report too', async () => {
    const file = join(folder, 'report.parquet')
    const end = await runInProcess(['report', 'event-types', '--output', file, '--limit', '2'], { lake })
    expect(end).toMatchObject({ exitCode: 0, stdout: '' })
    expect((await sql(`DESCRIBE FROM read_parquet('${file}')`, '--csv', '--limit', '1')).stdout).toContain('date,DATE')
  })

  test.each(['x.xlsx', 'x', 'x.csv.gz', 'csv'])('%s says no form, and is refused', async (name) => {
    expect(await sql('SELECT 1', '--output', join(folder, name))).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        `LAKE_USAGE: --output ${join(folder, name)}: its ending says no form.\n` +
        'There are .parquet, .csv, .json, .ndjson, .jsonl, .md; --csv and --json write any file.\n',
    })
    expect(existsSync(join(folder, name))).toBe(false)
  })

  test('with --csv or --json any name will do', async () => {
    const file = join(folder, 'any name.txt')
    expect((await sql('SELECT 1 AS n', '--output', file, '--csv')).exitCode).toBe(0)
    expect(readFileSync(file, 'utf8')).toBe('n\n1\n')
  })

  // biome-ignore format: a table
  test.each([
    ['no/such.csv', 2, (at: string) => `LAKE_USAGE: there is no folder ${join(at, 'no')} to write such.csv to.\n`],
    ['no/such.parquet', 2, (at: string) => `LAKE_USAGE: there is no folder ${join(at, 'no')} to write such.parquet to.\n`],
    ['taken.csv', 2, (at: string) => `LAKE_USAGE: ${join(at, 'taken.csv')} is a folder; name a file.\n`],
    ['taken.parquet', 2, (at: string) => `LAKE_USAGE: ${join(at, 'taken.parquet')} is a folder; name a file.\n`],
    ['file/x.csv', 2, (at: string) => `LAKE_USAGE: ${join(at, 'file')} is not a folder, so x.csv cannot be written there.\n`],
    [`${'x'.repeat(300)}.csv`, 2, (at: string) => `LAKE_USAGE: ${join(at, `${'x'.repeat(300)}.csv`)} is too long a name for a file.\n`],
  ])('%s is refused in plain words', async (name, exitCode, stderr) => {
    const at = join(folder, 'places')
    mkdirSync(join(at, 'taken.csv'), { recursive: true })
    mkdirSync(join(at, 'taken.parquet'), { recursive: true })
    writeFileSync(join(at, 'file'), '')
    expect(await sql('SELECT 1', '--output', join(at, name))).toEqual({ exitCode, stdout: '', stderr: stderr(at) })
    expect(readdirSync(at).sort()).toEqual(['file', 'taken.csv', 'taken.parquet'])
  })
})

describe('stdin', () => {
  const LIST = '{"view":"batches",'
  const withStdin = (stdin: string | undefined, ...args: readonly string[]): Promise<Said> =>
    runInProcess(['sql', '--json', ...args], { lake, ...(stdin === undefined ? {} : { stdin }) })

  test.each([
    ['SELECT 1 AS n', '{"n":1}\n'],
    ['SELECT 1 AS n;\n-- and that is all\n', '{"n":1}\n'],
    ["SELECT '日本' AS n", '{"n":"日本"}\n'],
  ])('holds the query where none is given: %j', async (stdin, stdout) => {
    expect(await withStdin(stdin)).toEqual({ exitCode: 0, stdout, stderr: '' })
  })

  test.each([undefined, '', ' \n', ';', '-- nothing\n'])('that is empty lists the views: %j', async (stdin) => {
    const end = await withStdin(stdin)
    expect(end).toMatchObject({ exitCode: 0, stderr: '' })
    expect(end.stdout.startsWith(LIST), end.stdout).toBe(true)
  })

  test('is not read where there is a query', async () => {
    expect((await withStdin('SELECT 2 AS n', 'SELECT 1 AS n')).stdout).toBe('{"n":1}\n')
  })

  test('may be /dev/null', async () => {
    const stdin = openSync('/dev/null', 'r')
    const end = await Program.run(['sql', '--json'], { lake, stdin })
    closeSync(stdin)
    expect(end.stdout.startsWith(LIST), end.stderr).toBe(true)
  })

  test('that stays open without a word is told about, and ends with its writer', async () => {
    const running = Program.start(['sql', '--json'], { lake, stdin: 'pipe' })
    await running.said(/sql waits for a query from stdin; with < \/dev\/null it lists the views\n/)
    running.process.stdin?.end('SELECT 1 AS n')
    expect(await running.ended).toMatchObject({ exitCode: 0, stdout: '{"n":1}\n' })
  })
})

describe('several statements', () => {
  const TWO =
    'SET VARIABLE x = 1; SELECT 1 AS a; CREATE TEMP TABLE t AS SELECT 2 AS b; INSERT INTO t VALUES (3); FROM t ORDER BY b'

  test.each([
    ['a table', [], 'a\n─\n1\n\nb\n─\n2\n3\n'],
    ['CSV', ['--csv'], 'a\n1\n\nb\n2\n3\n'],
    ['JSON lines', ['--json'], '{"a":1}\n{"b":2}\n{"b":3}\n'],
  ])('show each result: as %s', async (_, options, stdout) => {
    expect(await sql(TWO, ...options)).toEqual({ exitCode: 0, stdout, stderr: '' })
  })

  test.each(['csv', 'json', 'ndjson', 'md', 'parquet'])('do not go into one .%s file', async (ending) => {
    const file = join(folder, `two.${ending}`)
    const end = await sql(TWO, '--output', file)
    expect(end).toMatchObject({ exitCode: 2, stdout: '' })
    expect(end.stderr).toContain('LAKE_USAGE: the query has several results, where only one is allowed.\n')
    expect(existsSync(file)).toBe(false)
  })

  test('without any result write no file', async () => {
    const end = await sql('SET VARIABLE x = 1', '--output', join(folder, 'none.csv'))
    expect(end.stderr).toContain('LAKE_USAGE: the query returns no rows that could be written.\n')
    expect(await sql('SET VARIABLE x = 1')).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })
})

describe('Ctrl-C', () => {
  let at = ''
  beforeEach(() => {
    at = makeTemporaryFolder()
    return () => removeFolder(at)
  })

  /** Interrupts a command once it is in its query, by what the test sees of it. */
  const interrupted = async (args: readonly string[], isUnderWay: () => boolean): Promise<ProgramEnd> => {
    const running = Program.start(args, { lake })
    while (!isUnderWay()) await new Promise((resolve) => setImmediate(resolve))
    running.kill('SIGINT')
    return running.ended
  }

  test.each(['x.csv', 'x.parquet'])('ends a query with 130 and leaves nothing of %s', async (name) => {
    const hasBegun = (): boolean => readdirSync(at).length > 0
    const end = await interrupted(['sql', ENDLESS, '--output', join(at, name)], hasBegun)
    expect(end).toMatchObject({ exitCode: 130, stdout: '', stderr: '' })
    expect(readdirSync(at)).toEqual([])
  })
})
