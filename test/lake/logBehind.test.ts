import { appendFileSync, copyFileSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordName } from '../../src/tables/record.ts'
import { lakeReadings } from '../support/lakeReadings.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { copyTree } from '../support/tree.ts'

// Two bronze batches of 5 and 7 rows, each taken into silver: the records of both streams know both.

let messages: MessagesLake
let backup: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  backup = join(messages.folder, 'backup')
  for (const rows of [5, 7]) {
    await messages.produce(rows)
    await messages.run(['silver'])
  }
  copyTree(messages.root, backup)
})

afterAll(() => messages.close())

function commitPath(table: string, version: number): string {
  return messages.path(table, 'data/_delta_log', recordName(version))
}

const readings = (): Promise<Record<string, string>> => lakeReadings(messages)

const READS = 'LAKE_LOG_BEHIND'

// biome-ignore format: a table
const losses: readonly { what: string; lose: () => void; says: RegExp; sql?: RegExp }[] = [
  { what: 'the last commit of a table that is followed', says: /bronze_messages: its log ends at version 1, but stream silver has read version 2/, lose: () => rmSync(commitPath('bronze/messages', 2)) },
  { what: 'all commits of a table that is followed but its first', says: /bronze_messages: its log ends at version 0, but stream silver has read version 2/, lose: () => { for (const version of [1, 2]) rmSync(commitPath('bronze/messages', version)) } },
  { what: 'the whole log of a table that is followed', says: /bronze_messages: it has no Delta log, but stream silver has read its version 2/, lose: () => rmSync(messages.path('bronze/messages/data/_delta_log'), { recursive: true }) },
  { what: 'a table that is followed, with its checkpoint', says: /bronze_messages: it has no Delta log, but stream silver has read its version 2/, lose: () => rmSync(messages.path('bronze/messages'), { recursive: true }) },
  { what: 'the last commit of a table that nobody follows', says: /messages: its log has batch 1 of stream silver, which has committed batch 2/, lose: () => rmSync(commitPath('silver/messages', 2)) },
  { what: 'the last commit of each table of a stream', says: /messages_corrupted: its log has batch 1 of stream silver, which has committed batch 2/, lose: () => { for (const table of ['messages', 'messages_corrupted']) rmSync(commitPath(`silver/${table}`, 2)) } },
  { what: 'the whole log of one of two tables', says: /messages_corrupted: it has no Delta log, but stream silver has committed batch 2 to it/, lose: () => rmSync(messages.path('silver/messages_corrupted/data/_delta_log'), { recursive: true }) },
  { what: 'the last commit, in whose place is another one', says: /version 2 of its log is not the commit that stream silver has read/, lose: () => writeFileSync(commitPath('bronze/messages', 2), readFileSync(commitPath('bronze/messages', 2), 'utf8').replace('STREAMING UPDATE', 'ANOTHER UPDATE  ')) },
]

describe('a log that lost', () => {
  test.each(losses)('$what is told by everything that reads it', async ({ lose, says }) => {
    copyTree(backup, messages.root)
    lose()
    const { validate, status, ...sql } = await readings()
    expect(validate).toMatch(says)
    expect(status).toMatch(says)
    for (const said of Object.values(sql)) {
      expect(said).toMatch(READS)
      expect(said).toMatch(says)
    }
  })

  test('nothing is read as ever', async () => {
    copyTree(backup, messages.root)
    expect(await readings()).toEqual({ validate: 'ok', status: '', sql: '12 rows', 'lake.sql': '12 rows' })
  })
})

// biome-ignore format: a table
const cuts: readonly { what: string; cut: (path: string) => void; says: RegExp }[] = [
  { what: 'empty', cut: (path) => truncateSync(path, 0), says: /json is empty: a commit has at least one action/ },
  { what: 'cut at the end of a line', cut: (path) => writeFileSync(path, `${readFileSync(path, 'utf8').split('\n').slice(0, 2).join('\n')}\n`), says: /json has 2 actions, but was written with 3/ },
  { what: 'cut in a line', cut: (path) => writeFileSync(path, readFileSync(path, 'utf8').slice(0, -20)), says: /json line 3 is not JSON/ },
  { what: 'longer than it was', cut: (path) => appendFileSync(path, '{"remove":{"path":"x","dataChange":true}}\n'), says: /json has 4 actions, but was written with 3/ },
  { what: 'a folder', cut: (path) => { rmSync(path); mkdirSync(path) }, says: /json is a folder, not a file/ },
]

describe('a commit of a log is told by everything that reads it where it is', () => {
  for (const version of [1, 2]) {
    test.each(cuts)(`$what, as version ${version} of 2`, async ({ cut, says }) => {
      copyTree(backup, messages.root)
      cut(commitPath('bronze/messages', version))
      for (const said of Object.values(await readings())) {
        expect(said).toMatch(says)
      }
    })
  }
})

const COPY = /json has batch \d of stream produce, but an earlier commit has batch \d/

describe('a commit that is a copy of an earlier one is told by everything that reads it', () => {
  test.each([
    { what: 'after the last one', from: 2, to: 3, run: COPY },
    { what: 'with one in between', from: 1, to: 3, run: COPY },
    { what: 'in place of another', from: 1, to: 2, run: /version 2 is not the commit that the stream has read/ },
  ])('$what', async ({ from, to, run }) => {
    copyTree(backup, messages.root)
    const silver = messages.filesOf('messages')
    copyFileSync(commitPath('bronze/messages', from), commitPath('bronze/messages', to))
    for (const said of Object.values(await readings())) expect(said).toMatch(COPY)
    await expect(messages.run(['silver'])).rejects.toThrow(run)
    expect(messages.filesOf('messages')).toBe(silver)
  })
})

test('a batch that is committed and not yet published is no loss', async () => {
  copyTree(backup, messages.root)
  await messages.produce(3)
  const { commits, staging } = messages.checkpoint('produce')
  const record = JSON.parse(readFileSync(join(commits, recordName(3)), 'utf8')) as { attempt: string }
  rmSync(commitPath('bronze/messages', 3))
  expect((await readings()).sql).toMatch(
    /bronze_messages: its log has batch 2 of stream produce, which has committed batch 3/,
  )
  // As a crash after the record leaves it: what is staged says that it is still to be published.
  mkdirSync(join(staging, `3.${record.attempt}`))
  writeFileSync(join(staging, `3.${record.attempt}`, 'record.tmp'), '')
  expect(await readings()).toEqual({ validate: 'ok', status: '', sql: '12 rows', 'lake.sql': '12 rows' })
})

describe('validate', () => {
  test.each([
    { what: 'cut', change: (path: string) => truncateSync(path, 100), says: /has 100 bytes, but its log says \d+/ },
    { what: 'empty', change: (path: string) => truncateSync(path, 0), says: /has 0 bytes, but its log says \d+/ },
    {
      what: 'longer',
      change: (path: string) => appendFileSync(path, 'more'),
      says: /has \d+ bytes, but its log says \d+/,
    },
    { what: 'gone', change: (path: string) => rmSync(path), says: /1 of its files are missing from the disk/ },
    {
      what: 'a folder',
      change: (path: string) => {
        rmSync(path)
        mkdirSync(path)
      },
      says: /is not a file/,
    },
    {
      what: 'other bytes',
      change: (path: string) => writeFileSync(path, Buffer.alloc(readFileSync(path).length, 65)),
      says: /cannot be read: /,
    },
  ])('names a data file that is $what', async ({ change, says }) => {
    for (const table of ['bronze/messages', 'silver/messages_corrupted']) {
      copyTree(backup, messages.root)
      const log = readFileSync(commitPath(table, 2), 'utf8')
      const [, path] = /"add":\{"path":"([^"]+)"/.exec(log) ?? []
      change(messages.path(table, 'data', path ?? ''))
      const { ok, problems } = await messages.lake.validate()
      expect(ok).toBe(false)
      expect(problems.join(' ')).toMatch(says)
      expect(problems.join(' ')).toContain(path)
    }
  })
})
