import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { CopyChanges } from '../../../src/serving/copies/copy.ts'
import { PostgresReader } from '../../../src/serving/copies/postgres/reader.ts'
import { postgresTarget } from '../../../src/serving/copies/postgres/target.ts'
import { Publisher } from '../../../src/serving/copies/publisher.ts'
import type { ServingReader } from '../../../src/serving/reader.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { HeldFiles } from '../../support/heldFiles.ts'
import { KeptLake, MODELS } from '../../support/keptLake.ts'
import { describeWith } from '../../support/optionalTool.ts'
import { hasPostgres, POSTGRES_NEED, PostgresServer } from '../../support/postgres.ts'
import { seededRandom } from '../../support/random.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

let server: PostgresServer

/** Rows that repeat, come late, and lack values. */
function randomRows(random: () => number): string[] {
  const below = (limit: number): number => Math.floor(random() * limit)
  const orNull = (value: string): string => (below(8) === 0 ? 'NULL' : value)
  return Array.from({ length: below(30) }, () => {
    const time = `'2026-11-22 10:0${below(3)}:${String(below(60)).padStart(2, '0')}+00'`
    const kind = orNull(`'${['OPEN', 'SENT'][below(2)]}'`)
    const place = orNull(`'${['CHAT', 'SMS', '', "it''s"][below(4)]}'`)
    const rest = [orNull(String(2000 + below(3))), orNull(String(1000 + below(4))), orNull(`${below(500)}.25`)]
    return `(${orNull(time)}, ${orNull(String(below(6)))}, ${kind}, ${orNull(`'m${below(12)}'`)}, ${place}, ${rest.join(', ')})`
  })
}

/** All models with their rows, sorted. */
async function contentsOf(reader: ServingReader): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {}
  for (const { name } of reader.models.filter((model) => model.name !== 'batches' && model.isBuilt)) {
    const rows: string[] = []
    for await (const piece of reader.model(name)) rows.push(...piece.rows.map((row) => JSON.stringify(row)))
    contents[name] = rows.sort()
  }
  return Object.fromEntries(Object.entries(contents).sort())
}

/** Brings the copy to where the store is. @returns what it took */
async function copied(lake: KeptLake): Promise<{ rows: number; whole: string[] } | undefined> {
  const writer = await postgresTarget(server.url).open()
  try {
    return await lake.store.changes.changesSince(await writer.position(), async (changes: CopyChanges) => {
      let rows = 0
      const counted = changes.models.map((model) => ({
        ...model,
        rows: async function* () {
          for await (const piece of model.rows()) {
            rows += piece.length
            yield piece
          }
        },
      }))
      await writer.write({ ...changes, models: counted })
      return { rows, whole: changes.models.filter(({ isWhole }) => isWhole).map(({ name }) => name) }
    })
  } finally {
    await writer.close()
  }
}

describeWith(hasPostgres, POSTGRES_NEED, 'the store and its copy in PostgreSQL', () => {
  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 120_000)
  afterAll(() => server.stop())
  beforeEach(async () => {
    await server.query('website', 'DROP SCHEMA IF EXISTS live, live_kept CASCADE')
  })

  const opened = async (): Promise<KeptLake> => {
    const lake = await KeptLake.make(temporaryFolder())
    onTestFinished(() => lake.end())
    await lake.open()
    return lake
  }

  test.each([1, 2, 3])(
    'have the same rows after any batches, restarts and changed models (seed %i)',
    async (seed) => {
      const random = seededRandom(seed)
      const lake = await opened()
      for (let batch = 1; batch <= 15; batch++) {
        await lake.add(randomRows(random))
        await lake.take()
        if (batch === 7) await lake.setModels({ ...MODELS, persons: MODELS.persons?.replace('> 3', '> 4') ?? '' })
        if (batch === 11) {
          const { by_day: _, ...others } = MODELS
          await lake.setModels(others)
        }
        if (random() < 0.3 || batch === 7 || batch === 11) await lake.reopen()
        if (random() < 0.3) await lake.writer.idle()
        if (random() < 0.4) continue // the copy is away
        await copied(lake)
        const reader = await PostgresReader.open(server.url, systemClock)
        expect(await contentsOf(reader)).toEqual(await contentsOf(lake.store.reader))
        expect((await reader.position())?.batch).toBe(batch)
        await reader.close()
      }
    },
    120_000,
  )

  test('have the same rows while first rows are made anew with one more column, and afterwards', async () => {
    const { by_day: _, ...before } = MODELS
    const lake = await KeptLake.make(temporaryFolder(), { models: before })
    onTestFinished(() => lake.end())
    await lake.open()
    const random = seededRandom(6)
    const takeAndCompare = async (): Promise<string[]> => {
      await lake.add(randomRows(random))
      await lake.take()
      await copied(lake)
      const reader = await PostgresReader.open(server.url, systemClock)
      const contents = await contentsOf(reader)
      expect(contents).toEqual(await contentsOf(lake.store.reader))
      expect((await reader.position())?.batch).toBe(lake.takenBatch)
      await reader.close()
      return Object.keys(contents)
    }
    for (let batch = 1; batch <= 5; batch++) await takeAndCompare()
    await lake.setModels(MODELS)
    await lake.close()
    const files = new HeldFiles(lake)
    files.allow(1) // the start looks whether they can be told
    await lake.openUnsettled()
    for (let batch = 6; batch <= 10; batch++) expect(await takeAndCompare()).not.toContain('by_day')
    files.allow(Number.POSITIVE_INFINITY)
    await lake.settle()
    expect(await takeAndCompare()).toContain('by_day')
    expect(await lake.differences()).toEqual([])
  })

  test('copies only what has changed, and nothing twice', async () => {
    const lake = await opened()
    const random = seededRandom(4)
    for (let batch = 1; batch <= 5; batch++) {
      await lake.add(randomRows(random))
      await lake.take()
    }
    expect(await copied(lake)).toMatchObject({ whole: expect.arrayContaining(['per_minute', 'batches']) })
    expect(await copied(lake)).toBeUndefined()
    await lake.add(["('2026-11-22 12:00:00+00', 1, 'OPEN', 'new', 'CHAT', 2000, 1000, 1.5)"])
    await lake.take()
    const { rows = 0, whole } = (await copied(lake)) ?? {}
    expect(whole).toEqual([])
    // One group of each model, and the batches of the last minutes.
    expect(rows).toBe(Object.keys(MODELS).length + 6)
  })

  test('a publisher keeps the copy as new as the store, also after the server was killed for a while', async () => {
    const lake = await opened()
    const notes: string[] = []
    const { changes: source } = lake.store
    const target = postgresTarget(server.url)
    const publisher = new Publisher({ source, target, clock: systemClock, onNote: (text) => notes.push(text) })
    const stop = new AbortController()
    const ended = publisher.run(stop.signal)
    const random = seededRandom(5)
    const add = async (): Promise<void> => {
      await lake.add(randomRows(random))
      await lake.take()
    }
    await add()
    await expect.poll(() => publisher.state.batch, { timeout: 30_000 }).toBe(1)
    await server.kill()
    await add()
    await expect.poll(() => publisher.state.error, { timeout: 30_000 }).toBeDefined()
    await add()
    expect((await lake.store.reader.position())?.batch).toBe(3)
    await server.run()
    await expect.poll(() => publisher.state, { timeout: 60_000 }).toMatchObject({ batch: 3, error: undefined })
    stop.abort()
    await ended
    const reader = await PostgresReader.open(server.url, systemClock)
    expect(await contentsOf(reader)).toEqual(await contentsOf(lake.store.reader))
    await reader.close()
    expect(notes.at(-1)).toBe(`its copy in ${target.name} is reached again and catches up`)
    expect(notes.join()).not.toContain('secret-word')
  }, 120_000)
})
