import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { DropsWatcher } from '../../src/sources/landing/dropsWatcher.ts'
import { systemClock } from '../../src/stream/clock.ts'
import { LogWatcher } from '../../src/stream/logWatcher.ts'
import type { Feed, Watch } from '../../src/stream/source.ts'
import { FollowedStream, type TableName } from '../support/followedStream.ts'
import { FollowedTable } from '../support/followedTable.ts'
import { LandingStream, momentAt, NO_LIMITS } from '../support/landingStream.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { TestClock } from '../support/testClock.ts'

/** Fails at its time limit where nothing wakes. */
const TIMEOUT = { timeout: 10_000 }

/** Opens a watch, does something once it is open, and waits until it wakes. */
async function woken(open: (wake: () => void) => Promise<Watch>, change = (): void => undefined): Promise<void> {
  let wake = (): void => undefined
  const isWoken = new Promise<void>((resolve) => {
    wake = resolve
  })
  const watch = await open(wake)
  onTestFinished(() => watch.close())
  change()
  await isWoken
}

type Open = (wake: () => void) => Promise<Watch>

/** How each kind of folder is watched. */
const WATCHERS: Readonly<Record<string, (folder: string) => Open>> = {
  'a landing folder': (folder) => {
    const watcher = new DropsWatcher(folder, systemClock)
    return (wake) => watcher.open(wake)
  },
  'a log': (folder) => {
    const watcher = new LogWatcher(folder)
    onTestFinished(() => watcher.close())
    return async (wake) => watcher.open(wake)
  },
}

describe.each(Object.entries(WATCHERS))('a watch of %s', (_, watcherOf) => {
  test('wakes when a name comes into it', TIMEOUT, async () => {
    const folder = temporaryFolder()
    await woken(watcherOf(folder), () => mkdirSync(join(folder, 'new')))
  })

  test('wakes nobody once it is closed, and the next one wakes again', TIMEOUT, async () => {
    const folder = temporaryFolder()
    const open = watcherOf(folder)
    const wakes: string[] = []
    const first = await open(() => wakes.push('first'))
    await first.close()
    await woken(open, () => mkdirSync(join(folder, 'new')))
    expect(wakes).toEqual([])
  })
})

describe('a landing folder', () => {
  test('whose path can no longer be followed wakes its stream, which then says why', async () => {
    const folder = join(temporaryFolder(), 'landing')
    mkdirSync(folder)
    const clock = new TestClock()
    let wakes = 0
    const watch = await new DropsWatcher(folder, clock).open(() => {
      wakes += 1
    })
    onTestFinished(() => watch.close())
    rmSync(folder, { recursive: true })
    symlinkSync(folder, folder)
    wakes = 0
    clock.advance(500)
    expect(wakes).toBe(1)
  })

  test('in whose place another one is put, of which no event tells, is watched anew', TIMEOUT, async () => {
    // A link that leads elsewhere from now on, as a mount would: the folder that is watched stays what it was.
    const folder = join(temporaryFolder(), 'landing')
    for (const name of ['one', 'two']) mkdirSync(`${folder}.${name}`)
    symlinkSync(`${folder}.one`, folder)
    const watcher = new DropsWatcher(folder, systemClock)
    await woken(
      (wake) => watcher.open(wake),
      () => {
        rmSync(folder)
        symlinkSync(`${folder}.two`, folder)
      },
    )
  })
})

test('a folder that the system lets nobody watch is looked at every second, which is told once', TIMEOUT, async () => {
  const folder = join(temporaryFolder(), 'gone')
  const open = WATCHERS['a log']?.(folder)
  if (open === undefined) throw new Error('there is no such watcher')
  const watches: Watch[] = []
  // It wakes at once: nobody would tell of what came before.
  await woken(async (wake) => {
    watches.push(await open(wake))
    return watches[0] as Watch
  })
  for (let more = 0; more < 2; more++) watches.push(await open(() => undefined))
  expect(watches.map(({ recheckMs }) => recheckMs)).toEqual([1_000, 1_000, 1_000])
  expect(watches.flatMap(({ notes }) => notes)).toEqual([
    `the system does not let it watch ${folder} (ENOENT), so it looks there every second; ` +
      'on Linux, fs.inotify.max_user_watches and max_user_instances set the limits',
  ])
})

describe('what came after the last look and before the watch', () => {
  /** A feed that has found nothing, and then something comes. */
  const FEEDS: Readonly<Record<string, () => Promise<{ feed: Feed<unknown>; come: () => Promise<unknown> }>>> = {
    'of a landing folder': async () => {
      const stream = await LandingStream.open()
      return { feed: await stream.feed(), come: () => stream.drop('a.parquet') }
    },
    'of a Delta table': async () => {
      const table = await FollowedTable.open()
      return { feed: await table.resumed(undefined), come: () => table.append('a.parquet', [1]) }
    },
    'of a followed stream, in its first table': async () => followedStream(['valid']),
    'of a followed stream, in its last table': async () => followedStream(['corrupted']),
  }

  async function followedStream(
    tables: readonly TableName[],
  ): Promise<{ feed: Feed<unknown>; come: () => Promise<unknown> }> {
    const stream = await FollowedStream.open()
    stream.publish(1)
    const feed = await stream.resumed()
    await stream.drain(feed)
    return { feed, come: async () => stream.publish(2, {}, tables) }
  }

  test('of a followed stream that was begun anew wakes at once', TIMEOUT, async () => {
    const stream = await FollowedStream.open()
    stream.publish(1)
    const feed = await stream.resumed()
    await stream.drain(feed)
    stream.create('b')
    await woken((wake) => feed.watch(wake))
  })

  test.each(Object.entries(FEEDS))('%s wakes at once', TIMEOUT, async (_, open) => {
    const { feed, come } = await open()
    expect(await feed.next(NO_LIMITS, momentAt(0, false))).toMatchObject({ kind: 'idle' })
    await come()
    await woken((wake) => feed.watch(wake))
  })

  test.each(Object.entries(FEEDS))('%s is nothing where nothing came', async (_, open) => {
    const { feed } = await open()
    await feed.next(NO_LIMITS, momentAt(0, false))
    let wakes = 0
    const watch = await feed.watch(() => {
      wakes += 1
    })
    await watch.close()
    expect(wakes).toBe(0)
  })
})
