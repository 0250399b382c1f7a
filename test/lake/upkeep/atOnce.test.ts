import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { OptimizedTable } from '../../../src/index.ts'
import { LockHolder } from '../../support/lockHolder.ts'
import { liveFiles, MessagesLake } from '../../support/messagesLake.ts'
import { listTree, treeFingerprint } from '../../support/tree.ts'

// What is done while something else needs the files of a table, or tends them too.

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open(undefined, false)
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

async function smallFiles(): Promise<void> {
  await lake.produce(20, 4)
  await lake.run(['silver'], { limits: { maxFiles: 1 } })
}

function parquetIn(table: string): string[] {
  const folder = lake.path(table, 'data')
  const files = listTree(folder).filter(({ path }) => path.endsWith('.parquet') && !path.startsWith('_delta_log'))
  return files.map(({ path }) => join(folder, path)).sort()
}

function filesOnDisk(): Record<string, string[]> {
  return Object.fromEntries(TABLES.map((table) => [table, parquetIn(table)]))
}

function filesInLog(): Record<string, string[]> {
  return Object.fromEntries(TABLES.map((table) => [table, liveFiles(lake.path(table, 'data')).sort()]))
}

const TABLES = ['bronze/messages', 'silver/messages', 'silver/messages_corrupted']

const WELL = { ok: true, problems: [] }

describe('optimize --vacuum', { timeout: 120_000 }, () => {
  test('leaves only the files that the logs name, so that a glob counts no row twice', async () => {
    await smallFiles()
    const before = filesOnDisk()
    const optimized: readonly OptimizedTable[] = await lake.lake.optimize({ vacuum: true })
    expect(filesOnDisk()).toEqual(filesInLog())
    for (const { replacedFiles, removedFiles, replacedBytes, removedBytes } of optimized) {
      expect([removedFiles, removedBytes]).toEqual([replacedFiles, replacedBytes])
    }
    expect(Object.values(filesOnDisk()).flat().length).toBeLessThan(Object.values(before).flat().length)
    expect(await lake.faults()).toEqual([])
    expect(await lake.lake.validate({ deep: true })).toMatchObject(WELL)
  })

  test('keeps what a stream that is behind has yet to read', async () => {
    await smallFiles()
    await lake.produce(12, 4)
    const unread = liveFiles(lake.path('bronze/messages/data')).filter((file) => /-000000000[678]-/.test(file))
    await lake.lake.optimize({ vacuum: true })
    expect(parquetIn('bronze/messages')).toEqual(expect.arrayContaining(unread))
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ...WELL, pending: 12 })
    await lake.run(['silver'])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ...WELL, pending: 0 })
  })

  test('changes nothing while a stream runs that writes or reads the table', async () => {
    await smallFiles()
    const tree = treeFingerprint(lake.root)
    const holder = await LockHolder.take(lake.checkpoint('silver').lockFile)
    for (const table of ['bronze_messages', 'messages']) {
      await expect(lake.lake.optimize({ tables: [table], vacuum: true })).rejects.toMatchObject({
        code: 'LAKE_TABLE_HELD',
        exitCode: 4,
        message: expect.stringContaining('stream silver is running'),
      })
    }
    expect(treeFingerprint(lake.root)).toBe(tree)
    await holder.release()
    expect((await lake.lake.optimize({ tables: ['messages'], vacuum: true }))[0]?.removedFiles).toBeGreaterThan(1)
  })

  test.runIf(process.platform === 'linux')('changes nothing while a program has a file of the table open', async () => {
    await smallFiles()
    const tree = treeFingerprint(lake.root)
    const file = openSync(liveFiles(lake.path('silver/messages/data'))[0] ?? '', 'r')
    const reader = spawn(process.execPath, ['-e', 'process.stdin.resume()'], { stdio: ['pipe', file, 'inherit'] })
    closeSync(file)
    await once(reader, 'spawn')
    await expect(lake.lake.optimize({ tables: ['messages'], vacuum: true })).rejects.toMatchObject({
      code: 'LAKE_TABLE_HELD',
      message: expect.stringContaining(`process ${reader.pid} has a file of it open`),
    })
    expect(treeFingerprint(lake.root)).toBe(tree)
    reader.stdin?.end()
    await once(reader, 'exit')
  })
})

describe('at once', { timeout: 120_000 }, () => {
  test('of two optimizes one is refused by name, and no row is lost or doubled', async () => {
    await smallFiles()
    const rows = await lake.rowsOf('bronze_messages')
    const both = await Promise.allSettled([lake.lake.optimize(), lake.lake.optimize()])
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    expect(refused).toEqual([expect.objectContaining({ code: 'LAKE_TABLE_HELD' })])
    expect(await lake.rowsOf('bronze_messages')).toEqual(rows)
    expect(await lake.faults()).toEqual([])
  })

  test('optimize and vacuum beside a run leave every row where it was', async () => {
    await smallFiles()
    await lake.produce(40, 4)
    const done = await Promise.allSettled([
      lake.run(['silver'], { limits: { maxFiles: 1 } }),
      lake.lake.optimize(),
      lake.lake.vacuum({ retainMs: 0 }),
    ])
    const refused = done.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    for (const reason of refused) expect(reason).toMatchObject({ code: 'LAKE_TABLE_HELD' })
    await lake.run(['silver'])
    expect(await lake.faults()).toEqual([])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ...WELL, pending: 0 })
  })

  test('a table is not emptied while another process joins its files', async () => {
    await smallFiles()
    await lake.lake.optimize({ tables: ['messages'] })
    const tree = treeFingerprint(lake.root)
    const holder = await LockHolder.take(lake.path('silver/messages/checkpoint/.upkeep/holder.duckdb'))
    await expect(lake.lake.empty(['silver'])).rejects.toMatchObject({
      code: 'LAKE_TABLE_HELD',
      message: expect.stringContaining(`process ${holder.processId} is joining or removing files of table messages`),
    })
    expect(treeFingerprint(lake.root)).toBe(tree)
    await holder.release()
    await lake.lake.empty(['silver'])
    await lake.run(['silver'])
    expect(await lake.lake.validate({ deep: true })).toMatchObject(WELL)
  })

  test('optimize and vacuum of tables without a row have nothing to do', async () => {
    await lake.produce(4)
    await lake.run(['land'])
    expect((await lake.lake.optimize()).map(({ replacedFiles }) => replacedFiles)).toEqual([0, 0, 0])
    expect((await lake.lake.vacuum({ retainMs: 0 })).map(({ files }) => files)).toEqual([0, 0, 0])
  })
})
