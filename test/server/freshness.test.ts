import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { createClient, type Freshness } from '../../src/client/index.ts'
import { dashboardHandler } from '../../src/server/index.ts'
import { servedLake } from '../support/servedLake.ts'

test('those who follow a lake are told what waits, and when it is in the numbers', async () => {
  const lake = await servedLake()
  await lake.drop('1.parquet', "(1, 'a', 5, 0), (2, 'b', 7, 1)")
  await lake.run(['land', 'split'])
  const handler = await dashboardHandler(lake.lake)
  const server = createServer(handler)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    await handler.close()
    server.closeAllConnections()
    server.close()
  })
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const freshnessOnce = async (fits: (freshness: Freshness) => boolean): Promise<Freshness> => {
    for await (const { freshness } of createClient({ url }).follow({ shops: { panel: 'shops' } })) {
      if (freshness !== undefined && fits(freshness)) return freshness
    }
    throw new Error('the stream has ended')
  }
  await freshnessOnce(({ waiting, position }) => waiting?.files === 0 && position?.batch === 1)

  // Nothing lands it: only whoever serves looks.
  await lake.drop('2.parquet', "(3, 'b', 2, 4)")
  const landed = await freshnessOnce(({ waiting }) => waiting?.files === 1)
  expect(landed).toMatchObject({
    position: { batch: 1, newestEventTime: expect.any(String) },
    waiting: { oldestTime: expect.any(String), newestEventTime: null },
  })
  expect(landed.lagMs).toBeGreaterThanOrEqual(0)

  await lake.run(['land'])
  const { position, waiting } = await freshnessOnce((freshness) => freshness.waiting?.newestEventTime != null)
  expect(waiting).toMatchObject({ files: 1 })
  expect(String(waiting?.newestEventTime) > String(position?.newestEventTime)).toBe(true)

  await lake.run(['split'])
  const fresh = await freshnessOnce((freshness) => freshness.position?.batch === 2 && freshness.waiting?.files === 0)
  expect(fresh).toMatchObject({ lagMs: 0, position: { newestEventTime: waiting?.newestEventTime } })
})
