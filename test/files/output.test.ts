import { execFileSync } from 'node:child_process'
import { chmodSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceOutput, writePieces } from '../../src/files/output.ts'
import { isRoot, NOBODY } from '../support/otherUser.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

async function writeOutput(path: string, ...pieces: readonly string[]): Promise<void> {
  const all = async function* (): AsyncGenerator<string> {
    yield* pieces
  }
  await replaceOutput(path, (file) => writePieces(file, all()))
}

test('a file is made, or replaced, and nothing is left beside it', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'out.csv')
  await writeOutput(path, 'a longer first text')
  await writeOutput(path, 'second')
  expect(readFileSync(path, 'utf8')).toBe('second')
  expect(readdirSync(folder)).toEqual(['out.csv'])
})

test('a link stays, and what it points to is written', async () => {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'real.csv'), 'a longer first text')
  symlinkSync('real.csv', join(folder, 'out.csv'))
  await writeOutput(join(folder, 'out.csv'), 'second')
  expect(lstatSync(join(folder, 'out.csv')).isSymbolicLink()).toBe(true)
  expect(readFileSync(join(folder, 'real.csv'), 'utf8')).toBe('second')
})

test('a pipe stays, and its reader gets the text', async () => {
  const path = join(temporaryFolder(), 'pipe')
  execFileSync('mkfifo', [path])
  const [read] = await Promise.all([readFile(path, 'utf8'), writeOutput(path, 'some rows\n')])
  expect(read).toBe('some rows\n')
  expect(lstatSync(path).isFIFO()).toBe(true)
})

test('a file that fails to be written stays what it was, before and after, with nothing beside it', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'out.csv')
  writeFileSync(path, 'first')
  const failing = replaceOutput(path, async (file) => {
    writeFileSync(file, 'half')
    expect(readFileSync(path, 'utf8')).toBe('first')
    throw new Error('no space')
  })
  await expect(failing).rejects.toThrow('no space')
  expect(readFileSync(path, 'utf8')).toBe('first')
  expect(readdirSync(folder)).toEqual(['out.csv'])
})

test('a file is whole when it takes the place of another', async () => {
  const path = join(temporaryFolder(), 'out.csv')
  writeFileSync(path, 'first')
  await replaceOutput(path, async (file) => {
    writeFileSync(file, 'second')
    expect(readFileSync(path, 'utf8')).toBe('first')
  })
  expect(readFileSync(path, 'utf8')).toBe('second')
})

test('what a link leads to is whole when it is replaced, and stays where that fails', async () => {
  const folder = temporaryFolder()
  const path = join(folder, 'out.csv')
  writeFileSync(join(folder, 'real.csv'), 'first')
  symlinkSync('real.csv', path)
  const failing = replaceOutput(path, async (file) => {
    writeFileSync(file, 'half')
    throw new Error('no space')
  })
  await expect(failing).rejects.toThrow('no space')
  expect(readFileSync(path, 'utf8')).toBe('first')
  expect(readdirSync(folder).sort()).toEqual(['out.csv', 'real.csv'])
})

test('a file that may not be written is not replaced, though its folder may be', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o777)
  const path = join(folder, 'out.csv')
  writeFileSync(path, 'first')
  chmodSync(path, 0o444)
  const change = isRoot ? process.seteuid : undefined
  change?.call(process, NOBODY)
  try {
    await expect(writeOutput(path, 'second')).rejects.toMatchObject({ code: 'EACCES', path })
  } finally {
    change?.call(process, 0)
  }
  expect(readFileSync(path, 'utf8')).toBe('first')
})
