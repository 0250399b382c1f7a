import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { commitAs } from '../support/foreignCommit.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { Program } from '../support/program.ts'
import { copyTree } from '../support/tree.ts'

let messages: MessagesLake
let backup: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  backup = join(messages.folder, 'backup')
  await messages.produce(7)
  copyTree(messages.path('bronze/messages/data'), join(messages.folder, 'bronze'))
  await messages.produce(7)
  await messages.run(['silver'])
  copyTree(messages.root, backup)
})

afterAll(() => messages.close())

const CHECKPOINT = 'silver/messages/checkpoint/silver'

/** Makes a table another one, with the same commits after its first. */
function swapIdentity(path: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(/"id":"[^"]+"/, '"id":"another"'))
}

interface Case {
  readonly what: string
  readonly damage: () => void
  readonly problem: RegExp
  /** Where the stream that feeds it has one too. */
  readonly ofProduce?: RegExp
}

// biome-ignore format: a table
const cases: readonly Case[] = [
  { what: 'whose source was rolled back', damage: () => copyTree(join(messages.folder, 'bronze'), messages.path('bronze/messages/data')), problem: /^LAKE_LOG_BEHIND: table bronze_messages: its log ends at version 1, but stream silver has read version 2\.$/, ofProduce: /^LAKE_LOG_BEHIND: table bronze_messages: its log has batch 1 of stream produce/ },
  { what: 'whose source was swapped', damage: () => swapIdentity(messages.path('bronze/messages/data/_delta_log/00000000000000000000.json')), problem: /^LAKE_SOURCE_CHANGED: source table bronze_messages was changed/ },
  { what: 'with an unreadable record', damage: () => writeFileSync(messages.path(CHECKPOINT, 'commits/00000000000000000001.json'), '{'), problem: /^LAKE_VALUE_UNEXPECTED: .*00000000000000000001\.json is not JSON/ },
  { what: 'with another file as its lock', damage: () => writeFileSync(messages.path(CHECKPOINT, 'holder.duckdb'), 'no database'), problem: /^LAKE_LOCK_INVALID: .*holder\.duckdb is not a valid lock file/ },
]

describe('status of a stream', () => {
  test.each(cases)('$what says so of that stream, and shows the others', async ({ damage, problem, ofProduce }) => {
    copyTree(backup, messages.root)
    damage()
    const { streams, tables } = await messages.lake.status()
    expect(streams.find(({ name }) => name === 'silver')).toMatchObject({ problem: expect.stringMatching(problem) })
    const produce = streams.find(({ name }) => name === 'produce')
    expect(produce).toMatchObject({
      problem: ofProduce === undefined ? undefined : expect.stringMatching(ofProduce),
      last: { batch: 2 },
    })
    expect(tables).toHaveLength(3)
  })

  test('that would not start stands in the text of status, and in the overview as the next thing to look at', async () => {
    copyTree(backup, messages.root)
    rmSync(messages.path(CHECKPOINT, 'holder.duckdb'))
    writeFileSync(messages.path(CHECKPOINT, 'holder.duckdb'), 'no database')
    const status = await Program.run(['status'], { lake: messages.root })
    expect(status.stdout).toMatch(/\nsilver: LAKE_LOCK_INVALID: .*holder\.duckdb is not a valid lock file/)
    const overview = await Program.run([], { lake: messages.root })
    expect(overview.stdout).toMatch(/silver has a problem.*\n(.*\n)*next +\S+ \S+ status --config .*\n/)
    expect([status.exitCode, overview.exitCode]).toEqual([0, 0])
  })
})

test('status looks for files that no log names among 100,000, and says so where there are more', async () => {
  copyTree(backup, messages.root)
  const folder = messages.path('bronze/messages/data')
  writeFileSync(join(folder, 'foreign.parquet'), '')
  // As if another program had added them: status opens none.
  const add = (first: number, end: number): number =>
    commitAs(
      'spark',
      folder,
      'WRITE',
      Array.from({ length: end - first }, (_, index) => addOf(first + index)),
    )
  const { files } = (await messages.lake.status()).tables[0] ?? { files: 0 }
  add(files, 100_000)
  const [looked] = (await messages.lake.status()).tables
  expect(looked).toMatchObject({ name: 'bronze_messages', files: 100_000, unreferencedFiles: ['foreign.parquet'] })

  add(100_000, 100_001)
  const { stdout } = await Program.run(['status'], { lake: messages.root })
  expect(stdout).toContain('\nnot looked for files that no log names in bronze_messages: lakeweir doctor does\n')
  expect(stdout).not.toContain('foreign.parquet')
})

function addOf(number: number): object {
  const path = `more/${number}.parquet`
  return { add: { path, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true } }
}
