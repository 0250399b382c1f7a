import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest'
import type { BatchFacts, BatchRows } from '../../src/serving/input.ts'
import type { Feed, Position } from '../../src/stream/source.ts'
import { drained, endOf, nextOf, positionAt } from '../support/followedStream.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { silverFollowed } from '../support/silverFollowed.ts'

// What is known of the batches of a real lake: two streams into bronze, one from there into both silver tables.

let messages: MessagesLake

beforeAll(async () => {
  messages = await MessagesLake.open()
})

beforeEach(() => messages.clear())

afterAll(() => messages.close())

/** A feed of silver's batches, as a new process gets one. */
async function following(last?: Position): Promise<Feed<BatchRows>> {
  const feed = await silverFollowed(messages.open).resume(last)
  onTestFinished(() => feed.close())
  return feed
}

async function factsOf(feed: Feed<BatchRows>): Promise<BatchFacts[]> {
  return (await drained(feed)).flatMap(({ input }) => input.facts)
}

/** Lands a file as a batch of its own. */
async function land(name: string, first: number, count: number): Promise<void> {
  await messages.drop(name, messageRows(first, count))
  await messages.run(['land'])
}

const madeOf = (facts: readonly BatchFacts[]): unknown[] =>
  facts.map(({ stream, batch, landedFiles, inputRows }) => ({ stream, batch, landedFiles, inputRows }))

test('a batch is told after those that it was made from, with the landed files of all of them', async () => {
  await land('a.parquet', 0, 20)
  await land("b 1'%.parquet", 20, 10)
  await messages.produce(5)
  await messages.run(['silver'])
  await land('c.parquet', 30, 7)
  const feed = await following()
  const before = [
    { stream: 'land', batch: 1, landedFiles: ['a.parquet'], inputRows: 20 },
    { stream: 'land', batch: 2, landedFiles: ["b 1'%.parquet"], inputRows: 10 },
    { stream: 'produce', batch: 1, landedFiles: [], inputRows: 5 },
    { stream: 'silver', batch: 1, landedFiles: ['a.parquet', "b 1'%.parquet"], inputRows: 35 },
  ]
  const first = await factsOf(feed)
  expect(madeOf(first)).toEqual(before)
  await messages.run(['silver'])
  const second = await factsOf(feed)
  expect(madeOf(second)).toEqual([
    { stream: 'land', batch: 3, landedFiles: ['c.parquet'], inputRows: 7 },
    { stream: 'silver', batch: 2, landedFiles: ['c.parquet'], inputRows: 7 },
  ])
  const { rows, batchTime, durationMs, lagMs, sourceStart, sourceEnd, streamId } = second[1] ?? first[0] ?? never()
  expect(Object.keys(rows)).toEqual(['messages', 'messages_corrupted'])
  expect(Object.values(rows).reduce((sum, count) => sum + count)).toBe(7)
  expect(batchTime).toMatch(/^\d{4}-.*Z$/)
  expect(durationMs?.total).toBeGreaterThanOrEqual(0)
  expect(lagMs).toBeGreaterThanOrEqual(0)
  expect(sourceStart).toMatch(/"version":3/)
  expect(sourceEnd).toMatch(/"version":4/)
  expect(streamId).toMatch(/^silver@/)
})

const commitPath = (stream: string, batch: number): string =>
  join(messages.checkpoint(stream).commits, `${String(batch).padStart(20, '0')}.json`)

const progressPath = (stream: string): string => join(messages.checkpoint(stream).folder, 'progress.ndjson')

/** One batch of silver that was made from one of land. */
async function one(): Promise<void> {
  await land('a.parquet', 0, 20)
  await messages.run(['silver'])
}

test.each<{ what: string; change: () => void; landed: readonly string[] | undefined; inputRows: number | undefined }>([
  {
    what: 'the record that named its files is pruned',
    change: () => rmSync(commitPath('land', 1)),
    landed: undefined,
    inputRows: 20,
  },
  {
    what: 'that record is damaged',
    change: () => writeFileSync(commitPath('land', 1), '{'),
    landed: undefined,
    inputRows: 20,
  },
  {
    what: 'that record is of another stream with the same name',
    change: () => {
      const text = readFileSync(commitPath('land', 1), 'utf8')
      writeFileSync(commitPath('land', 1), text.replace(/"land@[^"]*"/, '"land@another"'))
    },
    landed: undefined,
    inputRows: 20,
  },
  {
    what: 'the commit that says which batch it came from is gone',
    change: () => rmSync(messages.path('bronze/messages/data/_delta_log/00000000000000000001.json')),
    landed: undefined,
    inputRows: 20,
  },
  {
    what: 'its own record is pruned',
    change: () => rmSync(commitPath('silver', 1)),
    landed: ['a.parquet'],
    inputRows: 20,
  },
  {
    what: 'its own record is pruned, and its run has left nothing',
    change: () => {
      rmSync(commitPath('silver', 1))
      rmSync(progressPath('silver'))
    },
    landed: ['a.parquet'],
    inputRows: undefined,
  },
])('what is no longer known is left out: $what', async ({ change, landed, inputRows }) => {
  await one()
  change()
  const facts = await factsOf(await following())
  expect(facts.at(-1)).toMatchObject({ stream: 'silver', batch: 1, landedFiles: landed, inputRows })
  expect(Object.values(facts.at(-1)?.rows ?? {}).reduce((sum, count) => sum + count)).toBe(20)
})

const timesOf = (facts: readonly BatchFacts[]): unknown[] =>
  facts.map(({ stream, batch, durationMs }) => [stream, batch, durationMs !== undefined])

test('where the time of a batch went is told with the next portion, if the run leaves it after its commit', async () => {
  await one()
  const feed = await following()
  await factsOf(feed)
  await land('b.parquet', 20, 5)
  const [ofLand, ofSilver] = [readFileSync(progressPath('land')), readFileSync(progressPath('silver'))]
  await messages.run(['silver'])
  const late = readFileSync(progressPath('silver'))
  writeFileSync(progressPath('silver'), ofSilver)
  writeFileSync(progressPath('land'), ofLand.subarray(0, -30))
  expect(timesOf(await factsOf(feed))).toEqual([
    ['land', 2, false],
    ['silver', 2, false],
  ])
  writeFileSync(progressPath('silver'), late)
  writeFileSync(progressPath('land'), ofLand)
  await messages.run(['silver'])
  expect(await factsOf(feed)).toEqual([])
  await land('c.parquet', 30, 5)
  await messages.run(['silver'])
  const then = await factsOf(feed)
  expect(timesOf(then)).toEqual([
    ['land', 2, true],
    ['silver', 2, true],
    ['land', 3, true],
    ['silver', 3, true],
  ])
  expect(then[1]).toMatchObject({ landedFiles: ['b.parquet'], inputRows: 5 })
  await land('d.parquet', 40, 5)
  await messages.run(['silver'])
  expect(timesOf(await factsOf(feed))).toEqual([
    ['land', 4, true],
    ['silver', 4, true],
  ])
})

test('what has become known is told again where the portion with it was not committed', async () => {
  await one()
  const feed = await following()
  await factsOf(feed)
  await land('b.parquet', 20, 5)
  await messages.run(['silver'])
  const left = readFileSync(progressPath('silver'), 'utf8')
  writeFileSync(progressPath('silver'), left.split('\n')[0] ?? '')
  expect(timesOf(await factsOf(feed))).toContainEqual(['silver', 2, false])
  writeFileSync(progressPath('silver'), left)
  await land('c.parquet', 30, 5)
  await messages.run(['silver'])
  for (let tries = 0; tries < 2; tries++) {
    expect(timesOf((await nextOf(feed))?.input.facts ?? [])).toEqual([
      ['silver', 2, true],
      ['land', 3, true],
      ['silver', 3, true],
    ])
  }
  await factsOf(feed)
  await land('d.parquet', 40, 5)
  await messages.run(['silver'])
  expect(timesOf((await nextOf(feed))?.input.facts ?? [])).toEqual([
    ['land', 4, true],
    ['silver', 4, true],
  ])
})

test('a process that goes on tells the last batch again: its predecessor may not have known all of it', async () => {
  await one()
  const [portion] = await drained(await following())
  if (portion === undefined) throw new Error('no portion')
  await land('b.parquet', 20, 5)
  await messages.run(['silver'])
  const facts = await factsOf(await following(positionAt(endOf(portion))))
  expect(timesOf(facts)).toEqual([
    ['land', 1, true],
    ['silver', 1, true],
    ['land', 2, true],
    ['silver', 2, true],
  ])
})

test('a batch whose run died before it left anything is not waited for', async () => {
  await one()
  const feed = await following()
  await factsOf(feed)
  await land('b.parquet', 20, 5)
  await messages.run(['silver'])
  const whole = readFileSync(progressPath('silver'), 'utf8').split('\n')
  writeFileSync(progressPath('silver'), `${whole[0]}\n`)
  expect(timesOf(await factsOf(feed))).toContainEqual(['silver', 2, false])
  await land('c.parquet', 30, 5)
  await messages.run(['silver'])
  expect(timesOf(await factsOf(feed))).toEqual([
    ['land', 3, true],
    ['silver', 3, true],
  ])
  writeFileSync(progressPath('silver'), whole.join('\n'))
  await land('d.parquet', 40, 5)
  await messages.run(['silver'])
  expect(timesOf(await factsOf(feed))).toEqual([
    ['land', 4, true],
    ['silver', 4, true],
  ])
})

test('a stream that began anew is not told with the times of the one before', async () => {
  await one()
  await messages.run(['silver'])
  await messages.lake.empty(['land'], { confirm: () => true })
  messages.clock.advance(1)
  await messages.drop('b.parquet', messageRows(0, 3))
  await messages.run(['land', 'silver'])
  const facts = await factsOf(await following())
  expect(facts.map(({ stream, batch, landedFiles }) => [stream, batch, landedFiles])).toEqual([
    ['land', 1, ['b.parquet']],
    ['silver', 1, ['b.parquet']],
  ])
  const lines = readFileSync(progressPath('silver'), 'utf8').trim().split('\n')
  expect(lines).toHaveLength(2)
  const newest = JSON.parse(lines[1] ?? '') as { durationMs: unknown }
  expect(facts[1]?.durationMs).toEqual(newest.durationMs)
  writeFileSync(progressPath('silver'), `${lines[0]}\n`)
  expect(timesOf(await factsOf(await following()))).toEqual([
    ['land', 1, true],
    ['silver', 1, false],
  ])
})

function never(): never {
  throw new Error('no facts')
}
