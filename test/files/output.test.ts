import { execFileSync } from 'node:child_process'
import { lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { replaceOutput, writePieces } from '../../src/files/output.ts'
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
