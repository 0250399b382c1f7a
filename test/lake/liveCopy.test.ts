import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { LiveLake } from '../support/liveLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasPostgres, POSTGRES_NEED, PostgresServer } from '../support/postgres.ts'
import { runInProcess } from '../support/program.ts'

let server: PostgresServer

async function lakeWithCopy(url: unknown): Promise<LiveLake> {
  const publishTo = { kind: 'postgres', url }
  const lake = await LiveLake.make({ live: { follows: 'split', models: 'live', eventTime: 'ordered_at', publishTo } })
  onTestFinished(() => lake.end())
  return lake
}

describeWith(hasPostgres, POSTGRES_NEED, 'a lake that keeps a copy of its live models in PostgreSQL', () => {
  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 120_000)
  afterAll(() => server.stop())
  beforeEach(async () => {
    await server.query('website', 'DROP SCHEMA IF EXISTS live, live_kept CASCADE')
  })

  const perShop = (): Promise<unknown[]> => server.query('website', 'SELECT * FROM live.per_shop ORDER BY shop')

  test('has in it what the store has when a run ends', async () => {
    const lake = await lakeWithCopy(server.url)
    await lake.drop('1.parquet', "(1, 'a', 5, 0), (2, 'b', 7, 1)")
    await lake.run()
    expect(await perShop()).toEqual([
      { shop: 'a', orders: '1', total: '5', largest: '5' },
      { shop: 'b', orders: '1', total: '7', largest: '7' },
    ])
    await lake.drop('2.parquet', "(3, 'a', 4, 2)")
    await lake.run()
    expect(await perShop()).toMatchObject([{ shop: 'a', orders: '2' }, { shop: 'b' }])
    const [batch] = await server.query(
      'website',
      "SELECT stream, batch, rows ->> 'sound' AS sound FROM live.batches WHERE stream = 'split' ORDER BY batch DESC LIMIT 1",
    )
    expect(batch).toEqual({ stream: 'split', batch: '2', sound: '1' })
  })

  test('goes on while PostgreSQL is away, says so, and catches up', async () => {
    const lake = await lakeWithCopy(server.url)
    await lake.drop('1.parquet', "(1, 'a', 5, 0)")
    await lake.run()
    await server.kill()
    await lake.drop('2.parquet', "(2, 'a', 7, 1)")
    const notes: string[] = []
    const batches = await lake.run(undefined, { onNote: (stream, text) => notes.push(`${stream}: ${text}`) })
    expect(batches.map(({ stream }) => stream)).toEqual(['land', 'split', 'live'])
    expect(notes).toEqual([
      expect.stringMatching(
        /^live: its copy in postgres:\/\/127\.0\.0\.1:\d+\/website waits and is tried again: LAKE_COPY_FAILED: .*ECONNREFUSED/,
      ),
    ])
    expect(await lake.rows('FROM live.per_shop')).toEqual(['["a",2,12,7]'])
    await server.run()
    await lake.run()
    expect(await perShop()).toEqual([{ shop: 'a', orders: '2', total: '12', largest: '7' }])
  })

  test('names the variable that its address is not in', async () => {
    const lake = await lakeWithCopy({ kind: 'env', name: 'LAKEWEIR_TEST_NO_DATABASE' })
    await lake.drop('1.parquet', "(1, 'a', 5, 0)")
    await expect(lake.run()).rejects.toMatchObject({
      code: 'LAKE_CONFIG_INVALID',
      message: 'live.publishTo.url reads LAKEWEIR_TEST_NO_DATABASE from the environment, where it is not set.',
    })
  })

  test('is said by status while a process keeps both, never with its password', async () => {
    const lake = await lakeWithCopy(server.url)
    await lake.drop('1.parquet', "(1, 'a', 5, 0)")
    const stop = new AbortController()
    const following = lake.lake.run({ streams: [], signal: stop.signal }).catch(() => undefined)
    const status = async (): Promise<string> =>
      (await runInProcess(['status'], { config: lake.config, columns: 80 })).stdout
    await expect.poll(status, { timeout: 30_000 }).toContain(`copy in postgres://127.0.0.1:${server.port}/website`)
    expect(await status()).not.toContain('secret-word')
    stop.abort()
    await following
  }, 60_000)
})
