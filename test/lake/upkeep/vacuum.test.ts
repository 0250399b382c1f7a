import { readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../../src/files/disk.ts'
import type { Vacuumed } from '../../../src/index.ts'
import { crashStatesOf, recoverEach } from '../../support/crashStates.ts'
import { hookedDisk } from '../../support/hookedDisk.ts'
import { liveFiles, MessagesLake } from '../../support/messagesLake.ts'
import { powerCutStatesOf } from '../../support/powerCuts.ts'
import { listTree } from '../../support/tree.ts'

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open(undefined, false)
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

const DAY_MS = 86_400_000

async function joined(rows = 40): Promise<void> {
  await lake.produce(rows, 4)
  await lake.run(['silver'], { limits: { maxFiles: 1 } })
  await lake.lake.optimize()
}

function parquetIn(table: string): string[] {
  const folder = lake.path(table, 'data')
  const files = listTree(folder).filter(({ path }) => path.endsWith('.parquet') && !path.startsWith('_delta_log'))
  return files.map(({ path }) => join(folder, path)).sort()
}

function filesOf(vacuumed: readonly Vacuumed[]): Record<string, number> {
  return Object.fromEntries(vacuumed.map(({ of, files }) => [of, files]))
}

describe('vacuum', { timeout: 120_000 }, () => {
  test('removes what was replaced once its time is over, and says it before', async () => {
    await joined()
    expect(filesOf(await lake.lake.vacuum())).toEqual({ bronze_messages: 0, messages: 0, messages_corrupted: 0 })
    lake.clock.advance(8 * DAY_MS)
    const dry = await lake.lake.vacuum({ dryRun: true, tables: ['bronze_messages'] })
    expect(dry).toMatchObject([{ of: 'bronze_messages', files: 10, kept: undefined }])
    expect(dry[0]?.paths).toHaveLength(10)
    expect(parquetIn('bronze/messages')).toHaveLength(11)
    expect(filesOf(await lake.lake.vacuum({ retainMs: 30 * DAY_MS }))).toMatchObject({ bronze_messages: 0 })
    expect(filesOf(await lake.lake.vacuum())).toMatchObject({ bronze_messages: 10 })
    expect(parquetIn('bronze/messages')).toEqual(liveFiles(lake.path('bronze/messages/data')).sort())
    expect(parquetIn('silver/messages')).toEqual(liveFiles(lake.path('silver/messages/data')).sort())
    expect(filesOf(await lake.lake.vacuum())).toEqual({ bronze_messages: 0, messages: 0, messages_corrupted: 0 })
  })

  test('leaves validate, status, live models and the streams right', async () => {
    await lake.produce(40, 4)
    await lake.run(['silver'], { limits: { maxFiles: 1 } })
    await lake.run(['live'])
    await lake.lake.optimize()
    await lake.lake.vacuum({ retainMs: 0 })
    expect(await lake.faults()).toEqual([])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
    expect((await lake.lake.status()).tables.map(({ unreferencedFiles }) => unreferencedFiles)).toEqual([[], [], []])
    await lake.produce(8, 4)
    await lake.run(['silver', 'live'])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [], pending: 0 })
    await lake.run(['live'], { rebuild: true })
    await lake.lake.empty(['silver'])
    await lake.run(['silver'])
    await lake.run(['live'])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [], pending: 0 })
  })

  test('keeps what a stream or the live models need at their places, however old it is', async () => {
    await lake.produce(16, 4)
    await lake.run(['silver'], { limits: { maxFiles: 1 } })
    await lake.run(['live'])
    await lake.produce(8, 4)
    await lake.run(['silver'], { limits: { maxFiles: 1 } })
    await lake.lake.optimize()
    lake.clock.advance(30 * DAY_MS)
    const silver = filesOf(await lake.lake.vacuum({ retainMs: 0 }))
    expect(silver.messages).toBe(0)
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
    await lake.run(['live'])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
  })

  test('removes files that are named as ours and that no log and no record names, and nobody else’s', async () => {
    await joined()
    const [live = ''] = liveFiles(lake.path('bronze/messages/data'))
    const stray = live.replace(/-0000000010-/, '-0000000003-')
    const strangers = [lake.path('bronze/messages/data/part-0.parquet'), lake.path('bronze/messages/data/notes.txt')]
    const young = live.replace(/-0000000010-/, '-0000000004-')
    for (const file of [stray, young, ...strangers]) writeFileSync(file, readFileSync(live))
    for (const file of [stray, ...strangers]) utimesSync(file, 0, 0)
    const nowS = lake.clock.nowMs() / 1000
    utimesSync(young, nowS, nowS)
    const [vacuumed] = await lake.lake.vacuum({ tables: ['bronze_messages'], dryRun: true })
    expect(vacuumed?.paths).toEqual([stray.slice(lake.path('bronze/messages/data/').length)])
  })

  test('keeps the files of a batch that is committed and not published', async () => {
    await joined()
    await lake.produce(8, 4)
    const failing = hookedDisk(nodeDisk, async (call, perform) => {
      // Not the trial link that a start makes.
      if (call.operation === 'link' && /silver\/messages\/data\/_delta_log\/\d{20}\.json$/.test(call.path)) {
        throw new Error('the process dies')
      }
      return perform()
    })
    await lake.on(failing, () => lake.run(['silver'])).catch(() => undefined)
    const before = parquetIn('silver/messages')
    expect(before.some((file) => /-0000000011-/.test(file))).toBe(true)
    // Else they are too young to go.
    lake.clock.advance(DAY_MS)
    await lake.lake.vacuum({ retainMs: 0, tables: ['messages'] })
    const after = new Set(parquetIn('silver/messages'))
    const gone = before.filter((file) => !after.has(file) && /-0000000011-/.test(file))
    expect(gone).toEqual([])
    await lake.run(['silver'])
    expect(await lake.faults()).toEqual([])
  })

  test('does not harm a scan that began before, where its time is not over', async () => {
    await lake.produce(40, 4)
    await lake.run(['silver'], { limits: { maxFiles: 1 } })
    const rows = lake.lake.records('SELECT * FROM bronze_messages ORDER BY value')
    const first = await rows.next()
    await lake.lake.optimize()
    await lake.lake.vacuum()
    const seen = [first.value]
    for await (const row of rows) seen.push(row)
    expect(seen).toHaveLength(40)
  })

  test('of files that a query still reads fails it by their name and with what to do; the next one has all rows', async () => {
    // More than DuckDB reads ahead.
    await lake.produce(60_000, 3_000)
    const rows = lake.lake.records('FROM bronze_messages')
    await rows.next()
    await lake.lake.optimize({ tables: ['bronze_messages'] })
    const [vacuumed] = await lake.lake.vacuum({ retainMs: 0, tables: ['bronze_messages'] })
    expect(vacuumed?.files).toBe(20)
    const failed = await (async () => {
      for await (const _ of rows);
    })().catch((error: unknown) => error)
    expect(failed).toMatchObject({
      code: 'LAKE_QUERY_FAILED',
      message: expect.stringMatching(/bronze\/messages\/data\/produce-.*\.parquet/),
      remedy: expect.stringMatching(/vacuum.*run the query again/),
    })
    expect((await lake.lake.query('SELECT count(*)::INTEGER FROM bronze_messages')).rows).toEqual([[60_000]])
  })

  test('that ends at any disk call has removed only what nothing needs', async () => {
    await joined(12)
    const before = await lake.rowsOf('bronze_messages')
    const work = () => lake.lake.vacuum({ retainMs: 0, tables: ['bronze_messages'] })
    const check = async () => [
      ...(JSON.stringify(await lake.rowsOf('bronze_messages')) === JSON.stringify(before) ? [] : ['other rows']),
      ...(await lake.faults()),
    ]
    expect(await recoverEach(lake, await crashStatesOf(lake, work), work, check)).toEqual([])
    lake.clear()
    await joined(12)
    expect(await recoverEach(lake, await powerCutStatesOf(lake, work), work, check)).toEqual([])
  })
})
