import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
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

interface Case {
  readonly what: string
  readonly damage: () => void
  readonly problem: RegExp
}

// biome-ignore format: a table
const cases: readonly Case[] = [
  { what: 'whose source was rolled back', damage: () => copyTree(join(messages.folder, 'bronze'), messages.path('bronze/messages/data')), problem: /^LAKE_SOURCE_CHANGED: source table bronze_messages was changed/ },
  { what: 'with an unreadable record', damage: () => writeFileSync(messages.path(CHECKPOINT, 'commits/00000000000000000001.json'), '{'), problem: /^LAKE_CHECKPOINT_MISMATCH: .*00000000000000000001\.json is not JSON/ },
  { what: 'with another file as its lock', damage: () => writeFileSync(messages.path(CHECKPOINT, 'holder.duckdb'), 'no database'), problem: /^LAKE_LOCK_INVALID: .*holder\.duckdb is not the lock file/ },
]

describe('status of a stream', () => {
  test.each(cases)('$what says so of that stream, and shows the others', async ({ damage, problem }) => {
    copyTree(backup, messages.root)
    damage()
    const { streams, tables } = await messages.lake.status()
    expect(streams.find(({ name }) => name === 'silver')).toMatchObject({ problem: expect.stringMatching(problem) })
    const produce = streams.find(({ name }) => name === 'produce')
    expect(produce).toMatchObject({ problem: undefined, last: { batch: 2 } })
    expect(tables).toHaveLength(3)
  })

  test('that would not start stands in the text of status, and in the overview as the next thing to look at', async () => {
    copyTree(backup, messages.root)
    rmSync(messages.path(CHECKPOINT, 'holder.duckdb'))
    writeFileSync(messages.path(CHECKPOINT, 'holder.duckdb'), 'no database')
    const status = await Program.run(['status'], { lake: messages.root })
    expect(status.stdout).toMatch(/\nsilver: LAKE_LOCK_INVALID: .*holder\.duckdb is not the lock file/)
    const overview = await Program.run([], { lake: messages.root })
    expect(overview.stdout).toMatch(/silver has a problem.*\n(.*\n)*next +lakeweir status --config .*\n/)
    expect([status.exitCode, overview.exitCode]).toEqual([0, 0])
  })
})
