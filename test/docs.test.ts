import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { Lake } from '../src/index.ts'
import { temporaryFolder } from './support/temporaryFolder.ts'

const at = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

/** The code of a page in one language, in order. */
function examples(page: string, language: string): string[] {
  return [...at(page).matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
}

test('the example of docs/library.md is the one that the compiler checks', () => {
  expect(examples('docs/library.md', 'ts')).toEqual([at('test/fixtures/library.ts')])
})

test('the calls of a lake are those in the table of docs/library.md', () => {
  const [, table = ''] = /\n\| call \|.*?\n((?:\|.*\n)+)/.exec(at('docs/library.md')) ?? []
  const told = table.split('\n').flatMap((row) => {
    return [...(row.split('|')[1] ?? '').matchAll(/`(?:Lake\.)?(\w+)\(/g)].map(([, call]) => call)
  })
  const calls = Object.getOwnPropertyNames(Lake.prototype).filter((name) => name !== 'constructor')
  expect(told.sort()).toEqual(['open', ...calls].sort())
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
