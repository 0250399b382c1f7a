import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Lake } from '../../src/index.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { answersOf } from '../support/answers.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { LiveRun } from '../support/liveRun.ts'
import { messageRows } from '../support/messageRows.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasSparkBronze, SPARK_BRONZE, sparkAnswers, sparkFiles } from '../support/sparkBronze.ts'
import { rawSql } from '../support/sql.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'
import { TestClock } from '../support/testClock.ts'

const CONFIG = fileURLToPath(new URL('../../lakeweir.config.ts', import.meta.url))
const PIECES = 4

let folder: string
let lake: Lake
let landing: string

beforeAll(async () => {
  folder = makeTemporaryFolder()
  lake = await Lake.open({ config: CONFIG, lake: join(folder, 'lake') })
  landing = join(folder, 'lake/landing/messages')
})

afterAll(() => {
  lake.close()
  removeFolder(folder)
})

/** Puts a file there as one system call: the only way in which a reader cannot see it half-written. */
function moveIn(file: string): void {
  copyFileSync(file, join(folder, 'temporary'))
  renameSync(join(folder, 'temporary'), join(landing, basename(file)))
}

/** How many folders and files this process asks the Linux kernel to watch; elsewhere nobody can tell. */
function inotifyWatches(): number {
  if (!existsSync('/proc/self/fdinfo')) return 0
  const texts = readdirSync('/proc/self/fdinfo').map((name) => {
    // The listing itself had a descriptor, which is closed by now.
    return existsSync(`/proc/self/fdinfo/${name}`) ? readFileSync(`/proc/self/fdinfo/${name}`, 'utf8') : ''
  })
  return texts
    .join('\n')
    .split('\n')
    .filter((line) => line.startsWith('inotify wd')).length
}

/** Writes a file where it will stay, piece by piece, and lets the streams look at it in between. */
async function writeInPieces(file: string, betweenPieces: () => Promise<void>): Promise<void> {
  const bytes = readFileSync(file)
  const step = Math.ceil(bytes.length / PIECES)
  for (let start = 0; start < bytes.length; start += step) {
    appendFileSync(join(landing, basename(file)), bytes.subarray(start, start + step))
    await betweenPieces()
  }
}

describeWith(hasSparkBronze, SPARK_BRONZE, 'while land and silver run', () => {
  test('files come by rename, by copy and in pieces: none is read half-written, none is missed', {
    timeout: 60_000,
  }, async () => {
    const run = await LiveRun.start(lake, { streams: ['land', 'silver'] })
    const files = sparkFiles()
    for (const [index, file] of files.entries()) {
      if (index % 3 === 0) moveIn(file)
      else if (index % 3 === 1) copyFileSync(file, join(landing, basename(file)))
      else await writeInPieces(file, () => turn())
      // Now and then the streams come to rest, so that a file also finds them waiting.
      const landed = run.inputRows('land')
      if (index % 12 === 0) await run.until(`file ${index} is read`, () => run.inputRows('land') > landed)
    }
    const { bronze } = sparkAnswers()
    await run.until('silver has every row', () => run.inputRows('silver') >= bronze)
    await run.stop()
    expect(await answersOf(lake)).toEqual(sparkAnswers())
    const taken = run.batches.filter(({ stream }) => stream === 'land')
    expect(taken.reduce((sum, { inputFiles }) => sum + inputFiles, 0)).toBe(files.length)
    expect(taken.length).toBeGreaterThan(5)
  })
})

describe('a stream that waits', () => {
  let dropped = 0

  async function makeFile(name: string): Promise<string> {
    const file = join(folder, name)
    dropped += 10
    await inDuckdb((session) =>
      session.run(rawSql`COPY (${messageRows(100_000 + dropped, 10)}) TO '${file}' (FORMAT parquet)`),
    )
    return file
  }

  test('starts work with a file, and silver with bronze, before any time has passed', { timeout: 60_000 }, async () => {
    const clock = new TestClock() // stands still: a stream that waited for a time would wait for ever
    const timeless = Lake.of(await openLake({ config: CONFIG, lake: join(folder, 'lake'), clock }))
    onTestFinished(() => timeless.close())
    const beganMs = clock.nowMs()
    const watches = inotifyWatches()
    const run = await LiveRun.start(timeless, { streams: ['land', 'silver'] })
    if (process.platform === 'linux') {
      await run.until('the folder is watched', () => inotifyWatches() > watches)
    }
    for (let round = 1; round <= 3; round++) {
      moveIn(await makeFile(`woken ${round}.parquet`))
      await run.until('silver has the rows', () => run.inputRows('silver') >= round * 10)
      for (const name of ['land', 'silver']) {
        const last = run.batches.filter(({ stream }) => stream === name).at(-1)
        expect(Date.parse(last?.batchTime ?? '')).toBe(beganMs)
      }
    }
    await run.stop()
  })

  test('sees a file that its writer finishes long after it was made', { timeout: 60_000 }, async () => {
    const run = await LiveRun.start(lake, { streams: ['land'] })
    const slow = await makeFile('slow.parquet')
    let beside = 0
    await writeInPieces(slow, async () => {
      // Another file goes all the way through, so the stream has looked at the unfinished one too.
      moveIn(await makeFile(`beside ${beside}.parquet`))
      beside += 1
      await run.until('the file beside it is read', () => run.inputRows('land') >= beside * 10)
    })
    await run.until('the slow file is read', () => run.inputRows('land') === (beside + 1) * 10)
    await run.stop()
    const { streams } = await lake.status()
    expect(streams.find(({ name }) => name === 'land')).toMatchObject({ rejected: [], pending: { files: 0 } })
  })

  test('that polls goes on without any event of the file system', { timeout: 60_000 }, async () => {
    const { pending } = await lake.validate()
    const watches = inotifyWatches()
    const run = await LiveRun.start(lake, { streams: ['land', 'silver'], pollMs: 20 })
    expect(inotifyWatches()).toBe(watches)
    moveIn(await makeFile('polled.parquet'))
    await run.until('silver has the rows', () => run.inputRows('silver') >= 10 + pending)
    await run.stop()
    expect((await lake.validate()).ok).toBe(true)
  })

  test('takes what came while nothing ran', { timeout: 60_000 }, async () => {
    mkdirSync(landing, { recursive: true })
    moveIn(await makeFile('early.parquet'))
    const run = await LiveRun.start(lake, { streams: ['land'] })
    await run.until('the rows are there', () => run.inputRows('land') === 10)
    await run.stop()
  })
})
