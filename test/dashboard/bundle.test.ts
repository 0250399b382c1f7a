import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gunzipSync } from 'node:zlib'
import { parseAst } from 'rolldown/parseAst'
import { describe, expect, test } from 'vitest'
import { memoryReader } from '../support/memoryReader.ts'
import { SALES, testServer } from '../support/testServer.ts'

const FOLDER = fileURLToPath(new URL('../../dist/dashboard', import.meta.url))
const SOURCES = fileURLToPath(new URL('../../src/dashboard', import.meta.url))
const MAX_PACKED_BYTES = 90_000

const names = readdirSync(FOLDER).filter((name) => /\.(js|gz)$/.test(name))
const hashed = names.find((name) => /^lakeweir-dashboard-[\w-]{8,}\.js$/.test(name)) ?? ''

describe('the built dashboard', () => {
  test('is a loader at a fixed name, which imports one file that is named by what is in it', () => {
    expect(names.sort()).toEqual(['lakeweir-dashboard.js', hashed, `${hashed}.gz`].sort())
    expect(readFileSync(join(FOLDER, 'lakeweir-dashboard.js'), 'utf8')).toBe(`export * from './${hashed}'\n`)
    expect(gunzipSync(readFileSync(join(FOLDER, `${hashed}.gz`)))).toEqual(readFileSync(join(FOLDER, hashed)))
  })

  test('is small, and has all that it needs', () => {
    expect(readFileSync(join(FOLDER, `${hashed}.gz`)).length).toBeLessThanOrEqual(MAX_PACKED_BYTES)
    // Nothing is imported, now or later.
    expect(importsIn(readFileSync(join(FOLDER, hashed), 'utf8'))).toEqual([])
  })

  test('runs under the strictest policy of a host: nothing is evaluated, and no style attribute is written', () => {
    const forbidden = /\sstyle=|\bstyleMap\b|\beval\(|\bnew Function\b|\bunsafeHTML\b|\.innerHTML\b|\bon\w+="/g
    const found = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => {
        const text = readFileSync(join(SOURCES, path), 'utf8').replaceAll(/^\s*(?:\/?\*|\/\/).*$/gm, '')
        return [...text.matchAll(forbidden)].map(([what]) => `src/dashboard/${path}: ${what}`)
      })
    expect(found).toEqual([])
  })
})

function importsIn(text: string): string[] {
  const found: string[] = []
  JSON.stringify(parseAst(text), (_, node: unknown) => {
    const { type, source } = (node ?? {}) as { readonly type?: string; readonly source?: { readonly value?: string } }
    if (/^(?:Import|Export)/.test(type ?? '') && source?.value !== undefined) found.push(source.value)
    return typeof node === 'bigint' ? undefined : node
  })
  return found
}

describe('its addresses', () => {
  const served = async () => testServer({ reader: await memoryReader(SALES), grant: undefined })

  test('the loader is asked for again each time, and sent only if it is another', async () => {
    const server = await served()
    const { headers, status } = await server.get('/assets/lakeweir-dashboard.js')
    expect([status, headers.get('Cache-Control')]).toEqual([200, 'no-cache'])
    const again = await server.get('/assets/lakeweir-dashboard.js', { 'If-None-Match': headers.get('ETag') ?? '' })
    expect([again.status, again.headers.get('ETag')]).toEqual([304, headers.get('ETag')])
  })

  test.each(['gzip, br', 'identity'])('what it imports is kept for good: Accept-Encoding: %s', async (accepted) => {
    const answer = await (await served()).get(`/assets/${hashed}`, { 'Accept-Encoding': accepted })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Cache-Control')).toBe('public, max-age=31536000, immutable')
    expect(answer.headers.get('Content-Encoding')).toBe(accepted === 'identity' ? null : 'gzip')
    expect(await answer.text()).toBe(readFileSync(join(FOLDER, hashed), 'utf8'))
  })

  test.each(['lakeweir-dashboard-AAAAAAAA.js', `${hashed}.gz`, 'index.d.ts', 'page.html'])(
    'no other: %s',
    async (name) => {
      expect((await (await served()).get(`/assets/${name}`)).status).toBe(404)
    },
  )
})
