import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { engineVersion } from '../../src/duckdb/engineVersion.ts'
import { type Diagnosis, Lake } from '../../src/index.ts'
import { node } from '../../src/lake/doctor/machine/node.ts'
import { recordName } from '../../src/tables/record.ts'
import { commitAs } from '../support/foreignCommit.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { LockHolder } from '../support/lockHolder.ts'
import { liveFiles, MessagesLake } from '../support/messagesLake.ts'
import { canMount, mountSmall, unmount } from '../support/mounts.ts'
import { describeWith } from '../support/optionalTool.ts'
import { asNobody } from '../support/otherUser.ts'
import { Program } from '../support/program.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// Checks of doctor one by one, where they find nothing and where they find something; most are in doctor.test.ts.

let messages: MessagesLake

beforeAll(async () => {
  messages = await MessagesLake.open()
  await messages.produce(20)
  await messages.run(['silver'])
}, 60_000)

afterAll(() => messages.close())

const SILVER = 'silver/messages/data'
const SILVER_RECORD = join('silver/messages/checkpoint/silver/commits', recordName(1))
const PRODUCE = 'bronze/messages/checkpoint/produce'

/** What a check says of a lake, each finding as a line. */
async function saidBy(check: string, lake: string, machine?: string): Promise<string[]> {
  const options = { config: messages.open.config.configFile, lake, database: { threads: 1 } }
  const diagnosis: Diagnosis = await Lake.doctor({ ...options, ...(machine === undefined ? {} : { machine }) })
  const own = diagnosis.findings.filter((finding) => finding.check === check)
  return own.map(({ level, says, fix }) => `${level} ${says}${fix === undefined ? '' : ` → ${fix}`}`)
}

function edit(path: string, change: (text: string) => string): void {
  writeFileSync(path, change(readFileSync(path, 'utf8')))
}

/** The id that the first commit of a table gives it. */
function idOf(root: string, data: string): string {
  const first = readFileSync(join(root, data, '_delta_log', recordName(0)), 'utf8')
  return /"metaData":\{"id":"([^"]+)"/.exec(first)?.[1] ?? ''
}

interface Case {
  readonly check: string
  readonly what: string
  readonly how?: (root: string) => void
  readonly says: readonly (RegExp | string)[]
}

const REMOVAL = [{ remove: { path: 'a.parquet', dataChange: true } }]
const MARK = { queries: ['q'], command: 'lakeweir import-spark-checkpoint /old' }

// biome-ignore format: a table
const cases: readonly Case[] = [
  { check: 'logs', what: 'tables with ids of their own', says: [/^ok bronze_messages version 1, messages version 1, messages_corrupted version 1$/] },
  { check: 'logs', what: 'no table', how: (root) => rmSync(root, { recursive: true }), says: ['ok no table has a log yet'] },
  { check: 'logs', what: 'two tables with the same id', how: (root) => edit(join(root, SILVER, '_delta_log', recordName(0)), (text) => text.replace(idOf(root, SILVER), idOf(root, 'bronze/messages/data'))), says: [/^fail messages has the id of bronze_messages: its log, or a checkpoint in it, is that of bronze_messages → Put its _delta_log back from a backup, or rebuild the table: lakeweir run STREAM --fresh$/] },
  { check: 'data files', what: 'every file', says: [/^ok \d+ files, each there with its size$/] },
  { check: 'data files', what: 'a folder in the place of a file', how: (root) => { const [file = ''] = liveFiles(join(root, SILVER)); rmSync(file); mkdirSync(file) }, says: [/^fail messages: 1 file changed: date=.*\.parquet is not a file → Put them back from a backup/] },
  { check: 'claims', what: 'nothing left', says: ['ok nothing is left of runs that have ended'] },
  { check: 'claims', what: 'what was staged', how: (root) => mkdirSync(join(root, PRODUCE, 'staging/2.left'), { recursive: true }), says: [/^warn produce: 1 name in staging of a run that has ended: 2\.left → lakeweir run produce --available-now$/] },
  { check: 'foreign commits', what: 'none', says: ['ok no other program has changed rows that belong to a stream'] },
  { check: 'foreign commits', what: 'more than are told', how: (root) => { for (let times = 0; times < 5; times++) commitAs('spark', join(root, SILVER), 'DELETE', REMOVAL) }, says: [/^warn version 6 of messages is by Apache-Spark/, /^warn version 5 /, /^warn version 4 /, /^warn messages has 2 more → lakeweir history messages --json$/] },
  { check: 'records', what: 'those of two streams', says: ['ok 2 of 3 streams have batches'] },
  { check: 'records', what: 'a table that the config added after the last batch', how: (root) => edit(join(root, SILVER_RECORD), (text) => text.replace('"messages_corrupted":[', '"another":[')), says: [/^fail table messages_corrupted is in its `into`, but batch 1 was made without it; .* → Rebuild the tables of that stream$/] },
  { check: 'records', what: 'an import that has not ended', how: (root) => writeFileSync(join(root, PRODUCE, 'import.json'), JSON.stringify({ ...MARK, state: 'begun' })), says: ['fail produce: an import into its tables has not ended → Go on with it: lakeweir import-spark-checkpoint /old'] },
  { check: 'records', what: 'an import that has', how: (root) => writeFileSync(join(root, PRODUCE, 'import.json'), JSON.stringify({ ...MARK, state: 'done' })), says: ['ok 2 of 3 streams have batches'] },
  { check: 'unnamed files', what: 'none', says: ['ok none'] },
  { check: 'small files', what: 'few', says: [/^ok at most \d+ small files? in a partition$/] },
  { check: 'clock', what: 'a clock ahead of the last batch', says: [/^ok it is \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ here$/] },
  { check: 'folders', what: 'folders that may be written', says: [/^ok \d+ folders may be written$/] },
  { check: 'streams', what: 'nobody', says: ['ok run: produce by nobody, land by nobody, silver by nobody'] },
  { check: 'engines', what: 'DuckDB alone', says: ['ok every stream runs on DuckDB'] },
]

test.each(cases)('$check finds $what', async ({ check, how, says }) => {
  const found = await saidBy(check, messages.copy(how))
  expect(found).toEqual(says.map((what) => (typeof what === 'string' ? what : expect.stringMatching(what))))
})

describe('a stream that a process runs', () => {
  test('is told with it, and what that process has claimed and staged is not taken for left', async () => {
    const root = messages.copy((at) => {
      for (const folder of ['claimed/2', 'staging/2.running']) mkdirSync(join(at, PRODUCE, folder), { recursive: true })
      writeFileSync(join(at, PRODUCE, 'claimed/2/a.parquet'), 'x')
    })
    const holder = await LockHolder.take(join(root, PRODUCE, 'holder.duckdb'))
    expect(await saidBy('streams', root)).toEqual([
      `ok run: produce by process ${holder.processId}, land by nobody, silver by nobody`,
    ])
    expect(await saidBy('claims', root)).toEqual(['ok nothing is left of runs that have ended'])
  })
})

test('folders in which this user may not write are told', async () => {
  const root = messages.copy()
  chmodSync(join(root, '..'), 0o755)
  chmodSync(root, 0o555)
  onTestFinished(() => chmodSync(root, 0o755))
  const { exitCode, stdout } = await Program.run(['doctor'], { lake: root, ...asNobody() })
  expect(stdout).toMatch(/^fail {2}folders {8,}this user may not write in .*lake.* → Run as their owner, or change/m)
  expect(exitCode).toBe(1)
})

describe('the file system of a lake', () => {
  /** A machine whose lake is on a file system of this type. */
  function machineWith(type: string, folder: string): string {
    const mounts = `21 1 0:1 / / rw - overlay overlay rw\n22 21 0:2 / ${folder} rw,relatime - ${type} disk rw\n`
    return lakeFolder({ 'proc/self/mountinfo': mounts })
  }

  // biome-ignore format: a table
  const types: readonly { type: string; says: RegExp }[] = [
    { type: 'ext4', says: /^ok the lake is on one file system \(ext4\)$/ },
    { type: 'exfat', says: /^fail the lake is on exfat, which has no hard links → Put it on a file system that has, such as ext4$/ },
    { type: 'nfs4', says: /^warn the lake is on nfs4, where nothing is promised → Put it on a local disk$/ },
    { type: 'fuse.sshfs', says: /^warn the lake is on fuse\.sshfs, where nothing is promised/ },
  ]

  test.each(types)('of type $type', async ({ type, says }) => {
    const root = messages.copy()
    expect(await saidBy('links', root, machineWith(type, root))).toEqual([expect.stringMatching(says)])
  })

  test('of a type that the system does not say', async () => {
    expect(await saidBy('links', messages.copy(), lakeFolder({}))).toEqual(['ok the lake is on one file system'])
  })
})

test('limits that this system does not tell are no finding', async () => {
  const [root, none] = [messages.copy(), lakeFolder({})]
  expect(await saidBy('open files', root, none)).toEqual(['ok the limit is not known on this system'])
  expect(await saidBy('inotify', root, none)).toEqual(['ok there are no limits of inotify on this system'])
})

test('a Node that is too old is told', async () => {
  const versions = Object.getOwnPropertyDescriptor(process, 'versions')
  onTestFinished(() => void Object.defineProperty(process, 'versions', versions ?? {}))
  expect(await node.look({ root: '/' })).toMatchObject([
    { level: 'ok', says: `Node ${process.versions.node} on ${process.platform} ${process.arch}` },
  ])
  Object.defineProperty(process, 'versions', { ...versions, value: { ...process.versions, node: '18.20.8' } })
  expect(await node.look({ root: '/' })).toEqual([
    {
      level: 'fail',
      says: expect.stringMatching(/^Node 18\.20\.8 .*, but Lakeweir needs 20\.\d+/),
      fix: expect.stringMatching(/^Install Node 20/),
    },
  ])
})

test('a DuckDB of another version than Lakeweir was tested with is told', async () => {
  const root = messages.copy()
  const found = await engineVersion()
  expect(await saidBy('engine', root)).toEqual([`ok DuckDB ${found}`])
  const bin = installationFor('1.4.0-r.1')
  const { stdout } = await Program.run(['doctor'], { lake: root, installation: { node: process.execPath, bin } })
  expect(stdout).toMatch(
    new RegExp(
      `^warn {2}engine +DuckDB ${found}, but Lakeweir was tested with 1\\.4\\.0 → Install the packages again`,
      'm',
    ),
  )
})

/** A built program whose package names this version of DuckDB. @returns its file */
function installationFor(version: string): string {
  const folder = temporaryFolder()
  const own = fileURLToPath(new URL('../..', import.meta.url))
  cpSync(join(own, 'dist'), join(folder, 'dist'), { recursive: true })
  symlinkSync(join(own, 'node_modules'), join(folder, 'node_modules'))
  cpSync(join(own, 'package.json'), join(folder, 'package.json'))
  // The build has a copy of its own.
  const built = readdirSync(join(folder, 'dist/assets')).filter((name) => name.startsWith('package-'))
  for (const name of built) {
    edit(join(folder, 'dist/assets', name), (text) => text.replace(/(?<="@duckdb\/node-api": ")[^"]+/, version))
  }
  return join(folder, 'dist/cli/bin.cjs')
}

describeWith(canMount(), 'right to mount a tmpfs', 'a disk of its own', () => {
  /** A lake, or a part of it, on a disk of so many megabytes, and of so many names if that is said. */
  function mounted(folder: string, megabytes: number, names?: number): string {
    const kept = join(temporaryFolder(), 'kept')
    cpSync(folder, kept, { recursive: true, preserveTimestamps: true })
    mountSmall(folder, megabytes, names)
    onTestFinished(() => unmount(folder))
    cpSync(kept, folder, { recursive: true, preserveTimestamps: true })
    return folder
  }

  test.each([
    {
      what: 'is almost full',
      megabytes: 50,
      says: /^fail \d+ MB free for the lake → Free space there: nothing is lost/,
    },
    { what: 'is getting full', megabytes: 1_000, says: /^warn \d+ MB free for the lake → Free space there/ },
    {
      what: 'has few names left',
      megabytes: 4_000,
      names: 5_000,
      says: /^warn room for \d+ more files for the lake → Free/,
    },
  ])('that $what is told', async ({ megabytes, names, says }) => {
    const found = await saidBy('space', mounted(messages.copy(), megabytes, names))
    expect(found[0]).toMatch(says)
  })

  test('for a table alone is told: its files cannot be linked there', async () => {
    const root = messages.copy()
    mounted(join(root, SILVER), 50)
    expect(await saidBy('links', root)).toEqual([
      expect.stringMatching(
        /^fail .*silver\/messages\/data is on another file system than .* → Put the whole lake on one/,
      ),
    ])
  })
})
