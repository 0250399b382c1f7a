import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { withSession } from '../../src/lake/sessions.ts'
import { tendLogs } from '../../src/lake/upkeep/tendLogs.ts'
import { MessagesLake, rubbishIn } from '../support/messagesLake.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'
import { copyTree, treeFingerprint } from '../support/tree.ts'

// Lakes of the repository's own config that older versions made, each in a folder named after its version: `land` took
// a file, `produce` and `silver` were killed after a few batches, and another landed file was claimed, but not taken.

const ARCHIVE = fileURLToPath(new URL('../fixtures/older-lakes.tar.gz', import.meta.url))
const VERSIONS = ['0.1.0', '0.2.0', '0.3.0', '0.4.0', '0.5.0', '0.6.0']

/** What was landed, and what was claimed. */
const LANDED = [1000, 1001, 1002]
const CLAIMED = [2000, 2001]

let folder: string

beforeAll(() => {
  folder = makeTemporaryFolder()
  execFileSync('tar', ['-xzf', ARCHIVE, '-C', folder])
})

afterAll(() => removeFolder(folder))

describe.each(VERSIONS)('a lake of version %s whose runs were killed', (version) => {
  let messages: MessagesLake

  beforeAll(async () => {
    messages = await MessagesLake.open(join(folder, 'lake'))
    copyTree(join(folder, version), messages.root)
  })

  afterAll(() => {
    messages.close()
    removeFolder(messages.root)
  })

  test('is read as it is, and nothing is changed', async () => {
    const before = treeFingerprint(messages.root)
    expect(await messages.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [], foreignCommits: [] })
    const { streams } = await messages.lake.status()
    expect(streams.map(({ problem }) => problem)).toEqual([undefined, undefined, undefined])
    const entries = []
    for await (const { stream, batch } of messages.lake.history('bronze_messages')) entries.push([stream, batch])
    expect(entries).toContainEqual(['land', 1])
    expect(entries).toContainEqual(['produce', 1])
    expect(treeFingerprint(messages.root)).toBe(before)
  })

  test('goes on where it was, each row once', async () => {
    await messages.run(['land'])
    await messages.produce(8, 4)
    await messages.run(['silver'])
    expect(await messages.faults()).toEqual([])
    const values = await messages.bronzeValues()
    const made = values.filter((value) => value < 1000)
    expect(made).toEqual(made.map((_, index) => index))
    expect(made.length).toBeGreaterThanOrEqual(24 + 8)
    expect(values.slice(made.length)).toEqual([...LANDED, ...CLAIMED])
  })

  test('is tended: checkpoints of its logs, its small files joined, what they replace removed', async () => {
    const rows = await messages.rowsOf('messages', '*')
    const { tables } = messages.open.config
    const never = new AbortController().signal
    await withSession(messages.open, (session) => tendLogs(messages.open, session, tables, never))
    const optimized = await messages.lake.optimize()
    expect(optimized.reduce((sum, { replacedFiles }) => sum + replacedFiles, 0)).toBeGreaterThan(3)
    await messages.lake.vacuum({ retainMs: 0 })
    expect(rubbishIn(messages.root)).toEqual([])
    expect(await messages.rowsOf('messages', '*')).toEqual(rows)
    expect(await messages.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [], pending: 0 })
  })
})
