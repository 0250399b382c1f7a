import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { TokenClaims } from '../../../src/server/guard/token.ts'
import type { ServerRoute } from '../../../src/server/parts.ts'
import { ask, bearer, guardedTestServer, NO_KEYS, NOW_MS, SECRET } from '../../support/guardedTestServer.ts'

type Headers = Readonly<Record<string, string>>

const SALES = '/api/panels/sales?from=2026-11-22T10:00:00Z&to=2026-11-22T10:03:00Z'

describe('a token', () => {
  const signed = (header: object, claims: object): string => {
    const text = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`
  }
  const claims = { aud: 'lakeweir', iat: NOW_MS / 1000, exp: NOW_MS / 1000 + 60, panels: 'all', fixed: {} }
  const good = signed({ alg: 'HS256', typ: 'lakeweir-embed+jwt' }, claims)

  test.each<[name: string, path: string, headers: Headers]>([
    ['that is missing', SALES, {}],
    ['that is missing for the list', '/api/panels', {}],
    ['that is missing for what does not exist', '/api/none', {}],
    ['in the address', `${SALES}&token=${good}&access_token=${good}`, {}],
    ['in a cookie', SALES, { Cookie: `token=${good}` }],
    ['as a password', SALES, { Authorization: `Basic ${Buffer.from(`a:${good}`).toString('base64')}` }],
    ['without its scheme', SALES, { Authorization: good }],
    ['twice in one header', SALES, { Authorization: `Bearer ${good}, Bearer ${good}` }],
    ['that is empty', SALES, { Authorization: 'Bearer ' }],
    ['in another header', SALES, { 'X-Authorization': `Bearer ${good}`, 'Proxy-Authorization': `Bearer ${good}` }],
    ['that is the secret itself', SALES, { Authorization: `Bearer ${SECRET.replaceAll(/\W/g, '')}` }],
    ['that is not signed', SALES, { Authorization: `Bearer ${good.replace(/\.[^.]*$/, '.')}` }],
    ['of another type', SALES, { Authorization: `Bearer ${signed({ alg: 'HS256', typ: 'JWT' }, claims)}` }],
    [
      'that has expired',
      SALES,
      {
        Authorization: `Bearer ${signed({ alg: 'HS256', typ: 'lakeweir-embed+jwt' }, { ...claims, iat: 1, exp: 61 })}`,
      },
    ],
    ['that is huge', SALES, { Authorization: `Bearer ${'a'.repeat(10_000)}` }],
  ])('%s opens nothing', async (_, path, headers) => {
    const server = await guardedTestServer()
    const answer = await ask(server, path, headers)
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer/)
    expect(answer.text).not.toMatch(/north|sales/)
    expect(answer.text).not.toContain(SECRET)
    expect(JSON.stringify(server.logged)).not.toContain(good)
  })

  test('that is good opens what it says, however its scheme is written', async () => {
    const server = await guardedTestServer()
    for (const scheme of ['Bearer', 'bearer', 'BEARER ']) {
      expect((await ask(server, SALES, { Authorization: `${scheme} ${good}` })).status).toBe(200)
    }
  })

  test('that was never asked for is not ignored: it might say less than everything', async () => {
    const server = await guardedTestServer({ keys: NO_KEYS })
    expect((await ask(server, SALES)).status).toBe(200)
    expect((await ask(server, SALES, { Authorization: `Bearer ${good}` })).status).toBe(401)
  })

  test.each<[name: string, claims: Partial<TokenClaims>, path: string, headers: Headers, status: number]>([
    ['for this website', { origins: ['https://shop.example'] }, SALES, { Origin: 'https://shop.example' }, 200],
    [
      'for another listed website',
      { origins: ['https://other.example'] },
      SALES,
      { Origin: 'https://shop.example' },
      403,
    ],
    [
      'for a website that is not listed',
      { origins: ['https://evil.example'] },
      SALES,
      { Origin: 'https://evil.example' },
      403,
    ],
    ['for a website, by another program', { origins: ['https://shop.example'] }, SALES, {}, 200],
    ['for this panel', { panels: new Set(['sales']) }, SALES, {}, 200],
    ['for another panel', { panels: new Set(['users']) }, SALES, {}, 404],
    ['for a panel whose name is written otherwise', { panels: new Set(['Sales', 'sales ']) }, SALES, {}, 404],
    ['fixed to what the client leaves out', { fixed: new Map([['shop', ['south']]]) }, SALES, {}, 200],
    ['fixed to what the client says', { fixed: new Map([['shop', ['south']]]) }, `${SALES}&shop=south`, {}, 200],
    ['fixed to another value', { fixed: new Map([['shop', ['south']]]) }, `${SALES}&shop=north`, {}, 403],
    [
      'fixed to one of two values',
      { fixed: new Map([['shop', ['south']]]) },
      `${SALES}&shop=south&shop=north`,
      {},
      403,
    ],
    ['fixed to a value, asked for none', { fixed: new Map([['shop', ['south']]]) }, `${SALES}&shop=`, {}, 403],
    ['fixed to a value, written otherwise', { fixed: new Map([['shop', ['south']]]) }, `${SALES}&shop=SOUTH`, {}, 403],
    ['fixed to a value, by another name', { fixed: new Map([['shop', ['south']]]) }, `${SALES}&SHOP=north`, {}, 400],
    ['fixed to a value, with brackets', { fixed: new Map([['shop', ['south']]]) }, `${SALES}&shop[]=north`, {}, 400],
    ['fixed to a value, encoded', { fixed: new Map([['shop', ['south']]]) }, `${SALES}&%73hop=north`, {}, 403],
    ['fixed by what the panel has not', { fixed: new Map([['country', ['DE']]]) }, SALES, {}, 403],
  ])('%s', async (_, allowed, path, headers, status) => {
    const server = await guardedTestServer({ origins: ['https://shop.example', 'https://other.example'] })
    const answer = await ask(server, path, { ...headers, ...(await bearer(allowed)) })
    expect(answer.status).toBe(status)
    if (allowed.fixed !== undefined || status !== 200) expect(answer.text).not.toContain('"north"')
    if (status === 200) expect(answer.text).toContain('"south"')
  })

  test('learns nothing of other panels: one that it may not see is like one that does not exist', async () => {
    const server = await guardedTestServer()
    const token = await bearer({ panels: new Set(['users']) })
    const id = { 'X-Request-Id': 'one' }
    const hidden = await ask(server, '/api/panels/sales', { ...token, ...id })
    const missing = await ask(server, '/api/panels/sale', { ...token, ...id })
    expect(hidden).toMatchObject({ status: 404, text: missing.text })
    expect((await ask(server, '/api/panels', token)).text).not.toContain('sales')
    expect((await ask(server, '/api/panel', token)).text).not.toContain('sales')
  })

  test('has only so many requests at once, and others are not held back by that', async () => {
    const waiting: (() => void)[] = []
    const slow: ServerRoute = {
      path: '/api/slow',
      summary: 'Waits.',
      answers: {},
      handle: (context) => new Promise((resolve) => waiting.push(() => resolve(context.text('done')))),
    }
    const server = await guardedTestServer({ requestsPerToken: 2 }, { routes: [slow] })
    const [one, other] = [await bearer(), await bearer({ panels: new Set(['sales']) })]
    const running = [ask(server, '/api/slow', one), ask(server, '/api/slow', one)]
    await expect.poll(() => waiting.length).toBe(2)
    const refused = await ask(server, SALES, one)
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1'])
    expect((await ask(server, SALES, other)).status).toBe(200)
    for (const end of waiting) end()
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200])
    expect((await ask(server, SALES, one)).status).toBe(200)
  })
})

describe('a request that is no plain one', () => {
  test.each<[name: string, path: string, status: number]>([
    ['two slashes', '//api/panels/sales', 400],
    ['another server', 'http://evil.example/api/panels', 400],
    ['our own server, as to a proxy', 'http://localhost/api/panels', 400],
    ['dots', '/assets/../api/panels/sales', 400],
    ['encoded dots', '/assets/%2e%2e/api/panels/sales', 400],
    ['half encoded dots', '/assets/.%2E/api/panels/sales', 400],
    ['dots out of the folder', '/assets/../../../../../etc/passwd', 400],
    ['an encoded slash', '/assets/..%2f..%2fetc%2fpasswd', 400],
    ['an encoded slash in a panel', '/api/panels/..%2fsales', 400],
    ['a backslash', '/assets/..\\..\\etc\\passwd', 400],
    ['an encoded backslash', '/api/panels/..%5csales', 400],
    ['a NUL', '/api/panels/sales%00', 400],
    ['a NUL in a table', '/api/rows/events%00.parquet', 400],
    ['twice encoded dots', '/assets/%252e%252e/package.json', 404],
    ['a path of a file', '/assets/package.json', 404],
    ['capital letters', '/API/panels/sales', 404],
    ['a slash at the end', '/api/panels/sales/', 401],
    ['a panel in a folder', '/api/panels/sub/sales', 401],
    ['a probe below the data', '/api/panels/healthz', 401],
    ['a metric below the data', '/api/rows/metrics', 401],
    ['an encoded letter', '/%61pi/panels/sales', 401],
    ['an encoded letter of a name', '/api/%70anels/sales', 401],
  ])('%s', async (_, path, status) => {
    const server = await guardedTestServer()
    const answer = await ask(server, path)
    expect(answer.status).toBe(status)
    expect(answer.text).not.toMatch(/north|root:/)
  })

  test.each<[name: string, method: string, headers: Headers, status: number]>([
    ['POST', 'POST', {}, 405],
    ['DELETE', 'DELETE', {}, 405],
    ['a method that is named otherwise in a header', 'POST', { 'X-HTTP-Method-Override': 'GET' }, 405],
    ['a GET with a body', 'GET', { 'Content-Length': '0' }, 200],
    [
      'a hundred headers and one',
      'GET',
      Object.fromEntries(Array.from({ length: 101 }, (__, n) => [`X-${n}`, 'a'])),
      431,
    ],
  ])('%s', async (_, method, headers, status) => {
    const server = await guardedTestServer()
    expect((await ask(server, SALES, { ...headers, ...(await bearer()) }, method)).status).toBe(status)
  })

  test('a long address', async () => {
    const server = await guardedTestServer()
    expect((await ask(server, `${SALES}&shop=${'a'.repeat(8_000)}`, await bearer())).status).toBe(414)
  })
})

describe('parameters', () => {
  test.each<[name: string, query: string, status: number]>([
    ['SQL in a filter', "&shop=' OR 1=1 --", 200],
    ['SQL that ends a statement', "&shop=south'; DROP TABLE live.sales; --", 200],
    ['SQL with a dollar', '&shop=$from', 200],
    ['a NUL', '&shop=%00', 400],
    ['half a character', '&shop=%ff%fe', 200],
    ['SQL in a time', "&to=2026-11-22' OR '1'='1", 400],
    ['SQL as a name', "&shop') OR (1=1=x", 400],
    ['a time twice', '&from=2026-11-22', 400],
    ['an unknown parameter', '&sql=SELECT 1', 400],
    ['__proto__', '&__proto__=x', 400],
    ['__proto__ with a key', '&__proto__[shop]=north', 400],
    ['constructor', '&constructor=x', 400],
    ['constructor.prototype', '&constructor.prototype.shop=north', 400],
    ['toString', '&toString=x', 400],
    ['hasOwnProperty', '&hasOwnProperty=x', 400],
    ['length', '&length=x', 400],
    ['a panel by the name of a method', '', 404],
  ])('%s', async (name, query, status) => {
    const server = await guardedTestServer()
    const path = name.startsWith('a panel') ? '/api/panels/__proto__' : `${SALES}${written(query)}`
    const answer = await ask(server, path, await bearer())
    expect(answer.status).toBe(status)
    expect(answer.text).not.toMatch(/"north"/)
    expect((await ask(server, SALES, await bearer())).text).toContain('"north"')
    expect(({} as { shop?: unknown }).shop).toBeUndefined()
  })
})

/** As a browser writes a query; what is encoded already stays so. */
function written(query: string): string {
  return query.includes('%') ? query : encodeURI(query)
}
