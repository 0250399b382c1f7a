import { describe, expect, test } from 'vitest'
import type { GuardSettings } from '../../../src/server/guard/guard.ts'
import type { ServerRoute } from '../../../src/server/parts.ts'
import { ask, bearer, guardedTestServer, NO_KEYS, SECRET } from '../../support/guardedTestServer.ts'

type Headers = Readonly<Record<string, string>>

const SALES = '/api/panels/sales?from=2026-11-22T10:00:00Z&to=2026-11-22T10:03:00Z'

/** A page and the script that websites load, as routes that a server may have. */
const PAGE: ServerRoute = {
  path: '/',
  summary: 'A page.',
  answers: {},
  handle: (context) => context.html('<!doctype html><title>a</title>'),
}
const SCRIPT: ServerRoute = {
  path: '/assets/lakeweir-dashboard.js',
  summary: 'A script.',
  answers: {},
  handle: (context) => context.body('export {}', 200, { 'Content-Type': 'text/javascript' }),
}
const ROUTES = { routes: [PAGE, SCRIPT] }

describe('a page of another website, or of another name', () => {
  test.each<[name: string, path: string, headers: Headers, status: number]>([
    ['asks by a name that leads here (rebinding)', SALES, { Host: 'evil.example:4080' }, 421],
    ['asks by a name that begins like ours', SALES, { Host: 'localhost.evil.example' }, 421],
    ['asks for a page by such a name', '/', { Host: 'evil.example' }, 421],
    ['asks for metrics by such a name', '/metrics', { Host: 'evil.example' }, 421],
    ['says in another header that it is us', SALES, { Host: 'evil.example', 'X-Forwarded-Host': 'localhost' }, 421],
    ['asks for data', SALES, { Origin: 'https://evil.example' }, 403],
    ['asks from a sandboxed frame', SALES, { Origin: 'null' }, 403],
    ['asks from a name that ends like a listed one', SALES, { Origin: 'https://evilshop.example' }, 403],
    ['asks without TLS', SALES, { Origin: 'http://shop.example' }, 403],
    ['asks for a script of the page', '/assets/x.js', { Origin: 'https://evil.example' }, 403],
    ['loads data as a script', SALES, { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'script' }, 403],
    ['loads data as an image', SALES, { 'Sec-Fetch-Site': 'same-site', 'Sec-Fetch-Dest': 'image' }, 403],
    ['shows data in a frame', SALES, { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'iframe' }, 403],
  ])('that %s gets nothing', async (_, path, headers, status) => {
    const server = await guardedTestServer({}, ROUTES)
    const answer = await ask(server, path, { ...(await bearer()), ...headers })
    expect(answer.status).toBe(status)
    expect(answer.text).not.toContain('north')
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
  })

  test.each<[name: string, headers: Headers]>([
    ['of this machine', {}],
    ['of a name in the config', { Host: 'dash.example' }],
    ['that is ours', { 'Sec-Fetch-Site': 'same-origin', 'Sec-Fetch-Dest': 'empty' }],
  ])('one %s gets what it asks for, and is told of no other', async (_, headers) => {
    const server = await guardedTestServer()
    const answer = await ask(server, SALES, { ...(await bearer()), ...headers })
    expect(answer.status).toBe(200)
    expect(answer.text).toContain('north')
    expect(answer.headers['access-control-allow-origin']).toBeUndefined()
    expect(answer.headers.vary).toContain('Origin')
  })

  test('one that is listed may read the answer, also one that refuses, without cookies', async () => {
    const server = await guardedTestServer()
    const Origin = 'https://shop.example'
    const answers = [
      await ask(server, SALES, { Origin, ...(await bearer()) }),
      await ask(server, SALES, { Origin }),
      await ask(server, '/api/panels/none', { Origin, ...(await bearer()) }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 404])
    for (const { headers } of answers) {
      expect(headers['access-control-allow-origin']).toBe(Origin)
      expect(headers['access-control-allow-credentials']).toBeUndefined()
    }
  })
})

describe('a preflight', () => {
  const preflight = { 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'authorization' }

  test('of a listed website is told what it may send, and needs no token', async () => {
    const server = await guardedTestServer()
    const answer = await ask(server, SALES, { Origin: 'https://shop.example', ...preflight }, 'OPTIONS')
    expect(answer.status).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://shop.example',
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': 'Authorization, If-None-Match, Last-Event-ID',
      'access-control-max-age': '600',
    })
    expect(answer.headers['access-control-allow-credentials']).toBeUndefined()
  })

  test.each<[name: string, headers: Headers, status: number]>([
    ['of another website', { Origin: 'https://evil.example', ...preflight }, 403],
    ['of null', { Origin: 'null', ...preflight }, 403],
    ['by another name', { Origin: 'https://shop.example', Host: 'evil.example', ...preflight }, 421],
    ['without an origin', preflight, 405],
    ['that is none', { Origin: 'https://shop.example' }, 405],
  ])('%s allows nothing', async (_, headers, status) => {
    const server = await guardedTestServer()
    const answer = await ask(server, SALES, headers, 'OPTIONS')
    expect(answer.status).toBe(status)
    const allowed = Object.keys(answer.headers).filter((name) => /^access-control-allow-(?!origin)/.test(name))
    expect(allowed).toEqual([])
  })
})

describe('without a secret in the config', () => {
  test.each<[name: string, headers: Headers, status: number]>([
    ['a program of this machine is answered', {}, 200],
    ['a proxy is not: it speaks for others', { 'X-Forwarded-For': '203.0.113.7' }, 403],
    ['nor is another one', { Forwarded: 'for=203.0.113.7' }, 403],
    ['nor one that says only what it is', { Via: '1.1 proxy' }, 403],
    ['a page of another website is not', { Origin: 'https://evil.example' }, 403],
    ['a name that leads here is not', { Host: 'evil.example' }, 421],
    ['a listed website is', { Origin: 'https://shop.example' }, 200],
  ])('%s', async (_, headers, status) => {
    const server = await guardedTestServer({ keys: NO_KEYS })
    expect((await ask(server, SALES, headers)).status).toBe(status)
    expect((await ask(server, '/metrics', headers)).status).toBe(status)
  })
})

describe('/healthz, /readyz and /metrics', () => {
  const METRICS_SECRET = 'the secret of whoever scrapes metrics'.replaceAll(' ', '-')

  test.each(['/healthz', '/readyz'])('%s is answered by any name, without a token', async (path) => {
    const server = await guardedTestServer()
    expect((await ask(server, path, { Host: '10.1.2.3:4080' })).status).toBe(200)
  })

  test.each<[name: string, settings: Partial<GuardSettings>, headers: () => Promise<Headers>, status: number]>([
    ['without a token', {}, async () => ({}), 401],
    ['with a token for everything', {}, () => bearer(), 200],
    ['with a token for one panel', {}, () => bearer({ panels: new Set(['sales']) }), 403],
    ['with a token that is fixed', {}, () => bearer({ fixed: new Map([['shop', ['south']]]) }), 403],
    [
      'with the secret for it',
      { metricsSecret: METRICS_SECRET },
      async () => ({ Authorization: `Bearer ${METRICS_SECRET}` }),
      200,
    ],
    [
      'with a part of that secret',
      { metricsSecret: METRICS_SECRET },
      async () => ({ Authorization: `Bearer ${METRICS_SECRET.slice(0, -1)}` }),
      401,
    ],
    ['with the secret that signs', {}, async () => ({ Authorization: `Bearer ${SECRET}` }), 401],
  ])('metrics %s', async (_, settings, headers, status) => {
    const server = await guardedTestServer(settings)
    expect((await ask(server, '/metrics', await headers())).status).toBe(status)
  })

  test('the key of the lake opens everything to its other processes, and a part of it nothing', async () => {
    const localKey = 'a-key-that-is-in-a-file-of-the-lake-alone'
    for (const keys of [undefined, NO_KEYS]) {
      const server = await guardedTestServer({ localKey, ...(keys === undefined ? {} : { keys }) })
      const status = async (path: string, key: string): Promise<number> =>
        (await ask(server, path, { Authorization: `Bearer ${key}` })).status
      expect(await status('/api/models/sales', localKey)).toBe(200)
      expect(await status(SALES, localKey)).toBe(200)
      expect(await status(SALES, localKey.slice(1))).toBe(401)
    }
  })

  test('the secret for metrics opens nothing else', async () => {
    const server = await guardedTestServer({ metricsSecret: METRICS_SECRET })
    for (const path of [SALES, '/api/panels', '/api/panels/metrics', '/api/metrics']) {
      expect((await ask(server, path, { Authorization: `Bearer ${METRICS_SECRET}` })).status).toBe(401)
    }
  })
})

describe('what is served to a browser', () => {
  test.each<[path: string, headers: Headers]>([
    ['/', {}],
    ['/api/panels', {}],
    [SALES, { Accept: 'text/csv' }],
    ['/healthz', {}],
    ['/nothing', {}],
    ['/api/panels/none', {}],
    [SALES, { Origin: 'https://evil.example' }],
    ['/', { Host: 'evil.example' }],
    ['/..', {}],
  ])('%s %j says what may be done with it', async (path, headers) => {
    const server = await guardedTestServer({}, ROUTES)
    const answer = await ask(server, path, { ...(await bearer()), ...headers })
    expect(answer.headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-resource-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
    })
    expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'/)
    expect(answer.headers['content-security-policy']).not.toContain('unsafe')
    expect(answer.headers).not.toHaveProperty('server')
    expect(answer.headers).not.toHaveProperty('x-powered-by')
  })

  test('the script that websites load may be loaded by all, and nothing else may', async () => {
    const server = await guardedTestServer({}, ROUTES)
    const foreign = { Origin: 'https://evil.example', 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'script' }
    const { status, headers } = await ask(server, '/assets/lakeweir-dashboard.js', foreign)
    expect([status, headers['access-control-allow-origin'], headers['cross-origin-resource-policy']]).toEqual([
      200,
      '*',
      'cross-origin',
    ])
    const others = await Promise.all(['/', SALES, '/healthz'].map((path) => ask(server, path, foreign)))
    expect(others.map((answer) => answer.headers['access-control-allow-origin'])).toEqual([
      undefined,
      undefined,
      undefined,
    ])
  })

  test('only the page may be framed, by the listed websites', async () => {
    const server = await guardedTestServer({}, ROUTES)
    const policies = await Promise.all(
      ['/', SALES].map(async (path) => (await ask(server, path, await bearer())).headers['content-security-policy']),
    )
    expect(policies[0]).toContain("frame-ancestors 'self' https://shop.example https://other.example")
    expect(policies[1]).toContain("frame-ancestors 'none'; sandbox")
  })
})
