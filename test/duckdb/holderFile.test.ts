import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createHolderFile, HolderLock, lockState } from '../../src/duckdb/holderFile.ts'
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
    await createHolderFile(join(folder, 'lock'))
    const path = join(folder, 'spoilt')
    spoil(path, readFileSync(join(folder, 'lock')))
    const error = {
      code: 'LAKE_LOCK_INVALID',
      message: `${path} is not the lock file that was put there.`,
      remedy: 'Delete it while the stream does not run: the next start makes it anew.',
    }
    await expect(HolderLock.take(path)).rejects.toMatchObject(error)
    await expect(lockState(path)).rejects.toMatchObject(error)
  })
})

test('a lock is taken without a change to its file', async () => {
  const path = join(temporaryFolder(), 'lock')
  await createHolderFile(path)
  const before = readFileSync(path)
  const lock = await HolderLock.take(path)
  expect(lock).toBeInstanceOf(HolderLock)
  expect(await lockState(path)).toEqual({ held: true, processId: process.pid })
  if (lock instanceof HolderLock) lock.release()
  expect(await lockState(path)).toEqual({ held: false })
  expect(readFileSync(path)).toEqual(before)
})
