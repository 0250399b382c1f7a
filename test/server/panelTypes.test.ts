import { expect, test } from 'vitest'
import { EVERYTHING } from '../../src/server/grant.ts'
import { memoryReader } from '../support/memoryReader.ts'
import { panelFile, SALES, SALES_PANEL, testServer } from '../support/testServer.ts'

const TYPES = panelFile(
  'types',
  ['title: Types */', 'kind: table', 'filters: day DATE, items INTEGER, is_open BOOLEAN'],
  `SELECT 1::BIGINT AS n, 2::SMALLINT AS small, 'nan'::DOUBLE AS d, 1.5::DECIMAL(4,2) AS amount, true AS is_open,
    DATE '2026-11-22' AS "a day", TIMESTAMPTZ '2026-11-22 10:00:00.25Z' AS at, NULL::VARCHAR AS nothing, [1, 2] AS list
   WHERE ($day IS NULL) AND ($items IS NULL) AND ($is_open IS NULL)`,
)

const BARE = panelFile('bare', ['title: Bare', 'kind: number'], 'SELECT 1::INTEGER AS n')

test('GET /api/panels.d.ts is the types of the panels, as the client takes them', async () => {
  const reader = await memoryReader(SALES)
  const server = await testServer({ reader, panels: [SALES_PANEL, TYPES, BARE] })
  const answer = await server.get('/api/panels.d.ts')
  expect(answer.headers.get('Content-Type')).toBe('text/plain; charset=UTF-8')
  expect(await answer.text()).toBe(`import type { Value } from 'lakeweir/client'

/** The panels of a server, for createClient<Panels>() of lakeweir/client. It was written by the server. */
export interface Panels {
  /** Sales */
  sales: {
    parameters: { from?: string | Date; to?: string | Date; range?: string; shop?: string | readonly string[] }
    row: {
      minute: string | null
      shop: string | null
      items: number | null
    }
  }
  /** Types * / */
  types: {
    parameters: { day?: string | readonly string[]; items?: number | readonly number[]; is_open?: boolean | readonly boolean[] }
    row: {
      n: number | string | null
      small: number | null
      d: number | string | null
      amount: string | null
      is_open: boolean | null
      "a day": string | null
      at: string | null
      nothing: string | null
      list: Value | null
    }
  }
  /** Bare */
  bare: {
    parameters: Record<string, never>
    row: {
      n: number | null
    }
  }
}
`)
})

test('it names only what is granted', async () => {
  const grant = { ...EVERYTHING, panels: new Set(['bare']) }
  const server = await testServer({ reader: await memoryReader(SALES), panels: [SALES_PANEL, BARE], grant })
  const text = await (await server.get('/api/panels.d.ts')).text()
  expect(text).toContain('bare: {')
  expect(text).not.toContain('sales')
})
