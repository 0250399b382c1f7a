import { randomUUID } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openLive } from '../../src/lake/live/openLive.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { FILLED, LiveLake, PER_SHOP, SHOPS } from '../support/liveLake.ts'
import { Program, runInProcess } from '../support/program.ts'
import { rawSql } from '../support/sql.ts'

async function newLake(): Promise<LiveLake> {
  const lake = await LiveLake.make()
  onTestFinished(() => lake.end())
  return lake
}

/** A lake with two batches of orders in its models. */
async function filledLake(): Promise<LiveLake> {
  const lake = await newLake()
  await lake.fill()
  return lake
}

describe('a run', () => {
  test('takes what lands through all streams into the models, and ends with the last of them', async () => {
    const lake = await newLake()
    await lake.drop('1.parquet', "(1, 'a', 5, 0), (2, 'b', 7, 1), (1, 'b', 9, 2), (3, 'a', -1, 3)")
    const batches = await lake.run()
    expect(batches.map(({ stream, batch, inputRows }) => [stream, batch, inputRows])).toEqual([
      ['land', 1, 4],
      ['split', 1, 4],
      ['live', 1, 4],
    ])
    expect(await lake.rows(SHOPS)).toEqual(['["a",1,5,5]', '["b",2,16,9]'])
    expect(await lake.rows('FROM live.first_per_area ORDER BY area')).toEqual(['["north",1]', '["south",1]'])
    expect(await lake.rows('FROM live.odd_orders')).toEqual(['["2026-11-22 12:00:00+00",1]'])

    await lake.drop('2.parquet', "(1, 'b', 1, -5)")
    expect((await lake.run()).map(({ stream, batch }) => [stream, batch])).toEqual([
      ['land', 2],
      ['split', 2],
      ['live', 2],
    ])
    expect(await lake.rows('FROM live.first_per_area ORDER BY area')).toEqual(['["south",2]'])
  })

  test('of live alone takes what the other streams have written before', async () => {
    const lake = await newLake()
    await lake.drop('1.parquet', "(1, 'a', 5, 0)")
    await lake.run(['land', 'split'])
    expect(existsSync(lake.store)).toBe(false)
    expect((await lake.run(['live'])).map(({ batch, inputRows }) => [batch, inputRows])).toEqual([[1, 1]])
    expect(await lake.run(['live'])).toEqual([])
  })

  test('of an empty lake waits for a first batch, and says so', async () => {
    const lake = await newLake()
    const notes: string[] = []
    await lake.run(['live'], { onNote: (stream, text) => notes.push(`${stream}: ${text}`) })
    expect(notes).toEqual(['live: split has no batch yet, so it waits for the first'])
  })

  test('makes a deleted store again', async () => {
    const lake = await filledLake()
    rmSync(lake.store)
    expect((await lake.run(['live'])).map(({ batch, inputRows }) => [batch, inputRows])).toEqual([[2, 6]])
    expect(await lake.rows(SHOPS)).toEqual(FILLED)
  })

  test('makes the store anew where it is asked to', async () => {
    const lake = await filledLake()
    const before = await lake.rows('SELECT DISTINCT stream FROM live.batches ORDER BY 1')
    expect((await lake.run(['live'], { rebuild: true })).map(({ batch }) => batch)).toEqual([2])
    expect(await lake.rows(SHOPS)).toEqual(FILLED)
    expect(await lake.rows('SELECT DISTINCT stream FROM live.batches ORDER BY 1')).toEqual(before)
  })

  test('builds a model that has changed alone, and forgets one that is gone', async () => {
    const lake = await filledLake()
    lake.write('live/per_shop.sql', PER_SHOP.replace('max(amount) AS largest', 'min(amount) AS smallest'))
    lake.remove('live/odd_orders.sql')
    await lake.reopen()
    expect(await lake.run(['live'])).toEqual([])
    expect(await lake.rows(SHOPS)).toEqual(['["a",1,5,5]', '["b",4,19,1]'])
    await expect(lake.rows('FROM live.odd_orders')).rejects.toThrow('Table with name odd_orders does not exist')
  })

  test('builds models again whose reference has changed', async () => {
    const lake = await filledLake()
    lake.write('shops.csv', 'shop,area\na,west\nb,west\n')
    await lake.run(['live'])
    expect(await lake.rows('FROM live.first_per_area')).toEqual(['["west",3]'])
  })

  test('refuses the store of another lake, and leaves it as it is', async () => {
    const [lake, other] = [await filledLake(), await filledLake()]
    rmSync(lake.store)
    cpSync(other.store, lake.store)
    // A copy of a whole lake has its store in it, so the folder alone says nothing: its stream does.
    expect(await lake.refusal(['live'])).toMatch(/^LAKE_STORE_INVALID: .* belongs to the lake in /)
    expect(await lake.run(['live'], { rebuild: true })).toHaveLength(1)
    expect(await lake.rows(SHOPS)).toEqual(FILLED)
  })

  test('names a model that cannot be kept, also where live is left out; the others go on', async () => {
    const lake = await newLake()
    lake.write('live/per_shop.sql', PER_SHOP.replace('max(amount)', 'median(amount)'))
    await lake.reopen()
    const refused = /LAKE_SQL_INVALID: live[/]per_shop\.sql line \d+.*median/
    await lake.drop('1.parquet', "(1, 'a', 5, 0)")
    expect(await lake.refusal()).toMatch(refused)
    expect((await lake.lake.status()).streams.map(({ last }) => last?.batch)).toEqual([1, 1])
    const notes: string[] = []
    await lake.run(['land'], { onNote: (stream, text) => notes.push(`${stream} ${text}`) })
    expect(notes).toEqual([expect.stringMatching(/^live LAKE_SQL_INVALID: live[/]per_shop\.sql line/)])
    const { live } = await lake.lake.status()
    expect(live?.problem).toMatch(refused)
    expect(live?.lastError?.message).toMatch(/per_shop\.sql/)
    expect(live?.models.map(({ name, problem }) => [name, problem !== undefined])).toEqual([
      ['first_per_area', false],
      ['odd_orders', false],
      ['per_shop', true],
    ])
    const { ok, problems } = await lake.lake.validate()
    expect([ok, problems]).toEqual([false, [expect.stringMatching(refused)]])
  })
})

describe('a model whose expression has no value for a row', () => {
  const SHOP_NUMBERS = PER_SHOP.replace('SELECT shop,', 'SELECT CAST(shop AS INTEGER) AS shop,').replace(
    /GROUP BY shop/,
    'GROUP BY ALL',
  )
  const ASKED = 'SELECT orders FROM live.per_shop ORDER BY orders'
  test.each([
    {
      name: 'when it is new',
      says: /^LAKE_BATCH_FAILED: live\/per_shop\.sql: Conversion Error: .*\n.*\nChange live\/per_shop\.sql .* TRY_CAST/,
      begin: async (lake: LiveLake) => {
        await lake.fill()
        lake.write('live/per_shop.sql', SHOP_NUMBERS)
        await lake.reopen()
      },
    },
    {
      name: 'in a later batch',
      says: /^LAKE_BATCH_FAILED: live batch 2 failed: live\/per_shop\.sql, with batch 2 of split: Conversion Error: .*\n.*\nChange live\/per_shop\.sql/,
      begin: async (lake: LiveLake) => {
        lake.write('live/per_shop.sql', SHOP_NUMBERS)
        await lake.reopen()
        await lake.drop('1.parquet', "(1, '7', 5, 0)")
        await lake.run()
        await lake.drop('2.parquet', "(2, 'b', 7, 1)")
        await lake.run(['land', 'split'])
      },
    },
  ])('stops live $name, and never looks as if it had no rows', async ({ name, says, begin }) => {
    const lake = await newLake()
    await begin(lake)
    expect(await lake.refusal(['live'])).toMatch(says)
    const isNew = name === 'when it is new'
    const { live } = await lake.lake.validate()
    expect(live?.at(-1)?.notCompared).toEqual(
      isNew ? ['live.per_shop: it is not built yet; the next run of live builds it.'] : [],
    )
    if (isNew) await expect(lake.rows(ASKED)).rejects.toThrow('live.per_shop is not built yet.')
    else expect(await lake.rows(ASKED)).toEqual(['[1]'])
    lake.write('live/per_shop.sql', PER_SHOP)
    await lake.reopen()
    await lake.run(['live'])
    expect(await lake.rows(ASKED)).toEqual(isNew ? ['[1]', '[4]'] : ['[1]', '[1]'])
  })
})

describe('an emptying', () => {
  test('of what the models are made from takes their store along', async () => {
    const lake = await filledLake()
    const emptying = await lake.lake.wouldEmpty(['split'])
    expect(emptying.live).toEqual({ store: lake.store, bytes: expect.any(Number) })
    expect(await lake.rows(SHOPS)).toEqual(FILLED)
    await lake.lake.empty(['split'])
    expect(existsSync(lake.store)).toBe(false)
    await expect(lake.rows(SHOPS)).rejects.toMatchObject({ code: 'LAKE_QUERY_FAILED' })
    await lake.run()
    expect(await lake.rows(SHOPS)).toEqual(FILLED)
  })

  test('of live alone removes nothing else', async () => {
    const lake = await filledLake()
    expect(await lake.lake.empty(['live'])).toMatchObject({ tables: [], live: { store: lake.store }, isLoss: false })
    expect(existsSync(lake.store)).toBe(false)
    expect(await lake.run()).toMatchObject([{ stream: 'live', batch: 2 }])
  })

  test('that was interrupted is finished by the next run, with the store', async () => {
    const lake = await filledLake()
    const list = { trash: `.trash-${randomUUID()}`, tables: ['sound', 'odd'], streams: ['split'], live: true }
    writeFileSync(lake.path('.fresh.json'), JSON.stringify(list))
    expect(await lake.run(['land'])).toEqual([])
    expect(existsSync(lake.store)).toBe(false)
    await lake.run()
    expect(await lake.rows(SHOPS)).toEqual(FILLED)
  })

  test('is refused while the models are kept, and changes nothing', async () => {
    const lake = await filledLake()
    const opened = await openLive(lake.open, lake.live, 'continue')
    await expect(lake.lake.empty(['split'])).rejects.toMatchObject({ code: 'LAKE_STREAM_HELD', exitCode: 4 })
    expect(existsSync(lake.path('.fresh.json'))).toBe(false)
    expect(await lake.rows(SHOPS)).toEqual(FILLED)
    await opened.close()
  })
})

describe('a store that is not what the config says', () => {
  test('is not compared where a model or its reference has changed since', async () => {
    const lake = await filledLake()
    lake.write('live/per_shop.sql', PER_SHOP.replace('max(amount)', 'min(amount)'))
    lake.write('shops.csv', 'shop,area\na,west\nb,west\n')
    await lake.reopen()
    const changed = 'it is new or has changed; the next run of live builds it.'
    const { ok, notCompared } = await lake.lake.validate()
    expect({ ok, notCompared }).toEqual({
      ok: true,
      notCompared: [`live.first_per_area: ${changed}`, `live.per_shop: ${changed}`],
    })
  })
})

describe('a store that was meddled with', () => {
  test('is found by validate, which names the model and differing rows', async () => {
    const lake = await filledLake()
    await inDuckdb(async (session) => {
      await session.run(rawSql`ATTACH '${lake.store}' AS live; DELETE FROM live.summed.per_shop WHERE g0 = 'a'`)
      await session.run(rawSql`UPDATE live.summed.per_shop SET n = n + 1; DETACH live`)
    })
    const { ok, problems, live } = await lake.lake.validate()
    expect({ ok, problems }).toEqual({
      ok: false,
      problems: [
        'live.per_shop at batch 2: 1 row in it that live/per_shop.sql does not return, 2 rows that live/per_shop.sql ' +
          'returns missing in it; for example kept {"shop":"b","orders":5,"total":19,"largest":9}, ' +
          'returned {"shop":"a","orders":1,"total":5,"largest":5}, ' +
          'returned {"shop":"b","orders":4,"total":19,"largest":9}. Make it again: lakeweir run live --rebuild.',
      ],
    })
    expect(live?.map(({ problems: ofModel }) => ofModel.length)).toEqual([0, 0, 1])
    await lake.run(['live'], { rebuild: true })
    expect((await lake.lake.validate()).problems).toEqual([])
  })
})

describe('a store that cannot be kept as it is', () => {
  test.each([
    {
      name: 'is of other tables than those of the lake',
      damage: async (lake: LiveLake) => {
        const other = await filledLake()
        cpSync(other.store, lake.store)
      },
      problem: /^live: LAKE_SOURCE_CHANGED: .*its tables are other ones than those of its batch 2.*--rebuild$/s,
      isRefused: true,
    },
    {
      name: 'is newer than the tables, which were restored',
      damage: async (lake: LiveLake) => {
        for (const table of ['sound', 'odd']) {
          const log = lake.path('silver', table, 'data/_delta_log')
          rmSync(join(log, readdirSync(log).toSorted().at(-1) ?? ''))
        }
      },
      problem: /^live: LAKE_SOURCE_CHANGED: .*an older state of the table was restored.*--rebuild$/s,
      isRefused: true,
    },
    {
      name: 'is cut off',
      damage: async (lake: LiveLake) => truncateSync(lake.store, 300_000),
      problem: /^live: LAKE_STORE_INVALID: .* is damaged: .*--rebuild$/s,
      isRefused: true,
    },
    {
      name: 'is no database',
      damage: async (lake: LiveLake) => writeFileSync(lake.store, 'a note'),
      problem:
        /^live: LAKE_STORE_INVALID: .*live\.duckdb is not a DuckDB database, not a store.* never overwritten\.$/s,
      isRefused: true,
    },
    {
      name: 'is empty, as a kill leaves it',
      damage: async (lake: LiveLake) => writeFileSync(lake.store, ''),
      problem: undefined,
      isRefused: false,
    },
    {
      name: 'is cut off before it had any data, as a kill leaves it',
      damage: async (lake: LiveLake) => writeFileSync(lake.store, readFileSync(lake.store).subarray(0, 5000)),
      problem: undefined,
      isRefused: false,
    },
  ])('because it $name: validate and status say what a run says', async ({ damage, problem, isRefused }) => {
    const lake = await filledLake()
    await lake.close()
    await damage(lake)
    await lake.reopen()
    const { problems, tables } = await lake.lake.validate()
    expect(tables.sound).toBeGreaterThan(0)
    // A restored table also lacks rows of its own.
    const ofLive = problems.filter((one) => one.startsWith('live'))
    expect(ofLive).toEqual(problem === undefined ? [] : [expect.stringMatching(problem)])
    const { live } = await lake.lake.status()
    if (problem === undefined) expect(live).toMatchObject({ problem: undefined, last: undefined, pendingBatches: 2 })
    const refusal = await lake.refusal(['live'])
    expect(refusal === 'taken').toBe(!isRefused)
    if (refusal === 'taken') expect(await lake.rows(SHOPS)).toEqual(FILLED)
    else if (live?.problem !== undefined) expect(refusal).toContain(live.problem.replaceAll(lake.folder, 'FOLDER'))
  })
})

describe('while another process keeps them', () => {
  test('others are refused by name, the status shows what it said, and its death changes nothing', async () => {
    const lake = await filledLake()
    const where = { lake: lake.root, config: lake.config }
    const keeper = Program.start(['run', 'land', 'split', 'live'], where)
    await keeper.said(/live {3}goes on after batch 2/)
    await lake.drop('3.parquet', "(7, 'c', 1, 7)")
    await keeper.said(/live {3}batch +3/)
    const pid = keeper.process.pid
    // What a server of another process has left says nothing of this one.
    const { serverFile } = lake.open.layout.live(lake.live)
    writeFileSync(serverFile, JSON.stringify({ processId: 1, address: 'http://127.0.0.1:1', key: 'x' }))
    await expect(lake.rows(SHOPS)).rejects.toMatchObject({
      code: 'LAKE_STREAM_HELD',
      message: `live is run by process ${pid}, which has ${lake.store} open and serves no models.`,
    })
    expect(await lake.refusal(['live'])).toMatch(`LAKE_STREAM_HELD: stream live is run by process ${pid}.`)
    expect((await runInProcess(['sql', SHOPS], where)).exitCode).toBe(4)
    const { live } = await lake.lake.status()
    expect(live).toMatchObject({ held: { held: true, processId: pid }, last: { batch: 3 }, pendingBatches: 0 })
    expect(live?.saidAt).toBeDefined()
    const { ok, notCompared } = await lake.lake.validate()
    expect({ ok, notCompared }).toEqual({ ok: true, notCompared: [expect.stringContaining(`process ${pid}`)] })
    keeper.kill('SIGKILL')
    await keeper.ended
    expect(await lake.rows(SHOPS)).toEqual([...FILLED, '["c",1,1,1]'])
    expect((await lake.lake.status()).live).toMatchObject({ held: { held: false }, last: { batch: 3 } })
    await lake.drop('4.parquet', "(8, 'c', 2, 8)")
    await lake.run()
    expect(await lake.rows(SHOPS)).toEqual([...FILLED, '["c",2,3,2]'])
    expect((await lake.lake.validate()).problems).toEqual([])
  })
})
