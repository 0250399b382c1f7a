import { describe, expect, test } from 'vitest'
import { rowsRoute } from '../../../src/server/rows/rowsRoute.ts'
import { ShownTables } from '../../../src/server/rows/shownTables.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { bearer, guardedTestServer } from '../../support/guardedTestServer.ts'
import { memoryReader } from '../../support/memoryReader.ts'
import { panelFile, SALES_PANEL, type TestServer } from '../../support/testServer.ts'

// A token with a fixed value, and one for a single panel, at every address that has data: none says more than it may.

const HIDDEN = panelFile(
  'hidden',
  ['title: Hidden', 'kind: table', 'filters: shop VARCHAR'],
  'SELECT shop FROM live.sales WHERE ($shop IS NULL OR shop = ANY($shop))',
)
const UNFILTERED = panelFile('unfiltered', ['title: Unfiltered', 'kind: table'], 'SELECT shop FROM live.sales')

const SOUTH = { panels: new Set(['sales', 'unfiltered']), fixed: new Map([['shop', ['south']]]) }
const RANGE = 'from=2026-11-22T10:00:00Z&to=2026-11-22T10:03:00Z'

async function opened(): Promise<TestServer> {
  const shown = new ShownTables({
    lakeFolder: '/nowhere',
    tables: [{ name: 'sales', folder: 'sales/data', time: undefined, columns: ['shop'] }],
    limits: { threads: 1, memoryLimit: '100MB' },
    spillBelow: '/nowhere',
    timeoutMs: 1_000,
  })
  return guardedTestServer(
    { clock: systemClock },
    { panels: [SALES_PANEL, HIDDEN, UNFILTERED], routes: [rowsRoute(shown)] },
  )
}

/** What comes before the answer ends, or what has come of a stream after its first event. */
async function textOf(server: TestServer, path: string, headers: Record<string, string>): Promise<string> {
  const answer = await server.get(path, headers)
  const isStream = answer.headers.get('Content-Type')?.startsWith('text/event-stream') === true
  if (!isStream) return `${answer.status} ${await answer.text()}`
  const decoder = new TextDecoder()
  let text = ''
  for await (const part of answer.body ?? []) {
    text += decoder.decode(part, { stream: true })
    if (/event: snapshot[\s\S]*?\n\n/.test(text)) break
  }
  return `${answer.status} ${text}`
}

const stream = (...panels: readonly string[]): string =>
  `/api/stream?${panels.map((panel) => `panel=${encodeURIComponent(panel)}`).join('&')}`

describe('a token for one panel of one shop', () => {
  test.each<[path: string, has: string | undefined]>([
    [`/api/panels/sales?${RANGE}`, 'south'],
    [`/api/panels/sales?${RANGE}&format=csv`, 'south'],
    [`/api/panels/sales?${RANGE}&shop=north`, undefined],
    ['/api/panels/unfiltered', undefined],
    ['/api/panels/hidden', undefined],
    ['/api/panels/hidden?shop=south', undefined],
    ['/api/panels', '"sales"'],
    ['/api/openapi.json', '/api/panels/sales'],
    ['/api/panels.d.ts', undefined],
    [stream(`sales?${RANGE}`), 'south'],
    [stream(`sales?${RANGE}&shop=south`), 'south'],
    [stream(`sales?${RANGE}&shop=north`), undefined],
    [stream(`sales?${RANGE}`, `sales?${RANGE}&shop=north`), undefined],
    [stream(`sales?${RANGE}`, 'hidden'), undefined],
    [stream(`sales?${RANGE}`, 'unfiltered'), undefined],
    [stream('hidden?shop=south'), undefined],
    ['/api/models/sales', undefined],
    ['/api/models/SALES', undefined],
    ['/api/models/kept.cursor', undefined],
    ['/api/rows/sales', undefined],
    ['/metrics', undefined],
  ])('%s', async (path, has) => {
    const server = await opened()
    const text = await textOf(server, path, await bearer(SOUTH, Date.now()))
    if (has !== undefined) expect(text).toContain(has)
    expect(text).not.toMatch(/\b(?:north|hidden)\b/i)
  })

  test.each([
    `/api/panels/sales?${RANGE}`,
    '/api/panels',
    '/api/openapi.json',
    '/api/panels.d.ts',
    stream(`sales?${RANGE}`),
    '/api/models/sales',
    '/api/rows/sales',
    '/metrics',
  ])('and without a token %s says nothing', async (path) => {
    const server = await opened()
    const text = await textOf(server, path, {})
    expect(text).toMatch(/^401 /)
    expect(text).not.toMatch(/south|north|hidden|"sales"/)
  })

  test('and one for everything has whole models, of which the other has none', async () => {
    const server = await opened()
    expect(await textOf(server, '/api/models/sales', await bearer({}, Date.now()))).toContain('north')
    for (const claims of [{ panels: new Set(['sales']) }, { fixed: new Map([['shop', ['south']]]) }]) {
      expect(await textOf(server, '/api/models/sales', await bearer(claims, Date.now()))).toMatch(/^403 /)
    }
  })
})

describe("a stranger's text", () => {
  const TEXTS = [
    '<script>alert(1)</script>',
    '</td><img src=x onerror=alert(1)>',
    'javascript:alert(1)',
    '=cmd|calc!A1',
    '\u202Egnp.exe\u2066',
    'line\u2028and\u2029paragraph',
    'a,"b"\r\nc',
    `'; DROP TABLE live.sales; --`,
  ]
  const values = TEXTS.map((text) => `(TIMESTAMPTZ '2026-11-22 10:00:00Z', '${text.replaceAll("'", "''")}', 1)`)
  const sales = `CREATE TABLE live.sales AS FROM (VALUES ${values.join(', ')}) AS sales(minute, shop, items)`

  test.each([
    ['/api/panels/sales', 'application/json'],
    ['/api/panels/sales?format=csv', 'text/csv'],
    ['/api/models/sales', 'application/x-ndjson'],
    ['/api/stream?panel=sales', 'text/event-stream'],
  ])('is data in %s, whatever it says, and no browser takes it for anything else', async (path, type) => {
    const reader = await memoryReader(sales)
    await reader.commit('')
    const server = await guardedTestServer({ clock: systemClock }, { reader })
    const ranged = path.replace('sales', `sales${path.includes('stream') ? encodeURIComponent(`?${RANGE}`) : ''}`)
    const asked = path.startsWith('/api/panels') ? `${path}${path.includes('?') ? '&' : '?'}${RANGE}` : ranged
    const headers = await bearer({}, Date.now())
    const answer = await server.get(asked, headers)
    expect(answer.headers.get('Content-Type')).toMatch(new RegExp(`^${type}`))
    expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(answer.headers.get('Content-Security-Policy')).toContain("default-src 'none'")
    expect(answer.headers.get('Content-Security-Policy')).toContain('sandbox')
    await answer.body?.cancel()
    const text = await textOf(server, asked, headers)
    const isCsv = type === 'text/csv'
    for (const value of TEXTS) {
      const quoted = /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
      expect(text).toContain(isCsv ? quoted.replace(/^=/, "'=") : JSON.stringify(value))
    }
    expect((await textOf(server, '/api/models/sales', headers)).split('\n').at(-2)).toBe('{"rows":8}')
  })

  test('has no way into the page, which is the same for everybody and has nothing inline', async () => {
    const server = await opened()
    const page = await (await server.get('/')).text()
    expect(page).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|\sstyle=|javascript:|https?:/i)
    const script = await (await server.get('/assets/page.js')).text()
    expect(script).not.toMatch(/innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\.style\b/)
  })
})
