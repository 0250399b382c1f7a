import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { loadLake } from '../src/lake/config/load.ts'
import { lakePanels } from '../src/server/panels/lakePanels.ts'
import { missingColumnOf } from '../src/server/panels/panelHead.ts'
import { presentationOf } from '../src/server/presentation.ts'
import { memoryReader } from './support/memoryReader.ts'
import { temporaryFolder } from './support/temporaryFolder.ts'

const at = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

/** The code of a page in one language, in order. */
function examples(page: string, language: string): string[] {
  return [...at(page).matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, 'gs'))].map(([, code = '']) => code)
}

test('the config of docs/panels.md is the one that the compiler checks', () => {
  expect(examples('docs/panels.md', 'ts')).toEqual([at('test/fixtures/dashboard/serverConfig.ts')])
})

test('the panels of docs/panels.md answer over the lake of docs/live.md, where its config puts them', async () => {
  const folder = temporaryFolder()
  const [config = ''] = examples('docs/live.md', 'ts')
  const [server = ''] = examples('docs/panels.md', 'ts')
  writeFileSync(join(folder, 'server.ts'), server)
  const served = config.replace("root: 'lake',", "root: 'lake',\n  server,")
  writeFileSync(join(folder, 'lakeweir.config.ts'), `import { server } from './server.ts'\n${served}`)
  for (const text of [...examples('docs/live.md', 'sql'), ...examples('docs/panels.md', 'sql')]) {
    const file = join(folder, 'sql', /^-- (\S+): /.exec(text)?.[1] ?? '')
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const lake = await loadLake({ config: join(folder, 'lakeweir.config.ts') })
  const panels = lakePanels(lake, 'duckdb')
  expect(presentationOf(lake.server, panels)).toMatchObject({
    title: 'Shop',
    layout: [
      { panel: 'orders_today', width: 3, wallWidth: 3 },
      { panel: 'orders', width: 9, wallWidth: 6 },
    ],
    range: 'today',
  })

  // An order every ten minutes, from the day before on.
  const models = (lake.live?.models ?? []).filter(({ inputs }) => inputs.includes('checked_orders'))
  const reader = await memoryReader(`CREATE TABLE checked_orders AS SELECT i AS id, (i % 5)::INTEGER AS customer,
      TIMESTAMPTZ '2026-11-21 00:00:00+00' + to_minutes(i * 10) AS ordered_at, 2.5::DECIMAL(12, 2) AS amount
    FROM range(219) AS r(i);
    ${models.map(({ called, text }) => `CREATE TABLE live.${called} AS ${text}`).join(';')}`)
  onTestFinished(() => reader.close())
  await reader.commit('SELECT 1')
  const answer = async (name: string, to: string) => {
    const panel = panels.find((each) => each.name === name)
    if (panel === undefined) throw new Error(`there is no panel ${name}`)
    expect(missingColumnOf(panel, await reader.prepare(panel.query))).toBeUndefined()
    const bound = { from: '2026-11-22T00:00:00Z', to, complete: '2026-11-22T12:00:00Z' }
    return (await reader.query(panel.query, bound, { maxRows: 100, timeoutMs: 10_000 })).rows
  }
  expect(await answer('orders_today', '2026-11-22T13:00:00Z')).toEqual([[75, 72, 72]])
  const hours = await answer('orders', '2026-11-23T00:00:00Z')
  expect(hours).toHaveLength(24)
  expect(hours[12]).toEqual(['2026-11-22 12:00:00+00', 3, 6, '7.50'])
  expect(hours[13]).toEqual(['2026-11-22 13:00:00+00', null, 6, null])
})

test('docs/panels.md explains every key of a header, and every key of the config', () => {
  const page = at('docs/panels.md')
  const keys = (path: string, part: RegExp, key: RegExp): string[] =>
    [...(part.exec(at(path))?.[1] ?? '').matchAll(key)].map(([, name = '']) => name)
  const ofHeader = keys('src/server/panels/panelHeader.ts', /const KEYS = \[(.*?)\]/s, /'(\w+)'/g)
  const ofConfig = keys(
    'src/lake/config/serverSchema.ts',
    /const dashboard = z\.strictObject\(\{(.*?)\n\}\)/s,
    /^ {2}(\w+):/gm,
  )
  expect(ofHeader).toContain('coarser')
  expect(ofConfig).toContain('presets')
  const unexplained = [...ofHeader, ...ofConfig].filter((key) => !new RegExp(`^\\|[^|]*\`${key}[:\`]`, 'm').test(page))
  expect(unexplained).toEqual([])
})
