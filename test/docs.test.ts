import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { LakeError } from '../src/errors.ts'
import { Lake } from '../src/index.ts'
import { loadLake } from '../src/lake/config/load.ts'
import type { ResolvedLake } from '../src/lake/config/resolve.ts'
import type { ResolvedLive } from '../src/lake/config/resolveLive.ts'
import { panelOf } from '../src/server/panels/panelFile.ts'
import { ModelReader } from '../src/serving/models/modelReader.ts'
import { inDuckdb } from './support/duckdb.ts'
import { memoryReader } from './support/memoryReader.ts'
import { temporaryFolder } from './support/temporaryFolder.ts'

const at = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

/** The code of a page in one language, in order. */
function examples(page: string, language: string): string[] {
  return [...at(page).matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
}

test('the example of docs/library.md is the one that the compiler checks', () => {
  expect(examples('docs/library.md', 'ts')).toEqual([at('test/fixtures/library.ts')])
})

test('the example of docs/client.md is the one that the compiler checks', () => {
  expect(examples('docs/client.md', 'ts')).toEqual([at('test/fixtures/client/follow.ts')])
})

test('the examples of docs/server.md are those that the compiler checks', () => {
  const fixtures = ['node', 'hono'].map((name) => at(`test/fixtures/dashboard/${name}.ts`))
  expect(examples('docs/server.md', 'ts')).toEqual(fixtures)
})

test('the calls of a lake are those in the table of docs/library.md', () => {
  const [, table = ''] = /\n\| call \|.*?\n((?:\|.*\n)+)/.exec(at('docs/library.md')) ?? []
  const told = table.split('\n').flatMap((row) => {
    return [...(row.split('|')[1] ?? '').matchAll(/`(?:Lake\.)?(\w+)\(/g)].map(([, call]) => call)
  })
  const calls = Object.getOwnPropertyNames(Lake.prototype).filter((name) => name !== 'constructor')
  expect(told.sort()).toEqual(['open', 'doctor', ...calls].sort())
})

test('the lake of the README is the one that the compiler checks', () => {
  expect(examples('README.md', 'ts')).toEqual([at('test/fixtures/orders/lakeweir.config.ts')])
  expect(examples('README.md', 'sql')).toEqual([at('test/fixtures/orders/sql/split_orders.sql')])
})

test('and it takes dropped files and splits them', async () => {
  const folder = temporaryFolder()
  cpSync(fileURLToPath(new URL('./fixtures/orders', import.meta.url)), folder, { recursive: true })
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.ts') })
  onTestFinished(() => lake.close())
  const landing = join(folder, 'lake/landing/orders')
  mkdirSync(landing, { recursive: true })
  await lake.writeParquet(
    { sql: "SELECT i AS id, TIMESTAMPTZ '2026-11-22' AS ordered_at, i * 600 AS amount FROM range(3) AS r(i)" },
    join(landing, 'orders.parquet'),
  )
  await lake.run({ streams: [], availableNow: true })
  expect(await lake.validate()).toMatchObject({ ok: true, tables: { orders: 3, large_orders: 1, small_orders: 2 } })
})

describe('docs/live.md', () => {
  async function lakeOfPage(): Promise<ResolvedLake & { readonly live: ResolvedLive }> {
    const folder = temporaryFolder()
    const [config = ''] = examples('docs/live.md', 'ts')
    writeFileSync(join(folder, 'lakeweir.config.ts'), config)
    for (const text of examples('docs/live.md', 'sql')) {
      const file = join(folder, 'sql', /^-- (\S+): /.exec(text)?.[1] ?? '')
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    const lake = await loadLake({ config: join(folder, 'lakeweir.config.ts') })
    if (lake.live === undefined) throw new Error('the example has no live models')
    return { ...lake, live: lake.live }
  }

  async function inModels<T>(work: (reader: ModelReader) => Promise<T>): Promise<T> {
    const { live, views, references } = await lakeOfPage()
    return await inDuckdb(async (session) =>
      work(await ModelReader.open(session, { tables: live.follows.into, views, references })),
    )
  }

  test('its lake has the models and panels that it shows, and they answer', async () => {
    const { live } = await lakeOfPage()
    const models = await inModels((reader) => Promise.all(live.models.map((file) => reader.read(file))))
    expect(models.map(({ name, relation }) => [name, relation.kind])).toEqual([
      ['customers_per_day', 'first'],
      ['orders_per_hour', 'table'],
    ])
    const reader = await memoryReader(`CREATE TABLE checked_orders AS SELECT i // 2 AS id, (i % 5)::INTEGER AS customer,
      TIMESTAMPTZ '2026-11-22 10:00:00+00' AS ordered_at, 2.5::DECIMAL(12, 2) AS amount FROM range(20) AS r(i);
      CREATE VIEW first_orders AS SELECT * FROM checked_orders WHERE id % 2 = 0;
      ${live.models.map(({ called, text }) => `CREATE TABLE live.${called} AS ${text}`).join(';')}`)
    onTestFinished(() => reader.close())
    await reader.commit('SELECT 1')
    for (const file of live.panels) {
      const { query, time } = panelOf(file, 'duckdb')
      expect(time?.grain).toBe('1 day')
      const bound = { from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' }
      const { rows } = await reader.query(query, bound, { maxRows: 10, timeoutMs: 10_000 })
      expect(rows).toHaveLength(1)
    }
  })

  test('what it says is refused is refused, and what to write instead is taken', async () => {
    const [, table = ''] = /\n\| instead of \|.*?\n((?:\|.*\n)+)/.exec(at('docs/live.md')) ?? []
    const rows = table.split('\n').filter((row) => row.includes('('))
    expect(rows.length).toBeGreaterThan(6)
    const spansOf = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)
    await inModels(async (reader) => {
      const read = async (item: string): Promise<string> => {
        const text = `SELECT id, ${item} AS x, count(*) AS rows FROM checked_orders GROUP BY ALL`
        const file = { name: 'x.sql', called: 'x', inputs: ['checked_orders'], text }
        return reader.read(file).then(
          () => 'taken',
          (error: unknown) => (error instanceof LakeError ? error.code : String(error)),
        )
      }
      for (const row of rows) {
        const [, refused, instead] = row.split('|')
        for (const code of spansOf(refused).filter((span) => span.includes('('))) {
          expect(await read(code), code).toBe('LAKE_SQL_INVALID')
        }
        for (const code of spansOf(instead).filter((span) => !span.startsWith('$')))
          expect(await read(code), code).toBe('taken')
      }
    })
  })
})
