import { expect, onTestFinished, test } from 'vitest'
import { pruneBatches } from '../../../src/duckdb/sql/liveBatches.ts'
import { script } from '../../../src/duckdb/sql/statements.ts'
import type { CopyPosition } from '../../../src/serving/copies/copy.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { KeptLake } from '../../support/keptLake.ts'
import { row, stored } from '../../support/openKeptLake.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START_MS = Date.UTC(2026, 10, 22, 10)

/** What the wall clock says at each batch. */
const CLOCKS: readonly (readonly [name: string, times: readonly number[]])[] = [
  ['back by an hour', [0, 1000, -HOUR_MS, 2000 - HOUR_MS, 3000 - HOUR_MS].map((ms) => START_MS + ms)],
  ['on by a day, and back', [0, DAY_MS, DAY_MS + 1000, 1000, 2000].map((ms) => START_MS + ms)],
  ['back to 1970, where a machine without a battery begins', [START_MS, 0, 1000, START_MS, START_MS + 1000]],
  ['into the next century, and back', [START_MS, START_MS + 36_525 * DAY_MS, START_MS, START_MS + 1000]],
  ['back and forth', [0, -DAY_MS, DAY_MS, -2 * DAY_MS, 2 * DAY_MS].map((ms) => START_MS + ms)],
  ['not at all: it stands still', [START_MS, START_MS, START_MS]],
]

const numbers = async (lake: KeptLake): Promise<unknown[]> =>
  (await stored(lake, 'SELECT batch FROM live.batches ORDER BY batch')).map(
    (found) => (found as { batch: number }).batch,
  )

/** Takes what a copy at a position lacks. @returns its new position, and the batches among it */
async function copiedSince(lake: KeptLake, position: CopyPosition | undefined) {
  return lake.store.changes.changesSince(position, async (changes) => {
    const batches: number[] = []
    for (const { name, rows } of changes.models) {
      for await (const piece of rows())
        if (name === 'batches') batches.push(...piece.map(({ values }) => Number(values[2])))
    }
    const models = new Map(changes.models.map(({ name, build }) => [name, build]))
    const { generation, batch } = changes.position
    return { position: { lake: changes.lake, generation, batch, models }, batches }
  })
}

test.each(CLOCKS)(
  'a clock that jumps %s changes no model, no order of batches, and nothing that a copy gets',
  async (_, times) => {
    let nowMs = START_MS
    const lake = await KeptLake.make(temporaryFolder(), { parts: { clock: { ...systemClock, nowMs: () => nowMs } } })
    onTestFinished(() => lake.end())
    await lake.open()
    let position: CopyPosition | undefined
    for (const [index, ms] of times.entries()) {
      const batch = index + 1
      nowMs = ms
      await lake.add([row(batch, 'a', 1000 + batch), row(9 - batch, 'b')])
      const portion = lake.nextPortion()
      // The streams that feed it have the same clock.
      const facts = portion.input.facts.map((fact) => ({ ...fact, batchTime: new Date(ms).toISOString() }))
      expect(await lake.write({ ...portion, input: { ...portion.input, facts } })).toMatchObject({ kind: 'written' })
      expect(await lake.store.reader.position()).toMatchObject({ batch, batchTimeMs: ms, takenMs: ms })
      const copied = await copiedSince(lake, position)
      expect(copied?.batches).toContain(batch)
      expect(copied?.position.batch).toBe(batch)
      expect(await copiedSince(lake, copied?.position)).toBeUndefined()
      position = copied?.position
      if (index === 2) await lake.reopen()
      if (index === 3) await lake.writer.idle()
      expect(await lake.differences()).toEqual([])
    }
    const all = times.map((_time, index) => index + 1)
    expect(await numbers(lake)).toEqual(all)
    const session = await lake.connect()
    await session.run(script(pruneBatches(2)))
    session.close()
    expect(await numbers(lake)).toEqual(all.slice(-2))
  },
)
