import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { syncAll } from '../../src/files/barriers.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { isOneFile } from '../../src/files/moves.ts'
import { allEnded } from '../../src/files/turns.ts'
import { putIfAbsent, replaceFile } from '../../src/files/wholeFiles.ts'
import { failingDisk, hookedDisk } from '../support/hookedDisk.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('what is done side by side', () => {
  test('is over when all has ended, also where the first to end has failed', async () => {
    const ends: string[] = []
    const slow = turn()
      .then(turn)
      .then(() => ends.push('slow'))
    const both = allEnded(Promise.reject(new Error('the first')), slow)
    await expect(both).rejects.toThrow('the first')
    expect(ends).toEqual(['slow'])
  })

  test('fails with the first error in order, whichever came first', async () => {
    const late = turn().then(() => Promise.reject(new Error('the first')))
    await expect(allEnded(late, Promise.reject(new Error('the second')))).rejects.toThrow('the first')
  })

  test('as a barrier has ended as a whole when it fails', async () => {
    const files = ['a', 'b', 'c'].map((name) => join(folder, name))
    for (const file of files) writeFileSync(file, '')
    const ended: string[] = []
    const disk = hookedDisk(nodeDisk, async ({ path }, perform) => {
      if (path.endsWith('a')) throw new Error('the first')
      await turn()
      await perform()
      ended.push(path)
      return undefined as never
    })
    await expect(syncAll(disk, files, [])).rejects.toThrow('the first')
    expect(ended.sort()).toEqual(files.slice(1))
  })
})

test('files of one number are one only on one file system', () => {
  expect(isOneFile({ dev: 1, ino: 7 }, { dev: 1, ino: 7 })).toBe(true)
  expect(isOneFile({ dev: 1, ino: 7 }, { dev: 2, ino: 7 })).toBe(false)
  expect(isOneFile({ dev: 1, ino: 7 }, { dev: 1, ino: 8 })).toBe(false)
  expect(isOneFile(undefined, undefined)).toBe(false)
})

test('a file that could not be made durable is not put in place, and leaves nothing', async () => {
  mkdirSync(join(folder, 'staging'))
  const disk = failingDisk(nodeDisk, 'EIO', ({ operation }) => operation === 'syncFile')
  await expect(putIfAbsent(disk, join(folder, 'staging'), join(folder, '0.json'), 'text')).rejects.toThrow('EIO')
  expect(readdirSync(folder)).toEqual(['staging'])
  expect(readdirSync(join(folder, 'staging'))).toEqual([])
})

test('a file that is replaced holds the old text or the new before and after every call', async () => {
  const path = join(folder, 'lake.sql')
  writeFileSync(path, 'old')
  const seen: string[] = []
  const disk = hookedDisk(nodeDisk, async (_, perform) => {
    seen.push(readFileSync(path, 'utf8'))
    const result = await perform()
    seen.push(readFileSync(path, 'utf8'))
    return result
  })
  await replaceFile(disk, path, 'new')
  expect(new Set(seen)).toEqual(new Set(['old', 'new']))
})
