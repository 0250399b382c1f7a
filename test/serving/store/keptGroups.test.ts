import { describe, expect, onTestFinished, test } from 'vitest'
import { mergedRows } from '../../../src/duckdb/sql/keptGroups.ts'
import { KeptLake, MODELS } from '../../support/keptLake.ts'
import { openKeptLake, row, stored } from '../../support/openKeptLake.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

test('a group that begins with NULL is summed up with the others', async () => {
  const lake = await openKeptLake()
  for (const id of ['n1', 'n2', 'n3']) {
    await lake.add([`(NULL, 1, 'OPEN', 'no time ${id}', 'CHAT', 2000, 1000, 1.5)`, row(9, id)])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    await lake.writer.idle()
    expect(await lake.differences()).toEqual([])
    const twice = 'SELECT g0, g1, g2 FROM live.summed.per_minute GROUP BY ALL HAVING count(*) > 1'
    expect(await stored(lake, twice)).toEqual([])
  }
})

test('groups are stored in the order of time, in whatever order the rows came that a model is made of', async () => {
  const lake = await KeptLake.make(temporaryFolder(), { models: { per_minute: MODELS.per_minute ?? '' } })
  onTestFinished(() => lake.end())
  await lake.open()
  const minutes = Array.from({ length: 60 }, (_, index) => (index * 37) % 60)
  await lake.add(
    minutes.map((minute) => {
      const time = `2026-11-22 10:${String(minute).padStart(2, '0')}:00+00`
      return `('${time}', 1, 'OPEN', 'm${minute}', 'CHAT', 2000, 1000, 1.5)`
    }),
  )
  expect(await lake.take()).toMatchObject({ kind: 'written' })
  await lake.settle()
  const times = await stored(lake, 'SELECT epoch(g0)::INTEGER AS g0 FROM live.summed.per_minute ORDER BY rowid')
  expect(times).toHaveLength(60)
  expect(times).toEqual(await stored(lake, 'SELECT epoch(g0)::INTEGER AS g0 FROM live.summed.per_minute ORDER BY g0'))
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
