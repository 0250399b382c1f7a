import { rmSync, writeFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { mergedRows } from '../../../src/duckdb/sql/keptGroups.ts'
import { LakeError } from '../../../src/errors.ts'
import type { BatchFacts } from '../../../src/serving/input.ts'
import { attachToRead } from '../../../src/serving/store/attached.ts'
import { inDuckdb } from '../../support/duckdb.ts'
import { KeptLake, type KeptLakeOptions, MODELS } from '../../support/keptLake.ts'
import { rawSql } from '../../support/sql.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

const at = (second: number): string => `'2026-11-22 10:00:${String(second).padStart(2, '0')}+00'`
const row = (second: number, id: string, person = 1000): string =>
  `(${at(second)}, ${second}, 'OPEN', '${id}', 'CHAT', 2000, ${person}, 1.5)`

/** A lake with two batches, open. */
async function openLake(options: KeptLakeOptions = {}): Promise<KeptLake> {
  const lake = await KeptLake.make(temporaryFolder(), options)
  onTestFinished(() => lake.end())
  await lake.open()
  await lake.add([row(5, 'a'), row(6, 'a'), row(7, 'b')])
  await lake.take()
  await lake.add([row(1, 'a', 1001), '(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)'])
  await lake.take()
  return lake
}

async function errorOf(work: () => Promise<unknown>): Promise<LakeError> {
  const error = await work().then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(error).toBeInstanceOf(LakeError)
  return error as LakeError
}

async function stored(lake: KeptLake, sql: string): Promise<unknown[]> {
  const session = await lake.connect()
  try {
    return await session.rows(rawSql`${sql}`)
  } finally {
    session.close()
  }
}

const builds = async (lake: KeptLake): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    (await stored(lake, 'SELECT name, build FROM live.kept.models')).map((model) => {
      const { name, build } = model as { name: string; build: string }
      return [name, build]
    }),
  )

describe('a portion', () => {
  test('is taken once: the same one again changes nothing', async () => {
    const lake = await openLake()
    const before = await lake.store.reader.position()
    const outcome = await lake.write(lake.portion(1, 2))
    expect(outcome).toMatchObject({ kind: 'written', written: { inputRows: 0, inputFiles: 0, rows: {} } })
    expect(await lake.store.reader.position()).toEqual(before)
    expect(await lake.differences()).toEqual([])
  })

  test.each([
    { name: 'leaves a batch out', portion: (lake: KeptLake) => lake.portion(3, 4) },
    {
      name: 'is of another stream',
      portion: (lake: KeptLake) => {
        lake.streamId = 'silver@other'
        return lake.portion(2, 3)
      },
    },
  ])('is refused if it $name', async ({ portion }) => {
    const lake = await openLake()
    for (const id of ['c', 'd']) await lake.add([row(9, id)])
    const outcome = await lake.write(portion(lake))
    expect(outcome).toMatchObject({ kind: 'failed', cause: 'data' })
    expect(outcome.kind === 'failed' && String(outcome.error)).toContain('does not follow what the store has')
    expect(await lake.differences(2)).toEqual([])
  })

  test('of all rows makes everything anew, and readers see that by the generation', async () => {
    const lake = await openLake()
    const before = await lake.store.reader.position()
    lake.streamId = 'silver@other'
    lake.files.pop()
    expect(await lake.write(lake.portion(0, 1, 'all'))).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
    const after = await lake.store.reader.position()
    expect(after?.batch).toBe(1)
    expect(after?.generation).not.toBe(before?.generation)
  })

  test('of all rows of another lake does not replace a store that was copied into that lake', async () => {
    const lake = await openLake()
    await lake.close()
    await inDuckdb(async (other) => {
      await other.run(
        rawSql`ATTACH '${lake.parts.file}' AS live; UPDATE live.kept.store SET lake_folder = '/elsewhere'`,
      )
      await other.run(rawSql`DETACH live`)
    })
    await lake.open()
    lake.streamId = 'silver@other'
    for (const start of ['the first', 'another'] as const) {
      const error = await errorOf(() => lake.write(lake.portion(0, 2, 'all')))
      expect(error.code, start).toBe('LAKE_STORE_INVALID')
      expect(error.message).toContain('belongs to the lake in /elsewhere')
      await lake.reopen()
    }
    lake.streamId = 'silver@00000000-0000-4000-8000-000000000001'
    expect(await lake.write(lake.portion(0, 2, 'all'))).toMatchObject({ kind: 'written' })
  })

  test('that failed leaves nothing in memory, so that it may come again with other rows', async () => {
    const lake = await openLake()
    await lake.add([row(1, 'c')])
    const portion = lake.nextPortion()
    const failed = await lake.write({ ...portion, secure: () => Promise.reject(new Error('not secured')) })
    expect(failed).toMatchObject({ kind: 'failed' })
    lake.files.pop()
    await lake.add([row(9, 'c')])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('that is interrupted leaves nothing', async () => {
    const lake = await openLake()
    await lake.add([row(9, 'c')])
    lake.writer.interrupt()
    expect(await lake.take()).toMatchObject({ kind: 'failed', cause: 'resources' })
    await lake.reopen()
    expect(await lake.differences(2)).toEqual([])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('whose file is damaged fails for its data, and leaves nothing', async () => {
    const lake = await openLake()
    await lake.add([row(9, 'c')])
    const file = lake.files[2] ?? ''
    rmSync(file)
    await lake.session.run(rawSql`COPY (SELECT 'no time' AS seen_at) TO '${file}' (FORMAT parquet)`)
    expect(await lake.take()).toMatchObject({ kind: 'failed', cause: 'data' })
    expect(await lake.differences(2)).toEqual([])
  })
})

describe('the store', () => {
  test('that is deleted while it is in use is noticed, and the next attempt makes it anew', async () => {
    const lake = await openLake()
    rmSync(lake.parts.file)
    await lake.add([row(9, 'c')])
    const error = await errorOf(() => lake.take())
    expect(error.code).toBe('LAKE_STORE_INVALID')
    expect(error.message).toContain('is gone while it was in use')
    await lake.recoverAgain()
    expect(lake.writer.last).toBeUndefined()
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('is recovered again after an attempt that failed, while its reader goes on', async () => {
    const lake = await openLake()
    const { reader } = lake.store
    await lake.recoverAgain()
    expect(lake.writer.last?.batch).toBe(2)
    await lake.add([row(9, 'c')])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(reader).toBe(lake.store.reader)
    expect(await lake.differences()).toEqual([])
  })

  test('can be deleted: it is made anew', async () => {
    const lake = await openLake()
    await lake.close()
    rmSync(lake.parts.file)
    await lake.open()
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('tells how much it has', async () => {
    const lake = await openLake()
    await lake.writer.idle()
    const { position, models } = await lake.store.status()
    expect(position?.batch).toBe(2)
    expect(models.map(({ name }) => name)).toEqual(Object.keys(MODELS).toSorted())
    expect(models.every(({ isBuilt, addedRows, bytes }) => isBuilt && addedRows === 0 && bytes > 0)).toBe(true)
    expect(models.find(({ name }) => name === 'persons')).toMatchObject({ groups: 3 })
    expect(lake.store.relations).toContainEqual(expect.objectContaining({ name: 'first_events', keys: 3 }))
  })

  test('is read by others only while nobody runs it', async () => {
    const lake = await openLake()
    await inDuckdb(async (session) => {
      expect((await errorOf(() => attachToRead(session, lake.parts))).code).toBe('LAKE_STREAM_HELD')
      await lake.close()
      const detach = await attachToRead(session, lake.parts)
      expect(await session.rows(rawSql`SELECT events FROM live.persons WHERE person = 1001`)).toEqual([{ events: 1 }])
      expect((await errorOf(() => lake.open())).code).toBe('LAKE_STREAM_HELD')
      await detach?.()
      await lake.open()
      await lake.close()
      rmSync(lake.parts.file)
      expect(await attachToRead(session, lake.parts)).toBeUndefined()
    })
  })
})

describe('models that change', () => {
  test('are built alone, from what the store has, while the others stay as they are', async () => {
    const lake = await openLake()
    const { per_minute, persons, all_rows } = MODELS
    const before = await builds(lake)
    const changed = `${persons} `.replace('min(number) AS lowest', 'max(number) AS highest')
    await lake.setModels({
      per_minute: per_minute ?? '',
      persons: changed,
      all_rows: all_rows ?? '',
      more: all_rows ?? '',
    })
    await lake.reopen()
    expect(lake.writer.last?.batch).toBe(2)
    expect(await lake.differences()).toEqual([])
    const after = await builds(lake)
    expect(Object.keys(after).toSorted()).toEqual(['all_rows', 'more', 'per_minute', 'persons'])
    expect(after.per_minute).toBe(before.per_minute)
    expect(after.all_rows).toBe(before.all_rows)
    expect(after.persons).not.toBe(before.persons)
    expect(await stored(lake, `SELECT table_name FROM duckdb_tables() WHERE table_name = 'by_day'`)).toEqual([])
    await lake.add([row(0, 'b')])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('are built with all others of their relation if they need a column that was not kept', async () => {
    const lake = await openLake({ models: { per_minute: MODELS.per_minute ?? '', all_rows: MODELS.all_rows ?? '' } })
    const before = await builds(lake)
    await lake.setModels({
      per_minute: MODELS.per_minute ?? '',
      all_rows: MODELS.all_rows ?? '',
      by_day: MODELS.by_day ?? '',
    })
    await lake.reopen()
    expect(await lake.differences()).toEqual([])
    const after = await builds(lake)
    expect(after.all_rows).toBe(before.all_rows)
    expect(after.per_minute).not.toBe(before.per_minute)
  })

  test('are built by a portion of all rows where nobody can tell the files of earlier ones any more', async () => {
    const lake = await openLake({ models: { all_rows: MODELS.all_rows ?? '' } })
    await lake.setModels({ all_rows: MODELS.all_rows ?? '', by_zone: MODELS.by_zone ?? '' })
    lake.setParts({ filesUpTo: async () => undefined })
    await lake.reopen()
    expect(lake.writer.last).toBeUndefined()
    const outcome = await lake.write(lake.portion(0, 2, 'all'))
    expect(outcome).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('are built anew with the next batch if a reference file that they join changes while they are kept', async () => {
    const lake = await openLake()
    const before = [await builds(lake), await lake.store.reader.position()] as const
    lake.setZones({ 2000: 'east' })
    await lake.add([row(9, 'c')])
    const portion = lake.nextPortion()
    const failed = await lake.write({ ...portion, secure: () => Promise.reject(new Error('not secured')) })
    expect(failed).toMatchObject({ kind: 'failed' })
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
    const after = [await builds(lake), await lake.store.reader.position()] as const
    expect(after[0].by_zone).not.toBe(before[0].by_zone)
    expect(after[0].persons).toBe(before[0].persons)
    expect(after[1]?.generation).not.toBe(before[1]?.generation)
    await lake.reopen()
    expect(await builds(lake)).toEqual(after[0])
  })

  test('fail by the name of a reference file that is damaged, until it is fixed', async () => {
    const lake = await openLake()
    writeFileSync(lake.reference.file, 'zone,label\n2000,east\n2000,west\n')
    await lake.add([row(9, 'c')])
    const outcome = await lake.take()
    expect(outcome).toMatchObject({ kind: 'failed', cause: 'data' })
    expect(outcome.kind === 'failed' && String(outcome.error)).toContain('reference zones')
    lake.setZones({ 2000: 'north', 2001: 'south' }) // as it was
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('are built anew if a reference file that they join has changed', async () => {
    const lake = await openLake()
    const before = await builds(lake)
    lake.setZones({ 2000: 'east' })
    await lake.reopen()
    expect(await lake.differences()).toEqual([])
    const after = await builds(lake)
    expect(after.by_zone).not.toBe(before.by_zone)
    expect(after.persons).toBe(before.persons)
  })
})

test('a group that begins with NULL is summed up with the others', async () => {
  const lake = await openLake()
  for (const id of ['n1', 'n2', 'n3']) {
    await lake.add([`(NULL, 1, 'OPEN', '${id}', 'CHAT', 2000, 1000, 1.5)`, row(9, id)])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    await lake.writer.idle()
    expect(await lake.differences()).toEqual([])
  }
})

describe('a group that vanishes', () => {
  /** The first row of `a` moves from one minute to the one before. */
  async function movedLake(): Promise<KeptLake> {
    const lake = await KeptLake.make(temporaryFolder(), { models: { per_minute: MODELS.per_minute ?? '' } })
    onTestFinished(() => lake.end())
    await lake.open()
    await lake.add([`('2026-11-22 10:05:00+00', 1, 'OPEN', 'a', 'CHAT', 2000, 1000, 1.5)`])
    await lake.take()
    await lake.add([`('2026-11-22 10:04:00+00', 1, 'OPEN', 'a', 'CHAT', 2000, 1000, 1.5)`])
    await lake.take()
    return lake
  }

  const tombstones = 'SELECT batch FROM live.summed.per_minute WHERE n = 0'

  test('is not seen any more, and stays for copies that have it, with the batch that took its last row', async () => {
    const lake = await movedLake()
    for (const tidies of [async () => undefined, () => lake.writer.idle()]) {
      await tidies()
      expect(await lake.differences()).toEqual([])
      const [model] = lake.models
      const merged = model === undefined ? '' : mergedRows(model)
      expect(await stored(lake, `SELECT n, batch FROM (${merged}) ORDER BY g0`)).toEqual([
        { n: 1, batch: 2 },
        { n: 0, batch: 2 },
      ])
    }
    expect(await stored(lake, 'SELECT known_after FROM live.kept.models')).toEqual([{ known_after: 1 }])
  })

  test('is forgotten after many batches, and the model says from when on it knows all changes', async () => {
    const lake = await movedLake()
    await lake.writer.idle()
    expect(await stored(lake, tombstones)).toEqual([{ batch: 2 }])
    const portion = lake.portion(2, 2)
    const far = {
      ...portion,
      range: { ...portion.range, end: { batch: 20_003 } },
      input: { ...portion.input, batch: 20_003 },
    }
    expect(await lake.write(far)).toMatchObject({ kind: 'written' })
    await lake.add([`('2026-11-22 10:04:00+00', 1, 'OPEN', 'b', 'CHAT', 2000, 1000, 1.5)`])
    const next = lake.portion(2, 3)
    const later = {
      ...next,
      range: { ...next.range, start: { batch: 20_003 }, end: { batch: 20_004 } },
      input: { ...next.input, batch: 20_004 },
    }
    expect(await lake.write(later)).toMatchObject({ kind: 'written' })
    await lake.writer.idle()
    expect(await lake.differences()).toEqual([])
    expect(await stored(lake, tombstones)).toEqual([])
    expect(await stored(lake, 'SELECT known_after FROM live.kept.models')).toEqual([{ known_after: 4 }])
  })
})

describe('the batches', () => {
  const facts = (batch: number, more: Partial<BatchFacts> = {}): BatchFacts => ({
    stream: 'silver',
    streamId: 'silver@one',
    batch,
    batchTime: '2026-11-22T10:00:00.000Z',
    rows: { events: 2, "it's": 0 },
    inputRows: 2,
    sourceStart: undefined,
    sourceEnd: '{"a":1}',
    landedFiles: ["o'clock.parquet"],
    durationMs: undefined,
    lagMs: undefined,
    ...more,
  })
  const durationMs = { plan: 1, stage: 2, sync: 3, commit: 4, publish: 5, total: 15.5 }

  test('are written down with what is known of them, and once more if more is known', async () => {
    const lake = await openLake()
    const take = async (given: readonly BatchFacts[]) => {
      await lake.add([])
      const portion = lake.nextPortion()
      expect(await lake.write({ ...portion, input: { ...portion.input, facts: given } })).toMatchObject({
        kind: 'written',
      })
    }
    const known = `SELECT batch, rows, landed_files, lag_ms, total_ms FROM live.batches WHERE stream_id = 'silver@one' ORDER BY batch`
    const landed_files = ["o'clock.parquet"]
    await take([facts(1), facts(1), facts(2, { landedFiles: undefined })])
    expect(await stored(lake, known)).toMatchObject([
      { batch: 1, landed_files, total_ms: null },
      { batch: 2, landed_files: null, total_ms: null },
    ])
    await lake.reopen()
    await take([facts(1, { durationMs, lagMs: 7.5 }), facts(2), facts(3, { durationMs })])
    await take([facts(1, { durationMs }), facts(2, { landedFiles: ['b'], durationMs }), facts(3, { durationMs })])
    expect(await stored(lake, known)).toMatchObject([
      { batch: 1, landed_files, lag_ms: 7.5, total_ms: 15.5 },
      { batch: 2, landed_files: ['b'], lag_ms: null, total_ms: 15.5 },
      { batch: 3, landed_files, lag_ms: null, total_ms: 15.5 },
    ])
    await lake.writer.idle()
    expect(await stored(lake, known)).toHaveLength(3)
  })
})
