import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { Lake } from '../../../src/index.ts'
import { openLake } from '../../../src/lake/openLake.ts'
import sourceKinds from '../../../src/sources/index.ts'
import { lakeFolder } from '../../support/lakeFolder.ts'
import { topic } from './config.ts'
import { topicKind } from './kind.ts'

// What a new kind of source takes: the folder of this test, and one entry in the list of kinds.

const kinds = [...sourceKinds, topicKind] as const

const SPLIT = `-- split.sql: every order with its table; one row per order.
--
-- in   topic        the orders of the batch
-- out  destination  'large' | 'small', with the columns of those tables
SELECT *, CASE WHEN amount >= 100 THEN 'large' ELSE 'small' END AS destination
FROM topic
`

const CONFIG = `import { defineLake, deltaTable, topic } from 'lakeweir'

const order = { id: 'BIGINT', amount: 'INTEGER' } as const

export default defineLake({
  root: 'lake',
  tables: {
    large: { path: 'large', columns: order },
    small: { path: 'small', columns: order },
    copies: { path: 'copies', columns: order },
  },
  streams: {
    split: { from: topic('orders', { columns: order }), select: 'split.sql', into: ['large', 'small'] },
    copy: { from: deltaTable('large'), into: ['copies'] },
  },
})
`

let folder: string

beforeEach(() => {
  folder = lakeFolder({ 'lakeweir.config.ts': CONFIG, 'split.sql': SPLIT })
})

async function opened(change: (config: string) => string = (config) => config): Promise<Lake> {
  const config = join(folder, 'lakeweir.config.ts')
  writeFileSync(config, change(CONFIG))
  const lake = Lake.of(await openLake({ config, kinds: { sources: kinds }, alsoInLibrary: { Lake, topic } }))
  onTestFinished(() => lake.close())
  return lake
}

/** Appends a message to the topic. */
function send(...orders: readonly { readonly id: number; readonly amount: number }[]): void {
  const orderFolder = join(folder, 'lake/orders')
  mkdirSync(orderFolder, { recursive: true })
  const text = orders.map((order) => `${JSON.stringify(order)}\n`).join('')
  writeFileSync(join(orderFolder, `${readdirSync(orderFolder).length}.ndjson`), text)
}

describe('a kind of source that only a test knows', () => {
  test('feeds tables exactly once, over several runs, as any other kind does', async () => {
    send({ id: 1, amount: 5 }, { id: 2, amount: 500 })
    send({ id: 3, amount: 7 })
    const lake = await opened()
    const batches: number[] = []
    const run = (): Promise<void> =>
      lake.run({
        streams: [],
        availableNow: true,
        limits: { maxFiles: 1 },
        onBatch: ({ stream, inputRows }) => stream === 'split' && batches.push(inputRows),
      })
    await run()
    send({ id: 4, amount: 100 })
    expect((await lake.status()).streams.map(({ pending }) => pending)).toEqual([
      { files: 1, rows: undefined },
      { files: 0, rows: 0 },
    ])
    await run()
    await run()
    expect(batches).toEqual([2, 1, 1])
    expect((await lake.query('SELECT id FROM small ORDER BY id')).rows).toEqual([[1], [3]])
    expect((await lake.query('SELECT id FROM copies ORDER BY id')).rows).toEqual([[2], [4]])
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, problems: [] })
  })

  test('begins again where its tables are emptied, and says where the rows come from', async () => {
    send({ id: 1, amount: 5 })
    const lake = await opened()
    await lake.run({ streams: ['split'], availableNow: true })
    const emptied = await lake.empty(['split'])
    expect(emptied).toMatchObject({ isLoss: false, archives: [] })
    expect(emptied?.tables.find(({ name }) => name === 'small')?.parts).toEqual([
      { stream: 'split', rows: 1, from: 'source', how: 'the topic orders still has them' },
    ])
    await lake.run({ streams: ['split'], availableNow: true })
    expect((await lake.query('SELECT count(*) FROM small')).rows).toEqual([[1]])
  })

  test.each([
    {
      what: 'a key that is none of it',
      change: ['{ columns: order }', "{ columns: order, startsAt: 'first' }"],
      says: 'streams.split.from has an unknown key "startsAt".',
      remedy: 'Did you mean "startAt"?',
    },
    {
      what: 'a value that is none',
      change: ['{ columns: order }', "{ columns: order, startAt: 'third' }"],
      says: 'streams.split.from.startAt must be "first" or "second", not "third".',
      remedy: "Write it like this: startAt: 'second'",
    },
    {
      what: 'a table of its relation’s name',
      change: ["copies: { path: 'copies'", "topic: { path: 'topic'"],
      says: 'tables.topic has a name that Lakeweir uses itself.',
      remedy: 'Give it another name.',
    },
    {
      what: 'a folder that is a table’s',
      change: ["topic('orders'", "topic('large/orders'"],
      says: 'streams.split.from "large/orders" overlaps with table large at "large".',
      remedy: undefined,
    },
    {
      what: 'what only it refuses',
      change: ['{ columns: order }', "{ columns: { ...order, at: 'DATE', by: 'VARCHAR' } }"],
      says: 'streams.split.from.columns are more than a toy can read.',
      remedy: undefined,
    },
    {
      what: 'no source at all',
      change: ["topic('orders', { columns: order })", '3'],
      says: 'streams.split.from must be an object, not 3.',
      remedy:
        "Write it like this: from: deltaTable('events'), from: deltaFolder('/warehouse/events'), " +
        "from: parquetFolder('landing'), from: generated() or from: topic('orders', { columns: { id: 'BIGINT' } })",
    },
  ])('has its config checked as any other: $what', async ({ change: [found = '', instead = ''], says, remedy }) => {
    await expect(opened((config) => config.replace(found, instead))).rejects.toMatchObject({
      code: 'LAKE_CONFIG_INVALID',
      message: expect.stringContaining(`lakeweir.config.ts: ${says}`),
      remedy,
    })
  })
})
