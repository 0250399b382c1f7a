import { cpSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { HistoryEntry } from '../../src/index.ts'
import { addOf } from '../support/deltaActions.ts'
import { commitAs } from '../support/foreignCommit.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { runInProcess, type Said } from '../support/program.ts'

let messages: MessagesLake
let silver: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  silver = messages.path('silver/messages/data')
  await messages.produce(10)
  await messages.run(['silver'])
  await messages.produce(4)
  await messages.run(['silver'])
  cpSync(`${silver}/_delta_log`, join(messages.folder, 'log'), { recursive: true })
}, 60_000)

afterAll(() => messages.close())

afterEach(() => {
  rmSync(`${silver}/_delta_log`, { recursive: true })
  cpSync(join(messages.folder, 'log'), `${silver}/_delta_log`, { recursive: true })
})

async function historyOf(table: string, limit?: number): Promise<HistoryEntry[]> {
  const entries: HistoryEntry[] = []
  for await (const entry of messages.lake.history(table, { limit })) entries.push(entry)
  return entries
}

function said(words: readonly string[], columns?: number): Promise<Said> {
  return runInProcess(['history', ...words], { lake: messages.root, ...(columns === undefined ? {} : { columns }) })
}

function removeOf(path: string, dataChange: boolean): object {
  return { remove: { path, dataChange, deletionTimestamp: 0 } }
}

test('has the batches of a table newest first, with what each took from its source', async () => {
  const shown = (await historyOf('bronze_messages')).map(({ version, stream, batch, source, rows, files }) => {
    return { version, stream, batch, source, rows, files }
  })
  expect(shown).toEqual([
    { version: 2, stream: 'produce', batch: 2, source: 'rows 11–14', rows: 4, files: 1 },
    { version: 1, stream: 'produce', batch: 1, source: 'rows 1–10', rows: 10, files: 1 },
    { version: 0, stream: undefined, batch: undefined, source: undefined, rows: 0, files: 0 },
  ])
  const [last] = await historyOf('messages', 1)
  expect(last).toMatchObject({ version: 2, stream: 'silver', batch: 2, source: 'v2', isForeign: false })
  expect(last).toMatchObject({ engine: expect.stringMatching(/^lakeweir duckdb /), endOffset: { version: 2 } })
})

describe('commits of other programs', () => {
  test('are shown with their engine and what they changed', async () => {
    commitAs('deltaRs', silver, 'WRITE', [addOf('foreign.parquet', 12)])
    commitAs('spark', silver, 'DELETE', [removeOf('foreign.parquet', true), addOf('rest.parquet', 11)])
    commitAs('deltaRs', silver, 'OPTIMIZE', [
      removeOf('rest.parquet', false),
      { add: { ...addOf('one.parquet', 11).add, dataChange: false } },
    ])
    const shown = (await historyOf('messages', 3)).map(
      ({ operation, engine, isForeign, rows, removedFiles, changesRows }) =>
        [operation, engine, isForeign, rows, removedFiles, changesRows].join(' | '),
    )
    expect(shown).toEqual([
      'OPTIMIZE | delta-rs:py-1.6.6 | true | 11 | 1 | false',
      'DELETE | Apache-Spark/4.2.1 Delta-Lake/4.4.0 | true | 11 | 1 | true',
      'WRITE | delta-rs:py-1.6.6 | true | 12 | 0 | true',
    ])
  })

  test('are named in full below a table that has no room for that', async () => {
    commitAs('spark', silver, 'DELETE', [removeOf('a.parquet', true), addOf('rest.parquet', 11)])
    const { stdout } = await said(['messages', '--limit', '2'], 80)
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([expect.stringContaining('Delta-Lake/4.4.0')])
    expect(stdout).toContain(
      'version 3 of messages is by Apache-Spark/4.2.1 Delta-Lake/4.4.0 (DELETE, 2026-11-26 12:00:00): ' +
        'removed 1 file and added 1 file with 11 rows',
    )
    expect(stdout).toMatch(/^ +3 +2026-11-26 12:00:00 +DELETE +– +\+11 −\? +\+1 −1 /m)
  })

  test('may say nothing of themselves', async () => {
    const path = `${silver}/_delta_log/00000000000000000003.json`
    writeFileSync(path, `${JSON.stringify(addOf('x.parquet', 1))}\n`)
    expect(await historyOf('messages', 1)).toMatchObject([{ version: 3, isForeign: true, engine: undefined, rows: 1 }])
    expect((await said(['messages'])).stdout).toContain('is by a program that does not say its name')
  })
})

describe('a log that is not whole', () => {
  test('is shown as far as it can be read', async () => {
    writeFileSync(`${silver}/_delta_log/00000000000000000001.json`, 'no JSON\n')
    const [, broken, first] = await historyOf('messages')
    expect(broken?.problem).toMatch(/00000000000000000001.json line 1 is not JSON\.$/)
    expect(first).toMatchObject({ version: 0, operation: 'CREATE TABLE' })
    expect((await said(['messages'])).stdout).toMatch(/^ +1 +– +unreadable/m)
  })

  test('says which commits are gone', async () => {
    rmSync(`${silver}/_delta_log/00000000000000000000.json`)
    const { stderr } = await said(['messages'])
    expect(stderr).toBe('history: the commits before version 1 are no longer in the log\n')
  })
})

test('a terminal has a line for each commit, a pipe and JSON the whole of it', async () => {
  expect((await said(['messages', '--limit', '1'], 80)).stderr).toContain('there are older commits')
  const piped = await said(['messages'])
  expect(piped.stdout.split('\n').map((line) => line.slice(0, 42).trimEnd())).toEqual([
    'version                 time  what',
    '─'.repeat(42),
    expect.stringMatching(/^ {6}2 {2}2026-.{16}silver 2$/),
    expect.stringMatching(/^ {6}1 {2}2026-.{16}silver 1$/),
    expect.stringMatching(/^ {6}0 {2}2026-.{16}CREATE TAB/),
    '',
  ])
  const lines = (await said(['messages', '--json', '--limit', '2'])).stdout.trimEnd().split('\n')
  expect(lines.map((line) => (JSON.parse(line) as HistoryEntry).version)).toEqual([2, 1])
})

describe('a command that is not quite right', () => {
  // biome-ignore format: a table
  const cases: readonly { words: readonly string[]; says: string }[] = [
    { words: ['mesages'], says: 'LAKE_USAGE: there is no table "mesages".\nDid you mean "messages"?\n' },
    { words: ['silver'], says: 'LAKE_USAGE: "silver" is a stream, not a table.\nIt writes to messages, messages_corrupted.\n' },
    { words: [], says: 'LAKE_USAGE: history needs the name of a table.\nFor example: lakeweir history bronze_messages. Available: bronze_messages, messages, messages_corrupted.\n' },
    { words: ['messages', 'bronze_messages'], says: 'LAKE_USAGE: "bronze_messages" is a word too many for history.\nSee: lakeweir history --help\n' },
    { words: ['messages', '--limit', '0'], says: 'LAKE_USAGE: --limit: "0" is not a count.\nWrite a whole number above 0: 1000, 20_000_000 or 20M.\n' },
    { words: ['messages', '--limt', '3'], says: 'LAKE_USAGE: there is no option --limt.\nDid you mean "--limit"?\n' },
  ]

  test.each(cases)('$words', async ({ words, says }) => {
    expect(await said(words)).toEqual({ exitCode: 2, stdout: '', stderr: says })
  })
})
