import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LakeError } from '../../../src/errors.ts'
import { nodeDisk } from '../../../src/files/disk.ts'
import type { OptimizedTable } from '../../../src/index.ts'
import { namedTable } from '../../../src/lake/byName.ts'
import { TendedTable } from '../../../src/lake/upkeep/tendedTable.ts'
import { crashStatesOf, missingSteps, recoverEach, valuesBetween, wrongBronze } from '../../support/crashStates.ts'
import { failingDisk, hookedDisk } from '../../support/hookedDisk.ts'
import { liveFiles, MessagesLake, rubbishIn } from '../../support/messagesLake.ts'
import { powerCutStatesOf } from '../../support/powerCuts.ts'
import { listTree, treeFingerprint } from '../../support/tree.ts'

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open(undefined, false)
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

const TABLES = ['bronze_messages', 'messages', 'messages_corrupted'] as const

/** Seven batches of four rows, on two days, and as many silver batches. */
async function manySmallFiles(): Promise<void> {
  await lake.produce(28, 4)
  await lake.run(['silver'], { limits: { maxFiles: 1 } })
}

async function rowsOfAll(): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {}
  for (const table of TABLES) all[table] = await lake.rowsOf(table, '*')
  return all
}

function counts(optimized: readonly OptimizedTable[]): Record<string, [replaced: number, joined: number]> {
  return Object.fromEntries(
    optimized.map(({ table, replacedFiles, joinedFiles }) => [table, [replacedFiles, joinedFiles]]),
  )
}

describe('optimize', { timeout: 120_000 }, () => {
  test('leaves one file for each partition and no row changed, and finds nothing to do after that', async () => {
    await manySmallFiles()
    const before = await rowsOfAll()
    const optimized = await lake.lake.optimize()
    expect(counts(optimized)).toMatchObject({ bronze_messages: [7, 1] })
    for (const { table, replacedFiles, joinedFiles, joinedBytes, replacedBytes } of optimized) {
      expect([table, joinedFiles <= 2, replacedFiles > 2 * joinedFiles, joinedBytes < replacedBytes]).toEqual([
        table,
        true,
        true,
        true,
      ])
    }
    expect(await rowsOfAll()).toEqual(before)
    expect(await lake.viewFaults()).toEqual([])
    expect((await lake.lake.optimize()).map(({ replacedFiles }) => replacedFiles)).toEqual([0, 0, 0])
  })

  test('leaves validate, status and the streams right, which go on from where they were', async () => {
    await manySmallFiles()
    await lake.lake.optimize()
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, problems: [] })
    const { tables, streams } = await lake.lake.status()
    expect(
      tables.map(({ name, rows, files, unreferencedFiles }) => [name, rows > 0, files < 3, unreferencedFiles]),
    ).toEqual(TABLES.map((name) => [name, true, true, []]))
    expect(streams.map(({ problem, pending }) => [problem, pending.files])).toEqual([
      [undefined, 0],
      [undefined, 0],
      [undefined, 0],
    ])
    await lake.produce(8, 4)
    const batches = await lake.run(['silver'], { limits: { maxFiles: 1 } })
    expect(batches.map(({ batch, inputRows }) => [batch, inputRows])).toEqual([
      [8, 4],
      [9, 4],
    ])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, problems: [] })
    expect(await wrongBronze(lake, valuesBetween(0, 36))).toEqual([])
  })

  test('leaves files alone that a stream has not read yet', async () => {
    await manySmallFiles()
    await lake.produce(12, 4)
    expect(counts(await lake.lake.optimize({ tables: ['bronze_messages'] }))).toEqual({ bronze_messages: [7, 1] })
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 12, problems: [] })
    await lake.run(['silver'])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, problems: [] })
    expect(counts(await lake.lake.optimize({ tables: ['bronze_messages'] }))).toEqual({ bronze_messages: [4, 1] })
  })

  test('joins no files of two writers, by whose names validate tells them apart', async () => {
    await lake.produce(8, 4)
    for (const name of ['a', 'b']) {
      await lake.drop(`${name}.parquet`, 'SELECT 100 + range AS value, now() AS timestamp FROM range(3)')
      await lake.run(['land'])
    }
    await lake.run(['silver'])
    expect(counts(await lake.lake.optimize({ tables: ['bronze_messages'] }))).toEqual({ bronze_messages: [4, 2] })
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, problems: [] })
  })

  test('keeps the live models what they were, which take the next batches as before', async () => {
    await manySmallFiles()
    await lake.run(['live'])
    await lake.lake.optimize()
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
    await lake.produce(8, 4)
    await lake.run(['silver'], { limits: { maxFiles: 1 } })
    expect(counts(await lake.lake.optimize({ tables: ['messages'] }))).toEqual({ messages: [0, 0] })
    await lake.run(['live'])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
    expect((await lake.lake.optimize({ tables: ['messages'] }))[0]?.replacedFiles).toBeGreaterThan(1)
    await lake.run(['live'], { rebuild: true })
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
  })

  test('lets --fresh make the tables again from what was joined', async () => {
    await manySmallFiles()
    await lake.lake.optimize()
    await lake.lake.empty(['silver'])
    await lake.run(['silver'])
    expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, problems: [] })
  })

  test('gives up cleanly where another writer has removed one of the files meanwhile', async () => {
    await manySmallFiles()
    const before = await rowsOfAll()
    const folder = lake.path('bronze/messages/data')
    const [victim = ''] = liveFiles(folder)
    const remove = { path: victim.slice(folder.length + 1), dataChange: true, deletionTimestamp: 0 }
    const add = { ...remove, partitionValues: {}, size: readFileSync(victim).length, modificationTime: 0 }
    const commit = [
      { commitInfo: { engineInfo: 'other 1.0', operation: 'WRITE' } },
      { remove },
      { add: { ...add, path: 'again.parquet' } },
    ]
    const meddling = hookedDisk(nodeDisk, async (call, perform) => {
      if (call.operation === 'writeFile' && /staging\/.*\/commit\./.test(call.path)) {
        writeFileSync(join(folder, 'again.parquet'), readFileSync(victim))
        const next = listTree(join(folder, '_delta_log')).filter(({ path }) => path.endsWith('.json')).length
        const text = commit.map((action) => JSON.stringify(action)).join('\n')
        writeFileSync(join(folder, '_delta_log', `${String(next).padStart(20, '0')}.json`), text)
      }
      return perform()
    })
    const [optimized] = await lake.on(meddling, () => lake.lake.optimize({ tables: ['bronze_messages'] }))
    expect(optimized).toMatchObject({ replacedFiles: 0, joinedFiles: 0, versions: [] })
    expect(optimized?.givenUp).toEqual([
      expect.stringMatching(/^version \d+, by other 1\.0, has changed .* meanwhile$/),
    ])
    expect(await rowsOfAll()).toEqual(before)
    expect(rubbishIn(lake.root)).toEqual([])
  })

  test('is refused by name while another one joins files of the table, and joins those of others', async () => {
    await manySmallFiles()
    const table = namedTable(lake.open.config, 'messages')
    const tree = treeFingerprint(lake.path('silver/messages/data'))
    await TendedTable.alone(lake.open, table, async () => {
      const refused = await lake.lake.optimize({ tables: ['messages'] }).catch((error: unknown) => error)
      expect(refused).toBeInstanceOf(LakeError)
      expect(refused).toMatchObject({ code: 'LAKE_TABLE_HELD', exitCode: 4 })
      expect(counts(await lake.lake.optimize({ tables: ['bronze_messages'] }))).toEqual({ bronze_messages: [7, 1] })
    })
    expect(treeFingerprint(lake.path('silver/messages/data'))).toBe(tree)
  })

  test('of a damaged file says which one, and leaves the table as it was', async () => {
    await manySmallFiles()
    const [victim = ''] = liveFiles(lake.path('bronze/messages/data'))
    const whole = readFileSync(victim)
    writeFileSync(victim, whole.subarray(0, 100))
    await expect(lake.lake.optimize({ tables: ['bronze_messages'] })).rejects.toMatchObject({
      code: 'LAKE_DATA_LOST',
      message: expect.stringContaining('has 100 bytes, but its log says'),
    })
    writeFileSync(victim, whole)
    expect(rubbishIn(lake.root)).toEqual([])
    expect(await lake.faults()).toEqual([])
  })

  test('on a disk that is full at any step leaves the table as it was, and nothing behind', async () => {
    await manySmallFiles()
    const before = await rowsOfAll()
    const steps = [
      /^writeFile/,
      /^link .*\.parquet/,
      /^link .*_delta_log/,
      /^syncFile .*\.parquet/,
      /^makeFolder .*staging/,
    ]
    for (const step of steps) {
      const full = failingDisk(nodeDisk, 'ENOSPC', ({ operation, path }) => step.test(`${operation} ${path}`))
      const failed = await lake
        .on(full, () => lake.lake.optimize({ tables: ['messages'] }))
        .catch((error: unknown) => error)
      expect([step, failed]).toEqual([step, expect.objectContaining({ code: 'LAKE_DISK_FAILED' })])
      expect([step, rubbishIn(lake.root)]).toEqual([step, []])
      expect(await rowsOfAll()).toEqual(before)
    }
    expect((await lake.lake.optimize({ tables: ['messages'] }))[0]?.joinedFiles).toBeGreaterThan(0)
  })
})

const JOIN_STEPS: readonly RegExp[] = [
  /^makeFolder .*\.upkeep\/staging\/\*$/,
  /^syncFile .*\.upkeep\/staging\/\*\/.*-joined\.parquet$/,
  /^writeFile .*\/joined\.json\.\*\.tmp$/,
  /^syncFile .*\/joined\.json\.\*\.tmp$/,
  /^rename .*\/joined\.json$/,
  /^syncFolder .*\.upkeep\/staging$/,
  /^link .*\/data\/.*-joined\.parquet$/,
  /^syncFolder .*\/data/,
  /^syncFile .*\.upkeep\/staging\/\*\/commit\.\*\.tmp$/,
  /^link .*\/_delta_log\/N\.json$/,
  /^syncFolder .*\/_delta_log$/,
  /^removeTree .*\.upkeep\/staging\/\*$/,
]

describe('a joining of files that ends at any disk call', { timeout: 600_000 }, () => {
  const join = () => lake.lake.optimize({ tables: ['messages'] })

  test('by a kill leaves no trace after the next start, and no row is lost or doubled', async () => {
    await manySmallFiles()
    const before = await rowsOfAll()
    const record = await crashStatesOf(lake, join)
    expect(missingSteps(lake, record, JOIN_STEPS)).toEqual([])
    const check = async () => [
      ...(JSON.stringify(await rowsOfAll()) === JSON.stringify(before) ? [] : ['other rows']),
      ...(await lake.fileFaults()),
    ]
    expect(await recoverEach(lake, record, () => lake.run(['silver']), check)).toEqual([])
  })

  test('by a power cut leaves no trace after the next start, and no row is lost or doubled', async () => {
    await manySmallFiles()
    const before = await rowsOfAll()
    const record = await powerCutStatesOf(lake, join)
    expect(missingSteps(lake, record, JOIN_STEPS)).toEqual([])
    const check = async () => (JSON.stringify(await rowsOfAll()) === JSON.stringify(before) ? [] : ['other rows'])
    expect(await recoverEach(lake, record, () => lake.run(['silver']), check)).toEqual([])
  })
})
