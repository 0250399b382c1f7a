import { expect, onTestFinished, test } from 'vitest'
import { LiveLake, PER_SHOP } from '../support/liveLake.ts'

/** It has no value for the shops that there are. */
const SHOP_NUMBERS = PER_SHOP.replace('SELECT shop,', 'SELECT CAST(shop AS INTEGER) AS shop,').replace(
  'GROUP BY shop',
  'GROUP BY ALL',
)

test('a run that waits for batches ends if a changed model cannot be built, with its name, and the others are kept', async () => {
  const lake = await LiveLake.make()
  onTestFinished(() => lake.end())
  await lake.fill()
  lake.write('live/per_shop.sql', SHOP_NUMBERS)
  await lake.reopen()
  // No batch comes: nothing but the failure ends it.
  await expect(lake.lake.run({ streams: ['live'], retry: false })).rejects.toMatchObject({
    code: 'LAKE_BATCH_FAILED',
    message: expect.stringContaining('live/per_shop.sql: Conversion Error'),
    canRetry: false,
  })
  const { live } = await lake.lake.status()
  expect(live?.lastError?.message).toContain('live/per_shop.sql')
  expect(live?.models.map(({ name, batch }) => [name, batch])).toEqual([
    ['first_per_area', 2],
    ['odd_orders', 2],
    ['per_shop', undefined],
  ])
  expect(await lake.rows('SELECT sum(orders)::INTEGER FROM live.odd_orders')).toEqual(['[1]'])
})
