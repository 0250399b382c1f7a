import { readdirSync } from 'node:fs'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { SparkImport } from '../../../src/index.ts'
import { MessagesLake } from '../../support/messagesLake.ts'
import { SparkQueries } from '../../support/sparkQueries.ts'
import { treeFingerprint } from '../../support/tree.ts'

const lake = await MessagesLake.open()
const queries = new SparkQueries(lake)

beforeEach(() => queries.clear())
afterAll(() => lake.close())

function importBoth(dryRun = false): Promise<SparkImport> {
  return lake.clock.passing(() =>
    lake.lake.importSparkCheckpoint(queries.checkpoints, { sinks: queries.sinks, dryRun }),
  )
}

async function rowCounts(): Promise<readonly number[]> {
  const { tables } = await lake.lake.validate()
  return Object.values(tables)
}

describe('what two queries with file sinks have committed', () => {
  test('becomes a batch of each stream, equal to what the SELECT would have made, and nothing is pending', async () => {
    await queries.batches(5)
    const result = await importBoth()
    expect(result).toMatchObject({ outcome: 'imported', source: { files: 5, rows: 20 }, streams: ['land', 'silver'] })
    expect(await rowCounts()).toEqual([20, 5, 15])
    const { ok, problems, notCompared } = await lake.lake.validate({ deep: true })
    expect({ ok, problems, notCompared }).toEqual({ ok: true, problems: [], notCompared: [] })
    expect(await lake.faults()).toEqual([])
  })

  test('is followed by the files that no batch has read, which land takes once, and silver splits once', async () => {
    await queries.batches(2)
    await queries.drop()
    await importBoth()
    await queries.drop()
    const batches = await lake.run(['land', 'silver'])
    expect(batches.map(({ stream, batch, inputRows }) => [stream, batch, inputRows])).toEqual([
      ['land', 2, 8],
      ['silver', 2, 8],
    ])
    expect(await rowCounts()).toEqual([16, 4, 12])
    expect(await lake.faults()).toEqual([])
  })

  test('is imported once: a second call says so and changes nothing, also after the streams have run', async () => {
    await queries.batches(1)
    await importBoth()
    const before = treeFingerprint(lake.root)
    expect(await importBoth()).toMatchObject({ outcome: 'earlier', streams: ['land', 'silver'] })
    expect(treeFingerprint(lake.root)).toBe(before)
    await queries.drop()
    await lake.run(['land', 'silver'])
    expect(await importBoth()).toMatchObject({ outcome: 'earlier' })
    expect(await rowCounts()).toEqual([8, 2, 6])
  })

  test('is shown by a dry run, which changes nothing and makes no lake', async () => {
    await queries.batches(2)
    const before = treeFingerprint(lake.root)
    expect(await importBoth(true)).toMatchObject({
      outcome: 'planned',
      sinks: [
        { table: 'messages', rows: 2, leftOut: [] },
        { table: 'messages_corrupted', rows: 6, leftOut: [] },
      ],
    })
    expect(treeFingerprint(lake.root)).toBe(before)
  })

  test('leaves the source’s files in the archive of the landing folder', async () => {
    await queries.batches(2)
    await importBoth()
    expect(readdirSync(lake.landing)).toEqual(['_archive'])
  })
})
