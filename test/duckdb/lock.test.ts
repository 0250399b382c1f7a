import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createLockFile, LockLook, StreamLock } from '../../src/duckdb/lock.ts'
import { LockHolder, lockState } from '../support/lockHolder.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

/** Each makes another file of the bytes of a lock. */
const SPOILS: readonly { what: string; spoil: (path: string, lock: Buffer) => void }[] = [
  { what: 'text', spoil: (path) => writeFileSync(path, 'no database') },
  { what: 'an empty file', spoil: (path) => writeFileSync(path, '') },
  { what: 'zeros', spoil: (path, lock) => writeFileSync(path, Buffer.alloc(lock.length)) },
  { what: 'a lock that was cut off', spoil: (path, lock) => writeFileSync(path, lock.subarray(0, 5000)) },
  { what: 'a lock with a damaged block', spoil: (path, lock) => writeFileSync(path, lock.fill(1, 4100, 4200)) },
  { what: 'a folder', spoil: (path) => mkdirSync(path) },
]

describe('in the place of a lock file', () => {
  test.each(SPOILS)('$what is told as no lock, which one may delete', async ({ spoil }) => {
    const folder = temporaryFolder()
    await createLockFile(join(folder, 'lock'))
    const path = join(folder, 'spoilt')
    spoil(path, readFileSync(join(folder, 'lock')))
    const error = {
      code: 'LAKE_LOCK_INVALID',
      message: `${path} is not a valid lock file.`,
      remedy: 'Delete it while the stream is not running: the next start makes a new one.',
    }
    await expect(StreamLock.take(path)).rejects.toMatchObject(error)
    await expect(lockState(path)).rejects.toMatchObject(error)
  })
})

test('a lock is taken without a change to its file', async () => {
  const path = join(temporaryFolder(), 'lock')
  await createLockFile(path)
  const before = readFileSync(path)
  const lock = await StreamLock.take(path)
  expect(lock).toBeInstanceOf(StreamLock)
  expect(await lockState(path)).toEqual({ held: true, processId: process.pid })
  if (lock instanceof StreamLock) lock.release()
  expect(await lockState(path)).toEqual({ held: false })
  expect(readFileSync(path)).toEqual(before)
})

describe('a lock that this process has', () => {
  async function locked(): Promise<{ path: string; lock: StreamLock }> {
    const path = join(temporaryFolder(), 'lock')
    await createLockFile(path)
    const lock = await StreamLock.take(path)
    if (!(lock instanceof StreamLock)) throw new Error('the lock is held')
    onTestFinished(() => lock.release())
    return { path, lock }
  }

  test.each([
    ['is tried a second time', (path: string) => StreamLock.take(path)],
    ['is looked at', (path: string) => lockState(path)],
  ])('is still its own, to itself and to others, after it %s here', async (_, again) => {
    const { path } = await locked()
    expect(await again(path)).toEqual({ held: true, processId: process.pid })
    const other = await LockHolder.take(path)
    expect(other.says).toContain(`PID ${process.pid}`)
    expect(await lockState(path)).toEqual({ held: true, processId: process.pid })
  })

  test('is anybody’s once it is let go of', async () => {
    const { path, lock } = await locked()
    lock.release()
    const other = await LockHolder.take(path)
    expect(other.says).toBe('held')
    expect(await StreamLock.take(path)).toEqual({ held: true, processId: other.processId })
    expect(await lockState(path)).toEqual({ held: true, processId: other.processId })
    await other.release()
    expect(await lockState(path)).toEqual({ held: false })
    expect(await StreamLock.take(path)).toBeInstanceOf(StreamLock)
  })
})

test('looks at several locks at once tell each as it is', async () => {
  const [held, free, none] = ['held', 'free', 'none'].map((name) => join(temporaryFolder(), name)) as [
    string,
    string,
    string,
  ]
  await createLockFile(held)
  await createLockFile(free)
  writeFileSync(none, 'no database')
  const other = await LockHolder.take(held)
  const look = new LockLook()
  const states = await Promise.allSettled([held, none, free, held, free].map((path) => look.stateOf(path)))
  await look.close()
  expect(states).toMatchObject([
    { value: { held: true, processId: other.processId } },
    { reason: { code: 'LAKE_LOCK_INVALID' } },
    { value: { held: false } },
    { value: { held: true, processId: other.processId } },
    { value: { held: false } },
  ])
  // Nothing of a look is left.
  expect(await StreamLock.take(free)).toBeInstanceOf(StreamLock)
})
