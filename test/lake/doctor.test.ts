import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Diagnosis, Lake } from '../../src/index.ts'
import { MACHINE_CHECKS } from '../../src/lake/doctor/machine/index.ts'
import { isAtLeast } from '../../src/lake/doctor/machine/node.ts'
import { addOf } from '../support/deltaActions.ts'
import { commitAs } from '../support/foreignCommit.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { liveFiles, MessagesLake } from '../support/messagesLake.ts'
import { Program, runInProcess } from '../support/program.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { listTree } from '../support/tree.ts'

let messages: MessagesLake

beforeAll(async () => {
  messages = await MessagesLake.open()
  await messages.produce(20)
  await messages.run(['silver'])
}, 60_000)

afterAll(() => messages.close())

const BRONZE = 'bronze/messages/data'
const SILVER = 'silver/messages/data'
const CHECKPOINT = 'bronze/messages/checkpoint'

function diagnosisOf(lake: string): Promise<Diagnosis> {
  return Lake.doctor({ config: messages.open.config.configFile, lake, database: { threads: 1 } })
}

/** What the machine that runs the tests is short of is no finding about a lake. */
const OF_MACHINE: ReadonlySet<string> = new Set(['space', 'open files', 'inotify'])

function notOk({ findings }: Diagnosis): string[] {
  const told = findings.filter(({ check, level }) => level !== 'ok' && !OF_MACHINE.has(check))
  return told.map(({ check, level, says, fix }) => `${level} ${check}: ${says} → ${fix}`)
}

function log(root: string, table: string, version: number, text: string): void {
  writeFileSync(join(root, table, '_delta_log', `${String(version).padStart(20, '0')}.json`), text)
}

test('a lake at rest has nothing to be said of it, and each check has a line', async () => {
  const diagnosis = await diagnosisOf(messages.copy())
  expect(notOk(diagnosis)).toEqual([])
  const checks = diagnosis.findings.map(({ check }) => check)
  expect(checks).toEqual([
    'node',
    'engine',
    'open files',
    'inotify',
    'config',
    'folders',
    'links',
    'space',
    'clock',
    'logs',
    'records',
    'data files',
    'unnamed files',
    'small files',
    'claims',
    'foreign commits',
    'engines',
    'streams',
  ])
})

interface Case {
  readonly what: string
  readonly how: (root: string) => void
  /** All that is not ok. */
  readonly says: readonly RegExp[]
}

function manySmallFiles(root: string): void {
  const adds = Array.from({ length: 40 }, (_, index) => {
    const path = `produce-0000000001-00000000-0000-0000-0000-000000000000-${index}.parquet`
    writeFileSync(join(root, BRONZE, path), '0123456789')
    return addOf(path)
  })
  commitAs('deltaRs', join(root, BRONZE), 'WRITE', adds)
}

// biome-ignore format: a table
const cases: readonly Case[] = [
  { what: 'no lake', how: (root) => rmSync(root, { recursive: true }), says: [/^warn folders: there is no lake at .*lake yet → lakeweir run makes it/] },
  { what: 'a gap in a log', how: (root) => { log(root, BRONZE, 4, '{}\n') }, says: [/^fail logs: .*bronze_messages has a gap/] },
  { what: 'a commit that is cut off', how: (root) => { log(root, SILVER, 1, '{"commitInfo":{"engi') }, says: [/^fail logs: .*00000000000000000001\.json/] },
  { what: 'a log that lacks its last commit', how: (root) => rmSync(join(root, SILVER, '_delta_log/00000000000000000001.json')), says: [/^fail records: table messages: its log has batch 0 of stream silver, which has committed batch 1/, /^warn unnamed files: messages: \d orphans?, of no batch that counts/] },
  { what: 'a file that is missing', how: (root) => rmSync(liveFiles(join(root, SILVER))[0] ?? ''), says: [/^fail data files: messages: 1 file missing: date=/] },
  { what: 'a file that was cut', how: (root) => truncateSync(liveFiles(join(root, SILVER))[0] ?? '', 10), says: [/^fail data files: messages: 1 file changed: date=.* has 10 bytes, its log says \d+/] },
  { what: 'an orphan of ours', how: (root) => writeFileSync(join(root, BRONZE, 'produce-0000000009-00000000-0000-0000-0000-000000000000-0.parquet'), 'x'), says: [/^warn unnamed files: bronze_messages: 1 orphan.* → lakeweir vacuum bronze_messages$/] },
  { what: 'a file of somebody else', how: (root) => writeFileSync(join(root, BRONZE, 'mine.parquet'), 'x'), says: [/^warn unnamed files: bronze_messages: 1 file that no log names: mine\.parquet/] },
  { what: 'many small files', how: manySmallFiles, says: [/^warn small files: bronze_messages: 41 small files → lakeweir optimize bronze_messages$/] },
  { what: 'claimed files', how: (root) => { mkdirSync(join(root, CHECKPOINT, 'produce/claimed/2'), { recursive: true }); writeFileSync(join(root, CHECKPOINT, 'produce/claimed/2/a.parquet'), 'x') }, says: [/^warn claims: produce: 1 file claimed by a run that has ended: a\.parquet → lakeweir run produce --available-now$/] },
  { what: 'a record that is no JSON', how: (root) => writeFileSync(join(root, CHECKPOINT, 'produce/commits/00000000000000000001.json'), 'x'), says: [/^fail records: produce: .*is not JSON/] },
  { what: 'a lock that is none', how: (root) => writeFileSync(join(root, CHECKPOINT, 'produce/holder.duckdb'), 'x'), says: [/^fail streams: produce: .*holder\.duckdb is not a valid lock file/] },
  { what: 'rows that another program added', how: (root) => { commitAs('spark', join(root, SILVER), 'DELETE', [{ remove: { path: 'a.parquet', dataChange: true } }]) }, says: [/^warn foreign commits: version 2 of messages is by Apache-Spark\/4\.2\.1 Delta-Lake\/4\.4\.0 \(DELETE, 2026-11-26 12:00:00\): removed 1 file → /] },
  { what: 'a folder in the place of a table', how: (root) => { rmSync(join(root, SILVER), { recursive: true }); writeFileSync(join(root, SILVER), 'x') }, says: [/^fail folders: not a folder: .*silver\/messages\/data/, /./] },
  { what: 'an error that a stream stopped with', how: (root) => writeFileSync(join(root, CHECKPOINT, 'produce/error.json'), JSON.stringify({ time: '2999-01-01T00:00:00.000Z', code: 'LAKE_DISK_FAILED', message: 'no space' })), says: [/^warn streams: produce stopped at 2999-01-01T00:00:00Z: LAKE_DISK_FAILED: no space/] },
]

describe('each of these is found, while the other checks go on, and nothing is changed', () => {
  test.each(cases)('$what', async ({ how, says }) => {
    const root = messages.copy(how)
    const before = listTree(root)
    const found = notOk(await diagnosisOf(root))
    expect(found).toEqual(says.map((pattern) => expect.stringMatching(pattern)))
    expect(listTree(root)).toEqual(before)
  })
})

test('a clock that is behind the last batch is told', async () => {
  const root = messages.copy((at) => {
    const record = join(at, CHECKPOINT, 'produce/commits/00000000000000000001.json')
    const text = JSON.stringify({ ...JSON.parse(readFileSync(record, 'utf8')), batchTime: '2999-01-01T00:00:00.000Z' })
    writeFileSync(record, text)
  })
  expect(notOk(await diagnosisOf(root))).toEqual([
    expect.stringMatching(/^warn clock: it is 20.*, but the last batch of produce is of 2999-01-01T00:00:00Z/),
  ])
})

test('limits of the machine that are too low are told, each with the command that raises it', async () => {
  const root = lakeFolder({
    'proc/self/limits':
      'Limit                     Soft Limit           Hard Limit\nMax open files            256                  4096  files\n',
    'proc/self/fd/0': '',
    'proc/sys/fs/inotify/max_user_watches': '100\n',
    'proc/sys/fs/inotify/max_user_instances': '128\n',
  })
  const findings = []
  for (const check of MACHINE_CHECKS) findings.push(...(await check.look({ root })))
  expect(findings.filter(({ level }) => level !== 'ok')).toEqual([
    { level: 'warn', says: expect.stringContaining('1 open, 256 allowed'), fix: expect.stringContaining('ulimit -n') },
    {
      level: 'warn',
      says: expect.stringContaining('max_user_watches is 100'),
      fix: 'sudo sysctl fs.inotify.max_user_watches=8192',
    },
  ])
})

test.each([
  ['20.19.0', '20.19', true],
  ['20.9.0', '20.19', false],
  ['22.1.0', '20.19', true],
  ['18.20.1', '20.19', false],
])('Node %s for %s: %s', (found, needed, isEnough) => expect(isAtLeast(found, needed)).toBe(isEnough))

describe('the command', () => {
  test('exits with 1 on a failure, and says in one line what to do', async () => {
    const lake = messages.copy((root) => truncateSync(liveFiles(join(root, SILVER))[0] ?? '', 10))
    const { exitCode, stdout, stderr } = await runInProcess(['doctor'], { lake })
    expect(exitCode).toBe(1)
    expect(stdout).toMatch(/^fail {2}data files {7}messages: 1 file changed: .* → Put them back from a backup/m)
    expect(stderr).toMatch(/^doctor: 1 failure/)
    const json = JSON.parse((await runInProcess(['doctor', '--json'], { lake })).stdout) as Diagnosis
    expect(json).toMatchObject({
      ok: false,
      findings: expect.arrayContaining([expect.objectContaining({ check: 'data files', level: 'fail' })]),
    })
  })

  test('works where the config does not load, and where DuckDB does not', async () => {
    const missing = await runInProcess(['doctor'], { lake: messages.root, config: '/no/such/lakeweir.config.ts' })
    expect(missing).toMatchObject({ exitCode: 1, stderr: expect.stringMatching(/^doctor: 1 failure/) })
    expect(missing.stdout).toMatch(/^fail {2}config {6}LAKE_CONFIG_INVALID: there is no file/m)
    const hook =
      "export const resolve = (name, context, next) => { if (name.startsWith('@duckdb/node-bindings')) throw new Error('no binding for this machine'); return next(name, context) }"
    const preload = join(temporaryFolder(), 'preload.mjs')
    writeFileSync(
      preload,
      `import Module, { register } from 'node:module'
register('data:text/javascript,' + encodeURIComponent(${JSON.stringify(hook)}))
const load = Module._load
Module._load = (name, ...rest) => { if (name.startsWith('@duckdb/node-bindings')) throw new Error('no binding for this machine'); return load(name, ...rest) }
`,
    )
    const end = await Program.run(['doctor'], { lake: messages.root, nodeOptions: ['--import', preload] })
    expect(end.stdout).toMatch(
      /^fail {2}engine .*DuckDB does not load: no binding for this machine → Install the packages again/m,
    )
    expect(end.stdout).toMatch(/^ok {4}node /m)
    expect(end.stdout).toMatch(/^fail {2}lake {8}it was not looked at, because DuckDB does not load/m)
    expect(end.exitCode).toBe(1)
  })
})
