import {
  chmodSync,
  chownSync,
  cpSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { errorCodes } from '../../src/errors.ts'
import { Lake, LakeError } from '../../src/index.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { rawSql } from '../support/sql.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'
import { TestClock } from '../support/testClock.ts'
import { copyTree, listTree, treeFingerprint } from '../support/tree.ts'

// Every kind of name that a lake has, damaged in every way: no command may fall over it without saying which it is.

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const NOBODY = 65_534
const START_MS = Date.UTC(2026, 10, 21, 23, 59, 55)

let folder: string
let root: string
let backup: string
let lake: Lake

/** For root nothing is unreadable: the whole file runs as somebody else, in a lake that is theirs. */
const becomeSomebodyElse = (): void => {
  if (process.getuid?.() !== 0) return
  for (const path of ['.', ...listTree(folder).map((entry) => entry.path)])
    chownSync(join(folder, path), NOBODY, NOBODY)
  process.seteuid?.(NOBODY)
}

beforeAll(async () => {
  folder = makeTemporaryFolder()
  root = join(folder, 'lake')
  backup = join(folder, 'backup')
  for (const name of ['lakeweir.config.ts', 'sql'])
    cpSync(join(REPOSITORY, name), join(folder, name), { recursive: true })
  const config = join(folder, 'lakeweir.config.ts')
  lake = Lake.of(await openLake({ config, lake: root, clock: new TestClock(), database: { threads: 1 } }))
  for (const name of ['one.parquet', 'two.parquet']) await takeMore(name)
  writeFileSync(join(root, 'landing/messages/bad.parquet'), 'no Parquet')
  await lake.run(FOLLOWING)
  await copyRows(join(folder, 'more.parquet'))
  becomeSomebodyElse()
  copyTree(root, backup)
})

afterAll(async () => {
  process.seteuid?.(process.getuid?.() ?? 0)
  await lake.close()
  removeFolder(folder)
})

/** Three generated rows, and a landed file of two, all the way into silver. */
async function takeMore(name: string): Promise<void> {
  mkdirSync(join(root, 'landing/messages'), { recursive: true })
  await copyRows(join(root, 'landing/messages', name))
  const generate = { rows: 3, seed: 7, startTimeMs: START_MS }
  await lake.run({ ...FOLLOWING, streams: ['produce', 'land', 'silver'], generate })
}

async function copyRows(file: string): Promise<void> {
  await inDuckdb((session) => session.run(rawSql`COPY (SELECT 1000 + unnest([1, 2]) AS value) TO '${file}'`))
}

const CHECKPOINTS = 'bronze/messages/checkpoint'
const SILVER = 'silver/messages/checkpoint/silver'
const commit = (version: number): string => `${String(version).padStart(20, '0')}.json`

interface Target {
  readonly path: string
  /** What is put there where the lake has none. */
  readonly text?: string
}

const FILES: readonly Target[] = [
  { path: `${CHECKPOINTS}/land/commits/${commit(2)}` },
  { path: `${SILVER}/commits/${commit(1)}` },
  { path: `${CHECKPOINTS}/land/notes.json` },
  {
    path: `${CHECKPOINTS}/land/error.json`,
    text: '{"time":"2026-11-22T00:00:00.000Z","code":"LAKE_DISK_FAILED","message":"full"}\n',
  },
  { path: `${CHECKPOINTS}/land/claims.json`, text: '{"folder":"_claimed.0d3c0f3e-4a6d-4c63-9f0b-5f3f3c6b0001"}\n' },
  { path: '.fresh.json', text: '{"trash":".trash-0d3c0f3e-4a6d-4c63-9f0b-5f3f3c6b0001","tables":[],"streams":[]}\n' },
  { path: `bronze/messages/data/_delta_log/${commit(1)}` },
]

/** Of no format of ours: what they say matters to nobody. */
const OPAQUE_FILES: readonly Target[] = [{ path: `${SILVER}/holder.duckdb` }, { path: 'lake.sql' }]

const FOLDERS: readonly Target[] = [
  'bronze',
  'bronze/messages/data/_delta_log',
  CHECKPOINTS,
  `${CHECKPOINTS}/land`,
  `${CHECKPOINTS}/land/commits`,
  `${CHECKPOINTS}/land/staging`,
  `${CHECKPOINTS}/land/claimed`,
  `${SILVER}/commits`,
  'silver/messages/data/_delta_log',
  'landing/messages',
  'landing/messages/_archive',
].map((path) => ({ path }))

type Damage = (path: string) => void

const texts =
  (text: string): Damage =>
  (path) =>
    writeFileSync(path, text)

const toFile: Readonly<Record<string, Damage>> = {
  'is empty': texts(''),
  'is cut off': (path) => writeFileSync(path, readFileSync(path).subarray(0, lstatSync(path).size / 2)),
  'says null': texts('null\n'),
  'is a list': texts('[]\n'),
  'lacks its fields': texts('{}\n'),
  'has fields of other kinds': (path) => {
    const line = readFileSync(path, 'latin1').split('\n')[0] ?? ''
    writeFileSync(path, `${line.replaceAll(/:("[^"]*"|\d+)/g, ':{"odd":[true]}')}\n`)
  },
}

const toBoth: Readonly<Record<string, Damage>> = {
  'is a link to nothing': (path) => {
    rmSync(path, { recursive: true })
    symlinkSync(join(folder, 'nothing'), path)
  },
  'is a link in a circle': (path) => {
    rmSync(path, { recursive: true })
    symlinkSync(path, path)
  },
  'may not be read': (path) => chmodSync(path, 0),
}

const isFolder: Damage = (path) => {
  rmSync(path)
  mkdirSync(path)
  writeFileSync(join(path, 'odd'), '')
}

const isFile: Damage = (path) => {
  rmSync(path, { recursive: true })
  writeFileSync(path, 'odd')
}

const FOLLOWING = { streams: ['land', 'silver'], availableNow: true, retry: false }

/** The commands, as the calls that they make. */
const CALLS: Readonly<Record<string, () => Promise<unknown>>> = {
  status: () => lake.status(),
  validate: () => lake.validate(),
  sql: () => lake.query('FROM messages'),
  report: () => lake.report('event-types'),
  run: () => lake.run(FOLLOWING),
}

/** They read tables and references alone. */
const QUERIES: ReadonlySet<string> = new Set(['sql', 'report'])

/** What stays of a lake that nothing was changed in; notes on files and on the last error are written anew. */
const stateOf = (path: string): string => {
  const mode = lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? statSync(path).mode : undefined
  if (mode !== undefined) chmodSync(path, 0o755)
  const lines = treeFingerprint(root).split('\n')
  if (mode !== undefined) chmodSync(path, mode)
  return lines.filter((line) => !/\/(error|notes)\.json:/.test(line)).join('\n')
}

function changed(before: string, after: string): string {
  const [one, other] = [new Set(before.split('\n')), new Set(after.split('\n'))]
  return [...[...one].filter((line) => !other.has(line)), '=>', ...[...other].filter((line) => !one.has(line))].join(
    ' ',
  )
}

/** Everything that is wrong with how a damage was told. */
async function faultsOf(path: string): Promise<{ faults: string[]; isRefused: boolean }> {
  const faults: string[] = []
  const whole = join(root, path)
  let isRefused = false
  for (const [name, call] of Object.entries(CALLS)) {
    if (QUERIES.has(name) && !/data|^(bronze|silver)$/.test(path)) continue
    const before = stateOf(whole)
    const error = await call().then(
      (answer) => {
        if (typeof answer === 'object' && answer !== null && 'ok' in answer && answer.ok === false) isRefused = true
      },
      (thrown: unknown) => thrown,
    )
    if (error === undefined) continue
    if (name === 'run') isRefused = true
    if (!(error instanceof LakeError)) {
      faults.push(`${name}: ${error instanceof Error ? error.stack : String(error)}`)
      continue
    }
    if (!(error.code in errorCodes)) faults.push(`${name}: ${error.code}`)
    const said = error.describe()
    if (!isNamed(said, path)) faults.push(`${name} does not name ${path}: ${said}`)
    if (error.state === undefined && error.remedy === undefined) faults.push(`${name} says no more than: ${said}`)
    if (stateOf(whole) !== before)
      faults.push(`${name} was refused and has changed ${changed(before, stateOf(whole))}: ${said}`)
  }
  return { faults, isRefused }
}

function isNamed(said: string, path: string): boolean {
  return said.includes(path) || /table \w+ has no Delta log/.test(said)
}

async function expectToldAndUndone({ path, text }: Target, damage: Damage): Promise<void> {
  copyTree(backup, root)
  const whole = join(root, path)
  onTestFinished(() => {
    // What nobody may read cannot be removed either.
    if (lstatSync(whole, { throwIfNoEntry: false })?.isDirectory() === true) chmodSync(whole, 0o755)
  })
  if (text !== undefined) writeFileSync(whole, text)
  damage(whole)
  const { faults, isRefused } = await faultsOf(path)
  expect(faults).toEqual([])
  if (lstatSync(whole, { throwIfNoEntry: false })?.isDirectory() === true) chmodSync(whole, 0o755)
  if (isRefused) {
    rmSync(whole, { recursive: true, force: true })
    const kept = join(backup, path)
    if (lstatSync(kept, { throwIfNoEntry: false }) !== undefined) {
      if (lstatSync(kept).isDirectory()) copyTree(kept, whole)
      else cpSync(kept, whole)
    }
  }
  cpSync(join(folder, 'more.parquet'), join(root, 'landing/messages/more.parquet'))
  await lake.run(FOLLOWING)
  const after = { ok: true, pending: 0, rejectedFiles: 1, tables: { bronze_messages: 12 } }
  expect(await lake.validate()).toMatchObject(after)
}

describe.each(FILES)('$path', (target) => {
  test.each(Object.entries({ ...toFile, ...toBoth, 'is a folder': isFolder }))('that %s', async (_, damage) => {
    await expectToldAndUndone(target, damage)
  })
})

describe.each(OPAQUE_FILES)('$path', (target) => {
  const { 'is empty': isEmpty = texts(''), 'is cut off': isCut = texts('') } = toFile
  const damages = { 'is empty': isEmpty, 'is cut off': isCut, ...toBoth, 'is a folder': isFolder }
  test.each(Object.entries(damages))('that %s', async (_, damage) => {
    await expectToldAndUndone(target, damage)
  })
})

describe.each(FOLDERS)('$path', (target) => {
  test.each(Object.entries({ ...toBoth, 'is a file': isFile }))('that %s', async (_, damage) => {
    await expectToldAndUndone(target, damage)
  })
})
