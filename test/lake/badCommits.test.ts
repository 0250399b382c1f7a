import { copyFileSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { lakeReadings } from '../support/lakeReadings.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { copyTree, fileHashes } from '../support/tree.ts'

// Commits and files that do not belong together, as every way of reading tells them; nothing is written meanwhile, and
// what is put back is read as before. Cut, empty and copied commits are in logBehind.test.ts.

let messages: MessagesLake
let backup: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  backup = join(messages.folder, 'backup')
  for (const rows of [5, 7, 9]) {
    await messages.produce(rows)
    await messages.run(['silver'])
  }
  copyTree(messages.root, backup)
})

afterAll(() => messages.close())

function commit(version: number): string {
  return messages.path('silver/messages/data/_delta_log', `${String(version).padStart(20, '0')}.json`)
}

function edit(version: number, change: (text: string) => string): void {
  writeFileSync(commit(version), change(readFileSync(commit(version), 'utf8')))
}

/** The data files that a commit adds. */
function filesOf(version: number): string[] {
  const lines = readFileSync(commit(version), 'utf8').trim().split('\n')
  const adds = lines.flatMap((line) => (JSON.parse(line) as { add?: { path: string } }).add ?? [])
  return adds.map(({ path }) => messages.path('silver/messages/data', decodeURIComponent(path)))
}

const MEGABYTE = 2 ** 20
const WELL = { validate: 'ok', status: '', sql: '21 rows', 'lake.sql': '21 rows' }

/** A line that DuckDB's reader of JSON cannot hold. */
const LONG = `${JSON.stringify({ commitInfo: { engineInfo: 'other', note: 'x'.repeat(20 * MEGABYTE) } })}\n`

interface BadCommit {
  readonly what: string
  readonly damage: () => void
  /** How every reading names it; those of `only` alone where that is set. */
  readonly says: RegExp
}

const refused: readonly BadCommit[] = [
  { what: 'a gap', damage: () => rmSync(commit(2)), says: /messages.*(version|gap)/s },
  { what: 'no first commit', damage: () => rmSync(commit(0)), says: /messages.*(version|gap)/s },
  { what: 'a commit of another format', damage: () => writeFileSync(commit(2), '<commit/>\n'), says: /0{19}2\.json/ },
  { what: 'a commit of zeros', damage: () => writeFileSync(commit(2), Buffer.alloc(4_096)), says: /0{19}2\.json/ },
  { what: 'a line of 20 MB', damage: () => writeFileSync(commit(4), LONG), says: /0{19}4\.json|^(ok|21 rows)?$/ },
]

test.each(refused)('$what in the log of a table is told by everything that reads it', async ({ damage, says }) => {
  copyTree(backup, messages.root)
  damage()
  const before = fileHashes(messages.root)
  for (const [way, said] of Object.entries(await lakeReadings(messages))) expect(said, way).toMatch(says)
  expect(fileHashes(messages.root)).toEqual(before)
  copyTree(backup, messages.root)
  expect(await lakeReadings(messages)).toEqual(WELL)
})

const taken: readonly { readonly what: string; readonly damage: () => void }[] = [
  {
    what: 'unknown actions',
    damage: () => writeFileSync(commit(4), '{"newAction":{"path":"x"}}\n{"commitInfo":{"engineInfo":"other"}}\n'),
  },
  {
    what: 'unknown fields in known actions',
    damage: () => edit(2, (text) => text.replace('{"add":{', '{"add":{"newField":{"a":[1]},')),
  },
]

test.each(taken)('$what are passed over', async ({ damage }) => {
  copyTree(backup, messages.root)
  damage()
  expect(await lakeReadings(messages)).toEqual(WELL)
  await messages.produce(11)
  expect(await messages.run(['silver'])).toHaveLength(1)
  expect(await messages.faults()).toEqual([])
})

test('two data files that are swapped are found by validate, which names one of them', async () => {
  copyTree(backup, messages.root)
  const [one = '', other = ''] = [filesOf(1)[0], filesOf(3)[0]]
  renameSync(one, `${one}.kept`)
  copyFileSync(other, one)
  copyFileSync(`${one}.kept`, other)
  rmSync(`${one}.kept`)
  const { validate } = await lakeReadings(messages)
  expect(validate).toMatch(/has \d+ bytes, but its log says \d+/)
  expect([one, other].some((path) => validate?.includes(basename(path)))).toBe(true)
})
