import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { runInProcess } from '../support/program.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

const DOCUMENT = readFileSync(new URL('../../docs/json.md', import.meta.url), 'utf8')

let folder: string
let lake: string

async function objectsOf(...args: readonly string[]): Promise<Record<string, unknown>[]> {
  const { stdout, stderr, exitCode } = await runInProcess(args, { lake })
  expect(exitCode, stderr).toBe(0)
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

beforeAll(async () => {
  folder = makeTemporaryFolder()
  lake = join(folder, 'lake')
  await objectsOf('run', 'produce', '--rows', '100', '--seed', '7', '--json')
  mkdirSync(join(lake, 'landing/messages'), { recursive: true })
  writeFileSync(join(lake, 'landing/messages/text.parquet'), 'text')
  writeFileSync(join(lake, 'landing/messages/rows.csv'), 'a,b')
  return () => removeFolder(folder)
})

/** The keys of a value, and of what is in it, by their paths; of a record by table, no keys. */
function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => pathsOf(item, `${path}[]`))
  if (typeof value !== 'object' || value === null || BY_NAME.test(path)) return []
  return Object.entries(value).flatMap(([key, item]) => {
    const own = path === '' ? key : `${path}.${key}`
    return [own, ...pathsOf(item, own)]
  })
}

/** What has a key for each table, or belongs to a kind of source. */
const BY_NAME = /(^|\.)(rows|tables|startOffset|endOffset)$/

/** The section of a command in docs/json.md. */
function sectionOf(command: string): string {
  return DOCUMENT.split('\n## ').find((section) => section.startsWith(`${command} --json`)) ?? ''
}

const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  run: ['run', 'land', 'silver', '--available-now', '--json'],
  validate: ['validate', '--json'],
  status: ['status', '--json'],
  history: ['history', 'bronze_messages', '--json'],
  doctor: ['doctor', '--json'],
  optimize: ['optimize', '--json'],
  vacuum: ['vacuum', '--retain', '0s', '--json'],
}

describe('docs/json.md', () => {
  test.each(Object.entries(COMMANDS))('names every key that %s prints', async (command, args) => {
    const tables = ['bronze_messages', 'messages', 'messages_corrupted']
    const objects = await objectsOf(...args)
    const paths = new Set(objects.flatMap((object) => pathsOf(object)).filter((path) => !tables.includes(path)))
    const section = sectionOf(command)
    const named = new Set([...section.matchAll(/`([^`]+)`/g)].map(([, path]) => path?.split('.').at(-1)))
    const missing = [...paths].filter((path) => !named.has(path.split('.').at(-1)))
    expect(paths.size).toBeGreaterThan(command === 'doctor' || command === 'vacuum' ? 4 : 7)
    expect(missing).toEqual([])
  })
})
