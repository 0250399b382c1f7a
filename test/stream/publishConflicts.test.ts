import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { AddFile, MetaData, Protocol, Txn } from '../../src/delta/actions.ts'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { logOf } from '../../src/lake/tableLogs.ts'
import { writeCheckpoint } from '../support/checkpointFile.ts'
import { type Around, type DiskCall, hookedDisk } from '../support/hookedDisk.ts'
import { MessagesLake } from '../support/messagesLake.ts'

let lake: MessagesLake
let log: string

beforeAll(async () => {
  lake = await MessagesLake.open()
  log = lake.path('bronze/messages/data/_delta_log')
})

beforeEach(async () => {
  lake.clear()
  await lake.produce(3)
})

afterAll(() => lake.close())

const commitPath = (version: number): string => join(log, `${String(version).padStart(20, '0')}.json`)
const commits = (): number[] =>
  readdirSync(log)
    .filter((name) => name.endsWith('.json'))
    .map((name) => Number.parseInt(name, 10))

const isCommitPoint = ({ operation, path }: DiskCall): boolean => operation === 'link' && path.includes('/commits/')
const isDeltaCommit = ({ operation, path }: DiskCall): boolean => operation === 'link' && /_delta_log\/\d/.test(path)

/** Does something once, in the moment before the call that `isMoment` picks. */
function just(isMoment: (call: DiskCall) => boolean, something: () => void | Promise<void>): Disk {
  let isDone = false
  const around: Around = async (call, perform) => {
    if (!isDone && isMoment(call)) {
      isDone = true
      await something()
    }
    return perform()
  }
  return hookedDisk(nodeDisk, around)
}

function commitForeign(version: number, ...actions: readonly object[]): void {
  const lines = [{ commitInfo: { timestamp: 0, operation: 'WRITE' } }, ...actions]
  writeFileSync(commitPath(version), lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { flag: 'wx' })
}

/** The `add` of a foreign writer's file: a copy of the first that is there. */
function foreignAdd(): object {
  const data = lake.path('bronze/messages/data')
  const [name = ''] = readdirSync(data).filter((entry) => entry.endsWith('.parquet'))
  copyFileSync(join(data, name), join(data, 'foreign.parquet'))
  const { size } = statSync(join(data, 'foreign.parquet'))
  return {
    add: { path: 'foreign.parquet', partitionValues: {}, size, modificationTime: 0, dataChange: true },
  }
}

/** How often a stream's batch stands in the log. */
function timesCommitted(stream: string, batch: number): number {
  const lines = commits().flatMap((version) => readFileSync(commitPath(version), 'utf8').trim().split('\n'))
  const txns = lines.map((line) => (JSON.parse(line) as { txn?: { appId: string; version: number } }).txn)
  return txns.filter((txn) => txn?.appId.startsWith(`${stream}@`) && txn.version === batch).length
}

describe('a Delta commit that finds its version taken', () => {
  test('follows the commits of a foreign writer, whose rows silver takes too', async () => {
    const disk = just(isCommitPoint, () => {
      commitForeign(2, foreignAdd())
      commitForeign(3, { txn: { appId: 'foreign', version: 9, lastUpdated: 0 } })
    })
    await lake.on(disk, () => lake.produce(2))

    expect(commits()).toEqual([0, 1, 2, 3, 4])
    await lake.run(['silver'])
    expect(await lake.bronzeValues()).toEqual([0, 0, 1, 1, 2, 2, 3, 4])
    expect(await lake.faults()).toEqual([])
  })

  test('comes after however many a busy writer has made, with one try', async () => {
    let temporary = 0
    const disk = just(isDeltaCommit, () => {
      for (let version = 2; version < 1_500; version++) commitForeign(version)
    })
    const counting = hookedDisk(disk, async (call, perform) => {
      if (call.operation === 'writeFile' && /\/commit\.[^/]+\.tmp$/.test(call.path)) temporary += 1
      return perform()
    })
    await lake.on(counting, () => lake.produce(2))
    expect(temporary).toBe(1)
    expect(commits().at(-1)).toBe(1_500)
    expect(timesCommitted('produce', 2)).toBe(1)
  })

  test('is not repeated where another process has published the same batch in between', async () => {
    const publishElsewhere = () => {
      const temporary = temporaryCommit()
      commitForeign(2)
      copyFileSync(temporary, commitPath(3))
      commitForeign(4)
    }
    await lake.on(just(isDeltaCommit, publishElsewhere), () => lake.produce(2))

    expect(commits()).toEqual([0, 1, 2, 3, 4])
    expect(timesCommitted('produce', 2)).toBe(1)
    await lake.run(['silver'])
    expect(await lake.faults()).toEqual([])
  })

  test('stops where a foreign writer has raised the protocol, and is made once that is undone', async () => {
    const raise = () => commitForeign(2, { protocol: { minReaderVersion: 4, minWriterVersion: 7 } })
    await expect(lake.on(just(isCommitPoint, raise), () => lake.produce(2))).rejects.toMatchObject({
      code: 'LAKE_PUBLISH_FAILED',
      message: expect.stringContaining('json needs Delta reader version 4; Lakeweir reads versions up to 3'),
    })
    await expect(lake.run(['produce'], { generate: { rows: 0 } })).rejects.toMatchObject({
      code: 'LAKE_PROTOCOL_UNSUPPORTED',
    })
    expect(commits()).toEqual([0, 1, 2])

    rmSync(commitPath(2))
    await lake.run(['produce', 'silver'], { generate: { rows: 0 } })
    expect(await lake.bronzeValues()).toEqual([0, 1, 2, 3, 4])
    expect(await lake.faults()).toEqual([])
  })

  test('stops where a foreign writer has changed the columns, and says which', async () => {
    const change = () => commitForeign(2, { metaData: otherColumns() })
    await expect(lake.on(just(isCommitPoint, change), () => lake.produce(2))).rejects.toMatchObject({
      code: 'LAKE_PUBLISH_FAILED',
      message: expect.stringContaining('metadata'),
    })
    await expect(lake.run(['produce'], { generate: { rows: 0 } })).rejects.toMatchObject({
      code: 'LAKE_TABLE_MISMATCH',
      message: expect.stringContaining('extra'),
    })
    expect(commits()).toEqual([0, 1, 2])
  })
})

describe('a writer that slept while the log was cleaned up', () => {
  test('takes its commit back from an old number and appends to the head', async () => {
    await lake.produce(2)
    const cleanUp = async () => {
      for (const version of [3, 4, 5]) commitForeign(version)
      await cleanUpTo(4)
    }
    await lake.on(just(isCommitPoint, cleanUp), () => lake.produce(2))

    expect(commits()).toEqual([5, 6])
    expect(timesCommitted('produce', 3)).toBe(1)
    expect(await rowsThroughViews()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  test.each([
    ['in a commit that still stands', 5],
    ['in the checkpoint alone', 3],
  ])('does not publish again what another process has published, %s', async (_, published) => {
    await lake.produce(2)
    const publishElsewhere = async () => {
      const temporary = temporaryCommit()
      for (const version of [3, 4, 5]) {
        if (version === published) copyFileSync(temporary, commitPath(version))
        else commitForeign(version)
      }
      await cleanUpTo(4)
    }
    await lake.on(just(isDeltaCommit, publishElsewhere), () => lake.produce(2))

    expect(commits()).toEqual([5])
    expect(await rowsThroughViews()).toEqual([0, 1, 2, 3, 4, 5, 6])
  })
})

/** What a foreign writer's clean-up leaves: a checkpoint, and the commits above it. */
async function cleanUpTo(version: number): Promise<void> {
  const actions = commits()
    .filter((commit) => commit <= version)
    .flatMap((commit) => readFileSync(commitPath(commit), 'utf8').trim().split('\n'))
    .map((line) => JSON.parse(line) as Partial<{ protocol: Protocol; metaData: MetaData; txn: Txn; add: AddFile }>)
  const { protocol, metaData } = Object.assign({}, ...actions) as { protocol: Protocol; metaData: MetaData }
  const newest = new Map(actions.flatMap(({ txn }) => (txn === undefined ? [] : [[txn.appId, txn] as const])))
  const adds = actions.flatMap(({ add }) => (add === undefined ? [] : [add]))
  const table = lake.open.config.tables.find(({ name }) => name === 'bronze_messages')
  if (table === undefined) throw new Error('the config has no bronze_messages')
  await withSession(lake.open, (session) =>
    writeCheckpoint({ lakeFolder: lake.folder, log: logOf(lake.open, table), session }, version, {
      protocol,
      metaData,
      txns: [...newest.values()],
      adds,
    }),
  )
  for (const commit of commits()) if (commit <= version) rmSync(commitPath(commit))
}

/** The values of bronze as the lake's own views give them, once silver has followed and all is validated. */
async function rowsThroughViews(): Promise<unknown[]> {
  await lake.run(['silver'])
  expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
  const { rows } = await lake.lake.query('SELECT value FROM bronze_messages ORDER BY value')
  return rows.flat()
}

/** The commit that is about to be linked: the newest temporary one. */
function temporaryCommit(): string {
  const staging = lake.path('bronze/messages/checkpoint/produce/staging')
  const [name = ''] = readdirSync(staging).filter((entry) => /^commit\..*\.tmp$/.test(entry))
  return join(staging, name)
}

function otherColumns(): object {
  const created = readFileSync(commitPath(0), 'utf8').trim().split('\n')
  const line = created.map((text) => JSON.parse(text) as { metaData?: { schemaString: string } })
  const metaData = line.find((action) => action.metaData !== undefined)?.metaData
  const schema = JSON.parse(metaData?.schemaString ?? '') as { fields: object[] }
  const extra = { name: 'extra', type: 'string', nullable: true, metadata: {} }
  return { ...metaData, schemaString: JSON.stringify({ ...schema, fields: [...schema.fields, extra] }) }
}
