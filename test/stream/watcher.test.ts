import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { FolderWatcher, type Wait, type WatchKind } from '../../src/stream/watcher.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// Each wait is for an hour: it ends by what it is about, or the test does not.
const HOUR_MS = 3_600_000

/** Fails at its time limit where a wait does not end. */
const TIMEOUT = { timeout: 10_000 }

function watch(kind: WatchKind, folders: readonly string[], lacks: string[] = []): FolderWatcher {
  const watcher = new FolderWatcher({ kind, folders }, (code) => lacks.push(code))
  onTestFinished(() => watcher.close())
  return watcher
}

function waitOf(more: Partial<Wait> = {}): Wait {
  return {
    delayMs: HOUR_MS,
    signal: new AbortController().signal,
    isPolled: false,
    hasNews: async () => false,
    ...more,
  }
}

describe('a wait for a folder', () => {
  test('ends at once where something changed while its stream worked', TIMEOUT, async () => {
    const watcher = watch('log', [])
    watcher.wake()
    await watcher.wait(waitOf())
    // And only once.
    let isOver = false
    const second = watcher.wait(waitOf()).then(() => {
      isOver = true
    })
    await new Promise<void>((resolve) => setImmediate(resolve))
    expect(isOver).toBe(false)
    watcher.wake()
    await second
  })

  test('ends at once where something came before the folder was watched', TIMEOUT, async () => {
    await watch('log', [temporaryFolder()]).wait(waitOf({ hasNews: async () => true }))
  })

  test('ends when the run is told to stop', TIMEOUT, async () => {
    const stop = new AbortController()
    const wait = watch('log', []).wait(waitOf({ signal: stop.signal }))
    await new Promise<void>((resolve) => setImmediate(resolve))
    stop.abort()
    await wait
  })

  test('is no longer than a second where the system lets nobody watch it', TIMEOUT, async () => {
    const lacks: string[] = []
    const watcher = watch('log', [join(temporaryFolder(), 'gone')], lacks)
    for (let waits = 0; waits < 3; waits++) await watcher.wait(waitOf())
    expect(lacks).toEqual(['ENOENT'])
  })

  test.each<[string, WatchKind]>([
    ['a folder of drops', 'drops'],
    ['a log', 'log'],
  ])('ends when a name comes into %s', TIMEOUT, async (_, kind) => {
    const folder = temporaryFolder()
    const wait = watch(kind, [folder]).wait(
      waitOf({
        // Asked once it is watched.
        hasNews: async () => {
          setImmediate(() => mkdirSync(join(folder, 'new')))
          return false
        },
      }),
    )
    await wait
  })

  test('ends when another folder of drops takes its place, of which no event tells', TIMEOUT, async () => {
    // A link that leads elsewhere from now on, as a mount would: the folder that is watched stays what it was.
    const folder = join(temporaryFolder(), 'landing')
    for (const name of ['one', 'two']) mkdirSync(`${folder}.${name}`)
    symlinkSync(`${folder}.one`, folder)
    await watch('drops', [folder]).wait(
      waitOf({
        hasNews: async () => {
          rmSync(folder)
          symlinkSync(`${folder}.two`, folder)
          return false
        },
      }),
    )
  })
})
