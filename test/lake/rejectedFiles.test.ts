import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import type { StreamFailure, StreamStatus } from '../../src/index.ts'
import { archivedPaths } from '../support/archive.ts'
import { failingDisk } from '../support/hookedDisk.ts'
import { LiveRun } from '../support/liveRun.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'

let messages: MessagesLake

beforeAll(async () => {
  messages = await MessagesLake.open()
})

afterAll(() => messages.close())

async function landStatus(): Promise<StreamStatus | undefined> {
  const { streams } = await messages.lake.status()
  return streams.find(({ name }) => name === 'land')
}

test('what waits in the landing folder of a lake that never ran is shown and changes nothing', async () => {
  await messages.drop('early.parquet', messageRows(0, 3))
  expect(await landStatus()).toMatchObject({ pending: { files: 1 }, rejected: [], ignored: [] })
  expect(await messages.lake.validate()).toMatchObject({ ok: true, rejectedFiles: 0, pending: 0 })
  await messages.run(['land', 'silver'])
  expect(await landStatus()).toMatchObject({ pending: { files: 0 } })
})

test('rejected and ignored files and left-out columns are shown by status with the reason, and counted by validate', async () => {
  writeFileSync(join(messages.landing, 'text.parquet'), 'no Parquet file at all')
  await messages.drop('typed.parquet', "SELECT 'seven' AS value")
  await messages.drop('wide.parquet', `SELECT *, 1 AS colour FROM (${messageRows(10, 2)})`)
  mkdirSync(join(messages.landing, 'folder.parquet'))
  await messages.run(['land', 'silver'])
  expect(await landStatus()).toMatchObject({
    pending: { files: 0 },
    rejected: expect.arrayContaining([
      { name: 'text.parquet', reason: 'it is not a Parquet file' },
      { name: 'typed.parquet', reason: 'column value is VARCHAR, but the table needs BIGINT' },
    ]),
    ignored: [{ name: 'folder.parquet', reason: 'a folder' }],
    extraColumns: ['colour'],
  })
  // They are no mismatch: nothing of them was taken.
  expect(await messages.lake.validate()).toMatchObject({ ok: true, rejectedFiles: 2, rows: { bronze_messages: 5 } })
})

test('a rejected file that is mended or taken away is shown no more', async () => {
  const whole = archivedPaths(messages.landing).find((path) => path.endsWith('/early.parquet'))
  writeFileSync(join(messages.landing, 'text.parquet'), readFileSync(whole ?? ''))
  rmSync(join(messages.landing, 'typed.parquet'))
  expect(await messages.lake.validate()).toMatchObject({ rejectedFiles: 1 })
  await messages.run(['land', 'silver'])
  expect(await landStatus()).toMatchObject({ rejected: [], pending: { files: 0 } })
  expect(await messages.lake.validate()).toMatchObject({ ok: true, rejectedFiles: 0, rows: { bronze_messages: 8 } })
})

test('a file that cannot be taken is told once while it stays as it is, and anew when it is dropped anew', async () => {
  messages.clear()
  const wrong = "SELECT 'seven' AS value"
  const says = 'land rejected typed.parquet: column value is VARCHAR, but the table needs BIGINT'
  await messages.drop('typed.parquet', wrong)
  const failures: StreamFailure[] = []
  const run = await LiveRun.start(messages.lake, { streams: ['land'], onFailure: (failure) => failures.push(failure) })
  await run.until('it is told', () => run.notes.length === 1)
  await messages.drop('typed.parquet', wrong)
  await run.until('it is told anew', () => run.notes.length === 2)

  // A stream that is tried again has nothing new to say of it.
  const failing = failingDisk(nodeDisk, 'ESTALE', ({ operation, path }) => operation === 'link' && /commits/.test(path))
  await messages.on(failing, async () => {
    await messages.drop('good.parquet', messageRows(20, 2))
    await messages.clock.passing(() => run.until('the disk has failed', () => failures.length === 1))
  })
  await messages.clock.waitedFor(1)
  messages.clock.advance(1_000)
  await run.until('it is landed', () => run.inputRows('land') === 2)
  await run.stop()
  expect(run.notes).toEqual([says, says])
})
