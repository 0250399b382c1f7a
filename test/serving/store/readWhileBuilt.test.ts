import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { LakeError } from '../../../src/errors.ts'
import type { ServedQuery } from '../../../src/serving/reader.ts'
import { EmbeddedReader } from '../../../src/serving/store/embeddedReader.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { KeptLake } from '../../support/keptLake.ts'
import { runsOr, seedOr } from '../../support/longRuns.ts'
import { seededRandom } from '../../support/random.ts'
import { makeTemporaryFolder } from '../../support/temporaryFolder.ts'

/** How often a store is read while its models are built again; a soak repeats it. */
const RUNS = runsOr(2)
const BATCHES = 12
const READERS = 3
const ZONES = [2000, 2001]

const LIMITS = { maxRows: 1_000, timeoutMs: 10_000 }

/** Both count all rows; one joins a reference file, so that it is made anew when that changes. */
const PANELS: readonly ServedQuery[] = ['by_zone', 'all_rows'].map((model) => ({
  name: model,
  sql: `SELECT CAST(sum(events) AS BIGINT) FROM live.${model}`,
  parameters: {},
}))

function rowsOf(random: () => number, first: number): string[] {
  return Array.from({ length: 1 + Math.floor(random() * 20) }, (_, at) => {
    const zone = ZONES[Math.floor(random() * ZONES.length)]
    return `('2026-11-22 10:00:00+00', ${first + at}, 'OPEN', 'id ${first + at}', 'CHAT', ${zone}, 1000, 1.5)`
  })
}

async function readWhileBuilt(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const lake = await KeptLake.make(makeTemporaryFolder())
  await lake.open()
  /** By batch: how many rows there are up to it. */
  const counts = [0]
  const { store } = lake
  const { reader } = store
  let isOver = false
  let answers = 0
  const check = (found: unknown, batch: number, model: string): void => {
    answers += 1
    expect(found, `${model} at batch ${batch}, with seed ${seed}`).toBe(counts[batch])
  }
  const ask = async (panel: ServedQuery, isWhole: boolean): Promise<void> => {
    if (!isWhole) {
      const { rows, position } = await reader.query(panel, {}, LIMITS)
      return check(rows[0]?.[0], position.batch, panel.name)
    }
    let [events, batch] = [0, 0]
    for await (const { columns, rows, position } of reader.model(panel.name)) {
      batch = position.batch
      for (const row of rows) events += Number(row[columns.indexOf('events')])
    }
    check(events, batch, `the whole of ${panel.name}`)
  }
  const read = async (): Promise<void> => {
    for (let round = 0; !isOver; round++) {
      const panel = PANELS[round % PANELS.length]
      if (panel === undefined) return
      await ask(panel, round % 3 === 0).catch((error: unknown) => {
        // Nothing is there yet, is being built, or is being opened again.
        if (!(error instanceof LakeError && error.canRetry)) throw error
      })
      await turn()
    }
  }
  const readers = Array.from({ length: READERS }, read)
  const failed = Promise.all(readers).catch((error: unknown) => error)
  for (let batch = 1; batch <= BATCHES; batch++) {
    const rows = rowsOf(random, counts.at(-1) ?? 0)
    counts.push((counts.at(-1) ?? 0) + rows.length)
    await lake.add(rows)
    if (random() < 0.6) lake.setZones(Object.fromEntries(ZONES.map((zone) => [zone, `label ${batch}`])))
    expect((await lake.take()).kind).toBe('written')
    const then = random()
    if (then < 0.3) await lake.settle()
    else if (then < 0.5) await lake.recoverAgain()
  }
  await lake.settle()
  isOver = true
  expect(await failed).not.toBeInstanceOf(Error)
  expect(await lake.differences()).toEqual([])
  expect(answers).toBeGreaterThan(BATCHES)
  await lake.end()
}

test.each([
  {
    name: 'a query',
    eventsOf: async (reader: EmbeddedReader): Promise<unknown> => {
      const [panel] = PANELS
      return panel && (await reader.query(panel, {}, LIMITS)).rows[0]?.[0]
    },
  },
  {
    name: 'a whole model',
    eventsOf: async (reader: EmbeddedReader): Promise<unknown> => {
      let events = 0
      for await (const { columns, rows } of reader.model('by_zone')) {
        for (const row of rows) events += Number(row[columns.indexOf('events')])
      }
      return events
    },
  },
])(
  '$name that is asked for just before its model is emptied is not answered from the empty one',
  async ({ eventsOf }) => {
    const lake = await KeptLake.make(makeTemporaryFolder())
    await lake.open()
    await lake.add(rowsOf(seededRandom(1), 0))
    await lake.take()
    const { store } = lake
    const built = store.reader.models
    let empty: (() => Promise<unknown>) | undefined
    const reader = new EmbeddedReader({
      clock: systemClock,
      // They are built when they are looked at first.
      models: () => (empty === undefined ? store.reader.models : built),
      onCommit: () => () => undefined,
      connect: async () => {
        const session = await store.connect()
        const { rows } = session
        session.rows = async (...given) => {
          const emptying = empty
          empty = undefined
          await emptying?.()
          return rows.apply(session, given)
        }
        return session
      },
    })
    expect(await eventsOf(reader)).toBeGreaterThan(1)
    empty = async () => {
      lake.setZones({ 2000: 'east', 2001: 'west' })
      await lake.add(rowsOf(seededRandom(2), 100))
      await lake.take()
    }
    await expect(eventsOf(reader)).rejects.toMatchObject({ message: expect.stringContaining('is being built') })
    await lake.settle()
    expect(await eventsOf(reader)).toBeGreaterThan(1)
    await lake.end()
  },
)

test('whoever reads while models are built anew gets all rows of a batch, or is told to ask again', async () => {
  for (let run = 0; run < RUNS; run++) await readWhileBuilt(seedOr(31) + run)
})
