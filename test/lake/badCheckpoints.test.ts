import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AddFile, MetaData, Protocol, Txn } from '../../src/delta/actions.ts'
import { type CheckpointState, writeCheckpoint } from '../support/checkpointFile.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { lakeReadings } from '../support/lakeReadings.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { asNobody } from '../support/otherUser.ts'
import { Program } from '../support/program.ts'
import { copyTree, treeFingerprint } from '../support/tree.ts'

// What checkpoints of the logs say is worth nothing where they are torn or another table's: who can reads the commits.
// Four batches of both streams, a checkpoint at the third of each table, by another program.

const TABLES = ['bronze/messages', 'silver/messages', 'silver/messages_corrupted'] as const
type Table = (typeof TABLES)[number]

const VERSION = 3

let messages: MessagesLake
let backup: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  backup = join(messages.folder, 'backup')
  for (const rows of [5, 7, 9, 11]) {
    await messages.produce(rows)
    await messages.run(['silver'])
  }
  for (const table of TABLES) await inDuckdb((session) => checkpointOf(table, session))
  copyTree(messages.root, backup)
})

afterAll(() => messages.close())

function file(table: Table, kind: 'json' | 'checkpoint.parquet', version = VERSION): string {
  return messages.path(table, 'data/_delta_log', `${String(version).padStart(20, '0')}.${kind}`)
}

type CheckpointParts = Parameters<typeof writeCheckpoint>[0]

async function checkpointOf(table: Table, session: CheckpointParts['session']): Promise<void> {
  const log = { folder: messages.path(table, 'data/_delta_log') } as CheckpointParts['log']
  await writeCheckpoint({ lakeFolder: messages.folder, log, session }, VERSION, stateOf(table))
}

/** What the commits up to the checkpoint come to; nothing was removed yet. */
function stateOf(table: Table, adds: (all: readonly AddFile[]) => readonly AddFile[] = (all) => all): CheckpointState {
  const found = { adds: [] as AddFile[], txns: new Map<string, Txn>() }
  let protocol: Protocol | undefined
  let metaData: MetaData | undefined
  for (let version = 0; version <= VERSION; version++) {
    for (const line of readFileSync(file(table, 'json', version), 'utf8')
      .trim()
      .split('\n')) {
      const action = JSON.parse(line) as Partial<{ protocol: Protocol; metaData: MetaData; txn: Txn; add: AddFile }>
      protocol = action.protocol ?? protocol
      metaData = action.metaData ?? metaData
      if (action.txn !== undefined) found.txns.set(action.txn.appId, action.txn)
      if (action.add !== undefined) found.adds.push(action.add)
    }
  }
  if (protocol === undefined || metaData === undefined) throw new Error(`${table} has no metadata`)
  return { protocol, metaData, txns: [...found.txns.values()], adds: adds(found.adds) }
}

const WELL = { validate: 'ok', status: '', sql: '32 rows', 'lake.sql': '32 rows' }

interface Damage {
  readonly what: string
  /** What is seen only by reading it whole, which SQL alone cannot recover from: it then says which file it was. */
  readonly isWholeAtBothEnds?: true
  readonly do: (table: Table) => void
}

const damages: readonly Damage[] = [
  { what: 'is torn', do: (table) => truncateSync(file(table, 'checkpoint.parquet'), 1_000) },
  { what: 'is empty', do: (table) => truncateSync(file(table, 'checkpoint.parquet'), 0) },
  { what: 'is no Parquet', do: (table) => writeFileSync(file(table, 'checkpoint.parquet'), 'x'.repeat(5_000)) },
  {
    what: 'is zeros between its magic words',
    isWholeAtBothEnds: true,
    do: (table) => {
      const path = file(table, 'checkpoint.parquet')
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.fill(0, 4, bytes.length - 4))
    },
  },
]

/** Puts the checkpoint of another table in its place. */
function swap(table: Table): void {
  const other = TABLES[(TABLES.indexOf(table) + 1) % TABLES.length] ?? table
  copyFileSync(file(other, 'checkpoint.parquet'), file(table, 'checkpoint.parquet'))
}

/** A run takes what is new into all tables, once. */
async function expectToGoOn(): Promise<void> {
  await messages.produce(13)
  expect(await messages.run(['silver'])).toHaveLength(1)
  expect(await messages.faults()).toEqual([])
}

describe('a checkpoint of a log that', () => {
  for (const table of TABLES) {
    test.each(damages)(`$what is passed over while ${table} has its commits`, async (damage) => {
      copyTree(backup, messages.root)
      damage.do(table)
      const named = expect.stringContaining(file(table, 'checkpoint.parquet'))
      const isRead = damage.isWholeAtBothEnds === true
      expect(await lakeReadings(messages)).toEqual(isRead ? { ...WELL, 'lake.sql': named } : WELL)
      await expectToGoOn()
    })

    test.each(damages)(`$what is told by its name where ${table} lacks older commits`, async (damage) => {
      copyTree(backup, messages.root)
      damage.do(table)
      for (let version = 0; version < VERSION; version++) rmSync(file(table, 'json', version))
      const before = treeFingerprint(messages.root)
      for (const [way, said] of Object.entries(await lakeReadings(messages))) {
        expect(said, way).toMatch(/versions 3 to 4|0{19}3\.checkpoint/)
      }
      expect(treeFingerprint(messages.root)).toEqual(before)
    })
  }

  test.each(TABLES)('is of another table is passed over while %s has its commits', async (table) => {
    copyTree(backup, messages.root)
    swap(table)
    expect(await lakeReadings(messages)).toEqual(WELL)
    await expectToGoOn()
  })

  test('is of another table is told where the one that is followed lacks older commits', async () => {
    copyTree(backup, messages.root)
    swap('bronze/messages')
    for (let version = 0; version < VERSION; version++) rmSync(file('bronze/messages', 'json', version))
    const { validate, status } = await lakeReadings(messages)
    for (const said of [validate, status]) expect(said).toMatch(/bronze_messages.*it is another table now/)
  })

  test('is good serves where the older commits are gone', async () => {
    copyTree(backup, messages.root)
    for (const table of TABLES) for (let version = 0; version < VERSION; version++) rmSync(file(table, 'json', version))
    expect(await lakeReadings(messages)).toEqual(WELL)
  })

  test('lacks a file of its commits is found by validate, which names the table', async () => {
    copyTree(backup, messages.root)
    await inDuckdb((session) => {
      const log = { folder: messages.path('silver/messages', 'data/_delta_log') } as CheckpointParts['log']
      const state = stateOf('silver/messages', (all) => all.slice(1))
      return writeCheckpoint({ lakeFolder: messages.folder, log, session }, VERSION, state)
    })
    const { validate } = await lakeReadings(messages)
    expect(validate).toMatch(/messages/)
    expect(validate).not.toBe('ok')
  })
})

describe('_last_checkpoint', () => {
  test.each([
    { what: 'is empty', text: '' },
    { what: 'is torn', text: '{"version":' },
    { what: 'names a version that is not there', text: '{"version":2,"size":5}' },
    { what: 'names a version beyond the log', text: '{"version":99,"size":5}' },
    { what: 'has words for numbers', text: '{"version":"three","size":"five"}' },
    { what: 'names a version of twenty digits', text: '{"version":99999999999999999999,"size":5}' },
    { what: 'names a version that no number holds exactly', text: '{"version":9007199254740993,"size":5}' },
    { what: 'names a version beyond all numbers', text: '{"version":1e999,"size":5}' },
    { what: 'names a version with a fraction', text: '{"version":2.5,"size":5}' },
    { what: 'names a version below zero', text: '{"version":-1,"size":5}' },
    { what: 'names more parts than there can be', text: '{"version":3,"size":5,"parts":1000000000000}' },
    { what: 'names many parts', text: '{"version":3,"size":5,"parts":9999}' },
    { what: 'is a list', text: '[3]' },
    { what: 'is megabytes long', text: `{"version":3,"size":5,"tags":"${'x'.repeat(5_000_000)}"}` },
    { what: 'is no text', text: Buffer.from([0xff, 0xfe, 0, 0xd8]) },
  ])('that $what changes nothing', async ({ text }) => {
    copyTree(backup, messages.root)
    for (const table of TABLES) writeFileSync(hintFile(table), text)
    expect(await lakeReadings(messages)).toEqual(WELL)
  })

  test.each([
    { what: 'is a folder', put: (path: string) => mkdirSync(path) },
    { what: 'is a link to nothing', put: (path: string) => symlinkSync('nowhere', path) },
    { what: 'is a link that leads in a circle', put: (path: string) => symlinkSync('_last_checkpoint', path) },
  ])('that $what changes nothing', async ({ put }) => {
    copyTree(backup, messages.root)
    for (const table of TABLES) put(hintFile(table))
    expect(await lakeReadings(messages)).toEqual(WELL)
    await expectToGoOn()
  })

  test('that may not be read is told by its name, with what to do, and nothing is changed', async () => {
    copyTree(backup, messages.root)
    const file = hintFile('silver/messages')
    writeFileSync(file, '{"version":3,"size":5}')
    chmodSync(file, 0)
    chmodSync(messages.folder, 0o755)
    const before = treeFingerprint(messages.root)
    for (const command of ['status', 'validate', 'sql']) {
      const words = command === 'sql' ? ['sql', 'SELECT count(*) FROM messages'] : [command]
      const { exitCode, stderr } = await Program.run(words, { lake: messages.root, ...asNobody() })
      expect([command, exitCode]).toEqual([command, 1])
      expect(stderr).toMatch(/^LAKE_DISK_FAILED: .*_last_checkpoint/m)
      expect(stderr).toMatch(/permission/i)
    }
    expect(treeFingerprint(messages.root)).toBe(before)
  })
})

function hintFile(table: Table): string {
  return messages.path(table, 'data/_delta_log/_last_checkpoint')
}
