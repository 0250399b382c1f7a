import { readdirSync } from 'node:fs'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { type Kill, runTraced } from '../../support/killing.ts'
import { MessagesLake } from '../../support/messagesLake.ts'
import { SparkQueries } from '../../support/sparkQueries.ts'

const lake = await MessagesLake.open()
const queries = new SparkQueries(lake)

beforeEach(async () => {
  queries.clear()
  await queries.batches(1)
  await queries.drop(2)
})

afterAll(() => lake.close())

const words = (): string[] => [
  'import-spark-checkpoint',
  ...queries.checkpoints,
  ...queries.sinks.flatMap((sink) => ['--sink', sink]),
]

const KILLS: readonly (readonly [string, Kill])[] = [
  ['once a stream has its mark', { pattern: String.raw`^rename .*/land/import\.json$`, nth: 1, when: 'after' }],
  ['with a file claimed', { pattern: '^rename .*/claimed/1/', nth: 1, when: 'after' }],
  ['with bronze committed', { pattern: String.raw`^link .*/land/commits/\d+\.json$`, nth: 1, when: 'after' }],
  ['before silver is committed', { pattern: String.raw`^link .*/silver/commits/\d+\.json$`, nth: 1, when: 'before' }],
  [
    'with one table of silver published',
    { pattern: String.raw`^link silver/.*_delta_log/0+1\.json$`, nth: 1, when: 'after' },
  ],
  ['with one of its marks at the end', { pattern: String.raw`^rename .*/import\.json$`, nth: 4, when: 'after' }],
]

/** Three starts of the program, the last two of them whole. */
const TIMEOUT_MS = 180_000

test.each(KILLS)('the program, killed %s, goes on when it is run again', { timeout: TIMEOUT_MS }, async (_, kill) => {
  const killed = await runTraced(words(), lake.root, kill)
  expect(killed).toMatchObject({ signal: 'SIGKILL', killedAt: expect.stringMatching(new RegExp(kill.pattern)) })
  const again = await runTraced(words(), lake.root)
  expect(again).toMatchObject({ exitCode: 0 })
  expect(again.stdout).toContain('run land silver')
  expect((await lake.lake.validate()).tables).toEqual({ bronze_messages: 4, messages: 1, messages_corrupted: 3 })
  expect(readdirSync(lake.landing)).toEqual(['_archive', 'part 1.parquet'])
  const once = await runTraced(words(), lake.root)
  expect(once.stdout).toContain('imported before; nothing was changed')
  expect(once.calls).toEqual([])
})
