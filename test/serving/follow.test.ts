import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { type FileOf, FollowedStream, MOMENT, nextOf, TABLES, type TableName } from '../support/followedStream.ts'
import { type DiskCall, tracingDisk } from '../support/hookedDisk.ts'

const file = (path: string, rows = 1, newest?: string): FileOf => ({
  path: `day=2026-01-01/${path}`,
  rows,
  ...(newest === undefined ? {} : { newest }),
})

const inLake = (table: string, ...paths: readonly string[]): string[] =>
  paths.map((path) => `${table}/data/day=2026-01-01/${path}`)

/** A stream with batch 1, and a feed that has taken it. */
async function followed(): Promise<{ stream: FollowedStream; feed: Awaited<ReturnType<FollowedStream['resumed']>> }> {
  const stream = await FollowedStream.open()
  stream.publish(1, { valid: [file('1')] })
  const feed = await stream.resumed()
  await stream.drain(feed)
  return { stream, feed }
}

describe('what a feed returns', () => {
  test('all rows come first, then each batch once, wherever the store goes on', async () => {
    const stream = await FollowedStream.open()
    stream.publish(1, { valid: [file('a', 2)] })
    stream.publish(2, { valid: [file('b', 3)], corrupted: [file('c', 4)] })
    const feed = await stream.resumed()
    const [whole, ...none] = await stream.drain(feed)
    expect(none).toEqual([])
    const files = { valid: inLake('valid', 'a', 'b'), corrupted: inLake('corrupted', 'c') }
    expect(whole).toMatchObject({ scope: 'all', batch: 2, rows: 9, notes: [], files })
    stream.publish(3, { corrupted: [file('d', 5)] })
    const third = { scope: 'added', batch: 3, rows: 5, files: { valid: [], corrupted: inLake('corrupted', 'd') } }
    expect(await stream.drain(feed)).toMatchObject([third])
    expect(await stream.drain(await stream.resumed(whole?.end))).toMatchObject([third])
  })

  test('a batch counts once every table has it, whichever has it first', async () => {
    const { stream, feed } = await followed()
    stream.publish(2, { valid: [file('a')] }, ['valid'])
    stream.publish(3, { valid: [file('b')] }, ['valid'])
    expect(await stream.drain(feed)).toEqual([])
    stream.publish(2, { corrupted: [file('c')] }, ['corrupted'])
    expect(await stream.drain(feed)).toMatchObject([{ scope: 'added', batch: 2, rows: 2 }])
    stream.publish(3, {}, ['corrupted'])
    expect(await stream.drain(feed)).toMatchObject([
      { scope: 'added', batch: 3, files: { valid: inLake('valid', 'b') } },
    ])
  })

  test('all rows are those up to the newest batch that every table has', async () => {
    const stream = await FollowedStream.open()
    stream.publish(1, { valid: [file('a')] })
    stream.publish(2, { valid: [file('b')] }, ['valid'])
    const feed = await stream.resumed()
    expect(await stream.drain(feed)).toMatchObject([{ scope: 'all', batch: 1, rows: 1 }])
    stream.publish(2, {}, ['corrupted'])
    expect(await stream.drain(feed)).toMatchObject([{ scope: 'added', batch: 2, rows: 1 }])
  })

  test.each([
    { what: 'all that wait, if nothing limits them', limits: {}, batches: [5] },
    { what: 'as many as have so many files', limits: { maxFiles: 3 }, batches: [3, 4, 5] },
    { what: 'as many as have so many rows', limits: { maxRows: 25 }, batches: [3, 5] },
    { what: 'as many as have so many bytes', limits: { maxBytes: 60 }, batches: [3, 4, 5] },
    { what: 'one at least', limits: { maxFiles: 1, maxRows: 1, maxBytes: 1 }, batches: [2, 3, 4, 5] },
  ])('a portion has whole batches: $what', async ({ limits, batches }) => {
    const { stream, feed } = await followed()
    stream.publish(2, { valid: [file('2', 10)] })
    stream.publish(3, { corrupted: [file('3', 10)] })
    stream.publish(4, { valid: [file('4a', 5), file('4b', 5)], corrupted: [file('4c', 5)] })
    stream.publish(5, { valid: [file('5', 10)] })
    const taken = await stream.drain(feed, limits)
    expect(taken.map(({ batch }) => batch)).toEqual(batches)
    expect(taken.reduce((sum, { rows }) => sum + rows, 0)).toBe(45)
    expect(taken.flatMap(({ files }) => files.valid)).toEqual(inLake('valid', '2', '4a', '4b', '5'))
  })

  test('a portion that was not finished comes again, with what has come since', async () => {
    const { stream, feed } = await followed()
    stream.publish(2, { valid: [file('2')] })
    expect((await nextOf(feed))?.input.batch).toBe(2)
    stream.publish(3, { valid: [file('3')] })
    const taken = await stream.drain(feed)
    expect(taken).toMatchObject([{ batch: 3, files: { valid: inLake('valid', '2', '3') } }])
  })

  test('a batch without rows is one all the same', async () => {
    const { stream, feed } = await followed()
    stream.publish(2)
    expect(await stream.drain(feed)).toMatchObject([{ scope: 'added', batch: 2, rows: 0, files: {} }])
  })

  test('commits that only move rows are passed over', async () => {
    const { stream, feed } = await followed()
    const moved = { dataChange: false }
    stream.commit('valid', [
      { remove: { path: 'day=2026-01-01/1', ...moved } },
      stream.file('valid', file('packed'), moved),
    ])
    stream.publish(2, { valid: [file('2')] })
    expect(await stream.drain(feed)).toMatchObject([{ batch: 2, files: { valid: inLake('valid', '2') } }])
    const [whole] = await stream.drain(await stream.resumed())
    expect(whole).toMatchObject({ scope: 'all', batch: 2, files: { valid: inLake('valid', 'packed', '2') } })
  })

  // The feed would be asked, find nothing and be woken again, for ever, without a turn for anybody else.
  test.each(
    TABLES.flatMap((table) => [
      { what: 'only moves rows', table, has: [] as TableName[] },
      { what: 'moves rows after a batch that the other table lacks', table, has: [table] },
    ]),
  )('a commit of $table that $what wakes nobody, but the batch does', async ({ table, has }) => {
    const { stream, feed } = await followed()
    stream.publish(2, {}, has)
    stream.commit(table, [stream.file(table, file('packed'), { dataChange: false })])
    expect(await nextOf(feed)).toBeUndefined()
    let woken = 0
    const wake = (): void => {
      woken += 1
    }
    await (await feed.watch(wake)).close()
    expect(woken).toBe(0)
    stream.publish(
      2,
      {},
      TABLES.filter((other) => !has.includes(other)),
    )
    await (await feed.watch(wake)).close()
    expect(woken).toBeGreaterThan(0)
    expect(await stream.drain(feed)).toMatchObject([{ batch: 2 }])
  })

  test('a file is named as it is on disk, whatever its partition value is', async () => {
    const { stream, feed } = await followed()
    const odd = ["day=1 ä'%", 'day=a=b', 'day=%2F%25', 'day=[1]*?'].map((folder) => `${folder}/x.parquet`)
    stream.publish(2, { valid: odd.map((path) => ({ path, rows: 1 })) })
    const [added] = await stream.drain(feed)
    expect(added?.files.valid).toEqual(odd.map((path) => `valid/data/${path}`))
    const [whole] = await stream.drain(await stream.resumed())
    expect([...(whole?.files.valid ?? [])].sort()).toEqual(
      [...odd.map((path) => `valid/data/${path}`), ...inLake('valid', '1')].sort(),
    )
  })

  test('a drain that was pinned returns nothing that came later', async () => {
    const { stream, feed } = await followed()
    stream.publish(2, { valid: [file('2')] })
    await feed.pin()
    stream.publish(3, { valid: [file('3')] })
    expect(await stream.drain(feed)).toMatchObject([{ batch: 2 }])
  })

  test('the newest event is the latest that any batch has had, and survives a new start', async () => {
    const stream = await FollowedStream.open()
    const at = (time: string): string => `2026-01-01T${time}Z`
    stream.publish(1, { valid: [file('1', 1, at('10:00:00.001'))], corrupted: [file('x')] })
    const feed = await stream.resumed()
    const [whole] = await stream.drain(feed)
    expect(whole?.newest).toBe(at('10:00:00.001'))
    stream.publish(2, { valid: [file('2', 1, at('09:00:00.000'))] })
    const [early] = await stream.drain(feed)
    expect(early?.newest).toBe(at('10:00:00.001'))
    stream.publish(3, { corrupted: [file('3', 1, at('11:00:00.000'))] })
    const [late] = await stream.drain(await stream.resumed(early?.end))
    expect(late?.newest).toBe(at('11:00:00.000'))
    stream.publish(4, { valid: [file('4')] })
    expect((await stream.drain(await stream.resumed(late?.end)))[0]?.newest).toBe(at('11:00:00.000'))
    expect((await stream.drain(await stream.resumed()))[0]?.newest).toBe(at('11:00:00.000'))
  })
})

describe('a stream that is not there yet', () => {
  test('is waited for, which is said once', async () => {
    const stream = await FollowedStream.empty()
    const feed = await stream.resumed()
    const look = async (): Promise<unknown> => feed.next({ maxFiles: 1, maxRows: 1, maxBytes: 1 }, MOMENT)
    expect(await look()).toMatchObject({
      kind: 'idle',
      pollMs: 1_000,
      notes: [/table valid of split is not there yet/],
    })
    expect(await look()).toMatchObject({ kind: 'idle', pollMs: 1_000, notes: [] })
    stream.create('a', ['valid'])
    expect(await look()).toMatchObject({ kind: 'idle', pollMs: 1_000 })
    stream.create('a', ['corrupted'])
    expect(await look()).toMatchObject({ kind: 'idle', notes: [/split has no batch yet/] })
    expect(await look()).toMatchObject({ kind: 'idle', notes: [] })
    stream.publish(1, { valid: [file('1')] }, ['valid'])
    expect(await look()).toMatchObject({ kind: 'idle', notes: [] })
    stream.publish(1, {}, ['corrupted'])
    expect(await stream.drain(feed)).toMatchObject([{ scope: 'all', batch: 1, rows: 1 }])
  })
})

test('the files as of a place are those that the tables had at it', async () => {
  const stream = await FollowedStream.open()
  stream.publish(1, { valid: [file('1')] })
  const [whole] = await stream.drain(await stream.resumed())
  if (whole === undefined) throw new Error('no portion')
  stream.publish(2, { valid: [file('2')], corrupted: [file('3')] })
  expect(await stream.filesUpTo(whole.end)).toEqual({ valid: inLake('valid', '1'), corrupted: [] })
  rmSync(stream.logs.corrupted.commitPath(0))
  expect(await stream.filesUpTo(whole.end)).toBeUndefined()
})

test('a store commits only what is durable in every table', async () => {
  const calls: DiskCall[] = []
  const stream = await FollowedStream.open(tracingDisk(nodeDisk, calls))
  stream.publish(1, { valid: [file('1')] })
  const feed = await stream.resumed()
  const [whole] = await stream.drain(feed)
  const { valid, corrupted } = stream.logs
  const syncs = (version: number): string[] => [
    `syncFile ${valid.commitPath(version)}`,
    `syncFile ${corrupted.commitPath(version)}`,
    `syncFolder ${corrupted.folder}`,
    `syncFolder ${valid.folder}`,
  ]
  const done = (): string[] => calls.splice(0).map(({ operation, path }) => `${operation} ${path}`)
  expect(done().sort()).toEqual(syncs(1).sort())
  stream.publish(2)
  stream.publish(3)
  const portion = await nextOf(await stream.resumed(whole?.end))
  expect(done()).toEqual([])
  await portion?.secure()
  expect(done().sort()).toEqual(syncs(3).sort())
})
