import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { namedTable } from '../../src/lake/byName.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { tendLogs } from '../../src/lake/upkeep/tendLogs.ts'
import { commitAs } from '../support/foreignCommit.ts'
import { liveFiles, MessagesLake } from '../support/messagesLake.ts'
import { copyTree } from '../support/tree.ts'

// Which commits other programs made before a checkpoint, upkeep has noted: status reads no commit for that.

let lake: MessagesLake
let backup: string

beforeAll(async () => {
  lake = await MessagesLake.open(undefined, false)
  backup = join(lake.folder, 'backup')
  await lake.produce(8)
  await lake.run(['silver'])
  deleteFile()
  await lake.produce(12)
  await lake.run(['silver'])
  await tend()
  await lake.produce(16)
  await lake.run(['silver'])
  copyTree(lake.root, backup)
})

beforeEach(() => copyTree(backup, lake.root))

afterAll(() => lake.close())

const DATA = 'silver/messages/data'

function noteFile(): string {
  return lake.path('silver/messages/checkpoint/.upkeep/foreign.json')
}

/** As another program deletes rows: the file goes, and comes back under another name. */
function deleteFile(): number {
  const data = lake.path(DATA)
  const [file = ''] = liveFiles(data)
  const path = file.slice(data.length + 1)
  const again = path.replace(/[^/]*$/, `other-${statSync(file).ino}.parquet`)
  writeFileSync(join(data, again), readFileSync(file))
  const size = statSync(file).size
  const partitionValues = { date: /date=([^/]*)/.exec(path)?.[1] ?? null }
  return commitAs('spark', data, 'DELETE', [
    { remove: { path, dataChange: true, deletionTimestamp: 0 } },
    { add: { path: again, partitionValues, size, modificationTime: 0, dataChange: true } },
  ])
}

async function tend(): Promise<void> {
  const table = namedTable(lake.open.config, 'messages')
  await withSession(lake.open, (session) => tendLogs(lake.open, session, [table], new AbortController().signal))
}

async function told(): Promise<Record<string, unknown>> {
  const { tables } = await lake.lake.status()
  const { foreignCommits } = await lake.lake.validate()
  return {
    status: tables.find(({ name }) => name === 'messages')?.foreignCommits.map(({ version }) => version),
    validate: foreignCommits.map((sentence) => Number(/^version (\d+) of messages/.exec(sentence)?.[1])),
  }
}

describe('commits of other programs before a checkpoint', () => {
  test('are told without a look at the other commits, and those after it too', async () => {
    expect(JSON.parse(readFileSync(noteFile(), 'utf8'))).toMatchObject({ version: 3, foreign: [2] })
    expect(await told()).toEqual({ status: [2], validate: [2] })
    const later = deleteFile()
    expect(await told()).toEqual({ status: [later, 2], validate: [later, 2] })
    await tend()
    expect(await told()).toEqual({ status: [later, 2], validate: [later, 2] })
  })

  test.each([
    { what: 'is gone', spoil: () => rmSync(noteFile()) },
    { what: 'is torn', spoil: () => writeFileSync(noteFile(), '{"version":') },
    { what: 'is of another table', spoil: () => change((note) => ({ ...note, tableId: 'other', foreign: [1] })) },
    { what: 'is of another history', spoil: () => change((note) => ({ ...note, commitHash: 'other', foreign: [1] })) },
    { what: 'is of a later version', spoil: () => change((note) => ({ ...note, version: 99, foreign: [1, 98] })) },
  ])('are told where the note $what', async ({ spoil }) => {
    spoil()
    expect(await told()).toEqual({ status: [2], validate: [2] })
  })
})

function change(how: (note: Record<string, unknown>) => Record<string, unknown>): void {
  writeFileSync(
    noteFile(),
    JSON.stringify(how(JSON.parse(readFileSync(noteFile(), 'utf8')) as Record<string, unknown>)),
  )
}
