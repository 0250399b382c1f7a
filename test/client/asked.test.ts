import { describe, expect, test } from 'vitest'
import { createClient, type RowsParameter } from '../../src/client/index.ts'
import { PlainServer } from '../support/plainServer.ts'

// What the client asks once, beside what it follows.

const ROWS = { table: 'events', version: 3, columns: [{ name: 'n', type: 'INTEGER' }], rows: [[1]], isCut: false }

describe('the rows of a table', () => {
  test.each<[name: string, values: Readonly<Record<string, RowsParameter>> | undefined, path: string]>([
    ['any', undefined, '/api/rows/events'],
    ['with a value', { kind: 'a b', n: 7 }, '/api/rows/events?kind=a+b&n=7'],
    ['with one of several', { kind: ['a', 'b'] }, '/api/rows/events?kind=a&kind=b'],
    ['with NULL', { kind: null, n: 7 }, '/api/rows/events?n=7&null=kind'],
    ['with NULL or a value', { kind: ['a', null] }, '/api/rows/events?kind=a&null=kind'],
    ['with an empty text, which is not NULL', { kind: '' }, '/api/rows/events?kind='],
    ['with nothing said of a column', { kind: undefined, n: [] }, '/api/rows/events'],
    [
      'of a range',
      { from: new Date(0), to: '2026-11-25', limit: 5 },
      '/api/rows/events?from=1970-01-01T00%3A00%3A00.000Z&to=2026-11-25&limit=5',
    ],
  ])('%s are asked for by the address, and the token is not in it', async (_, values, path) => {
    const server = await PlainServer.open()
    const asked = createClient({ url: server.url, token: 'secret' }).rows('events', values)
    const seen = await server.nextJson(200, ROWS)
    expect(await asked).toEqual(ROWS)
    expect(seen.path).toBe(path)
    expect(seen.headers.authorization).toBe('Bearer secret')
  })

  test('are refused with the reason of the server', async () => {
    const server = await PlainServer.open()
    const asked = createClient({ url: server.url }).rows('event')
    await server.nextJson(404, { title: 'There is no table of this name to look at.', detail: 'Did you mean events?' })
    await expect(asked).rejects.toMatchObject({ status: 404, detail: 'Did you mean events?' })
  })

  test('are not believed in another form', async () => {
    const server = await PlainServer.open()
    const asked = createClient({ url: server.url }).rows('events')
    await server.nextJson(200, { columns: [] })
    await expect(asked).rejects.toThrow('the rows of a table')
  })
})

describe('the rows of a panel as CSV', () => {
  test('come as they were written, with the token in a header', async () => {
    const server = await PlainServer.open()
    const asked = createClient({ url: server.url, token: () => 'secret' }).csv('orders', { shop: ['a', 'b'] })
    const { path, headers, response } = await server.next()
    response.writeHead(200, { 'Content-Type': 'text/csv; charset=utf-8; header=present' })
    response.end('shop,orders\r\nä,1\r\n')
    const file = await asked
    expect(await file.text()).toBe('shop,orders\r\nä,1\r\n')
    expect(file.type).toContain('text/csv')
    expect(path).toBe('/api/panels/orders?shop=a&shop=b')
    expect(headers).toMatchObject({ accept: 'text/csv', authorization: 'Bearer secret' })
  })

  test('that would not be whole are refused', async () => {
    const server = await PlainServer.open()
    const asked = createClient({ url: server.url }).csv('orders')
    await server.nextJson(400, { title: 'Panel orders has more than 10000 rows for these values.' })
    await expect(asked).rejects.toMatchObject({ status: 400, canRetry: false })
  })
})
