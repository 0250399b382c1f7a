import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadLake } from '../../../src/lake/config/load.ts'
import { guardSettings } from '../../../src/server/guard/configured.ts'
import { verifiedToken } from '../../../src/server/guard/token.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { server } from '../../fixtures/embedding/serverConfig.ts'
import { tokenFor } from '../../fixtures/embedding/tokenFor.ts'
import { lakeFolder } from '../../support/lakeFolder.ts'

const at = (path: string): string => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8')

test('the examples of docs/embedding.md are those that the compiler checks', () => {
  const examples = [...at('docs/embedding.md').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code)
  const files = ['serverConfig', 'tokenFor', 'website'].map((name) => at(`test/fixtures/embedding/${name}.ts`))
  expect(examples).toEqual(files)
})

test('the recipes of docs/embedding.md are those that a browser tries', () => {
  const recipes = [...at('docs/embedding.md').matchAll(/```(?:html|jsx|js|http)\n(.*?)```/gs)].map(([, code]) => code)
  const files = ['plain.html', 'Numbers.jsx', 'policy.txt', 'strict.html', 'numbers.js', 'frame.html']
  expect(recipes).toEqual(files.map((name) => at(`test/fixtures/embedding/${name}`)))
})

test('a token that a website signs as in docs/embedding.md is accepted by a server with that config', async () => {
  const config = {
    root: 'lake',
    tables: { events: { path: 'raw', columns: { id: 'BIGINT' } } },
    streams: { land: { from: { kind: 'parquetFolder', path: 'landing' }, into: ['events'] } },
    server,
  }
  const folder = lakeFolder({ 'lakeweir.config.mjs': `export default ${JSON.stringify(config)}` })
  const lake = await loadLake({ config: join(folder, 'lakeweir.config.mjs') })
  const LAKEWEIR_SECRET = 'a secret that the website knows as well'
  const place = { host: lake.server.host, localKey: undefined }
  const { keys, tokenLifeMs } = await guardSettings(lake.server, place, { LAKEWEIR_SECRET }, systemClock)
  const token = await tokenFor({ channel: 'SMS' }, LAKEWEIR_SECRET)
  expect(await verifiedToken(token, keys, { nowMs: Date.now(), maxLifeMs: tokenLifeMs })).toMatchObject({
    panels: new Set(['messages', 'messages_per_minute']),
    fixed: new Map([['channel', ['SMS']]]),
    origins: ['https://www.example.com'],
  })
})

test('every limit of docs/embedding.md is the one that the code has', () => {
  const page = at('docs/embedding.md')
  const told: readonly [file: string, code: string, words: string][] = [
    ['server.ts', 'connections: 1_000', '`limits.connections`, 1,000'],
    ['server.ts', 'headersMs: 10_000', '10 s for the headers'],
    ['server.ts', 'requestMs: 20_000', '20 s for all of it'],
    ['server.ts', 'silenceMs: 60_000', '60 s without a byte'],
    ['server.ts', 'keepAliveMs: 5_000', '5 s without another request'],
    ['server.ts', 'MAX_HEADER_BYTES = 16 * 1024', 'headers of 16 KiB'],
    ['requests.ts', 'MAX_HEADERS = 100', 'more than 100'],
    ['requests.ts', 'MAX_TARGET_CHARACTERS = 8_000', 'a URL of 8,000 characters'],
    ['keys.ts', 'LEAST_SECRET_BYTES = 32', '32 bytes at least'],
    ['token.ts', 'CLOCK_TOLERANCE_MS = 5_000', 'differ by 5 seconds'],
    ['../rows/rowsRoute.ts', 'MAX_ROWS = 100', '100 rows'],
    ['../rows/shownTables.ts', 'MAX_WAITING = 16', '16 questions that wait'],
  ]
  for (const [file, code, words] of told) {
    expect(at(`src/server/guard/${file}`)).toContain(code)
    expect(page).toContain(words)
  }
})
