import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { withSession } from '../../src/lake/sessions.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { rawSql } from '../support/sql.ts'

let messages: MessagesLake
let data: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  data = messages.path('silver/messages/data')
})
beforeEach(async () => {
  messages.clear()
  await messages.produce(12)
  await messages.run(['silver'])
})
afterAll(() => messages.close())

const commitPath = (version: number): string => join(data, '_delta_log', `${String(version).padStart(20, '0')}.json`)

interface Add {
  readonly path: string
  readonly stats: string
}

/** Takes a file of silver's away, as another Delta writer would, and puts other rows in its place or none. */
async function replaceFile(select?: (file: string) => string): Promise<void> {
  const lines = readFileSync(commitPath(1), 'utf8').trim().split('\n')
  const add = lines.map((line) => (JSON.parse(line) as { add?: Add }).add).find((found) => found !== undefined)
  if (add === undefined) throw new Error('commit 1 adds no file')
  const actions: object[] = [{ remove: { path: add.path, dataChange: true, deletionTimestamp: 0 } }]
  if (select !== undefined) {
    const path = add.path.replace('.parquet', '-changed.parquet')
    const [from, to] = [join(data, decodeURIComponent(add.path)), join(data, decodeURIComponent(path))]
    await withSession(messages.open, (session) =>
      session.run(
        rawSql`COPY (${select(`read_parquet('${from}', hive_partitioning = false)`)}) TO '${to}' (FORMAT parquet)`,
      ),
    )
    actions.push({ add: { ...add, path, size: statSync(to).size } })
  }
  writeFileSync(commitPath(2), actions.map((action) => `${JSON.stringify(action)}\n`).join(''))
}

test('validate finds rows that are gone, by how many and of which tables', async () => {
  expect(await messages.lake.validate()).toMatchObject({ ok: true, problems: [] })
  await replaceFile()
  const { ok, problems } = await messages.lake.validate()
  expect(ok).toBe(false)
  expect(problems.join(' ')).toMatch(/bronze_messages 12 ≠ messages \d+ \+ messages_corrupted \d+ \(\d+ missing\)/)
})

test('validate --deep finds rows that are not what came in, though they are as many', async () => {
  await replaceFile((file) => `SELECT * REPLACE (user_id + 1 AS user_id) FROM ${file}`)
  expect(await messages.lake.validate()).toMatchObject({ ok: true, problems: [] })
  const { ok, problems } = await messages.lake.validate({ deep: true })
  expect(ok).toBe(false)
  expect(problems.join(' ')).toMatch(/messages: its \d+ rows are not the \d+ that/)
})
