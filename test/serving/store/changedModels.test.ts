import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { LakeError } from '../../../src/errors.ts'
import type { Outcome } from '../../../src/stream/sink.ts'
import { type KeptLake, MODELS } from '../../support/keptLake.ts'
import { builds, errorOf, openKeptLake, row, stored } from '../../support/openKeptLake.ts'

/** What a reader gets of a model: its rows, or why not. */
async function rowsOf(lake: KeptLake, name: string): Promise<readonly unknown[] | string> {
  try {
    const rows: unknown[] = []
    for await (const piece of lake.store.reader.model(name)) rows.push(...piece.rows)
    return rows
  } catch (error) {
    return (error as Error).message
  }
}

/** Hands batches over one after another, without waiting in between. */
function takeAtOnce(lake: KeptLake, from: number): Promise<readonly Outcome[]> {
  const portions = lake.files.slice(from).map((_, index) => lake.portion(from + index, from + index + 1))
  return Promise.all(portions.map((portion) => lake.write(portion)))
}

describe('models that change', () => {
  test('are built beside the batches, which the others take meanwhile', async () => {
    const lake = await openKeptLake()
    const persons = MODELS.persons?.replace('min(number) AS lowest', 'min(number) AS lowest, max(number) AS highest')
    const by_zone = MODELS.by_zone?.replace('AS highest', 'AS highest, min(e.number) AS lowest')
    const all_rows = MODELS.all_rows?.replace('AS big', 'AS large')
    await lake.setModels({ ...MODELS, persons: persons ?? '', by_zone: by_zone ?? '', all_rows: all_rows ?? '' })
    await lake.close()
    await lake.add([row(0, 'a', 1002), row(30, 'c')]) // the first takes back the extreme of another person
    await lake.add([row(0, 'b', 1001), row(31, 'd', 1002)])
    await lake.add([row(0, 'c', 1003), row(2, 'd', 1002)])
    await lake.openUnsettled()
    const taken = takeAtOnce(lake, 2)
    const seen: unknown[] = []
    lake.store.reader.onCommit(({ batch }) => seen.push(batch))
    expect(lake.store.reader.models.filter(({ isBuilt }) => !isBuilt).map(({ name }) => name)).toEqual([
      'persons',
      'all_rows',
      'by_zone',
    ])
    expect(await rowsOf(lake, 'persons')).toBe('model persons reads live.persons, which is being built.')
    expect(await rowsOf(lake, 'per_minute')).toBeInstanceOf(Array)
    expect((await taken).map(({ kind }) => kind)).toEqual(['written', 'written', 'written'])
    expect(await lake.differences()).toEqual([])
    // Each batch was taken before the first model was there, and each model is told to whoever listens.
    expect(seen).toEqual([3, 4, 5, 5, 5, 5])
  })

  test('are not lost with a process that ends while they are built', async () => {
    const lake = await openKeptLake()
    const changed = MODELS.persons?.replace('AS lowest', 'AS least') ?? ''
    await lake.setModels({ ...MODELS, persons: changed })
    await lake.close()
    await lake.add([row(0, 'a', 1002)])
    await lake.openUnsettled()
    const taken = takeAtOnce(lake, 2)
    await lake.store.close() // as a failure would
    await taken
    await lake.reopen()
    if (lake.takenBatch < 3) await lake.take()
    expect(await lake.differences()).toEqual([])
  })

  test.each([
    ['once', 1],
    ['again while they are built', 2],
  ])('by a reference file that changes %s are built beside the batches', async (_, changes) => {
    const lake = await openKeptLake()
    for (let change = 0; change < changes; change++) {
      lake.setZones({ 2000: change === 0 ? 'east' : 'west' })
      await lake.add([row(9 + change, `c${change}`)])
      await lake.add([row(1, `c${change}`, 1003)])
      const taken = takeAtOnce(lake, lake.files.length - 2)
      expect((await taken).map(({ kind }) => kind)).toEqual(['written', 'written'])
    }
    expect(await lake.differences()).toEqual([])
    await lake.reopen()
    expect(await lake.differences()).toEqual([])
  })

  test('end the run if an expression of theirs fails, by their name, and the others have what they had', async () => {
    const lake = await openKeptLake()
    await lake.setModels({
      ...MODELS,
      persons: 'SELECT CAST(kind AS INTEGER) AS kind, count(*) AS n FROM first_events GROUP BY ALL',
    })
    await lake.close()
    await lake.openUnsettled()
    const told = new Promise((resolve) => lake.writer.onFailure?.(resolve))
    await lake.add([row(9, 'c').replace('OPEN', '7')])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    const error = await errorOf(() => lake.settle())
    expect(await told).toBe(error)
    expect(error.code).toBe('LAKE_BATCH_FAILED')
    expect(error.message).toContain('sql/live/persons.sql: Conversion Error')
    await lake.setModels(MODELS)
    await lake.reopen()
    expect(await lake.differences()).toEqual([])
  })

  test('fail by their name with a later batch, and neither the others nor the position change', async () => {
    const lake = await openKeptLake({
      models: {
        ...MODELS,
        by_number: 'SELECT CAST(kind AS VARCHAR) AS kind, sum(CAST(id AS INTEGER)) AS ids FROM events GROUP BY ALL',
        by_place: 'SELECT place, max(number + 1) AS next FROM first_events GROUP BY ALL',
      },
      ids: ['7', '8'],
    })
    const before = await lake.store.reader.position()
    for (const [bad, model, reason] of [
      [row(9, 'x'), 'by_number', "Could not convert string 'x' to INT32"],
      [`(NULL, 9223372036854775807, NULL, '1', NULL, NULL, NULL, NULL)`, 'by_place', 'Overflow in addition of INT64'],
    ] as const) {
      await lake.add([row(8, '4')])
      await lake.add([bad])
      const outcome = await lake.take()
      expect(outcome).toMatchObject({ kind: 'failed', cause: 'data' })
      const error = outcome.kind === 'failed' ? outcome.error : undefined
      expect(error).toBeInstanceOf(LakeError)
      expect(String(error)).toContain(`sql/live/${model}.sql, with batches 3 to 4 of silver: `)
      expect(String(error)).toContain(reason)
      expect((error as LakeError).remedy).toContain('TRY_CAST')
      expect(await lake.store.reader.position()).toEqual(before)
      expect(await lake.differences(2)).toEqual([])
      lake.files.splice(2)
    }
    await lake.add([row(8, '4')])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('are built alone, from what the store has, while the others stay as they are', async () => {
    const lake = await openKeptLake()
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

  test('leave the others of their relation as they are if they need a column that was not kept', async () => {
    const lake = await openKeptLake({
      models: { per_minute: MODELS.per_minute ?? '', all_rows: MODELS.all_rows ?? '' },
    })
    const before = await builds(lake)
    await lake.setModels({
      per_minute: MODELS.per_minute ?? '',
      all_rows: MODELS.all_rows ?? '',
      by_day: MODELS.by_day ?? '',
    })
    await lake.reopen()
    expect(await lake.differences()).toEqual([])
    const after = await builds(lake)
    expect(Object.keys(after).toSorted()).toEqual(['all_rows', 'by_day', 'per_minute'])
    expect(after.all_rows).toBe(before.all_rows)
    expect(after.per_minute).toBe(before.per_minute)
  })

  test('are built by a portion of all rows where nobody can tell the files of earlier ones any more', async () => {
    const lake = await openKeptLake({ models: { all_rows: MODELS.all_rows ?? '' } })
    await lake.setModels({ all_rows: MODELS.all_rows ?? '', by_zone: MODELS.by_zone ?? '' })
    lake.setParts({ filesUpTo: async () => undefined })
    await lake.reopen()
    expect(lake.writer.last).toBeUndefined()
    const outcome = await lake.write(lake.portion(0, 2, 'all'))
    expect(outcome).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('are built anew with the next batch if a reference file that they join changes while they are kept', async () => {
    const lake = await openKeptLake()
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
    const lake = await openKeptLake()
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
    const lake = await openKeptLake()
    const before = await builds(lake)
    lake.setZones({ 2000: 'east' })
    await lake.reopen()
    expect(await lake.differences()).toEqual([])
    const after = await builds(lake)
    expect(after.by_zone).not.toBe(before.by_zone)
    expect(after.persons).toBe(before.persons)
  })
})
