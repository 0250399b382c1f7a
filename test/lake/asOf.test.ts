import { rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AsOf, type Lake, LakeError } from '../../src/index.ts'
import { commitAs } from '../support/foreignCommit.ts'
import { messageRows } from '../support/messageRows.ts'
import { liveFiles, MessagesLake } from '../support/messagesLake.ts'
import { runInProcess, type Said } from '../support/program.ts'

const TABLES = ['bronze_messages', 'messages', 'messages_corrupted'] as const

/** What a lake held, table → the sum of its values and their number. */
type Held = Readonly<Record<string, string>>

const ONE_FILE = { limits: { maxFiles: 1 } }

let messages: MessagesLake
let lake: Lake
/** What the tables held after each batch of silver; bronze as far as silver had read it. */
const atBatch = new Map<number, Held>()
/** What the tables held at these times, bronze whole. */
const atTime: { readonly time: Date; readonly held: Held }[] = []

async function held(asOf?: AsOf, tables: readonly string[] = TABLES): Promise<Held> {
  const parts = tables.map(
    (name) => `(SELECT count(*) || ' rows, ' || coalesce(sum(value), 0) FROM ${name}) AS ${name}`,
  )
  const { records } = await lake.query(`SELECT ${parts.join(', ')}`, [], { asOf })
  return records[0] as Held
}

/** Lets silver read one file, and notes what is there then: as many rows of bronze as it has written. */
async function oneBatch(): Promise<void> {
  let batch = 0
  const stop = new AbortController()
  await messages.run(['silver'], {
    ...ONE_FILE,
    signal: stop.signal,
    onBatch: (made) => {
      batch = made.batch
      stop.abort()
    },
  })
  const silver = await held(undefined, ['messages', 'messages_corrupted'])
  const { records } = await lake.query(
    `SELECT count(*) || ' rows, ' || sum(value) AS bronze_messages
     FROM (SELECT value FROM messages UNION ALL SELECT value FROM messages_corrupted)`,
  )
  atBatch.set(batch, { ...silver, bronze_messages: String(records[0]?.bronze_messages) })
}

async function noteTime(): Promise<void> {
  messages.clock.advance(5_000)
  atTime.push({ time: new Date(messages.clock.nowMs()), held: await held() })
  messages.clock.advance(5_000)
}

/** Another program's commit with two files, of which a stream may read one at a time. */
async function appendTwoFiles(): Promise<void> {
  const bronze = messages.path('bronze/messages/data')
  const adds = []
  for (const name of ['a', 'b']) {
    const path = `foreign-${name}.parquet`
    await lake.writeParquet({ sql: messageRows(name === 'a' ? 900 : 950, 7) }, join(bronze, path))
    const { size } = statSync(join(bronze, path))
    adds.push({ add: { path, partitionValues: {}, size, modificationTime: 0, dataChange: true } })
  }
  commitAs('deltaRs', bronze, 'WRITE', adds, messages.clock.nowMs())
}

beforeAll(async () => {
  messages = await MessagesLake.open()
  lake = messages.lake
  for (let rows = 10; rows <= 30; rows += 10) await messages.produce(rows)
  await noteTime()
  for (let batch = 1; batch <= 3; batch++) await oneBatch()
  await noteTime()
  await messages.produce(40)
  await appendTwoFiles()
  await noteTime()
  for (let batch = 4; batch <= 6; batch++) await oneBatch()
  await noteTime()
}, 120_000)

afterAll(() => messages.close())

async function refusal(asOf: AsOf, sql = 'FROM messages'): Promise<string> {
  const error = await lake.query(sql, [], { asOf }).catch((cause: unknown) => cause)
  return error instanceof LakeError ? error.describe() : 'taken'
}

test('as of each batch, the tables of a stream have it, and its source has what had been read by then', async () => {
  expect([...atBatch.keys()]).toEqual([1, 2, 3, 4, 5, 6])
  for (const [batch, then] of atBatch) expect([batch, await held({ stream: 'silver', batch })]).toEqual([batch, then])
})

test('as of a time, all tables are as they were, whatever came later', async () => {
  expect(new Set(atTime.map((noted) => JSON.stringify(noted.held))).size).toBe(4)
  for (const { time, held: then } of atTime) expect([time, await held(time)]).toEqual([time, then])
})

test('reports, rows one by one and files take it too', async () => {
  const asOf: AsOf = { stream: 'silver', batch: 1 }
  const rows = []
  for await (const row of lake.records('SELECT value FROM bronze_messages', [], { asOf })) rows.push(row)
  expect(rows).toHaveLength(10)
  const early = await lake.report('event-types', { asOf })
  expect(early.records).not.toEqual((await lake.report('event-types')).records)
  expect(
    await lake.writeParquet({ sql: 'FROM bronze_messages' }, join(messages.folder, 'then.parquet'), { asOf }),
  ).toBe(10)
})

describe('what cannot be had as of then', () => {
  const times = { early: new Date(Date.UTC(1999, 0)), late: new Date(Date.UTC(2999, 0)) }
  // biome-ignore format: a table
  const cases: readonly { what: string; asOf: AsOf; sql?: string; says: RegExp }[] = [
    { what: 'a stream that is not there', asOf: { stream: 'silvr', batch: 1 }, says: /there is no stream "silvr"\.\nDid you mean "silver"\?/ },
    { what: 'batch 0', asOf: { stream: 'silver', batch: 0 }, says: /silver=0 is not a batch\.\nNothing was run\.\nThe batches of a stream are counted from 1/ },
    { what: 'a batch that is to come', asOf: { stream: 'silver', batch: 7 }, says: /silver=7 is not there yet\.\nNothing was run\.\nThe newest that all its tables have is silver=6\./ },
    { what: 'a stream without batches', asOf: { stream: 'land', batch: 1 }, says: /no batch of land is in the logs of its tables\..*\n.*\nRun it: lakeweir run land/ },
    { what: 'a time before the lake', asOf: times.early, says: /1999-01-01T00:00:00.000Z is before the lake began\.\nNothing was run\.\nThe oldest possible is 2/ },
    { what: 'a time to come', asOf: times.late, says: /2999-01-01T00:00:00.000Z is still to come\./ },
    { what: 'an invalid Date', asOf: new Date(Number.NaN), says: /asOf is not a time/ },
    { what: 'a table beside the stream', asOf: { stream: 'produce', batch: 1 }, says: /messages is neither written nor read by produce, so that it is not known as of its batch\.\n.*\nAsk for a time instead/ },
    { what: 'a live model', asOf: { stream: 'silver', batch: 1 }, sql: 'FROM live.messages_per_day', says: /live\.messages_per_day cannot be had as of then: live models are kept as of their newest batch alone/ },
  ]

  test.each(cases)('$what', async ({ asOf, sql, says }) => {
    expect(await refusal(asOf, sql)).toMatch(says)
  })

  test('but a query that does not read such a table runs', async () => {
    expect(await held({ stream: 'produce', batch: 2 }, ['bronze_messages'])).toEqual({
      bronze_messages: atBatch.get(2)?.bronze_messages,
    })
  })
})

describe('sql --as-of', () => {
  const said = (...words: readonly string[]): Promise<Said> => runInProcess(words, { lake: messages.root })

  test('takes a batch or a time', async () => {
    const count = 'SELECT count(*) AS n FROM bronze_messages'
    expect((await said('sql', count, '--csv', '--as-of', 'silver=1')).stdout).toBe('n\n10\n')
    const [{ time } = { time: new Date() }] = atTime
    expect((await said('sql', count, '--csv', '--as-of', time.toISOString())).stdout).toBe('n\n60\n')
    expect((await said('report', 'event-types', '--json', '--as-of', 'silver=1')).exitCode).toBe(0)
  })

  // biome-ignore format: a table
  const cases: readonly { asOf: string; says: string }[] = [
    { asOf: 'silver', says: '"silver" is neither a time nor a batch of a stream.\nFor a batch of silver, write --as-of silver=120.' },
    { asOf: 'silvr:12', says: '"silvr:12" is neither a time nor a batch of a stream.\nFor a batch of silver, write --as-of silver=12.' },
    { asOf: 'silver=last', says: 'silver=last: "last" is not the number of a batch.\nWrite --as-of silver=120.' },
    { asOf: '2026-02-30', says: '"2026-02-30" is neither a time nor a batch of a stream.\nWrite a time, such as 2026-11-22T10:00:00Z, or a batch of a stream: produce=120.' },
    { asOf: 'slver=1', says: 'there is no stream "slver".\nDid you mean "silver"?' },
  ]

  test.each(cases)('$asOf', async ({ asOf, says }) => {
    const { exitCode, stderr } = await said('sql', 'FROM messages', '--as-of', asOf)
    expect(stderr.replace(/^LAKE_USAGE: (--as-of:? )?/, '')).toBe(`${says}\n`)
    expect(exitCode).toBe(2)
  })

  test('is suggested for a slip', async () => {
    expect((await said('sql', 'FROM messages', '--asof', 'silver=1')).stderr).toContain('Did you mean "--as-of"?')
  })
})

describe('what is no longer there', () => {
  test('is refused with the oldest that is, by batch and by time', async () => {
    const silver = messages.path('silver/messages/data')
    const [first = ''] = liveFiles(silver)
    const path = first.slice(silver.length + 1)
    const at = messages.clock.nowMs()
    messages.clock.advance(10_000)
    // As joining small files does, and vacuum after it.
    const removed = { path: encodeURI(path), dataChange: false, deletionTimestamp: 0 }
    commitAs('spark', silver, 'OPTIMIZE', [{ remove: removed }], messages.clock.nowMs())
    rmSync(first)
    messages.clock.advance(10_000)
    const now = messages.clock.nowMs()
    expect(await refusal({ stream: 'silver', batch: 2 })).toMatch(/no batch of silver|older than what is kept/)
    await messages.produce(50)
    await messages.run(['silver'])
    expect(await refusal({ stream: 'silver', batch: 2 })).toMatch(
      /silver=2 is older than what is kept of its tables and their source\.\n.*\nThe oldest possible is silver=7\./,
    )
    expect(await refusal(new Date(at))).toMatch(
      /is older than what is kept: what messages was then is no longer there\.\n/,
    )
    expect(await refusal(new Date(now))).toBe('taken')
  })
})
