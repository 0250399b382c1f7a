import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { LakeError, RunOptions } from '../../src/index.ts'
import { CaseLake, type CaseStream } from '../support/caseLake.ts'
import { rubbishIn } from '../support/messagesLake.ts'

// What a lake does with an engine that does one thing wrong: nothing is published, the error says what is the matter,
// and the batch runs again.

const JITI = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../support/faultyEngine.ts', import.meta.url))

const COLUMNS = { id: 'BIGINT', word: 'VARCHAR' }
const ROWS = "SELECT unnest([1, 2, 3])::BIGINT AS id, unnest(['a', 'b', NULL]) AS word"
const ALL = [
  [1, 'a'],
  [2, 'b'],
  [3, null],
]

const UNEXPECTED = 'LAKE_VALUE_UNEXPECTED'

/** The fault → the code of the error that it ends in, and what that says. */
const FAULTS: Readonly<Record<string, readonly [code: string, says: string]>> = {
  'names a file above its folder': [UNEXPECTED, 'files[0].path is "../'],
  'names a file by its whole path': [UNEXPECTED, 'not a path below the staging folder'],
  'stages a link to a file': [UNEXPECTED, '.parquet is not a regular file.'],
  'stages a link to a folder': [UNEXPECTED, '.parquet is not below the staging folder.'],
  'names a file that is not there': [UNEXPECTED, '.parquet.gone.parquet is not there.'],
  'counts too many rows': [UNEXPECTED, '.parquet has 3 rows, not 4 as the answer says.'],
  'counts too many rows and loses one': ['LAKE_SPLIT_FAILED', 'it returns 2 fewer rows than it read: 1 for 3.'],
  'counts too few bytes': [UNEXPECTED, ' as the answer says.'],
  'knows wrong bounds': [UNEXPECTED, 'id has "1" as its min, not "-1" as the answer says.'],
  'knows of a column that is not there': [UNEXPECTED, 'has a column other, which files of its table do not have.'],
  'names another table': [UNEXPECTED, "is for elsewhere, which is not one of the stream's tables."],
  'names a file twice': [UNEXPECTED, '.parquet is named twice.'],
  'gives a file a name of its own': [UNEXPECTED, 'mine.parquet has a name that does not begin with'],
  'stages what is no Parquet file': [UNEXPECTED, 'is not a Parquet file that can be read'],
  'stages half a file': [UNEXPECTED, 'is not a Parquet file that can be read'],
  'leaves a column out': [UNEXPECTED, 'has the columns id, but files of its table have id, word.'],
  'adds a column': [UNEXPECTED, 'has the columns id, word, more, but files of its table have id, word.'],
  'changes the order of columns': [UNEXPECTED, 'has the columns word, id, but files of its table have id, word.'],
  'changes the type of a column': [UNEXPECTED, 'stores id as INTEGER, not as BIGINT.'],
  'has no files': [UNEXPECTED, 'files is missing'],
  'has no hash of a reference': [UNEXPECTED, 'has no hash of the reference words'],
  'is of another version': [UNEXPECTED, 'is of version 2, not 1.'],
  talks: [UNEXPECTED, 'which is not a JSON object.'],
  'dies at its start': ['LAKE_ENGINE_FAILED', 'ended with exit code 7 without an answer.'],
  'is cut off': ['LAKE_ENGINE_FAILED', 'ended with exit code 0 in the middle of a line.'],
  'has no room': ['LAKE_DISK_FAILED', 'No space left on device'],
  'may not write': [
    'LAKE_DISK_FAILED',
    'nothing of it was published.\nLet executors write there. Then start it again.',
  ],
  'has no memory': [
    'LAKE_RESOURCES_EXHAUSTED',
    'engine.log\nIt was as small as a batch can be; nothing was published, and no file is blamed for it.\nGive it 4 GB.',
  ],
  'knows a remedy': ['LAKE_BATCH_FAILED', 'Ask another. Then: lakeweir run'],
}

const OTHERS = ['floods stderr', 'has it done twice in one folder', 'leaves a zombie', 'hangs', 'waits']

/** Streams are called after numbers: a fault is no name. */
const streamOf = (fault: string): string => `fault_${[...Object.keys(FAULTS), ...OTHERS].indexOf(fault)}`

function caseOf(fault: string): CaseStream {
  const joins = fault === 'has no hash of a reference'
  return {
    stream: streamOf(fault),
    select: joins
      ? 'SELECT g.id, g.word FROM given AS g LEFT JOIN words AS w ON w.word = g.word'
      : 'SELECT id, word FROM given',
    tables: { '': { columns: COLUMNS } },
    ...(joins ? { reference: { name: 'words', columns: { word: 'VARCHAR' }, key: 'word', csv: 'word\na\nb\n' } } : {}),
  }
}

let lake: CaseLake

beforeAll(async () => {
  lake = await CaseLake.open(COLUMNS, ROWS, [...Object.keys(FAULTS), ...OTHERS].map(caseOf))
})

afterAll(() => lake.close())

/** The folder that a fault shares with its test. */
function sharedOf(fault: string): string {
  const shared = join(lake.folder, 'shared', streamOf(fault))
  mkdirSync(shared, { recursive: true })
  return shared
}

function run(fault: string, options: Partial<RunOptions> = {}): Promise<unknown> {
  const engine = { program: [process.execPath, JITI, PROGRAM, fault, sharedOf(fault)] } as const
  return lake.run(streamOf(fault), { retry: false, engine, ...options })
}

async function rowsOf(fault: string): Promise<unknown> {
  return (await lake.lake.query(`FROM ${streamOf(fault)} ORDER BY id`)).rows
}

async function expectNothing(fault: string): Promise<void> {
  const { commits, staging } = lake.checkpoint(streamOf(fault))
  expect({ rows: await rowsOf(fault), commits: namesIn(commits), staging: namesIn(staging) }).toEqual({
    rows: [],
    commits: [],
    staging: [],
  })
}

/** A stream whose engine fails at its check has made no folder yet. */
function namesIn(folder: string): string[] {
  return existsSync(folder) ? readdirSync(folder) : []
}

/** A program is started for each, which takes some seconds on a busy machine. */
const TIMEOUT = { timeout: 180_000 }

describe('an engine that', TIMEOUT, () => {
  test.each(Object.entries(FAULTS))(
    '%s: nothing is published, and the batch runs again',
    async (fault, [code, says]) => {
      const error = await run(fault).then(
        () => undefined,
        (thrown: LakeError) => thrown,
      )
      expect(error?.code).toBe(code)
      expect(error?.describe()).toContain(says)
      expect(error?.describe()).toMatch(/[Nn]othing (of it )?was published/)
      await expectNothing(fault)
      await lake.run(streamOf(fault))
      expect(await rowsOf(fault)).toEqual(ALL)
    },
  )

  test('floods stderr makes its batch, and its log keeps to a size', async () => {
    await run('floods stderr')
    expect(await rowsOf('floods stderr')).toEqual(ALL)
    const log = join(lake.checkpoint(streamOf('floods stderr')).folder, 'engine.log')
    expect(readFileSync(log, 'utf8')).toContain('line 49999')
  })

  test('stages a batch twice in one folder has only those files published that it names', async () => {
    await run('has it done twice in one folder')
    expect(await rowsOf('has it done twice in one folder')).toEqual(ALL)
    expect(readdirSync(lake.checkpoint(streamOf('has it done twice in one folder')).staging)).toEqual([])
    expect(rubbishIn(join(lake.folder, 'lake'))).toEqual([])
  })

  test('hangs is ended when its run is, and nothing is published', async () => {
    const stop = new AbortController()
    const hanging = run('hangs', { signal: stop.signal })
    const { staging } = lake.checkpoint(streamOf('hangs'))
    await vi.waitFor(() => expect(parquetBelow(staging)).toHaveLength(1), { timeout: 30_000 })
    stop.abort()
    await hanging.catch((error: LakeError) => expect(error.code).toBe('LAKE_INTERRUPTED'))
    await expectNothing('hangs')
    await lake.run(streamOf('hangs'))
    expect(await rowsOf('hangs')).toEqual(ALL)
  })
})

function parquetBelow(folder: string): string[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.parquet'))
}

test(
  'what a process writes for a batch that was taken over is in no table, before and after the other is published',
  TIMEOUT,
  async () => {
    const fault = 'leaves a zombie'
    const shared = sharedOf(fault)
    const { staging } = lake.checkpoint(streamOf(fault))
    onTestFinished(() => {
      for (const number of [1, 2]) {
        const file = join(shared, `zombie-${number}`)
        if (existsSync(file)) tryToKill(Number(readFileSync(file, 'utf8')))
      }
    })
    await expect(run(fault)).rejects.toMatchObject({ code: 'LAKE_ENGINE_FAILED' })
    await expectNothing(fault)

    // While another attempt at the batch is being staged, the first zombie writes into the folder of the one before.
    const engine = { program: [process.execPath, JITI, PROGRAM, 'waits', shared] } as const
    const taken = lake.run(streamOf(fault), { engine })
    await vi.waitFor(() => expect(existsSync(join(shared, 'waits'))).toBe(true), { timeout: 30_000 })
    await writtenBy(shared, 1)
    writeFileSync(join(shared, 'go'), '')
    await taken
    expect(await rowsOf(fault)).toEqual(ALL)

    // And the second one after that is published.
    await writtenBy(shared, 2)
    expect(parquetBelow(staging).length).toBeGreaterThan(0)
    expect(await rowsOf(fault)).toEqual(ALL)
    await lake.land('more', "SELECT 4::BIGINT AS id, 'd' AS word")
    await lake.run(streamOf(fault))
    expect(await rowsOf(fault)).toEqual([...ALL, [4, 'd']])
    expect(readdirSync(staging)).toEqual([])
    const { ok, problems } = await lake.lake.validate()
    expect({ ok, problems: problems.filter((problem) => problem.includes(streamOf(fault))) }).toMatchObject({
      problems: [],
    })
    expect(rubbishIn(join(lake.folder, 'lake'))).toEqual([])
  },
)

/** Lets a process write its late file, and waits until it has. */
async function writtenBy(shared: string, number: number): Promise<void> {
  writeFileSync(join(shared, `write-${number}`), '')
  const written = join(shared, `written-${number}`)
  await vi.waitFor(() => expect(existsSync(written)).toBe(true), { timeout: 30_000 })
  expect(statSync(readFileSync(written, 'utf8')).size).toBeGreaterThan(0)
}

function tryToKill(id: number): void {
  try {
    process.kill(id, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}
