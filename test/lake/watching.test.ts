import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Lake } from '../../src/index.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { LiveRun } from '../support/liveRun.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { rawSql } from '../support/sql.ts'
import { TestClock } from '../support/testClock.ts'

/** How soon a landing folder that was replaced is watched again. */
const AGAIN_MS = 2_000

let messages: MessagesLake
let lake: Lake
/** Time in which stands still until a test moves it. */
let still: { readonly lake: Lake; readonly clock: TestClock }
let dropped = 0

beforeAll(async () => {
  messages = await MessagesLake.open()
  lake = await Lake.open({ config: 'lakeweir.config.ts', lake: messages.root }) // with the clock of the system
  const clock = new TestClock()
  still = { lake: Lake.of(await openLake({ config: 'lakeweir.config.ts', lake: messages.root, clock })), clock }
})

beforeEach(() => messages.clear())

afterAll(() => {
  lake.close()
  still.lake.close()
  messages.close()
})

/** Puts a file of two rows into the landing folder as one system call. */
async function moveIn(): Promise<void> {
  dropped += 1
  const file = join(messages.folder, 'temporary')
  await inDuckdb((session) => session.run(rawSql`COPY (${messageRows(2 * dropped, 2)}) TO '${file}' (FORMAT parquet)`))
  renameSync(file, join(messages.landing, `${dropped}.parquet`))
}

/** How many folders and files this process asks the Linux kernel to watch; elsewhere nobody can tell. */
function inotifyWatches(): number {
  if (!existsSync('/proc/self/fdinfo')) return 0
  return readdirSync('/proc/self/fdinfo')
    .map((name) => (existsSync(`/proc/self/fdinfo/${name}`) ? readFileSync(`/proc/self/fdinfo/${name}`, 'utf8') : ''))
    .flatMap((text) => text.split('\n'))
    .filter((line) => line.startsWith('inotify wd')).length
}

/** Waits until the stream is at rest; what it has landed by then. */
async function landOne(run: LiveRun): Promise<void> {
  const landed = run.inputRows('land')
  await moveIn()
  await run.until('the file is landed', () => run.inputRows('land') === landed + 2)
}

/** Ways in which a landing folder becomes another one while a stream waits for it. */
const REPLACEMENTS: readonly { what: string; replace: () => void }[] = [
  {
    what: 'removed and made again',
    replace: () => {
      rmSync(messages.landing, { recursive: true })
      mkdirSync(messages.landing)
    },
  },
  {
    what: 'renamed away, with another one in its place',
    replace: () => {
      renameSync(messages.landing, `${messages.landing}.old`)
      mkdirSync(messages.landing)
    },
  },
  {
    what: 'replaced by a link to another folder, as a mount replaces it',
    replace: () => {
      renameSync(messages.landing, `${messages.landing}.old`)
      mkdirSync(`${messages.landing}.new`)
      symlinkSync(`${messages.landing}.new`, messages.landing)
    },
  },
]

describe('a landing folder that is', { timeout: 60_000 }, () => {
  test.each(REPLACEMENTS)('$what while land runs is watched again within two seconds', async ({ replace }) => {
    const { lake, clock } = still
    const run = await LiveRun.start(lake, { streams: ['land'] })
    await landOne(run)
    await clock.waitedFor(2)
    replace()
    await moveIn()
    clock.advance(AGAIN_MS)
    await run.until('the file in the new folder is landed', () => run.inputRows('land') === 4)
    // By now there is a watch again: with none, the next file would wait for the look of every minute.
    await landOne(run)
    await run.stop()
  })

  test('missing for a while is watched again when it is back', async () => {
    const before = inotifyWatches()
    const run = await LiveRun.start(lake, { streams: ['land'] })
    await landOne(run)
    renameSync(messages.landing, `${messages.landing}.old`)
    while (inotifyWatches() > before) await new Promise((resolve) => setTimeout(resolve, 10))
    renameSync(`${messages.landing}.old`, messages.landing)
    await landOne(run)
    await run.stop()
  })
})

describe('a landing folder in which many files stay', { timeout: 60_000 }, () => {
  test('is polled and not watched, and watched again once they are gone', async () => {
    mkdirSync(messages.landing, { recursive: true })
    const names = Array.from({ length: 1_500 }, (_, index) => join(messages.landing, `${index}.csv`))
    for (const name of names) writeFileSync(name, '')
    const before = inotifyWatches()
    const run = await LiveRun.start(lake, { streams: ['land'] })
    await landOne(run)
    expect(inotifyWatches()).toBe(before)
    for (const name of names) unlinkSync(name)
    await landOne(run)
    await landOne(run)
    await run.stop()
    expect((await lake.status()).streams.find(({ name }) => name === 'land')).toMatchObject({
      rejected: [],
      ignored: [],
    })
  })
})

test('a stream that has something to do watches nothing while it claims', { timeout: 60_000 }, async () => {
  mkdirSync(messages.landing, { recursive: true })
  const before = inotifyWatches()
  const watches: number[] = []
  const run = await LiveRun.start(lake, { streams: ['land'], onBatch: () => watches.push(inotifyWatches()) })
  for (let file = 0; file < 5; file++) await landOne(run)
  await run.stop()
  expect(new Set(watches)).toEqual(new Set([before]))
  expect(inotifyWatches()).toBe(before)
})

test.each(['data.csv', 'data.json', 'data.parquet.gz', 'data.PARQUET', 'data'])(
  'a file named %s that was dropped there is named by status',
  async (name) => {
    mkdirSync(messages.landing, { recursive: true })
    writeFileSync(join(messages.landing, name), 'x')
    await messages.run(['land'])
    const { streams } = await messages.lake.status()
    expect(streams.find((stream) => stream.name === 'land')).toMatchObject({
      ignored: [{ name, reason: 'its name does not end in .parquet' }],
    })
  },
)
