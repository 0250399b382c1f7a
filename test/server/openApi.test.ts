import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { EVERYTHING } from '../../src/server/grant.ts'
import { memoryReader } from '../support/memoryReader.ts'
import { panelFile, SALES, SALES_PANEL, type TestServer, testServer } from '../support/testServer.ts'

interface Described {
  readonly openapi: string
  readonly paths: Readonly<
    Record<
      string,
      {
        readonly get: {
          readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[]
          readonly responses: Readonly<
            Record<string, { readonly content?: Readonly<Record<string, { schema: object }>> }>
          >
        }
      }
    >
  >
}

const TYPES = panelFile(
  'types',
  ['title: Types', 'kind: table', 'filters: day DATE, items INTEGER'],
  `SELECT 1::BIGINT AS n, 9007199254740993::BIGINT AS big, 'nan'::DOUBLE AS d, 1.5::DECIMAL(4,2) AS amount, true AS is_open,
    DATE '2026-11-22' AS day, TIMESTAMPTZ '2026-11-22 10:00:00.25Z' AS at, NULL::VARCHAR AS nothing, [1, 2] AS list
   WHERE ($day IS NULL OR '2026-11-22' = ANY($day)) AND ($items IS NULL OR '1' = ANY($items))`,
)

async function serve(grant = EVERYTHING): Promise<TestServer> {
  const reader = await memoryReader(SALES)
  await reader.commit('')
  return testServer({ reader, panels: [SALES_PANEL, TYPES], grant })
}

async function described(server: TestServer): Promise<Described> {
  return (await (await server.get('/api/openapi.json')).json()) as Described
}

describe('GET /api/openapi.json', () => {
  test('names every address that there is, and every panel with its filters', async () => {
    const server = await serve()
    const { openapi, paths } = await described(server)
    expect(openapi).toBe('3.1.0')
    expect(Object.keys(paths).sort()).toEqual([
      '/',
      '/api/dashboard',
      '/api/models/{name}',
      '/api/openapi.json',
      '/api/panels',
      '/api/panels.d.ts',
      '/api/panels/sales',
      '/api/panels/types',
      '/api/panels/{name}',
      '/api/stream',
      '/assets/icon.svg',
      '/assets/lakeweir-dashboard.js',
      '/assets/page.css',
      '/assets/page.js',
      '/assets/{file}',
      '/healthz',
      '/metrics',
      '/readyz',
    ])
    const named = (path: string) => paths[path]?.get.parameters?.map(({ name }) => name)
    expect(named('/api/panels/sales')).toEqual(['from', 'to', 'range', 'format', 'shop'])
    expect(named('/api/panels/types')).toEqual(['format', 'day', 'items'])
  })

  /** Address → a request that is answered so. */
  const requests: readonly (readonly [path: string, request: string, status: number])[] = [
    ['/api/panels', '/api/panels', 200],
    ['/api/dashboard', '/api/dashboard', 200],
    ['/api/panels/{name}', '/api/panels/sales?from=day&to=day', 200],
    ['/api/panels/{name}', '/api/panels/sales?from=2026-11-22&to=2026-11-23', 200],
    ['/api/panels/{name}', '/api/panels/sale', 404],
    ['/api/panels/{name}', '/api/panels/sales?from=noon', 400],
    ['/api/panels/sales', '/api/panels/sales?from=2026-11-22&to=2026-11-23', 200],
    ['/api/panels/types', '/api/panels/types?day=2026-11-22&items=1', 200],
    ['/api/models/{name}', '/api/models/sale', 404],
    ['/api/openapi.json', '/api/openapi.json', 200],
    ['/healthz', '/healthz', 200],
    ['/readyz', '/readyz', 200],
  ]

  test.each(requests)('what it says of %s is what %s is answered with', async (path, request, status) => {
    const server = await serve()
    const { paths } = await described(server)
    const answer = await server.get(request)
    expect(answer.status).toBe(status)
    const type = answer.headers.get('Content-Type')?.split(';')[0] ?? ''
    const schema = paths[path]?.get.responses[status]?.content?.[type]?.schema
    expect(schema).toBeDefined()
    const body: unknown = await answer.json()
    expect(z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]).safeParse(body).error).toBeUndefined()
  })

  test('a value of another type than it says would be noticed', async () => {
    const { paths } = await described(await serve())
    const schema = paths['/api/panels/types']?.get.responses[200]?.content?.['application/json']?.schema
    const checked = z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0])
    const body = (await (await (await serve()).get('/api/panels/types')).json()) as { rows: unknown[][] }
    expect(checked.safeParse(body).success).toBe(true)
    for (let column = 0; column < 7; column++) {
      const rows = [body.rows[0]?.map((value, index) => (index === column ? {} : value))]
      expect(checked.safeParse({ ...body, rows }).success, `column ${column}`).toBe(false)
    }
  })

  test('names only the panels that are granted', async () => {
    const { paths } = await described(await serve({ ...EVERYTHING, panels: new Set(['types']) }))
    expect(Object.keys(paths).filter((path) => /panels\/\w/.test(path))).toEqual(['/api/panels/types'])
  })
})
