import { describe, expect, test } from 'vitest'
import { originOf } from '../../../src/lake/config/webNames.ts'
import { safetyHeaders } from '../../../src/server/guard/headers.ts'
import { Holders } from '../../../src/server/guard/holders.ts'
import { assertMayListen, isHostAllowed, isLoopback } from '../../../src/server/guard/hosts.ts'
import { type Asker, type Asking, askerOf } from '../../../src/server/guard/origins.ts'
import { misshapenRequest } from '../../../src/server/guard/requests.ts'

describe('a server that others can reach needs secrets and names', () => {
  const OPEN = 'where other machines reach it, without asking for a token'
  const NAMELESS = 'server.hosts does not say by which names it is reached'

  test.each<[host: string, needsToken: boolean, hosts: readonly string[], says: string | undefined]>([
    ['127.0.0.1', false, [], undefined],
    ['127.8.9.1', false, [], undefined],
    ['localhost', false, [], undefined],
    ['::1', false, [], undefined],
    ['::ffff:127.0.0.1', false, [], undefined],
    ['0.0.0.0', false, ['dash.example'], OPEN],
    ['::', false, ['dash.example'], OPEN],
    ['192.168.1.7', false, [], OPEN],
    ['::ffff:10.0.0.1', false, [], OPEN],
    ['dash.example', false, [], OPEN],
    ['127.0.0.1.evil.example', false, [], OPEN],
    ['localhost.evil.example', false, [], OPEN],
    ['', false, [], OPEN],
    ['0.0.0.0', true, [], NAMELESS],
    ['::', true, [], NAMELESS],
    ['0.0.0.0', true, ['dash.example'], undefined],
    ['192.168.1.7', true, [], undefined],
  ])('at "%s" with a secret: %s, names: %s', (host, needsToken, hosts, says) => {
    const act = (): void => assertMayListen({ host, hosts, needsToken })
    if (says === undefined) expect(act).not.toThrow()
    else expect(act).toThrow(says)
  })
})

describe('the Host header must have a name of the server', () => {
  const own = { host: '0.0.0.0', hosts: ['dash.example', 'other.example:8443'] }

  test.each<[header: string | undefined, isAllowed: boolean]>([
    ['localhost', true],
    ['localhost:4080', true],
    ['LOCALHOST:1', true],
    ['127.0.0.1:4080', true],
    ['[::1]:4080', true],
    ['dash.example', true],
    ['dash.example:4080', true],
    ['Dash.Example.', true],
    ['other.example:8443', true],
    ['other.example', false],
    ['other.example:4080', false],
    ['0.0.0.0:4080', false],
    ['127.0.0.2', false],
    ['evil.example', false],
    ['dash.example.evil.example', false],
    ['evil-dash.example', false],
    ['localhost.evil.example', false],
    ['evil.example:localhost', false],
    ['localhost@evil.example', false],
    ['evil.example/localhost', false],
    ['localhost evil.example', false],
    ['localhost,evil.example', false],
    ['localhost:4080:1', false],
    ['[::1', false],
    ['[::2]', false],
    ['2130706433', false],
    ['0x7f.1', false],
    ['localhost\0', false],
    ['', false],
    [undefined, false],
  ])('%s: %s', (header, isAllowed) => {
    expect(isHostAllowed(header, own)).toBe(isAllowed)
  })

  test.each([
    ['192.168.1.7', '192.168.1.7:4080'],
    ['fd00::7', '[fd00::7]:4080'],
    ['dash.internal', 'dash.internal'],
  ])('the address that it listens at is one: %s', (host, header) => {
    expect(isHostAllowed(header, { host, hosts: [] })).toBe(true)
    expect(isHostAllowed('evil.example', { host, hosts: [] })).toBe(false)
  })

  test.each(['10.0.0.1', '169.254.169.254', '::', '128.0.0.1', '127.evil'])('%s is not loopback', (address) => {
    expect(isLoopback(address)).toBe(false)
  })
})

describe('who asks is what the browser says', () => {
  const origins = ['https://shop.example', 'http://localhost:3000']
  const asking = (given: Partial<Asking>): Asking => ({
    origin: undefined,
    host: 'dash.example:4080',
    fetchSite: undefined,
    fetchDest: undefined,
    ...given,
  })

  test.each<[name: string, given: Partial<Asking>, asker: Asker]>([
    ['another program', {}, 'own'],
    ['a page of the server', { fetchSite: 'same-origin' }, 'own'],
    ['an address that somebody typed', { fetchSite: 'none', fetchDest: 'document' }, 'own'],
    ['a link that somebody followed', { fetchSite: 'cross-site', fetchDest: 'document' }, 'own'],
    ['a page of the server that says its origin', { origin: 'http://dash.example:4080' }, 'own'],
    ['the same behind a proxy that ends TLS', { origin: 'https://dash.example:4080' }, 'own'],
    ['a listed page', { origin: 'https://shop.example', fetchSite: 'cross-site' }, 'listed'],
    ['another listed page', { origin: 'http://localhost:3000', fetchSite: 'same-site' }, 'listed'],
    ['another page', { origin: 'https://evil.example' }, 'foreign'],
    ['the same site without TLS', { origin: 'http://shop.example' }, 'foreign'],
    ['another port of it', { origin: 'https://shop.example:8443' }, 'foreign'],
    ['a name that begins with it', { origin: 'https://shop.example.evil.example' }, 'foreign'],
    ['a name that ends with it', { origin: 'https://evilshop.example' }, 'foreign'],
    ['a sandboxed frame or a file', { origin: 'null' }, 'foreign'],
    ['an empty origin', { origin: '' }, 'foreign'],
    ['two origins', { origin: 'https://shop.example, https://evil.example' }, 'foreign'],
    ['an extension of a browser', { origin: 'chrome-extension://dash.example:4080' }, 'foreign'],
    ['an origin with a user', { origin: 'https://x@dash.example:4080' }, 'foreign'],
    ['another port of this machine', { origin: 'http://dash.example:5000' }, 'foreign'],
    ['an image on another page', { fetchSite: 'cross-site', fetchDest: 'image' }, 'foreign'],
    ['a script tag on another page', { fetchSite: 'cross-site', fetchDest: 'script' }, 'foreign'],
    ['a frame on another page', { fetchSite: 'cross-site', fetchDest: 'iframe' }, 'foreign'],
    ['a fetch of another page that hides its origin', { fetchSite: 'cross-site', fetchDest: 'empty' }, 'foreign'],
    ['a neighbour on the same site', { fetchSite: 'same-site', fetchDest: 'image' }, 'foreign'],
  ])('%s: %j is %s', (_, given, asker) => {
    expect(askerOf(asking(given), origins)).toBe(asker)
  })

  test.each<[text: string, origin: string | undefined]>([
    ['https://shop.example', 'https://shop.example'],
    ['HTTPS://Shop.Example', 'https://shop.example'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['https://shop.example:443', undefined],
    ['https://shop.example/', undefined],
    ['https://shop.example/a', undefined],
    ['https://*.shop.example', undefined],
    ['https://shop.example; script-src *', undefined],
    ['*', undefined],
    ['null', undefined],
    ['', undefined],
    ['shop.example', undefined],
    ['file:///etc', undefined],
    ['javascript:alert(1)', undefined],
    ['https://user@shop.example', undefined],
    ['https://shop.example;script-src', undefined],
    ["https://'self'", undefined],
    ['https://shop.example,https', undefined],
    ['https://[::1]:8443', 'https://[::1]:8443'],
  ])('an origin is written as browsers write it: %s', (text, origin) => {
    expect(originOf(text)).toBe(origin)
  })
})

describe('a request that nothing here answers is refused before anything is done', () => {
  const plain = {
    method: 'GET',
    target: '/api/panels/sales?from=2026-11-26&channel=a%2Fb%00',
    headerCount: 12,
    contentLength: undefined,
    transferEncoding: undefined,
  }

  test.each<[name: string, given: Partial<Parameters<typeof misshapenRequest>[0]>, status: number | undefined]>([
    ['a plain one', {}, undefined],
    ['HEAD', { method: 'HEAD' }, undefined],
    ['a preflight', { method: 'OPTIONS' }, undefined],
    ['a body of no bytes', { contentLength: '0' }, undefined],
    ['a file of the page', { target: '/assets/page-1.2.css' }, undefined],
    ['POST', { method: 'POST' }, 405],
    ['PUT', { method: 'PUT' }, 405],
    ['TRACE', { method: 'TRACE' }, 405],
    ['a long URL', { target: `/${'a'.repeat(8_000)}` }, 414],
    ['many headers', { headerCount: 101 }, 431],
    ['a body', { contentLength: '1' }, 413],
    ['a body of unknown length', { transferEncoding: 'chunked' }, 413],
    ['two lengths', { contentLength: '0, 1' }, 413],
    ['two slashes at the start', { target: '//evil.example/api/panels' }, 400],
    ['another server', { target: 'http://evil.example/api/panels' }, 400],
    ['no path', { target: '*' }, 400],
    ['dots', { target: '/assets/../../etc/passwd' }, 400],
    ['dots at the end', { target: '/assets/..' }, 400],
    ['one dot', { target: '/./api/panels' }, 400],
    ['encoded dots', { target: '/assets/%2e%2e/%2E%2E/etc/passwd' }, 400],
    ['one encoded dot', { target: '/assets/.%2e/page' }, 400],
    ['an encoded slash', { target: '/assets/..%2fpackage.json' }, 400],
    ['an encoded backslash', { target: '/assets/..%5Cpackage.json' }, 400],
    ['a backslash', { target: '/assets\\..\\package.json' }, 400],
    ['an encoded NUL', { target: '/api/panels/sales%00.sql' }, 400],
    ['a NUL', { target: '/api/panels/sales\0' }, 400],
  ])('%s', (_, given, status) => {
    expect(misshapenRequest({ ...plain, ...given })?.status).toBe(status)
  })
})

describe('what an answer tells the browser', () => {
  test('nothing inline, evaluated or from elsewhere runs in the page, and only listed websites frame it', () => {
    const { 'Content-Security-Policy': policy = '', ...others } = safetyHeaders('page', ['https://shop.example'])
    expect(policy).not.toMatch(/unsafe|\*|http:|data:|blob:|nonce/)
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self' https://shop.example",
      ]),
    )
    expect(others).toMatchObject({
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Resource-Policy': 'same-origin',
    })
    expect(others).not.toHaveProperty('X-Frame-Options')
  })

  test.each(['page', 'answer', 'script'] as const)('without listed websites nobody frames a %s', (kind) => {
    const headers = safetyHeaders(kind, [])
    expect(headers['Content-Security-Policy']).toContain("frame-ancestors 'none'")
    expect(headers['X-Frame-Options']).toBe('DENY')
  })

  test('only the script that websites load may be read by every page', () => {
    const kinds = ['page', 'answer', 'script'] as const
    const open = kinds.filter((kind) => safetyHeaders(kind, ['https://shop.example'])['Access-Control-Allow-Origin'])
    expect(open).toEqual(['script'])
  })
})

test('a holder has as many at once as it may, and gets room when one ends, once', () => {
  const holders = new Holders(2)
  const [first, second] = [holders.enter('a'), holders.enter('a')]
  expect(holders.enter('a')).toBeUndefined()
  const other = holders.enter('b')
  expect(other).toBeDefined()
  first?.()
  first?.()
  expect(holders.enter('a')).toBeDefined()
  expect(holders.enter('a')).toBeUndefined()
  second?.()
  expect(holders.enter('a')).toBeDefined()
})
