import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { openLive } from '../../src/lake/live/openLive.ts'
import { FILLED, LiveLake, SHOPS } from '../support/liveLake.ts'
import { runInProcess } from '../support/program.ts'

// Two batches of orders are in the models; nothing here changes them.
let lake: LiveLake
beforeAll(async () => {
  lake = await LiveLake.make()
  await lake.fill()
})
afterAll(() => lake.end())

async function emptyLake(): Promise<LiveLake> {
  const empty = await LiveLake.make()
  onTestFinished(() => empty.end())
  return empty
}

describe('a query', () => {
  test('joins models with tables, and a report reads them', async () => {
    const join = 'SELECT shop, count(*) = any_value(orders) FROM sound JOIN live.per_shop USING (shop) GROUP BY shop'
    expect(await lake.rows(`${join} ORDER BY 1`)).toEqual(['["a",true]', '["b",true]'])
    expect((await lake.lake.report('top-shop')).records).toEqual([{ shop: 'b', orders: 4 }])
  })

  test('reads them from this process while it keeps them, of every type', async () => {
    const batches = 'SELECT stream, batch, rows, landed_files FROM live.batches ORDER BY stream, batch'
    const free = [await lake.rows(SHOPS), await lake.rows('FROM live.odd_orders'), await lake.rows(batches)]
    const opened = await openLive(lake.open, lake.live, 'continue')
    const odd = 'FROM "live".main."odd_orders"'
    expect([await lake.rows(SHOPS), await lake.rows(odd), await lake.rows(batches)]).toEqual(free)
    await opened.close()
    expect(await lake.rows(SHOPS)).toEqual(FILLED)
    const [, , [, , , last = ''] = []] = free
    expect(JSON.parse(last)).toEqual([
      'split',
      2,
      expect.arrayContaining([
        { key: 'odd', value: '0' },
        { key: 'sound', value: '2' },
      ]),
      ['2.parquet'],
    ])
  })

  test.each([
    ['calls something else live', 'SELECT live.x FROM (SELECT 1 AS x) AS live', '[1]'],
    ['names a model in a text', "SELECT 'FROM live.per_shop' AS text", '["FROM live.per_shop"]'],
    ['names a model in a comment', 'SELECT 1 -- FROM live.per_shop', '[1]'],
    [
      'names a model in a comment of a statement without a tree',
      'SET VARIABLE x = 1; -- live.per_shop\nSELECT 1',
      '[1]',
    ],
    ['names a model in a text of such a statement', "SET VARIABLE x = 'live.per_shop'; SELECT 1", '[1]'],
    ['has a column called as a model', 'SELECT live.per_shop FROM (SELECT 2 AS per_shop) AS live', '[2]'],
  ])('that %s needs no store', async (_, sql, row) => {
    const empty = await emptyLake()
    expect(await empty.rows(sql)).toEqual([row])
  })

  test.each([
    'FROM LIVE.Per_Shop',
    'FROM live.main.per_shop',
    'FROM "live"."per_shop"',
    'WITH s AS (FROM live.per_shop) FROM s',
    'SELECT (SELECT count(*) FROM live . per_shop)',
    "FROM query('FROM live.per_shop')",
    'CREATE TEMP TABLE s AS FROM live.per_shop; FROM s',
    'DESCRIBE live.per_shop',
    'SUMMARIZE live.per_shop',
    'SELECT 1; FROM live.per_shop',
    'PIVOT live.per_shop ON shop USING sum(orders)',
  ])('reads a model however it is written: %s', async (sql) => {
    expect((await lake.rows(sql)).length).toBeGreaterThan(0)
    const opened = await openLive(lake.open, lake.live, 'continue')
    expect((await lake.rows(sql)).length).toBeGreaterThan(0)
    await opened.close()
    const empty = await emptyLake()
    await expect(empty.rows(sql)).rejects.toThrow('there are no live aggregates yet')
  })

  test('says what to do where there is no store', async () => {
    const empty = await emptyLake()
    await expect(empty.rows(SHOPS)).rejects.toMatchObject({
      code: 'LAKE_QUERY_FAILED',
      message: `there are no live aggregates yet: there is no ${empty.store}.`,
      remedy: 'Keep them: lakeweir run live; with --available-now it takes what there is, then stops.',
    })
  })

  test('side by side with others uses the same file, and a run waits for their end', async () => {
    const rows = lake.lake.records(SHOPS)
    expect((await rows.next()).value).toMatchObject({ shop: 'a' })
    expect(await lake.rows(SHOPS)).toEqual(FILLED)
    const run = lake.run(['live'])
    expect((await rows.next()).value).toMatchObject({ shop: 'b' })
    await rows.return()
    await run
  })
})

describe('the status', () => {
  test('has each model with its batch, rows, bytes and lag', async () => {
    const { live } = await lake.lake.status()
    const model = { problem: undefined, batch: 2, bytes: expect.any(Number), lagMs: 0 }
    expect(live).toEqual({
      follows: 'split',
      store: lake.store,
      bytes: expect.any(Number),
      problem: undefined,
      held: { held: false },
      lastError: undefined,
      saidAt: undefined,
      last: {
        batch: 2,
        batchTime: expect.any(String),
        takenTime: expect.any(String),
        newestEventTime: '2026-11-22T12:04:00.000Z',
      },
      pendingBatches: 0,
      lagMs: 0,
      models: [
        { name: 'first_per_area', rows: 1, ...model },
        { name: 'odd_orders', rows: 1, ...model },
        { name: 'per_shop', rows: 2, ...model },
      ],
      relations: [
        {
          name: 'first_orders',
          rows: 4,
          bytes: expect.any(Number),
          columns: expect.any(Array),
          keys: undefined,
          memoryBytes: undefined,
          lookup: undefined,
          isBeingBuilt: undefined,
        },
      ],
    })
  })

  test('says it to people in 80 columns', async () => {
    const { stdout } = await runInProcess(['status'], { config: lake.config, columns: 80 })
    expect(stdout).toContain('first_per_area')
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
    expect(stdout).toMatch(/^live\s+last batch\s+when\s+pending\s+run by\s+store$/m)
    expect(stdout).toMatch(/^of split\s+2\s+.* ago\s+–\s+nobody\s+[\d.]+ [KM]B$/m)
    expect(stdout).toMatch(/^per_shop\s+2\s+2\s+\d.*$/m)
  })
})

describe('validate', () => {
  test('finds every model as its SELECT says, at the batch that the store has', async () => {
    const { ok, live, notCompared } = await lake.lake.validate()
    expect({ ok, notCompared }).toEqual({ ok: true, notCompared: [] })
    expect(live).toEqual([
      { name: 'first_per_area', batch: 2, rows: 1, problems: [], notCompared: [] },
      { name: 'odd_orders', batch: 2, rows: 1, problems: [], notCompared: [] },
      { name: 'per_shop', batch: 2, rows: 2, problems: [], notCompared: [] },
    ])
    const { stdout } = await runInProcess(['validate'], { config: lake.config })
    expect(stdout).toMatch(/^live\.per_shop +2$/m)
  })

  test('compares them while this process keeps them', async () => {
    const opened = await openLive(lake.open, lake.live, 'continue')
    const { ok, live } = await lake.lake.validate()
    expect([ok, live?.map(({ name, batch, rows }) => [name, batch, rows])]).toEqual([
      true,
      [
        ['first_per_area', 2, 1],
        ['odd_orders', 2, 1],
        ['per_shop', 2, 2],
      ],
    ])
    await opened.close()
  })

  test('has nothing to compare where there is no store', async () => {
    const { ok, notCompared, live } = await (await emptyLake()).lake.validate()
    expect({ ok, notCompared, rows: live?.map(({ rows }) => rows) }).toEqual({
      ok: true,
      notCompared: [],
      rows: [undefined, undefined, undefined],
    })
  })
})
