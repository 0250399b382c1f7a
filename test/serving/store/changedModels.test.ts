import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { MODELS } from '../../support/keptLake.ts'
import { builds, openKeptLake, row, stored } from '../../support/openKeptLake.ts'

describe('models that change', () => {
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

  test('are built with all others of their relation if they need a column that was not kept', async () => {
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
    expect(after.all_rows).toBe(before.all_rows)
    expect(after.per_minute).not.toBe(before.per_minute)
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
