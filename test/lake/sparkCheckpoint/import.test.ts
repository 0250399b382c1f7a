import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { ImportStep, SparkImport, SparkImportOptions } from '../../../src/index.ts'
import { Lake } from '../../../src/lake/lake.ts'
import { commitAs } from '../../support/foreignCommit.ts'
import { MessagesLake } from '../../support/messagesLake.ts'
import { SparkQueries } from '../../support/sparkQueries.ts'
import { treeFingerprint } from '../../support/tree.ts'

const lake = await MessagesLake.open()
const queries = new SparkQueries(lake)
const { valid, corrupted } = queries

beforeEach(() => queries.clear())
afterAll(() => lake.close())

function importBoth(options: Partial<SparkImportOptions> = {}): Promise<SparkImport> {
  const { checkpoints, sinks } = queries
  return lake.clock.passing(() => lake.lake.importSparkCheckpoint(checkpoints, { sinks, ...options }))
}

/** Rows of bronze, and of both tables of silver. */
async function rowCounts(): Promise<readonly number[]> {
  const { tables } = await lake.lake.validate()
  return Object.values(tables)
}

async function batchesOf(streams: readonly string[]): Promise<readonly (readonly [string, number, number])[]> {
  const batches = await lake.run(streams)
  return batches.map(({ stream, batch, inputRows }) => [stream, batch, inputRows])
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
    expect(await batchesOf(['land', 'silver'])).toEqual([
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
    expect(await importBoth({ dryRun: true })).toMatchObject({
      outcome: 'planned',
      sinks: [
        { table: 'messages', rows: 2, leftOut: [] },
        { table: 'messages_corrupted', rows: 6, leftOut: [] },
      ],
    })
    expect(treeFingerprint(lake.root)).toBe(before)
  })

  test('leaves the source’s files in the archive of the landing folder, and what Spark wrote as it was', async () => {
    await queries.batches(2)
    const before = treeFingerprint(queries.folder)
    await importBoth()
    expect(readdirSync(lake.landing)).toEqual(['_archive'])
    expect(treeFingerprint(queries.folder)).toBe(before)
  })

  test('may come from a folder that the landing folder is a link to', async () => {
    await queries.batches(1)
    const elsewhere = join(queries.folder, 'bronze')
    renameSync(lake.landing, elsewhere)
    symlinkSync(elsewhere, lake.landing)
    await importBoth()
    expect(await rowCounts()).toEqual([4, 1, 3])
    expect(readdirSync(elsewhere)).toEqual(['_archive'])
  })

  test('shows in the history, with the queries in the record, and in the live aggregates', async () => {
    await queries.batches(1)
    await importBoth()
    const { value: newest } = await lake.lake.history('messages').next()
    expect(newest).toMatchObject({
      stream: 'silver',
      batch: 1,
      engine: expect.stringContaining('from what Spark wrote'),
    })
    await lake.run(['live'])
    const { live = [] } = await lake.lake.validate()
    expect(live.flatMap(({ problems }) => problems)).toEqual([])
  })
})

describe('a batch that the query has begun', () => {
  test('and not written is left out, with what is in the sink of it; land takes its files', async () => {
    await queries.batches(3)
    const file = await queries.drop()
    await valid.batch([file], 'planned')
    writeFileSync(join(corrupted.sink, 'notes.txt'), '')
    const steps: ImportStep[] = []
    const result = await importBoth({ onStep: (step) => steps.push(step) })
    expect(result.sinks[0]?.leftOut).toEqual([expect.stringMatching(/^date=.*part-00000-3\..*parquet$/)])
    expect(steps.filter(({ step }) => step === 'left out').map(({ text }) => text)).toEqual([
      expect.stringMatching(/part-00000-3.*, in no committed batch of messages$/),
      expect.stringMatching(/notes\.txt, in no committed batch of messages_corrupted$/),
      expect.stringMatching(/1 file of no committed batch: land takes them$/),
    ])
    expect(await batchesOf(['land', 'silver'])).toEqual([
      ['land', 2, 4],
      ['silver', 2, 4],
    ])
    expect(await lake.faults()).toEqual([])
  })

  test('and written to the log of its sink is taken, although the checkpoint does not know that yet', async () => {
    await queries.batches(3)
    const file = await queries.drop()
    await valid.batch([file], 'written')
    await corrupted.batch([file])
    expect(await importBoth()).toMatchObject({ source: { files: 4, rows: 16 } })
    expect(await batchesOf(['land', 'silver'])).toEqual([])
    expect(await lake.faults()).toEqual([])
  })
})

test('files that foreachBatch has written, without a log, are taken where each row that was read is there once', async () => {
  await queries.batches(3)
  for (const { sink } of [valid, corrupted]) rmSync(join(sink, '_spark_metadata'), { recursive: true })
  const checkpoints = [valid.checkpoint]
  const steps: ImportStep[] = []
  const onStep = (step: ImportStep): unknown => steps.push(step)
  await lake.clock.passing(() =>
    lake.lake.importSparkCheckpoint(checkpoints, { sinks: [valid.sink, corrupted.sink], onStep }),
  )
  expect(steps).toContainEqual({ step: 'proved', text: 'the same rows, by the columns that both have' })
  expect(await rowCounts()).toEqual([12, 3, 9])
  expect(await lake.faults()).toEqual([])
})

test('a file of the log with its right checksum is read', async () => {
  await queries.batches(1)
  // CRC-32 of the bytes, after Hadoop's header and the length of a piece.
  const log = Buffer.from('v1\n{"nextBatchWatermarkMs":0}')
  writeFileSync(join(valid.checkpoint, 'commits/0'), log)
  const { crc32 } = await import('node:zlib')
  const sum = Buffer.alloc(12)
  sum.write('crc\0', 0, 'latin1')
  sum.writeUInt32BE(512, 4)
  sum.writeUInt32BE(crc32(log), 8)
  writeFileSync(join(valid.checkpoint, 'commits/.0.crc'), sum)
  expect(await importBoth({ dryRun: true })).toMatchObject({ outcome: 'planned' })
})

describe('an import into tables that are not empty', () => {
  test.each([
    ['of another stream', () => lake.produce(3), 'stream produce has batches already'],
    ['of a stream that took files of its own', () => lake.run(['land']), 'stream land has batches already'],
  ])('%s is refused, and they stay as they are', async (_, fill, says) => {
    await queries.batches(2)
    await fill()
    const before = await lake.rowsOf('bronze_messages')
    await expect(importBoth()).rejects.toMatchObject({
      code: 'LAKE_IMPORT_REFUSED',
      message: expect.stringContaining(says),
    })
    expect(await lake.rowsOf('bronze_messages')).toEqual(before)
  })

  test('is taken once they are empty again', async () => {
    await queries.batches(2)
    await importBoth()
    await lake.clock.passing(() => lake.lake.empty(['land'], { reland: true }))
    expect(await importBoth()).toMatchObject({ outcome: 'imported', source: { files: 2 } })
    expect(await lake.faults()).toEqual([])
  })
})

test('a query that goes on while it is imported is refused, before anything is taken', async () => {
  await queries.batches(2)
  const goOn = (): void => {
    if (!readdirSync(join(valid.checkpoint, 'offsets')).includes('2')) {
      valid.write('offsets', 2, [{}, { logOffset: 2 }])
    }
  }
  const refused = importBoth({ onStep: goOn })
  await expect(refused).rejects.toMatchObject({
    code: 'LAKE_IMPORT_REFUSED',
    message: expect.stringContaining('Spark is still writing'),
  })
  expect(await rowCounts()).toEqual([0, 0, 0])
  expect(readdirSync(lake.landing)).toContain('part 0.parquet')
})

describe('an import that was stopped between its batches', () => {
  async function stopAfterLanding(): Promise<void> {
    await queries.batches(2)
    await queries.drop()
    const stop = new AbortController()
    const onStep = ({ step }: ImportStep): void => {
      if (step === 'took') stop.abort()
    }
    await expect(importBoth({ onStep, signal: stop.signal })).rejects.toMatchObject({ code: 'LAKE_INTERRUPTED' })
  }

  test('keeps its streams, and all that write their tables, from running, and says how to go on', async () => {
    await stopAfterLanding()
    for (const stream of ['land', 'silver']) {
      await expect(lake.run([stream])).rejects.toMatchObject({
        code: 'LAKE_IMPORT_UNFINISHED',
        remedy: expect.stringContaining(`lakeweir import-spark-checkpoint ${valid.checkpoint}`),
      })
    }
    await expect(lake.produce(1)).rejects.toMatchObject({ code: 'LAKE_IMPORT_UNFINISHED' })
    expect(await lake.bronzeValues()).toHaveLength(8)
  })

  test('goes on where it was, and then all run', async () => {
    await stopAfterLanding()
    expect(await importBoth()).toMatchObject({ outcome: 'imported', source: { files: 2, rows: 8 } })
    expect(await rowCounts()).toEqual([8, 2, 6])
    await lake.produce(1)
    expect(await batchesOf(['land', 'silver'])).toContainEqual(['land', 2, 4])
    expect(await rowCounts()).toEqual([13, 4, 9])
    expect(await lake.faults()).toEqual([])
  })

  test.each(["'a later file'", "'0 an earlier file'"])(
    'goes no further once another program has added %s',
    async (name) => {
      await stopAfterLanding()
      const path = `${name.replaceAll("'", '')}.parquet`
      const data = lake.path('bronze/messages/data')
      const [file = ''] = readdirSync(data).filter((one) => one.endsWith('.parquet'))
      copyFileSync(join(data, file), join(data, path))
      const size = statSync(join(data, path)).size
      const stats = JSON.stringify({ numRecords: 8 })
      commitAs('deltaRs', data, 'WRITE', [
        {
          add: {
            path: encodeURIComponent(path),
            partitionValues: {},
            size,
            modificationTime: 0,
            dataChange: true,
            stats,
          },
        },
      ])
      for (let time = 1; time <= 2; time++) {
        await expect(importBoth()).rejects.toMatchObject({
          code: 'LAKE_IMPORT_UNFINISHED',
          message: `another program has changed table bronze_messages since the import has landed its rows: it has ${path}, which the import has not put there.`,
          state: 'What Spark wrote was not taken, and land and silver cannot run as they are.',
          remedy: expect.stringMatching(/^Stop that program\. Then .*: lakeweir run land silver --fresh --reland$/),
        })
      }
      expect(await lake.rowsOf('messages')).toEqual([])
      await lake.clock.passing(() => lake.lake.empty(['land', 'silver'], { reland: true }))
      await lake.run(['land', 'silver'])
      expect(await rowCounts()).toEqual([12, 3, 9])
      expect(await lake.faults()).toEqual([])
    },
  )

  test('is forgotten with --fresh, which puts its files back', async () => {
    await stopAfterLanding()
    await lake.clock.passing(() => lake.lake.empty(['land', 'silver'], { reland: true }))
    expect(await batchesOf(['land', 'silver'])).toEqual([
      ['land', 1, 12],
      ['silver', 1, 12],
    ])
  })
})

test('a library without a lake yet says so with the same errors', async () => {
  mkdirSync(lake.root, { recursive: true })
  const opened = Lake.of(lake.open)
  await expect(opened.importSparkCheckpoint([queries.folder], { sinks: ['messages=/x'] })).rejects.toMatchObject({
    code: 'LAKE_IMPORT_REFUSED',
  })
})
