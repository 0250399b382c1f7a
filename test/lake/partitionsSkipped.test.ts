import { expect, test } from 'vitest'
import type { Lake } from '../../src/index.ts'
import { DECLARED, LoggedLake } from '../support/loggedLake.ts'

/** How many files a query opens, by DuckDB's own count. */
async function filesOpened(lake: Lake, query: string): Promise<number> {
  const { rows } = await lake.query(`EXPLAIN ANALYZE ${query}`)
  const [, count] = /Total Files Read: (\d+)/.exec(rows.flat().join('\n')) ?? []
  return Number(count)
}

test('a filter on a partition column opens no file of another partition', async () => {
  const made = await LoggedLake.make()
  const lake = await made.open(DECLARED)
  await lake.run({ streams: ['land', 'days'], availableNow: true })
  expect(await filesOpened(lake, 'SELECT * FROM days')).toBe(2)
  expect(await filesOpened(lake, `SELECT * FROM days WHERE day = DATE '2026-01-02'`)).toBe(1)
  expect(await filesOpened(lake, `SELECT id FROM days WHERE day > DATE '2026-01-02'`)).toBe(1)
})
