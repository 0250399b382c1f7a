import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Database, recordsOf, type Session } from '../../src/duckdb/session.ts'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { type BatchProgress, defineLake, deltaTable, Lake, LakeError, type RunOptions } from '../../src/index.ts'
import { resolveLake } from '../../src/lake/config/resolve.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { hookedDisk, StoppedError } from '../support/hookedDisk.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const CONFIG = 'test/fixtures/sensors/lakeweir.config.ts'
const TWO_DAYS = { rows: 1_000, seed: 7, startTimeMs: Date.parse('2026-11-22T23:58:00Z') }
const EVERYTHING: RunOptions = { streams: ['collect', 'check', 'notify'], availableNow: true }

/** What the draws of seed 7 give; any change of them is a change of the lake's SQL. */
const EXPECTED_ROWS = { measurements: 1_000, readings: 701, alarms: 154, rejected_readings: 145, notices: 154 }

async function openSensors(root: string, disk: Disk = nodeDisk): Promise<Lake> {
  const lake = Lake.of(await openLake({ config: CONFIG, lake: root, disk }))
  onTestFinished(() => lake.close())
  return lake
}

async function runCollected(lake: Lake, options: RunOptions): Promise<BatchProgress[]> {
  const batches: BatchProgress[] = []
  await lake.run({ ...options, onBatch: (progress) => batches.push(progress) })
  return batches
}

/** A DuckDB that knows nothing of Lakeweir. */
async function plainSession(): Promise<Session> {
  const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: temporaryFolder() })
  onTestFinished(() => database.close())
  return database.connect()
}

async function rowsOf(lake: Lake, sql: string): Promise<unknown> {
  return recordsOf(await lake.query(sql))
}

/** A disk that is gone from the moment when a commit record is about to be, or has just been, linked. */
function dyingDisk(moment: 'before' | 'after'): Disk {
  let isDead = false
  return hookedDisk(nodeDisk, async (call, perform) => {
    const isCommit = call.operation === 'link' && call.path.includes('/commits/')
    isDead ||= isCommit && moment === 'before'
    if (isDead) throw new StoppedError(call)
    const result = await perform()
    isDead ||= isCommit
    if (isDead) throw new StoppedError(call)
    return result
  })
}

test('a second lake, with three destinations and a stream that follows one of them, runs to the end', async () => {
  const root = temporaryFolder()
  const lake = await openSensors(root)
  await lake.run({ streams: ['simulate'], generate: TWO_DAYS })
  const batches = await runCollected(lake, EVERYTHING)

  expect(batches.map(({ stream, batch, inputRows, rows }) => ({ stream, batch, inputRows, rows }))).toEqual([
    { stream: 'check', batch: 1, inputRows: 1_000, rows: { readings: 701, alarms: 154, rejected_readings: 145 } },
    { stream: 'notify', batch: 1, inputRows: 154, rows: { notices: 154 } },
  ])
  await lake.run({ streams: ['live'], availableNow: true })
  const faultless = { pending: 0, problems: [], notCompared: [] }
  const kept = { batch: 1, rows: expect.any(Number), problems: [], notCompared: [] }
  const check = { name: 'check', from: 'measurements', into: ['readings', 'alarms', 'rejected_readings'] }
  expect(await lake.validate({ deep: true })).toEqual({
    ok: true,
    ...faultless,
    rejectedFiles: 0,
    differences: [],
    foreignCommits: [],
    tables: EXPECTED_ROWS,
    streams: [
      { ...check, rowRule: 'kept', rowsIn: 1_000, rowsOut: 1_000, ...faultless },
      { name: 'notify', from: 'alarms', into: ['notices'], rowRule: 'kept', rowsIn: 154, rowsOut: 154, ...faultless },
    ],
    live: ['alarms_per_day', 'readings_per_hour', 'rejected_per_sensor'].map((name) => ({ name, ...kept })),
    rows: EXPECTED_ROWS,
  })
  expect(await runCollected(lake, EVERYTHING)).toEqual([])
})

test('a table between two streams is counted whole while the second lags behind the first', async () => {
  const lake = await openSensors(temporaryFolder())
  await lake.run({ streams: ['simulate'], generate: TWO_DAYS })
  await lake.run({ streams: ['check'], availableNow: true })
  expect(await lake.validate()).toMatchObject({ ok: true, rows: { ...EXPECTED_ROWS, notices: 0 }, pending: 154 })
})

test('each destination has its own folders: by date, by date and site, and none', async () => {
  const root = temporaryFolder()
  const lake = await openSensors(root)
  await lake.run({ streams: ['simulate'], generate: TWO_DAYS })
  await lake.run(EVERYTHING)
  const foldersOf = (table: string): string[] =>
    readdirSync(join(root, table, 'data'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.parquet'))
      .map((path) => decodeURIComponent(path.split('/').slice(0, -1).join('/')))
      .sort()

  expect(foldersOf('checked/readings')).toEqual(['date=2026-11-22', 'date=2026-11-23'])
  expect(foldersOf('checked/alarms')).toEqual(
    ['date=2026-11-22', 'date=2026-11-23'].flatMap((date) =>
      ['Greenhouse', 'Jägerhof', 'Old orchard'].map((site) => `${date}/site=${site}`),
    ),
  )
  expect(foldersOf('checked/rejected_readings')).toEqual([''])
  expect(
    await rowsOf(lake, 'SELECT site, date, count(*) AS alarms FROM alarms GROUP BY ALL ORDER BY ALL LIMIT 2'),
  ).toEqual([
    { site: 'Greenhouse', date: '2026-11-22', alarms: 25 },
    { site: 'Greenhouse', date: '2026-11-23', alarms: 12 },
  ])
})

test('each destination keeps the columns that it declares, and the reason of a rejected row is said', async () => {
  const lake = await openSensors(temporaryFolder())
  await lake.run({ streams: ['simulate'], generate: TWO_DAYS })
  await lake.run(EVERYTHING)
  const columnsOf = async (table: string): Promise<readonly string[]> =>
    (await lake.query(`FROM ${table} LIMIT 0`)).columns

  expect(await columnsOf('readings')).toEqual(['measured_at', 'sensor', 'celsius', 'gateway', 'site', 'date'])
  expect(await columnsOf('alarms')).toEqual([
    'measured_at',
    'sensor',
    'celsius',
    'gateway',
    'site',
    'date',
    'limit_celsius',
  ])
  expect(
    await rowsOf(lake, 'SELECT reason, count(*) AS rows FROM rejected_readings GROUP BY ALL ORDER BY ALL'),
  ).toEqual([
    { reason: 'no value', rows: 20 },
    { reason: 'unknown sensor', rows: 125 },
  ])
  expect(await rowsOf(lake, 'SELECT count(*) AS rows FROM alarms WHERE celsius <= limit_celsius')).toEqual([
    { rows: 0 },
  ])
})

test('logger files are converted by the SELECT of their landing stream and deleted afterwards', async () => {
  const root = temporaryFolder()
  const landing = join(root, 'landing/loggers')
  mkdirSync(landing, { recursive: true })
  const session = await plainSession()
  await session.run(rawSql`
    COPY (
      FROM (VALUES
        (TIMESTAMPTZ '2026-06-01 12:00:00+00', 'S04', 212.0, 'ours to ignore'),
        (TIMESTAMPTZ '2026-06-01 12:00:01+00', 'S04', 77.0, NULL),
        (TIMESTAMPTZ '2026-06-01 12:00:02+00', 'S05', 104.0, NULL),
        (TIMESTAMPTZ '2026-06-01 12:00:03+00', 'S99', 50.0, NULL)
      ) AS v(logged_at, logger, fahrenheit, note)
    ) TO '${landing}/june.parquet' (FORMAT parquet)
  `)
  const lake = await openSensors(root)
  await lake.run(EVERYTHING)

  expect(await rowsOf(lake, 'SELECT sensor, celsius, gateway FROM measurements ORDER BY measured_at')).toEqual([
    { sensor: 'S04', celsius: 100, gateway: null },
    { sensor: 'S04', celsius: 25, gateway: null },
    { sensor: 'S05', celsius: 40, gateway: null },
    { sensor: 'S99', celsius: 10, gateway: null },
  ])
  expect(await rowsOf(lake, 'SELECT notice FROM notices')).toEqual([
    { notice: 'Greenhouse: sensor S05 measured 40.0 °C, the limit is 38.0 °C.' },
  ])
  expect((await lake.validate({ deep: true })).rows).toEqual({
    measurements: 4,
    readings: 1,
    alarms: 1,
    rejected_readings: 2,
    notices: 1,
  })
  expect(readdirSync(landing, { recursive: true })).toEqual(['_archive'])
  const collect = (await lake.status()).streams.find(({ name }) => name === 'collect')
  expect(collect).toMatchObject({ extraColumns: ['note'], pending: { files: 0 }, rejected: [] })
})

test('the report reads the view, which reads two of the tables', async () => {
  const lake = await openSensors(temporaryFolder())
  await lake.run({ streams: ['simulate'], generate: TWO_DAYS })
  await lake.run(EVERYTHING)
  expect(await lake.report('sites')).toMatchObject({
    columns: ['site', 'sensors', 'lowest', 'highest', 'measurements', 'alarms'],
    rows: [
      ['Greenhouse', 2, 1.2, 44.8, 244, 37],
      ['Jägerhof', 2, 1, 44.7, 248, 83],
      ['Old orchard', 3, 1, 44.8, 363, 34],
    ],
  })
})

test('status tells of the streams and tables of this lake, before the first run and after it', async () => {
  const lake = await openSensors(temporaryFolder())
  const before = await lake.status()
  expect(before.streams.map(({ name, last }) => [name, last])).toEqual(
    ['simulate', 'collect', 'check', 'notify'].map((name) => [name, undefined]),
  )
  expect(before.tables.map(({ name, version, rows }) => [name, version, rows])).toEqual(
    Object.keys(EXPECTED_ROWS).map((name) => [name, undefined, 0]),
  )

  await lake.run({ streams: ['simulate'], generate: TWO_DAYS })
  const between = await lake.status()
  expect(between.streams.find(({ name }) => name === 'check')).toMatchObject({ pending: { files: 1, rows: 1_000 } })

  await lake.run(EVERYTHING)
  const after = await lake.status()
  expect(Object.fromEntries(after.tables.map(({ name, rows }) => [name, rows]))).toEqual(EXPECTED_ROWS)
  expect(after.tables.flatMap(({ unreferencedFiles }) => unreferencedFiles)).toEqual([])
  expect(after.streams.find(({ name }) => name === 'notify')).toMatchObject({
    held: { held: false },
    last: { batch: 1, rows: { notices: 154 } },
    pending: { files: 0, rows: 0 },
  })
})

test('lake.sql gives a DuckDB that knows nothing of Lakeweir the same tables and views', async () => {
  const root = temporaryFolder()
  const lake = await openSensors(root)
  await lake.run({ streams: ['simulate'], generate: TWO_DAYS })
  await lake.run(EVERYTHING)
  const session = await plainSession()
  await session.script(rawSql`${readFileSync(join(root, 'lake.sql'), 'utf8')}`)
  for (const [table, rows] of Object.entries(EXPECTED_ROWS)) {
    expect(await session.rows(rawSql`SELECT count(*) AS rows FROM ${table}`), table).toEqual([{ rows }])
  }
  const everyDay = 'FROM sensor_days ORDER BY ALL'
  expect(await session.rows(rawSql`${everyDay}`)).toEqual(await rowsOf(lake, everyDay))
  expect(await session.rows(rawSql`SELECT count(*) AS sensors FROM sensors`)).toEqual([{ sensors: 7 }])
})

test('an equal seed and start time give an equal lake, another seed another one', async () => {
  const hashes: unknown[] = []
  for (const seed of [7, 7, 8]) {
    const lake = await openSensors(temporaryFolder())
    await lake.run({ streams: ['simulate'], generate: { ...TWO_DAYS, seed } })
    hashes.push((await lake.query('SELECT CAST(sum(hash(m)) AS VARCHAR) AS h FROM measurements AS m')).rows)
  }
  expect(hashes[1]).toEqual(hashes[0])
  expect(hashes[2]).not.toEqual(hashes[0])
})

test.each([
  { moment: 'before' as const, code: 'LAKE_PUBLISH_FAILED', records: 0 },
  { moment: 'after' as const, code: 'LAKE_PUBLISH_FAILED', records: 1 },
])('a disk that dies $moment the commit link leaves a batch that the next start finishes', async (stop) => {
  const root = temporaryFolder()
  const first = await openSensors(root)
  await first.run({ streams: ['simulate'], generate: TWO_DAYS })
  first.close()

  const dying = await openSensors(root, dyingDisk(stop.moment))
  await expect(dying.run({ streams: ['check'], availableNow: true })).rejects.toMatchObject({ code: stop.code })
  expect(readdirSync(join(root, 'checked/readings/checkpoint/check/commits'))).toHaveLength(stop.records)
  expect(readdirSync(join(root, 'checked/alarms/data'))).toEqual(['_delta_log'])
  dying.close()

  const next = await openSensors(root)
  await next.run(EVERYTHING)
  expect(await next.validate({ deep: true })).toMatchObject({ ok: true, rows: EXPECTED_ROWS })
  expect((await next.status()).tables.flatMap(({ unreferencedFiles }) => unreferencedFiles)).toEqual([])
  await next.run(EVERYTHING)
  expect(readdirSync(join(root, 'checked/readings/checkpoint/check/staging'))).toEqual([])
})

test('a table that is not in the lake is refused by the compiler, and by the check of the config', () => {
  const columns = { celsius: 'DOUBLE' } as const
  const misspelt = defineLake({
    root: 'lake',
    tables: { measurements: { path: 'raw', columns }, readings: { path: 'readings', columns } },
    streams: {
      // @ts-expect-error: no table is called reading
      check: { from: deltaTable('measurements'), into: ['reading'] },
    },
  })
  const unfed = defineLake({
    root: 'lake',
    tables: { measurements: { path: 'raw', columns }, readings: { path: 'readings', columns } },
    streams: {
      // @ts-expect-error: no table is called measurement
      check: { from: deltaTable('measurement'), into: ['readings'] },
    },
  })
  for (const config of [misspelt, unfed]) expect(() => resolveLake(config, '/lake.ts', undefined)).toThrow(LakeError)
})
