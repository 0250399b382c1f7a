import { expect, onTestFinished, test } from 'vitest'
import { Lake } from '../../src/index.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { systemClock } from '../../src/stream/clock.ts'
import { LiveLake, PER_SHOP, SHOPS } from '../support/liveLake.ts'

const HOUR_MS = 3_600_000

test('an error that live stopped with is over with its next batch, also if the clock has jumped back since', async () => {
  const lake = await LiveLake.make()
  onTestFinished(() => lake.end())
  let behindMs = 0
  const openWithClock = async (): Promise<void> => {
    await lake.close()
    const clock = { ...systemClock, nowMs: () => Date.now() - behindMs }
    lake.open = await openLake({ config: lake.config, database: { threads: 1 }, clock })
    lake.lake = Lake.of(lake.open)
  }
  lake.write('live/per_shop.sql', PER_SHOP.replace('SELECT shop,', 'SELECT CAST(shop AS INTEGER) AS shop,'))
  await openWithClock()
  await lake.drop('1.parquet', "(1, 'a', 5, 0)")
  expect(await lake.refusal()).toContain('live/per_shop.sql')
  expect((await lake.lake.status()).live?.lastError?.message).toContain('live/per_shop.sql')

  lake.write('live/per_shop.sql', PER_SHOP)
  behindMs = HOUR_MS
  await openWithClock()
  const stop = new AbortController()
  const errors: unknown[] = []
  await lake.lake.run({
    streams: ['live'],
    signal: stop.signal,
    onBatch: async () => {
      errors.push((await lake.lake.status()).live?.lastError)
      stop.abort()
    },
  })
  expect(errors).toEqual([undefined])
  expect(await lake.rows(SHOPS)).toEqual(['["a",1,5,5]'])
})
