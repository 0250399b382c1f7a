import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

let folder: string

beforeEach(() => {
  folder = temporaryFolder()
})

const below = (...steps: string[]): string => join(folder, ...steps)

test('makeFolder makes one folder, says whether it was there, and wants its parent', async () => {
  expect(await nodeDisk.makeFolder(below('a'))).toBe('made')
  expect(await nodeDisk.makeFolder(below('a'))).toBe('exists')
  await expect(nodeDisk.makeFolder(below('b/c'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('writeFile writes a new file and never over one that is there', async () => {
  await nodeDisk.writeFile(below('a'), 'häl\n')
  await expect(nodeDisk.writeFile(below('a'), 'other')).rejects.toMatchObject({ code: 'EEXIST' })
  expect(readFileSync(below('a'), 'utf8')).toBe('häl\n')
})

test('syncFile and syncFolder want what they sync to be there', async () => {
  writeFileSync(below('a'), '')
  await nodeDisk.syncFile(below('a'))
  await nodeDisk.syncFolder(folder)
  await expect(nodeDisk.syncFile(below('b'))).rejects.toMatchObject({ code: 'ENOENT' })
  await expect(nodeDisk.syncFolder(below('a'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

test('a call on an open file that fails names the file, which the system does not', async () => {
  await expect(nodeDisk.syncFile('/dev/null')).rejects.toMatchObject({
    path: '/dev/null',
    message: expect.stringMatching(/^E[A-Z]+: .* '\/dev\/null'$/),
  })
})

test('link gives a second name and never replaces', async () => {
  writeFileSync(below('a'), 'a')
  writeFileSync(below('b'), 'b')
  expect(await nodeDisk.link(below('a'), below('b'))).toBe('exists')
  expect(await nodeDisk.link(below('a'), below('c'))).toBe('linked')
  expect(readFileSync(below('b'), 'utf8')).toBe('b')
  expect(readFileSync(below('c'), 'utf8')).toBe('a')
  await expect(nodeDisk.link(below('gone'), below('d'))).rejects.toMatchObject({ code: 'ENOENT' })
})

test('rename replaces', async () => {
  writeFileSync(below('a'), 'a')
  writeFileSync(below('b'), 'b')
  await nodeDisk.rename(below('a'), below('b'))
  expect(readdirSync(folder)).toEqual(['b'])
  expect(readFileSync(below('b'), 'utf8')).toBe('a')
})

test('removing what is not there is fine; what stands there otherwise goes', async () => {
  await nodeDisk.removeFile(below('gone'))
  await nodeDisk.removeTree(below('gone'))
  mkdirSync(below('tree/deep'), { recursive: true })
  writeFileSync(below('tree/deep/a'), '')
  await nodeDisk.removeFile(below('tree/deep/a'))
  expect(existsSync(below('tree/deep/a'))).toBe(false)
  writeFileSync(below('tree/deep/b'), '')
  await nodeDisk.removeTree(below('tree'))
  expect(readdirSync(folder)).toEqual([])
})
