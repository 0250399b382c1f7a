import { lstatSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { Program } from '../support/program.ts'
import { listTree } from '../support/tree.ts'

let messages: MessagesLake

beforeAll(async () => {
  messages = await MessagesLake.open()
})

afterAll(() => messages.close())

/** Every name below a folder and the folder itself, with what it holds and when it was last changed. */
function snapshot(top: string): Record<string, string> {
  const paths = ['', ...listTree(top).map(({ path }) => path)]
  return Object.fromEntries(
    paths.map((path) => {
      const stats = lstatSync(join(top, path), { bigint: true })
      const bytes = stats.isFile() ? readFileSync(join(top, path)).toString('base64') : ''
      return [path, `${stats.mtimeNs} ${bytes}`]
    }),
  )
}

test('a run that finds nothing to do changes no name, no byte and no time of change', { timeout: 60_000 }, async () => {
  await messages.drop('a.parquet', messageRows(0, 3))
  await messages.drop('b.parquet', messageRows(3, 3))
  writeFileSync(join(messages.landing, 'rejected.parquet'), 'no Parquet')
  writeFileSync(join(messages.landing, 'ignored.csv'), 'no Parquet')
  const run = async (...args: string[]): Promise<void> => {
    expect(await Program.run(['run', ...args], { lake: messages.root })).toMatchObject({ exitCode: 0 })
  }
  await run('produce', '--rows', '5')
  await run('land', 'silver', '--available-now')
  const before = snapshot(messages.root)
  expect(Object.keys(before).some((path) => path.endsWith('/a.parquet'))).toBe(true)
  await run('land', 'silver', '--available-now')
  expect(snapshot(messages.root)).toEqual(before)
})
