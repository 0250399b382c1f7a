import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadLake } from '../../src/lake/config/load.ts'
import type { ResolvedLake } from '../../src/lake/config/resolve.ts'
import { lakePanels } from '../../src/server/panels/lakePanels.ts'
import { EVENT } from '../support/configCases.ts'
import { lakeFolder } from '../support/lakeFolder.ts'

const MODEL = `-- per_kind.sql: good events by kind; one row per kind.
--
-- in   good   good events
-- out  kind, n
SELECT kind, count(*) AS n FROM good GROUP BY kind
`

const SPLIT = `-- split.sql: every event with its table; one row per event.
--
-- in   events   the batch
-- out  all columns
SELECT *, 'good' AS destination FROM events
`

/** The panel `kinds` of a lake, and others, with these keys in its header: the first stands in line 6. */
async function lakeWith(
  keys: readonly string[],
  server: object = {},
  others: Readonly<Record<string, readonly string[]>> = {},
): Promise<ResolvedLake> {
  const panel = (name: string, lines: readonly string[]): string =>
    [
      `-- ${name}.sql: events by kind; one row per kind.`,
      '--',
      '-- in   live.per_kind   good events by kind',
      '-- out  kind, n',
      '--',
      ...lines.map((line) => `-- ${line}`),
      'SELECT kind, n FROM live.per_kind',
      '',
    ].join('\n')
  const files = Object.entries({ kinds: keys, ...others }).map(([name, lines]) => [
    `panels/${name}.sql`,
    panel(name, lines),
  ])
  const config = {
    root: 'lake',
    tables: {
      events: { path: 'raw', columns: EVENT },
      good: { path: 'good', columns: EVENT },
      bad: { path: 'bad', columns: EVENT },
    },
    streams: {
      land: { from: { kind: 'parquetFolder', path: 'landing' }, into: ['events'] },
      split: { from: { kind: 'deltaTable', table: 'events' }, select: 'split.sql', into: ['good', 'bad'] },
    },
    live: { follows: 'split', models: 'live', panels: 'panels' },
    server,
  }
  const folder = lakeFolder({
    'lakeweir.config.mjs': `export default ${JSON.stringify(config)}`,
    'live/per_kind.sql': MODEL,
    'split.sql': SPLIT,
    ...Object.fromEntries(files),
  })
  return loadLake({ config: join(folder, 'lakeweir.config.mjs') })
}

const LEAST = ['title: Kinds', 'kind: table']

test('every lake with live aggregates has a panel of its batches, unless it has one of its own', async () => {
  const panels = lakePanels(await lakeWith(LEAST), 'duckdb')
  expect(panels.map(({ name, kind }) => [name, kind])).toEqual([
    ['kinds', 'table'],
    ['batches', 'batches'],
  ])
  expect(panels.at(-1)?.order).toEqual(['split'])
  const replaced = lakePanels(await lakeWith(LEAST, {}, { batches: ['title: Mine', 'kind: bar'] }), 'duckdb')
  expect(replaced.map(({ name, title }) => [name, title])).toEqual([
    ['batches', 'Mine'],
    ['kinds', 'Kinds'],
  ])
})

test('what a panel leads to is there, and what the config says stands in place of what its header says', async () => {
  const keys = [...LEAST, 'grain: 1 minute', 'alarm: 10', 'rows: good', 'spark: batches', 'coarser: days beyond 2 days']
  const others = { days: ['title: Days', 'kind: line', 'grain: 1 day'] }
  const dashboard = { panels: { kinds: { alarm: 35 } } }
  const find = async (server: object): Promise<unknown> =>
    lakePanels(await lakeWith(keys, server, others), 'duckdb').find(({ name }) => name === 'kinds')
  expect(await find({ dashboard, rows: ['good'] })).toMatchObject({ alarm: 35, rows: 'good' })
  expect(await find({ rows: ['bad'] })).toMatchObject({ alarm: 10, rows: undefined })
})

test.each<[keys: readonly string[], message: string, remedy: string]>([
  [['spark: batch'], 'names "batch" as its spark, which is not a panel.', 'Did you mean "batches"?'],
  [['brush: day'], 'names "day" as its brush, which is not a panel.', 'Did you mean "days"?'],
  [['rows: goods'], 'names "goods" as its rows, which is not a table.', 'Did you mean "good"?'],
  [
    ['coarser: hours beyond 1 day', 'grain: 1 hour'],
    'names hours as its coarser panel, which has the grain 1 hour.',
    'Name one whose grain is longer than 1 hour.',
  ],
  [
    ['coarser: batches beyond 1 day', 'grain: 1 hour'],
    'names batches as its coarser panel, which has no grain.',
    'Name one whose grain is longer than 1 hour.',
  ],
])('%j in line 8 of a header is refused', async (keys, message, remedy) => {
  const others = {
    days: ['title: D', 'kind: line', 'grain: 1 day'],
    hours: ['title: H', 'kind: line', 'grain: 1 hour'],
  }
  const lake = await lakeWith([...LEAST, ...keys], {}, others)
  expect(() => lakePanels(lake, 'duckdb')).toThrow(
    expect.objectContaining({ code: 'LAKE_SQL_INVALID', message: `panels/kinds.sql line 8: ${message}`, remedy }),
  )
})
