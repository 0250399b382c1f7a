import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { inDuckdb } from '../support/duckdb.ts'
import { LiveLake, SHOPS } from '../support/liveLake.ts'
import { rawSql } from '../support/sql.ts'

async function newLake(): Promise<LiveLake> {
  const lake = await LiveLake.make()
  onTestFinished(() => lake.end())
  return lake
}

/** A lake of one order, with the store of another one in the place of its own. */
async function lakeWithOtherStore(): Promise<LiveLake> {
  const other = await newLake()
  await other.fill()
  await other.close()
  const lake = await newLake()
  await lake.drop('1.parquet', "(1, 'z', 1, 0)")
  await lake.run(['land', 'split'])
  mkdirSync(dirname(lake.store), { recursive: true })
  copyFileSync(other.store, lake.store)
  return lake
}

test.each([
  {
    name: 'another lake',
    says: /belongs to the lake in .*lake\./,
    options: { rebuild: true },
    change: async () => undefined,
  },
  {
    name: 'a stream that began anew in this lake',
    says: /has rows of split@[\w-]+, but the stream of this lake is split@/,
    options: {},
    change: ({ store, root }: LiveLake) =>
      inDuckdb((session) =>
        session.run(rawSql`ATTACH '${store}' AS live; UPDATE live.kept.store SET lake_folder = '${root}'; DETACH live`),
      ),
  },
])('a store of $name answers no query before a run, and the status says so', async ({ says, options, change }) => {
  const lake = await lakeWithOtherStore()
  await change(lake)
  for (const ask of [() => lake.rows(SHOPS), () => lake.lake.report('top-shop')]) {
    await expect(ask()).rejects.toMatchObject({ code: 'LAKE_STORE_INVALID', message: expect.stringMatching(says) })
  }
  expect((await lake.lake.status()).live?.problem).toMatch(says)
  expect((await lake.lake.validate()).ok).toBe(false)
  await lake.run(['live'], options)
  expect(await lake.rows(SHOPS)).toEqual(['["z",1,1,1]'])
  expect((await lake.lake.status()).live?.problem).toBeUndefined()
  expect((await lake.lake.validate()).ok).toBe(true)
})
