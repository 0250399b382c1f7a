import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { duckdbEngine } from '../../src/engines/duckdb/kind.ts'
import type { BoundEngine } from '../../src/engines/kind.ts'
import type { ProgramEngine } from '../../src/engines/program/engine.ts'
import { LakeError } from '../../src/errors.ts'
import { isGroupAlive } from '../../src/files/processGroup.ts'
import { FooterReader } from '../../src/parquet/footer.ts'
import type { Engine } from '../../src/tables/engine.ts'
import { type RecordedFile, readTail } from '../../src/tables/record.ts'
import { LandingStream } from '../support/landingStream.ts'
import { programEngine } from '../support/programEngine.ts'
import { type EngineOptions, openEngine } from '../support/stagedRows.ts'

// The contract is enough for an engine that is a program of its own: it shares nothing with this process but files.

test('a stream runs on an engine in another process, and its records name it', async () => {
  const stream = await LandingStream.open({ engine: programEngine })
  await stream.drop('one.parquet', "SELECT 1::BIGINT AS id, 'a' AS name")
  await stream.drop('two.parquet', "SELECT 2::SMALLINT AS id, 'é' AS name")
  await stream.run()
  expect(await stream.rows()).toEqual([
    { id: 1, name: 'a' },
    { id: 2, name: 'é' },
  ])
  const { last } = await readTail(stream.checkpoint.commits)
  expect(last).toMatchObject({ engine: 'program 1', inputRows: 2 })
  expect(stream.archived()).toEqual(['one.parquet', 'two.parquet'])
})

test('a file whose values that engine cannot take is rejected alone, as by any engine', async () => {
  const stream = await LandingStream.open({ engine: programEngine })
  await stream.drop('good.parquet')
  await stream.drop('bad.parquet', "SELECT 1e30 AS id, 'b' AS name")
  await stream.run()
  expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
  expect(await stream.reasons()).toEqual({ 'bad.parquet': expect.stringContaining('1e+30 is not a valid BIGINT') })
})

test('a stream whose engine answers what it was not asked for stops, and publishes nothing', async () => {
  const lying: Pick<BoundEngine, 'open'> = {
    open: async (means) => {
      const engine = await duckdbEngine.open(means)
      const stage: Engine['stage'] = async (plan, signal) => {
        const { files, ...result } = await engine.stage(plan, signal)
        return { ...result, files: files.map((file) => ({ ...file, path: `../${file.path}` })) }
      }
      return { name: 'lying 1', check: (plan) => engine.check(plan), stage, close: () => engine.close() }
    },
  }
  const stream = await LandingStream.open({ engine: lying })
  await stream.drop('one.parquet')
  await expect(stream.run()).rejects.toThrow(
    expect.objectContaining({
      code: 'LAKE_VALUE_UNEXPECTED',
      message: expect.stringContaining('the answer of lying 1: files[0].path is "../'),
    }),
  )
  expect(await stream.rows()).toEqual([])
  expect(readdirSync(stream.checkpoint.commits)).toEqual([])
  expect(readdirSync(stream.checkpoint.staging)).toEqual([])
})

test('an engine that fails is blamed on no file: its stream stops, and takes all of them later', async () => {
  const failing: Pick<BoundEngine, 'open'> = {
    open: async (means) => {
      const engine = await duckdbEngine.open(means)
      const stage: Engine['stage'] = async ({ input }) => {
        const [file] = input.kind === 'foreign' ? input.groups.flatMap(({ files }) => files) : []
        throw new LakeError('LAKE_ENGINE_FAILED', `an executor was lost that read "${file}".`, { canRetry: true })
      }
      return { name: 'failing 1', check: (plan) => engine.check(plan), stage, close: () => engine.close() }
    },
  }
  const stream = await LandingStream.open({ engine: failing })
  await stream.drop('one.parquet')
  await stream.drop('two.parquet')
  await expect(stream.run()).rejects.toMatchObject({
    code: 'LAKE_ENGINE_FAILED',
    message: expect.stringMatching(/^land batch 1 failed: an executor was lost that read ".*one\.parquet"\.$/),
    state: 'Nothing was published; batch 1 runs again on the next start.',
    canRetry: true,
  })
  expect(await stream.reasons()).toEqual({})
  expect(await stream.rows()).toEqual([])
})

const SPLIT: EngineOptions = {
  columns: { id: 'INTEGER', country_id: 'INTEGER', at: 'TIMESTAMPTZ', weight: 'DOUBLE' },
  select: `SELECT r.id, r.at, r.weight, c.country, CAST(r.at AS DATE) AS day,
    CASE WHEN c.country IS NULL THEN 'strange' ELSE 'known' END AS destination
    FROM input_rows AS r LEFT JOIN countries AS c USING (country_id)`,
  references: [{ name: 'countries', columns: { country_id: 'INTEGER', country: 'VARCHAR' }, key: 'country_id' }],
  referenceTexts: { countries: 'country_id,country\n1,Brazil\n2,Spain\n' },
  tables: ['known', 'strange'].map((name) => ({
    name,
    columns: { id: 'INTEGER', at: 'TIMESTAMPTZ', weight: 'DOUBLE', country: 'VARCHAR', day: 'DATE' },
    partitionBy: ['day'],
  })),
}

const ROWS = `SELECT range::INTEGER AS id, (range % 4)::INTEGER AS country_id,
  TIMESTAMPTZ '2026-11-22 23:59:59.123456Z' + to_seconds(range) AS at,
  CASE WHEN range = 2 THEN 'NaN'::DOUBLE ELSE range / 3 END AS weight FROM range(8)`

/** What of them is no matter of chance, in an order of its own. */
function comparable(files: readonly RecordedFile[]): object[] {
  return files
    .map(({ stagedPath, path, bytes: _, stats, ...file }) => {
      return { ...file, stats: JSON.parse(stats), folders: [stagedPath, path].map(dirname) }
    })
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1))
}

test('what it stages is what the engine in this process stages: tables, folders, rows and statistics', async () => {
  const [here, there] = [await openEngine(SPLIT), await openEngine({ ...SPLIT, engine: programEngine })]
  const [expected, found] = [await here.stage(ROWS), await there.stage(ROWS)]
  expect(comparable(found)).toEqual(comparable(expected))
  for (const { stagedPath, bytes } of found) {
    expect(statSync(join(there.stagingFolder(), stagedPath)).size).toBe(bytes)
  }
})

test('what is wrong with a SELECT, with a reference and with a row is told as by the engine in this process', async () => {
  await expect(
    openEngine({ ...SPLIT, select: 'SELECT nothing FROM input_rows', engine: programEngine }),
  ).rejects.toThrow(
    expect.objectContaining({ code: 'LAKE_SQL_INVALID', message: expect.stringContaining('route.sql: ') }),
  )
  const engine = await openEngine({ ...SPLIT, engine: programEngine })
  writeFileSync(join(engine.folder, 'countries.csv'), 'country_id,country\n1,Brazil\n1,Spain\n')
  await expect(engine.stage(ROWS)).rejects.toThrow(expect.objectContaining({ code: 'LAKE_REFERENCE_INVALID' }))
  const stray = await openEngine({
    ...SPLIT,
    select: SPLIT.select?.replace("'strange'", "'elsewhere'") ?? '',
    engine: programEngine,
  })
  await expect(stray.stage(ROWS)).rejects.toThrow(
    expect.objectContaining({
      code: 'LAKE_SPLIT_FAILED',
      message: "route.sql returns a row with the destination 'elsewhere'.",
      remedy: 'Every row needs one of: known, strange. Fix its CASE.',
    }),
  )
})

test('that is abandoned has ended when it fails, and has made no whole file', async () => {
  let program: ProgramEngine | undefined
  const engine = await openEngine({
    columns: { id: 'BIGINT' },
    select: 'SELECT count(*)::BIGINT AS id FROM input_rows AS r, range(r.id) AS a, range(r.id) AS b',
    rows: 'any',
    tables: [{ name: 't', columns: { id: 'BIGINT' } }],
    engine: {
      open: async (means) => {
        program = (await programEngine.open(means)) as ProgramEngine
        return program
      },
    },
  })
  const file = join(engine.folder, 'rows.ndjson')
  writeFileSync(file, '{"id": 1000000000000}\n')
  const abort = new AbortController()
  const input = { kind: 'spooled', format: 'ndjson', files: [file], columns: { id: 'BIGINT' } } as const
  const group = program?.group ?? 0
  const staged = engine.stageInput(input, abort.signal)
  setImmediate(() => abort.abort())
  await expect(staged).rejects.toThrow('program 1 was told to stop, and has ended without an answer')
  expect(group).toBeGreaterThan(0)
  expect(isGroupAlive(group)).toBe(false)
  // Whether it had opened its file by then depends on the machine.
  const folder = engine.stagingFolder()
  const footers = (existsSync(folder) ? readdirSync(folder) : []).map((name) =>
    new FooterReader().read(join(folder, name)),
  )
  expect(footers.filter((footer) => 'rows' in footer)).toEqual([])
})
