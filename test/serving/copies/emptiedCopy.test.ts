import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import { PostgresReader } from '../../../src/serving/copies/postgres/reader.ts'
import { postgresTarget } from '../../../src/serving/copies/postgres/target.ts'
import { Publisher } from '../../../src/serving/copies/publisher.ts'
import type { ServingReader } from '../../../src/serving/reader.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { KeptLake } from '../../support/keptLake.ts'
import { row } from '../../support/openKeptLake.ts'
import { describeWith } from '../../support/optionalTool.ts'
import { hasPostgres, POSTGRES_NEED, PostgresServer } from '../../support/postgres.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { TestClock } from '../../support/testClock.ts'

let server: PostgresServer

/** All models with their rows, sorted; batches as their numbers. */
async function contentsOf(reader: ServingReader): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {}
  for (const { name } of reader.models) {
    const rows: string[] = []
    for await (const piece of reader.model(name)) {
      rows.push(...piece.rows.map((values) => JSON.stringify(name === 'batches' ? Number(values[2]) : values)))
    }
    contents[name] = rows.sort()
  }
  return Object.fromEntries(Object.entries(contents).sort())
}

async function copied(): Promise<Record<string, string[]> | string> {
  try {
    const reader = await PostgresReader.open(server.url, systemClock)
    try {
      return await contentsOf(reader)
    } finally {
      await reader.close()
    }
  } catch (error) {
    return String(error)
  }
}

/** The statement that does it to all tables of a model. */
const toTableOf = (model: string, what: (table: string) => string) => async (): Promise<void> => {
  const [found] = await server.query('website', `SELECT number FROM live_kept.models WHERE name = '${model}'`)
  await server.query('website', what(`live_kept."${model}.${String(found?.number)}"`))
}

const DAMAGES = [
  ['both schemas dropped', () => server.query('website', 'DROP SCHEMA live, live_kept CASCADE')],
  ['the schema of the views dropped', () => server.query('website', 'DROP SCHEMA live CASCADE')],
  ['the table of a model dropped', toTableOf('persons', (table) => `DROP TABLE ${table} CASCADE`)],
  ['the table of a model emptied', toTableOf('persons', (table) => `TRUNCATE ${table}`)],
  ['the table of the batches emptied', toTableOf('batches', (table) => `TRUNCATE ${table}`)],
  ['the view of a model dropped', () => server.query('website', 'DROP VIEW live.persons')],
  ['the position emptied', () => server.query('website', 'TRUNCATE live_kept.cursor')],
  ['the list of models emptied', () => server.query('website', 'TRUNCATE live_kept.models')],
  [
    'what is written down of it dropped',
    () => server.query('website', 'DROP TABLE live_kept.models, live_kept.cursor'),
  ],
  [
    'the database made anew',
    async () => {
      await server.query('postgres', 'DROP DATABASE website WITH (FORCE)')
      await server.query('postgres', 'CREATE DATABASE website')
    },
  ],
] as const

describeWith(hasPostgres, POSTGRES_NEED, 'a copy that others empty while it is kept', () => {
  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 120_000)
  afterAll(() => server.stop())
  beforeEach(async () => {
    await server.query('website', 'DROP SCHEMA IF EXISTS live, live_kept CASCADE')
  })

  test.each(DAMAGES)(
    'is made whole again with the next batch, or while there is none: %s',
    async (_, damage) => {
      const lake = await KeptLake.make(temporaryFolder())
      onTestFinished(() => lake.end())
      await lake.open()
      const clock = new TestClock()
      const { changes: source } = lake.store
      const publisher = new Publisher({ source, target: postgresTarget(server.url), clock, onNote: () => undefined })
      const stop = new AbortController()
      const ended = publisher.run(stop.signal)
      onTestFinished(async () => {
        stop.abort()
        await ended
      })
      const isWhole = async (): Promise<void> => {
        const wanted = await contentsOf(lake.store.reader)
        const look = async () => {
          clock.advance(30_000) // it looks at the copy, or tries again
          return copied()
        }
        await expect.poll(look, { timeout: 60_000, interval: 100 }).toEqual(wanted)
      }
      await lake.add([row(1, 'a'), row(2, 'b', 1001)])
      await lake.take()
      await isWhole()
      await damage()
      await isWhole()
      await damage()
      await lake.add([row(3, 'a'), row(4, 'c', 1002)])
      await lake.take()
      await isWhole()
      await lake.add([row(5, 'd')])
      await lake.take()
      await isWhole()
    },
    120_000,
  )
})
