import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  type FoundRows,
  type RowsAsked,
  type ShownTable,
  TableRows,
  UnfitFilter,
} from '../../../src/server/rows/tableRows.ts'
import { EVENTS, ShownLake } from '../../support/shownTable.ts'
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../../support/temporaryFolder.ts'

const NEWEST: RowsAsked = { filters: new Map(), from: undefined, to: undefined, batch: undefined, limit: 100 }
const NEVER = new AbortController().signal

async function open(root: string, table: ShownTable = EVENTS): Promise<TableRows> {
  const rows = await TableRows.open(root, table, {
    threads: 1,
    memoryLimit: '256MB',
    tempFolder: join(temporaryFolder(), 'spill'),
  })
  onTestFinished(() => rows.close())
  return rows
}

const asked = (more: Partial<RowsAsked>): RowsAsked => ({ ...NEWEST, ...more })
const one = (column: string, ...values: string[]): RowsAsked['filters'] =>
  new Map([[column, { values, orNull: false }]])
const numbers = ({ columns, rows }: FoundRows): unknown[] => {
  const at = columns.findIndex(({ name }) => name === 'n')
  return rows.map((row) => row[at])
}

describe('the newest rows of a table', () => {
  let folder = ''
  let lake: ShownLake

  beforeAll(async () => {
    folder = makeTemporaryFolder()
    lake = new ShownLake(folder)
    // Each batch has a file for each of 17 days; rows that follow each other in time are in different batches.
    const seenAt = `TIMESTAMPTZ '2026-11-01 00:00:00+00' - to_hours(n)`
    for (let batch = 0; batch < 6; batch++) {
      await lake.add(`SELECT ${seenAt} AS seen_at, CASE n % 3 WHEN 0 THEN NULL WHEN 1 THEN 'a' ELSE 'b''s' END AS kind, n
        FROM (SELECT CAST(unnest(range(${batch}, 400, 6)) AS INTEGER) AS n)`)
    }
    await lake.add(`SELECT NULL::TIMESTAMPTZ AS seen_at, 'timeless' AS kind, -1 AS n`)
  })

  afterAll(() => removeFolder(folder))

  test.each<[name: string, given: Partial<RowsAsked>, found: readonly number[], isCut: boolean]>([
    ['come first', { limit: 3 }, [0, 1, 2], true],
    ['come from as many files as they are in', { limit: 100 }, Array.from({ length: 100 }, (_, n) => n), true],
    ['with one value of a column', { filters: one('kind', "b's"), limit: 3 }, [2, 5, 8], true],
    ['with one of several values', { filters: one('kind', "b's", 'a'), limit: 3 }, [1, 2, 4], true],
    ['with a NULL', { filters: new Map([['kind', { values: [], orNull: true }]]), limit: 2 }, [0, 3], true],
    [
      'with a value or a NULL',
      { filters: new Map([['kind', { values: ['a'], orNull: true }]]), limit: 3 },
      [0, 1, 3],
      true,
    ],
    ['with a number', { filters: one('n', '395') }, [395], false],
    ['with a day', { filters: one('day', '2026-10-31'), limit: 2 }, [1, 2], true],
    ['with two columns', { filters: new Map([...one('kind', 'a'), ...one('n', '1', '2', '4')]) }, [1, 4], false],
    [
      'from a time on, far back',
      { from: '2026-10-15T14:00:00Z', to: '2026-10-15T18:00:00Z' },
      [391, 392, 393, 394],
      false,
    ],
    ['before a time', { to: '2026-10-31T23:00:00Z', limit: 2 }, [2, 3], true],
    ['after a time', { from: '2026-10-31T23:00:00+00:00' }, [0, 1], false],
    ['without a time come last', { filters: one('kind', 'timeless') }, [-1], false],
    ['of one batch', { batch: 3, limit: 3 }, [2, 8, 14], true],
    ['of one batch with a value', { batch: 3, filters: one('n', '8', '9') }, [8], false],
    ['of a batch that there is not', { batch: 200 }, [], false],
    ['that nobody has', { filters: one('kind', 'c') }, [], false],
    ['in years when there was nothing', { from: '0001-01-01T00:00:00Z', to: '1999-01-01T00:00:00Z' }, [], false],
  ])('%s', async (_, given, found, isCut) => {
    const rows = await open(lake.root)
    const answer = await rows.newest(asked(given), NEVER)
    expect(numbers(answer)).toEqual(found)
    expect(answer.isCut).toBe(isCut)
  })

  test('are those of the log, also of batches that come later', async () => {
    const own = new ShownLake(temporaryFolder())
    const rows = await open(own.root)
    expect(await rows.newest(NEWEST, NEVER)).toMatchObject({ rows: [] })
    await own.add(`SELECT TIMESTAMPTZ '2026-11-01 00:00:00.123456+00' AS seen_at, 'first' AS kind, 1 AS n`)
    expect(await rows.newest(NEWEST, NEVER)).toEqual({
      columns: [
        { name: 'seen_at', type: 'TIMESTAMPTZ' },
        { name: 'kind', type: 'VARCHAR' },
        { name: 'n', type: 'INTEGER' },
        { name: 'raw', type: 'BLOB' },
        { name: 'day', type: 'DATE' },
      ],
      rows: [['2026-11-01 00:00:00.123456+00', 'first', 1, 'first', '2026-11-01']],
      isCut: false,
      version: 1,
    })
    await own.add(`SELECT TIMESTAMPTZ '2026-11-02 00:00:00+00' AS seen_at, 'second' AS kind, 2 AS n`)
    expect(numbers(await rows.newest(NEWEST, NEVER))).toEqual([2, 1])
  })

  test('of one batch are found after its files were joined with others, until they are removed', async () => {
    const own = new ShownLake(temporaryFolder())
    for (const n of [1, 2, 3]) {
      await own.add(`SELECT TIMESTAMPTZ '2026-11-01 00:00:00+00' AS seen_at, 'same day' AS kind, ${n} AS n`)
    }
    const rows = await open(own.root)
    const second = asked({ batch: 2 })
    expect(numbers(await rows.newest(second, NEVER))).toEqual([2])
    await own.join()
    expect(numbers(await rows.newest(second, NEVER))).toEqual([2])
    expect(numbers(await rows.newest(NEWEST, NEVER)).toSorted()).toEqual([1, 2, 3])
    await own.removeReplaced()
    expect(numbers(await rows.newest(second, NEVER))).toEqual([])
    expect(numbers(await rows.newest(NEWEST, NEVER)).toSorted()).toEqual([1, 2, 3])
  })

  test('asked for at the same time are answered one after another', async () => {
    const rows = await open(lake.root)
    const answers = await Promise.all(
      ['1', '2', '3', '399'].map(async (n) => numbers(await rows.newest(asked({ filters: one('n', n) }), NEVER))),
    )
    expect(answers).toEqual([[1], [2], [3], [399]])
  })

  test('of a question that is given up leave the next ones alone', async () => {
    const rows = await open(lake.root)
    await expect(rows.newest(NEWEST, AbortSignal.abort())).rejects.toThrow('aborted')
    expect(numbers(await rows.newest(asked({ limit: 1 }), NEVER))).toEqual([0])
  })

  test.each<[name: string, filters: RowsAsked['filters'], reason: UnfitFilter['reason']]>([
    ['an unknown column', one('kinds', 'a'), 'unknown'],
    ['SQL as a column', one('kind" OR "n', 'a'), 'unknown'],
    ['a column of DuckDB', one('rowid', '1'), 'unknown'],
    ['the column with the path of the file', one('file=', 'a'), 'unknown'],
    ['__proto__', one('__proto__', 'a'), 'unknown'],
    ['a text for a number', one('n', 'a'), 'value'],
    ['SQL for a number', one('n', '1 OR true'), 'value'],
    ['SQL for a number, with a comment', one('n', '1--'), 'value'],
    ['a number that is too large', one('n', '2147483648'), 'value'],
    ['a text for a day', one('day', 'yesterday'), 'value'],
  ])('%s is refused', async (_, filters, reason) => {
    const rows = await open(lake.root)
    const error = await rows.newest(asked({ filters }), NEVER).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(UnfitFilter)
    expect(error).toMatchObject({ reason, column: [...filters.keys()][0] })
  })

  test.each([
    `a' OR '1' = '1`,
    `a'; COPY (SELECT 1) TO 'x.csv'; --`,
    `') UNION SELECT getenv('PATH') --`,
    '$p0',
    '\0',
    `a' /*`,
    '%',
  ])('SQL in a value is a text like any other: %j', async (value) => {
    const rows = await open(lake.root)
    expect(await rows.newest(asked({ filters: one('kind', value) }), NEVER)).toMatchObject({ rows: [] })
  })
})

const NASTY = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; DROP TABLE events; --",
  '\u202Egnp.exe\u2066',
  'line\u2028and\u2029paragraph',
  'a\0b',
  '\u{1F4A9}',
  '',
]

describe("a stranger's values", () => {
  let folder = ''
  let lake: ShownLake

  beforeAll(async () => {
    folder = makeTemporaryFolder()
    lake = new ShownLake(folder)
    const kinds = NASTY.map((value) => [...value].map((character) => `chr(${character.codePointAt(0)})`).join(' || '))
    await lake.add(`SELECT TIMESTAMPTZ '2026-11-01 00:00:00+00' AS seen_at, *
      FROM (VALUES ${kinds.map((kind, n) => `(${kind === '' ? `''` : kind}, ${n})`).join(', ')}) AS v(kind, n)`)
  })

  afterAll(() => removeFolder(folder))

  test.each(NASTY)('are found by themselves and returned as they are: %j', async (value) => {
    const rows = await open(lake.root)
    const found = await rows.newest(asked({ filters: one('kind', value) }), NEVER)
    expect(found.rows.map(([, kind, n]) => [kind, n])).toEqual([[value, NASTY.indexOf(value)]])
  })

  test('that are long are cut, so that 100 rows stay an answer', async () => {
    const own = new ShownLake(temporaryFolder())
    await own.add(`SELECT TIMESTAMPTZ '2026-11-01 00:00:00+00' AS seen_at, repeat('ä', 100000) AS kind, 1 AS n`)
    const { rows } = await (await open(own.root)).newest(NEWEST, NEVER)
    expect(rows).toEqual([
      ['2026-11-01 00:00:00+00', `${'ä'.repeat(2000)}…`, 1, `${'\\xC3\\xA4'.repeat(250)}…`, '2026-11-01'],
    ])
  })
})

describe('a log that names what is elsewhere', () => {
  test.each<[name: string, path: (folder: string) => string]>([
    ['by its whole path', (folder) => join(folder, 'elsewhere/day=2026-11-01/secret.parquet')],
    ['by dots', () => 'day=2026-11-01/../../../../../elsewhere/day=2026-11-01/secret.parquet'],
    [
      'by encoded dots',
      () => 'day=2026-11-01/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/elsewhere/day=2026-11-01/secret.parquet',
    ],
  ])('%s gets nothing of it', async (_, path) => {
    const folder = temporaryFolder()
    const lake = new ShownLake(folder)
    await lake.add(`SELECT TIMESTAMPTZ '2026-11-01 00:00:00+00' AS seen_at, 'secret' AS kind, 1 AS n`)
    const data = join(lake.root, EVENTS.folder)
    const [name = ''] = readdirSync(join(data, 'day=2026-11-01'))
    mkdirSync(join(folder, 'elsewhere/day=2026-11-01'), { recursive: true })
    copyFileSync(join(data, 'day=2026-11-01', name), join(folder, 'elsewhere/day=2026-11-01/secret.parquet'))
    const commit = join(data, '_delta_log/00000000000000000001.json')
    writeFileSync(commit, readFileSync(commit, 'utf8').replace(`day=2026-11-01/${name}`, path(folder)))
    const rows = await open(lake.root)
    const error = await rows.newest(NEWEST, NEVER).catch((cause: unknown) => cause)
    expect(String(error)).toMatch(/Permission Error: Cannot access file/)
  })
})
