import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { PostgresReader } from '../../../src/serving/copies/postgres/reader.ts'
import { postgresTarget } from '../../../src/serving/copies/postgres/target.ts'
import { Publisher } from '../../../src/serving/copies/publisher.ts'
import type { ServingReader } from '../../../src/serving/reader.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { KeptLake } from '../../support/keptLake.ts'
import { runsOr, seedOr } from '../../support/longRuns.ts'
import { row } from '../../support/openKeptLake.ts'
import { describeWith } from '../../support/optionalTool.ts'
import { hasPostgres, POSTGRES_NEED, PostgresServer } from '../../support/postgres.ts'
import { seededRandom } from '../../support/random.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

/** How often PostgreSQL is killed; a soak does it more often. */
const KILLS = runsOr(1)
const BATCHES_A_KILL = 8

let server: PostgresServer

async function contentsOf(reader: ServingReader): Promise<Record<string, string[]>> {
  const contents: Record<string, string[]> = {}
  for (const { name } of reader.models.filter((model) => model.name !== 'batches')) {
    const rows: string[] = []
    for await (const piece of reader.model(name)) rows.push(...piece.rows.map((values) => JSON.stringify(values)))
    contents[name] = rows.sort()
  }
  return Object.fromEntries(Object.entries(contents).sort())
}

async function copiedRows(): Promise<Record<string, string[]>> {
  const reader = await PostgresReader.open(server.url, systemClock)
  try {
    return await contentsOf(reader)
  } finally {
    await reader.close()
  }
}

describeWith(hasPostgres, POSTGRES_NEED, 'a copy', () => {
  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 120_000)
  afterAll(() => server.stop())

  test('whose server is killed at any moment, and whose store is opened again, has the same rows in the end', {
    timeout: 600_000,
  }, async () => {
    const random = seededRandom(seedOr(31))
    const lake = await KeptLake.make(temporaryFolder())
    onTestFinished(() => lake.end())
    await lake.open()
    const publishing = () => {
      const [source, target] = [lake.store.changes, postgresTarget(server.url)]
      const publisher = new Publisher({ source, target, clock: systemClock, onNote: () => undefined })
      const stop = new AbortController()
      const ended = publisher.run(stop.signal)
      const end = async (): Promise<void> => {
        stop.abort()
        await ended
      }
      onTestFinished(end)
      return { publisher, end }
    }
    let copy = publishing()
    for (let kill = 0; kill < KILLS; kill++) {
      const killed = Math.floor(random() * BATCHES_A_KILL)
      let killing: Promise<void> | undefined
      for (let batch = 0; batch < BATCHES_A_KILL; batch++) {
        const rows = Array.from({ length: 1 + Math.floor(random() * 300) }, () =>
          row(Math.floor(random() * 60), `k${Math.floor(random() * 400)}`, 1000 + Math.floor(random() * 20)),
        )
        await lake.add(rows)
        expect(await lake.take()).toMatchObject({ kind: 'written' })
        // Beside the publisher, which is somewhere in what it writes.
        if (batch === killed) killing = server.kill()
        if (random() < 0.2) {
          await copy.end()
          await lake.reopen()
          copy = publishing()
        }
      }
      await killing
      await server.run()
      const last = lake.files.length
      await expect
        .poll(() => copy.publisher.state, { timeout: 120_000 })
        .toMatchObject({ batch: last, error: undefined })
      expect(await copiedRows()).toEqual(await contentsOf(lake.store.reader))
      expect(await lake.differences()).toEqual([])
    }
  })
})
