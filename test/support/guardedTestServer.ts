import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { SCRIPT_PATH } from '../../src/server/guard/configured.ts'
import { type GuardSettings, guardOf } from '../../src/server/guard/guard.ts'
import { type TokenKeys, tokenKeys } from '../../src/server/guard/keys.ts'
import { signedToken, type TokenClaims } from '../../src/server/guard/token.ts'
import { memoryReader } from './memoryReader.ts'
import { SALES, type TestServer, type TestServerOptions, testServer } from './testServer.ts'

export const SECRET = 'the secret of a test, of forty characters'

export const NOW_MS = Date.parse('2026-11-22T10:00:00Z')

/** A server as `serve` makes it, behind its guard. */
export async function guardedTestServer(
  settings: Partial<GuardSettings> = {},
  options: Partial<TestServerOptions> = {},
): Promise<TestServer> {
  const reader = options.reader ?? (await filledReader())
  const guard = guardOf({
    names: { host: '127.0.0.1', hosts: ['dash.example'] },
    origins: ['https://shop.example', 'https://other.example'],
    keys: await testKeys(),
    metricsSecret: undefined,
    localKey: undefined,
    tokenLifeMs: 900_000,
    requestsPerToken: 32,
    scriptPath: SCRIPT_PATH,
    clock: { nowMs: () => NOW_MS },
    ...settings,
  })
  return testServer({ ...options, reader, guard })
}

async function filledReader(): ReturnType<typeof memoryReader> {
  const reader = await memoryReader(SALES)
  await reader.commit('')
  return reader
}

export function testKeys(): Promise<TokenKeys> {
  return tokenKeys([{ value: SECRET, name: 'SECRET' }], [])
}

export const NO_KEYS: TokenKeys = { secrets: [], publicKeys: [] }

/** A header with a token that allows this, and everything else that is not said. */
export async function bearer(claims: Partial<TokenClaims> = {}, nowMs = NOW_MS): Promise<Record<string, string>> {
  const [key] = (await testKeys()).secrets
  if (key === undefined) throw new Error('no secret')
  const all: TokenClaims = { panels: 'all', fixed: new Map(), origins: undefined, rows: new Set(), ...claims }
  return { Authorization: `Bearer ${await signedToken(all, key, nowMs, 600_000)}` }
}

export interface Answered {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

/** Asks with just these headers and this path, as neither a browser nor `fetch` would. */
export async function ask(
  { port }: TestServer,
  path: string,
  headers: Readonly<Record<string, string | readonly string[]>> = {},
  method = 'GET',
): Promise<Answered> {
  const asked = request({ host: '127.0.0.1', port, path, method, agent: false, setHost: !('Host' in headers) })
  for (const [name, value] of Object.entries(headers)) asked.setHeader(name, value)
  asked.end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.setEncoding('utf8')
  let text = ''
  for await (const part of answer) text += part
  return { status: answer.statusCode ?? 0, headers: answer.headers, text }
}
