import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type GeneratedOffset, type GeneratedOptions, GeneratedSource } from '../../src/sources/generated/source.ts'
import type { Position } from '../../src/stream/source.ts'
import { NO_LIMITS } from '../support/landingStream.ts'
import { MESSAGE_COLUMNS, MessagesLake } from '../support/messagesLake.ts'

const OPTIONS: GeneratedOptions = {
  rowsPerSecond: 10,
  rows: undefined,
  seed: undefined,
  freshSeed: 4711,
  startMicros: undefined,
  fillPools: (seed) => ({ ids: [`id of ${seed}`] }),
}

/** What is made after `elapsedMs`, with so many rows made before in the same run. */
async function planned(options: Partial<GeneratedOptions>, elapsedMs: number, made = 0, maxRows = NO_LIMITS.maxRows) {
  const source = new GeneratedSource({ ...OPTIONS, ...options })
  const begun = await source.resume(undefined)
  const feed = made === 0 ? begun : await source.resume(positionAt({ rows: made, seed: 1 }))
  const moment = { batch: 1, nowMs: 1_000_000, elapsedMs, draining: false }
  const found = await feed.next({ ...NO_LIMITS, maxRows }, moment)
  if (found.kind === 'idle') return { idle: found, range: undefined, input: undefined, rows: 0 }
  return { idle: undefined, range: found.range, input: found.input, rows: await found.secure() }
}

function positionAt(end: GeneratedOffset): Position {
  return {
    streamId: 'produce@1',
    batch: 1,
    attempt: '00000000-0000-0000-0000-000000000000',
    batchTime: new Date(0).toISOString(),
    recordedIn: 'the test',
    source: { kind: 'generated', start: null, end, detail: {} },
  }
}

describe('rows come at their pace', () => {
  test('as many as time has passed for, the last of them now', async () => {
    const { range, input, rows } = await planned({}, 1_250)
    expect(range?.end).toEqual({ rows: 12, seed: 4711 })
    expect(rows).toBe(12)
    expect(input).toMatchObject({
      first: 0,
      endExclusive: 12,
      firstMicros: 1_000_000_000 - 11 * 100_000,
      stepMicros: 100_000,
    })
  })

  test('and none before the next is due, which says when to look again', async () => {
    const { idle } = await planned({}, 1_250, 12)
    expect(idle).toEqual({ kind: 'idle', recheckMs: 50, notes: [] })
  })

  test('and no more in a batch than its limit, the rest in the next', async () => {
    const { range } = await planned({}, 10_000, 5, 20)
    expect(range).toMatchObject({ start: { rows: 5 }, end: { rows: 25 } })
  })

  test('or all at once where so many are wanted, and then no more', async () => {
    const { range, input } = await planned({ rows: 1000 }, 0)
    expect(range?.end).toMatchObject({ rows: 1000 })
    expect(input).toMatchObject({ stepMicros: 1 })
    expect((await planned({ rows: 1000 }, 5_000, 1000)).idle).toEqual({ kind: 'idle', recheckMs: undefined, notes: [] })
  })

  test('from a given start each at its own time, whatever the clock says', async () => {
    const { input } = await planned({ startMicros: 5_000_000 }, 2_000, 10)
    expect(input).toMatchObject({ first: 10, firstMicros: 6_000_000, stepMicros: 100_000 })
  })
})

test('a start from which rows would leave the years 1 to 9999 is refused before any is made', async () => {
  for (const start of ['0000-12-31T23:59:59Z', '9999-12-31T23:59:59Z']) {
    const startMicros = Date.parse(start) * 1000
    await expect(planned({ startMicros, rows: 20 }, 0)).rejects.toThrow('outside the years 1 to 9999')
  }
  const { input } = await planned({ startMicros: Date.parse('9999-12-31T23:59:58Z') * 1000, rows: 20 }, 0)
  expect(input).toMatchObject({ endExclusive: 20 })
})

describe('a feed', () => {
  test('goes on after what is finished, and makes the same again where it is not', async () => {
    const feed = await new GeneratedSource({ ...OPTIONS, rows: 30 }).resume(undefined)
    const moment = { batch: 1, nowMs: 0, elapsedMs: 0, draining: true }
    const next = () => feed.next({ ...NO_LIMITS, maxRows: 20 }, moment)
    const first = await next()
    expect(first).toMatchObject({ range: { start: null, end: { rows: 20 } } })
    if (first.kind === 'idle') throw new Error('it has nothing')
    expect(await first.refuse({ kind: 'data', error: new Error('of the SELECT'), failures: 1 })).toBe(false)
    expect(await next()).toMatchObject({ range: { start: null, end: { rows: 20 } } })
    await first.finish(positionAt({ rows: 20, seed: 4711 }))
    expect(await next()).toMatchObject({ range: { start: { rows: 20 }, end: { rows: 30 } } })
  })

  test('that is resumed after a failure counts the rows of the run on, and makes none of them twice', async () => {
    const source = new GeneratedSource({ ...OPTIONS, rows: 30 })
    await source.resume(positionAt({ rows: 100, seed: 1 }))
    const again = await source.resume(positionAt({ rows: 120, seed: 1 }))
    const moment = { batch: 1, nowMs: 0, elapsedMs: 0, draining: true }
    expect(await again.next(NO_LIMITS, moment)).toMatchObject({ range: { start: { rows: 120 }, end: { rows: 130 } } })
  })
})

describe('the seed', () => {
  test('is that of the rows before, where none is given', async () => {
    expect((await planned({}, 1_000, 3)).range?.end).toMatchObject({ seed: 1 })
    expect((await planned({ seed: 9 }, 1_000, 3)).range?.end).toMatchObject({ seed: 9 })
    expect((await planned({}, 1_000)).range?.end).toMatchObject({ seed: 4711 })
  })

  test('fills the pools', async () => {
    const { input } = await planned({ seed: 9 }, 1_000)
    expect(input).toMatchObject({ variables: { seed: 9, ids: ['id of 9'], ids_size: 1 } })
  })
})

describe('generated messages', () => {
  let messages: MessagesLake
  const WITHOUT_TIME = MESSAGE_COLUMNS.filter((name) => name !== 'timestamp').join(', ')

  beforeAll(async () => {
    messages = await MessagesLake.open()
  })

  afterAll(() => messages.close())

  async function produced(columns: string, ...runs: readonly object[]): Promise<string[]> {
    messages.clear()
    for (const generate of runs) await messages.run(['produce'], { generate })
    return messages.rowsOf('bronze_messages', columns)
  }

  test('are equal but for their time with equal seeds, and other ones with another', async () => {
    const seeded = await produced(WITHOUT_TIME, { rows: 200, seed: 3 })
    expect(await produced(WITHOUT_TIME, { rows: 200, seed: 3 })).toEqual(seeded)
    expect(await produced(WITHOUT_TIME, { rows: 200, seed: 4 })).not.toEqual(seeded)
  })

  test('are equal entirely with a start time, also when they are made in two runs', async () => {
    const startTimeMs = Date.UTC(2026, 10, 22)
    const all = MESSAGE_COLUMNS.join(', ')
    const once = await produced(all, { rows: 200, seed: 3, startTimeMs })
    expect(once).toHaveLength(200)
    expect(await produced(all, { rows: 120, seed: 3, startTimeMs }, { rows: 80, startTimeMs })).toEqual(once)
  })

  test('have every kind of event, channel, country and user, from 50 ids', async () => {
    await produced('value', { rows: 5000, seed: 3 })
    const { rows } = await messages.lake.query(`
      SELECT list(DISTINCT event_type ORDER BY event_type), list(DISTINCT channel ORDER BY channel),
        min(country_id), max(country_id), count(DISTINCT country_id)::INTEGER,
        min(user_id), max(user_id), count(DISTINCT user_id)::INTEGER,
        count(DISTINCT message_id)::INTEGER, min(value), max(value), count(DISTINCT value)::INTEGER
      FROM bronze_messages`)
    expect(rows).toEqual([
      [
        ['', 'CLICKED', 'CREATED', 'NONE', 'OPEN', 'RECEIVED', 'SENT'],
        ['CHAT', 'EMAIL', 'OTHER', 'PUSH', 'SMS'],
        ...[2000, 2015, 16],
        ...[1000, 1050, 51],
        ...[50, 0, 4999, 5000],
      ],
    ])
  })
})
