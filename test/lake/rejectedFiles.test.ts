import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StreamStatus } from '../../src/index.ts'
import { archivedPaths } from '../support/archive.ts'
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
