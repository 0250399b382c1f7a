import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SmallFile } from '../../../src/lake/upkeep/joinFiles.ts'
import { smallestOf } from '../../../src/lake/upkeep/smallFiles.ts'
import { FileTending } from '../../../src/lake/upkeep/tendFiles.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { liveFiles, MessagesLake } from '../../support/messagesLake.ts'

/** Of a batch of a few rows. */
const FILE_BYTES = 3_000

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

afterAll(() => lake.close())

test('a run joins small files by itself: no partition has more than configured, and no row changes', async () => {
  await lake.produce(60, 1)
  await lake.run(['silver'], { limits: { maxFiles: 1 } })
  const { smallFiles = 0 } = lake.open.config.upkeep
  for (const table of ['bronze/messages', 'silver/messages', 'silver/messages_corrupted']) {
    const perFolder = new Map<string, number>()
    for (const file of liveFiles(lake.path(table, 'data'))) {
      const folder = file.slice(0, file.lastIndexOf('/'))
      perFolder.set(folder, (perFolder.get(folder) ?? 0) + 1)
    }
    expect([table, Math.max(0, ...perFolder.values()) <= smallFiles]).toEqual([table, true])
  }
  expect(await lake.faults()).toEqual([])
  expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, problems: [] })
}, 120_000)

test('joins the files of one table at a time, and rests before the next one', async () => {
  const untended = await MessagesLake.open(undefined, false)
  try {
    await untended.produce(20, 1)
    await untended.run(['silver'], { limits: { maxFiles: 1 } })
    const tables = ['silver/messages', 'silver/messages_corrupted']
    const counts = () => tables.map((table) => liveFiles(untended.path(table, 'data')).length)
    const before = counts()
    let whileResting: number[] | undefined
    const sleep = async (): Promise<void> => {
      whileResting ??= counts()
    }
    const { config } = untended.open
    const upkeep = { ...config.upkeep, isByItself: true }
    const writes = config.tables.filter(({ name }) => name.startsWith('messages'))
    const tending = new FileTending(
      { ...untended.open, config: { ...config, upkeep }, clock: { ...systemClock, sleep } },
      [{ name: 'silver', writes }],
      new AbortController().signal,
      (_stream, text) => expect.unreachable(text),
    )
    for (let batch = 0; batch < 20; batch++) tending.onBatch('silver')
    await expect.poll(() => whileResting, { timeout: 30_000 }).toBeDefined()
    await tending.end()
    const joined = whileResting?.map((count, index) => count < (before[index] ?? 0))
    expect(joined?.filter(Boolean)).toHaveLength(1)
  } finally {
    untended.close()
  }
}, 60_000)

test('small files are rewritten about as often as their sizes double, and never are more than eight left', () => {
  const count = 10_000
  let files: SmallFile[] = []
  let [written, most] = [0, 0]
  for (let index = 0; index < count; index++) {
    files.push({ path: String(index), file: String(index), bytes: FILE_BYTES, rows: 1 })
    if (files.length <= 8) continue
    files.sort((a, b) => a.bytes - b.bytes)
    const joined = smallestOf(files, files.length, 8, 128e6)
    const bytes = joined.reduce((sum, file) => sum + file.bytes, 0)
    written += bytes
    files = [{ path: `${index}-joined`, file: '', bytes, rows: joined.length }, ...files.slice(joined.length)]
    most = Math.max(most, files.length)
  }
  expect(most).toBeLessThanOrEqual(8)
  expect(written / (count * FILE_BYTES)).toBeLessThan(20)
})
