import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Lake } from '../../../src/index.ts'
import type { ResolvedUpkeep } from '../../../src/lake/config/resolveUpkeep.ts'
import type { OpenLake } from '../../../src/lake/openLake.ts'
import { withSession } from '../../../src/lake/sessions.ts'
import { liveFiles, MessagesLake } from '../../support/messagesLake.ts'
import { rawSql } from '../../support/sql.ts'
import { listTree } from '../../support/tree.ts'

// What happens to files, archives and settings as days pass.

const DAY_MS = 86_400_000

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

/** The same lake under other settings. */
function withUpkeep(upkeep: Partial<ResolvedUpkeep>): OpenLake {
  const { config } = lake.open
  return { ...lake.open, config: { ...config, upkeep: { ...config.upkeep, ...upkeep } } }
}

function parquetIn(table: string): string[] {
  const folder = lake.path(table, 'data')
  const files = listTree(folder).filter(({ path }) => path.endsWith('.parquet') && !path.startsWith('_delta_log'))
  return files.map(({ path }) => join(folder, path)).sort()
}

describe('a run', { timeout: 120_000 }, () => {
  test('removes replaced files once their time is over, and looks for them once a day', async () => {
    await lake.produce(40, 1)
    const bronze = lake.path('bronze/messages/data')
    const live = liveFiles(bronze)
    expect(live.length).toBeLessThan(10)
    // Two of its rounds of joining later, at the same time: nothing goes.
    await lake.produce(16, 1)
    const replaced = parquetIn('bronze/messages').length - liveFiles(bronze).length
    expect(replaced).toBeGreaterThan(30)
    lake.clock.advance(8 * DAY_MS)
    await lake.produce(16, 1)
    const left = parquetIn('bronze/messages').filter((file) => !liveFiles(bronze).includes(file))
    expect(left.length).toBeLessThan(replaced)
    // What is left was replaced since.
    expect(left.every((file) => !live.includes(file))).toBe(true)
    await lake.run(['silver'])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, problems: [] })
  })

  test('goes on, with live models and all who follow, after a commit that changes settings alone', async () => {
    const streams = ['produce', 'silver', 'live']
    const generate = { rows: 12, seed: 7 }
    const few = { availableNow: true, retry: false, limits: { maxRows: 4 } }
    const before = Lake.of(withUpkeep({ checkpointEvery: 1 }))
    await lake.clock.passing(() => before.run({ streams, generate, ...few }))
    // Longer than before: the clock is days ahead of the files' own times by now, and no commit is to go.
    const other = Lake.of(withUpkeep({ checkpointEvery: 1, keepLogMs: 60 * DAY_MS }))
    for (let times = 0; times < 2; times++) {
      await lake.clock.passing(() => other.run({ streams, generate, ...few }))
    }
    const operations: (string | undefined)[] = []
    for await (const { operation } of lake.lake.history('messages')) operations.push(operation)
    expect(operations.filter((operation) => operation === 'SET TBLPROPERTIES')).toHaveLength(1)
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, problems: [] })
    expect((await lake.lake.status()).streams.map(({ problem }) => problem)).toEqual([undefined, undefined, undefined])
  })
})

describe('vacuum', { timeout: 120_000 }, () => {
  test('removes landed files from their archive where the config says for how long they stay', async () => {
    await lake.drop('a.parquet', 'SELECT 1 AS value, now() AS timestamp')
    await lake.run(['land'])
    const archive = lake.path('landing/messages/_archive')
    const archived = (): string[] => listTree(archive).flatMap(({ path, kind }) => (kind === 'file' ? [path] : []))
    expect(archived()).toHaveLength(1)
    lake.clock.advance(3 * DAY_MS)
    await lake.drop('b.parquet', 'SELECT 2 AS value, now() AS timestamp')
    await lake.run(['land'])
    const forEver = await lake.lake.vacuum()
    expect(forEver.map(({ kind }) => kind)).toEqual(['table', 'table', 'table'])
    expect(archived()).toHaveLength(2)
    const lasting = Lake.of(withUpkeep({ keepArchiveMs: 2 * DAY_MS }))
    const dry = await lasting.vacuum({ dryRun: true })
    expect(dry.at(-1)).toMatchObject({ of: 'landing/messages/_archive', kind: 'archive', files: 1 })
    expect(dry.at(-1)?.paths).toEqual([expect.stringMatching(/^\d{4}-\d\d-\d\d\/a\.parquet$/)])
    expect(archived()).toHaveLength(2)
    await lasting.vacuum()
    expect(archived()).toEqual([expect.stringMatching(/b\.parquet$/)])
    expect(await lake.bronzeValues()).toEqual([1, 2])
  })
})

describe('optimize', { timeout: 120_000 }, () => {
  test('sorts the rows of a joined file as its table says, and those of no other', async () => {
    const { config } = lake.open
    const tables = config.tables.map((table) => ({
      ...table,
      sortBy: table.name === 'bronze_messages' ? ['event_type', 'value'] : [],
    }))
    const bronze = tables.find(({ name }) => name === 'bronze_messages')
    const sorted: OpenLake = {
      ...lake.open,
      config: { ...config, tables, upkeep: { ...config.upkeep, isByItself: false } },
    }
    await lake.clock.passing(() =>
      Lake.of(sorted).run({ streams: ['produce'], limits: { maxRows: 10 }, generate: { rows: 40, seed: 7 } }),
    )
    await Lake.of(sorted).optimize({ tables: ['bronze_messages'] })
    const [file = '', ...others] = liveFiles(lake.path('bronze/messages/data'))
    expect([bronze?.sortBy, others]).toEqual([['event_type', 'value'], []])
    const rows = await withSession(lake.open, (session) =>
      session.rows(rawSql`SELECT file_row_number AS place,
        row_number() OVER (ORDER BY event_type, value) - 1 AS wanted
        FROM read_parquet('${file}', file_row_number = true) ORDER BY place`),
    )
    expect(rows).toHaveLength(40)
    expect(rows.map(({ place }) => place)).toEqual(rows.map(({ wanted }) => wanted))
  })
})
