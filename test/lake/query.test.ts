import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { type JsonValue, Lake, LakeError, type Parameters } from '../../src/index.ts'
import { leftFiles } from '../../src/lake/leftFiles.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/temporaryFolder.ts'

const folder = makeTemporaryFolder()
const ENDLESS = 'SELECT sum(a.range * b.range) FROM range(10000000) AS a, range(10000000) AS b'
let lake: Lake

beforeAll(async () => {
  lake = await Lake.open({ lake: folder })
  await lake.run({ streams: ['produce'], generate: { rows: 50, seed: 7 } })
})
afterAll(async () => {
  await lake.close()
  removeFolder(folder)
})

/** A lake of its own, which a test closes. */
async function ownLake(root = temporaryFolder()): Promise<Lake> {
  const opened = await Lake.open({ lake: root })
  onTestFinished(() => opened.close())
  return opened
}

async function allOf<T>(values: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

describe('a query', () => {
  test('returns records, arrays, columns and types', async () => {
    const result = await lake.query("SELECT 1 AS n, 'x' AS text UNION ALL SELECT 2, NULL ORDER BY n")
    expect(result.records).toEqual([
      { n: 1, text: 'x' },
      { n: 2, text: null },
    ])
    expect(result).toMatchObject({
      columns: ['n', 'text'],
      types: ['INTEGER', 'VARCHAR'],
      rows: [
        [1, 'x'],
        [2, null],
      ],
    })
  })

  // What each column becomes in JavaScript, as the comment of `query` says.
  test.each([
    ['true', true],
    ['7::TINYINT', 7],
    ['9007199254740991::BIGINT', 9007199254740991],
    ['9007199254740993::BIGINT', '9007199254740993'],
    ['170141183460469231731687303715884105727::HUGEINT', '170141183460469231731687303715884105727'],
    ['1.5::DOUBLE', 1.5],
    ["'NaN'::DOUBLE", 'NaN'],
    ["'-Infinity'::FLOAT", '-Infinity'],
    ['1.50::DECIMAL(4, 2)', '1.50'],
    ["DATE '2026-11-22'", '2026-11-22'],
    ["TIMESTAMPTZ '2026-11-22 10:00:00.123456+02'", '2026-11-22 08:00:00.123456+00'],
    ["'text'", 'text'],
    ["'\\x00a'::BLOB", '\\x00a'],
    ['NULL', null],
    ['[1, NULL]', [1, null]],
    ['[9007199254740993::BIGINT]', ['9007199254740993']],
    ["{'a': 1, 'b': DATE '2026-11-22'}", { a: 1, b: '2026-11-22' }],
    ["MAP {'k': 1}", [{ key: 'k', value: 1 }]],
    ["INTERVAL '1 day 2 hours'", '1 day 02:00:00'],
    ["-INTERVAL '14 months 1.5 seconds'", '-1 year -2 months -00:00:01.5'],
    ['[INTERVAL 0 SECOND]', ['00:00:00']],
    ['union_value(wait := INTERVAL 3 DAY)', { tag: 'wait', value: '3 days' }],
  ] as const)('%s is %j', async (sql, value) => {
    expect((await lake.query(`SELECT ${sql} AS value`)).records).toEqual([{ value }])
  })

  test.each<[string, Parameters, JsonValue]>([
    ['$1', ['text'], 'text'],
    ['$1', ["'; DROP TABLE x; --"], "'; DROP TABLE x; --"],
    ['?', ['日本\u0000'], '日本\u0000'],
    ['typeof($1)', [7], 'INTEGER'],
    ['typeof($1)', [-2147483649], 'BIGINT'],
    ['typeof($1)', [1.5], 'DOUBLE'],
    ['typeof($1)', [2 ** 53], 'DOUBLE'],
    ['typeof($1)', [true], 'BOOLEAN'],
    ['typeof($1)', ['7'], 'VARCHAR'],
    ['typeof($1)', [2n ** 63n], 'HUGEINT'],
    ['$1 = 9007199254740993::BIGINT', [9007199254740993n], true],
    ['$1 IS NULL', [null], true],
    ['isinf($1)', [Number.POSITIVE_INFINITY], true],
    ['$1', [new Date('2026-11-22T10:00:00.123Z')], '2026-11-22 10:00:00.123+00'],
    ["$1 = TIMESTAMPTZ '1969-12-31 23:59:59.999Z'", [new Date(-1)], true],
    ["DATE '2026-11-22' = $1", ['2026-11-22'], true],
    ["DATE '2026-11-22' = $1", [new Date('2026-11-22')], true],
    ["DATE '2026-11-22' + $1 = DATE '2026-11-23'", [1], true],
    ['$b - $a', { a: 1, b: 3 }, 2],
    ['$1 + $2 + $1', [1, 10], 12],
  ])('SELECT %s binds %o as it is', async (sql, parameters, value) => {
    expect((await lake.query(`SELECT ${sql} AS value`, parameters)).records).toEqual([{ value }])
  })

  test.each<[string, unknown, string]>([
    ['SELECT $1', [], 'the query has a parameter $1, but no value is given for it.'],
    ['SELECT $name', { other: 1 }, 'the query has a parameter $name, but no value is given for it.'],
    ['SELECT $1', [1, 2], 'a value is given for $2, but the query has no such parameter.'],
    ['SELECT 1', [1], 'a value is given for $1, but the query has no such parameter.'],
    ['SELECT $1', [undefined], 'the value of $1 is undefined.'],
    ['SELECT $1', [[1]], 'the value of $1 is an array.'],
    ['SELECT $1', [{}], 'the value of $1 is of type object.'],
    ['SELECT $1', [new Date(Number.NaN)], 'the value of $1 is an invalid Date.'],
    ['SELECT $1', [2n ** 127n], 'the value of $1 has more than 128 bits.'],
    ['SELECT 1; SELECT $1', [1], 'values are given for a query of several statements.'],
  ])('%s with %o is refused', async (sql, parameters, message) => {
    const error = { code: 'LAKE_ARGUMENT_INVALID', message }
    await expect(lake.query(sql, parameters as Parameters)).rejects.toMatchObject(error)
    await expect(lake.records(sql, parameters as Parameters).next()).rejects.toMatchObject(error)
  })

  test.each(['', ';', '-- nothing'])('%j has no columns and no rows', async (sql) => {
    expect(await lake.query(sql)).toMatchObject({ columns: [], records: [] })
  })

  test('that fails says what DuckDB says', async () => {
    await expect(lake.query('SELECT nope')).rejects.toMatchObject({ code: 'LAKE_QUERY_FAILED' })
    await expect(lake.report('nope')).rejects.toMatchObject({ code: 'LAKE_ARGUMENT_INVALID' })
    await expect(lake.run({ streams: ['nope'] })).rejects.toMatchObject({ code: 'LAKE_ARGUMENT_INVALID' })
  })
})

describe('records', () => {
  test('come one after another, while the query runs', async () => {
    let count = 0
    for await (const { n } of lake.records('SELECT range AS n FROM range($1) WHERE range >= $2', [10 ** 12, 5])) {
      expect(n).toBe(count + 5)
      count += 1
      if (count === 5000) break
    }
    expect(count).toBe(5000)
  })

  test('end with the error of a query that fails on its way', async () => {
    const query = "SELECT CASE WHEN range = 90000 THEN error('too late: ' || $1) ELSE range END AS n FROM range(100000)"
    const read = async (): Promise<number> => {
      let count = 0
      for await (const _ of lake.records(query, ['why'])) count += 1
      return count
    }
    await expect(read()).rejects.toMatchObject({
      code: 'LAKE_QUERY_FAILED',
      message: 'the query: Invalid Input Error: too late: why',
    })
  })

  test('of two queries at once do not meet', async () => {
    const [one, other] = [lake.records('FROM range(5000)'), lake.records('FROM range(5000, 10000)')]
    for (let index = 0; index < 5000; index++) {
      expect((await one.next()).value).toEqual({ range: index })
      expect((await other.next()).value).toEqual({ range: index + 5000 })
    }
    expect([(await one.next()).done, (await other.next()).done]).toEqual([true, true])
  })

  test('are of the statement that has some', async () => {
    const rows = await allOf(lake.records('SET VARIABLE x = 2; SELECT 1 AS n'))
    expect(rows).toEqual([{ n: 1 }])
    await expect(allOf(lake.records('SELECT 1; SELECT 2'))).rejects.toMatchObject({
      code: 'LAKE_ARGUMENT_INVALID',
    })
  })
})

describe('onBatch', () => {
  test('is awaited before the next batch of its stream', async () => {
    const own = await ownLake()
    const events: string[] = []
    await own.run({
      streams: ['produce'],
      generate: { rows: 30 },
      limits: { maxRows: 10 },
      onBatch: async ({ batch }) => {
        events.push(`begin ${batch}`)
        const { records } = await own.query('SELECT count(*) AS n FROM bronze_messages')
        events.push(`end ${batch} with ${records[0]?.n}`)
      },
    })
    expect(events).toEqual([1, 2, 3].flatMap((batch) => [`begin ${batch}`, `end ${batch} with ${batch * 10}`]))
  })

  test.each([
    [
      'throws',
      () => {
        throw Object.assign(new Error('mine'), { code: 'ENOSPC' })
      },
    ],
    ['rejects', () => Promise.reject(Object.assign(new Error('mine'), { code: 'ENOENT' }))],
  ])('that %s stops the run with just that error, and the batch stays', async (_, onBatch) => {
    const own = await ownLake()
    const run = own.run({ streams: ['produce'], generate: { rows: 30 }, limits: { maxRows: 10 }, onBatch })
    await expect(run).rejects.toThrow(/^mine$/)
    await expect(run).rejects.not.toBeInstanceOf(LakeError)
    expect((await own.query('SELECT count(*) AS n FROM bronze_messages')).records).toEqual([{ n: 10 }])
  })
})

describe('a lake that is closed', () => {
  const CLOSED = { code: 'LAKE_CLOSED', message: 'the lake is closed.' }

  test('refuses every call, and may be closed again', async () => {
    const open = await openLake({ lake: temporaryFolder() })
    const own = Lake.of(open)
    await own.close()
    await own.close()
    const calls: Record<string, () => unknown> = {
      run: () => own.run({ streams: ['produce'], availableNow: true }),
      empty: () => own.empty(['produce']),
      validate: () => own.validate(),
      status: () => own.status(),
      report: () => own.report('event-types'),
      query: () => own.query('SELECT 1'),
      records: () => own.records('SELECT 1'),
      results: () => own.results({ sql: 'SELECT 1' }),
      writeParquet: () => own.writeParquet({ sql: 'SELECT 1' }, 'x.parquet'),
      rejectedFiles: () => own.rejectedFiles(),
      leftFiles: () => leftFiles(open),
      connect: () => open.database.connect(),
    }
    for (const [name, call] of Object.entries(calls)) {
      await expect((async () => call())(), name).rejects.toMatchObject(CLOSED)
    }
  })

  test('interrupts the queries that are under way', async () => {
    const own = await ownLake()
    const rows = own.records('FROM range(1000000000000)')
    expect((await rows.next()).value).toEqual({ range: 0 })
    const failed = [own.query(ENDLESS), own.records(ENDLESS).next(), own.query('SELECT 1')].map((call) =>
      expect(call).rejects.toMatchObject(CLOSED),
    )
    await own.close()
    await Promise.all(failed)
    await expect(allOf(rows)).rejects.toMatchObject(CLOSED)
  })

  test('ends the runs that are under way in good order', async () => {
    const root = temporaryFolder()
    const own = await ownLake(root)
    let closing: Promise<void> | undefined
    await own.run({
      streams: ['produce', 'silver'],
      generate: { rowsPerSecond: 1000 },
      onBatch: () => {
        closing ??= own.close()
      },
    })
    await closing
    const again = await ownLake(root)
    await again.run({ streams: ['silver'], availableNow: true })
    expect(await again.validate()).toMatchObject({ ok: true })
  })
})
