import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LakeError } from '../../../src/errors.ts'
import type { SparkImport } from '../../../src/index.ts'
import { withSession } from '../../../src/lake/sessions.ts'
import { MESSAGE_COLUMNS, MessagesLake } from '../../support/messagesLake.ts'
import { describeWith } from '../../support/optionalTool.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../../support/spark.ts'
import { rawSql } from '../../support/sql.ts'
import { makeTemporaryFolder, removeFolder } from '../../support/temporaryFolder.ts'

const SCRIPT = fileURLToPath(new URL('../../support/sparkQueries.py', import.meta.url))

/** A session of Spark with some twenty batches: less than a minute on two quiet cores, ten times that on busy ones. */
const SPARK_MS = 900_000

const SILVER = ['messages', 'messages_corrupted'] as const

describeWith(hasSpark, SPARK_NEED, 'queries that real Spark has run', () => {
  const base = makeTemporaryFolder()
  let lake: MessagesLake

  beforeAll(async () => {
    await promisify(execFile)(SPARK_PYTHON, [SCRIPT, 'make', base])
    lake = await MessagesLake.open()
  }, SPARK_MS)

  afterAll(() => {
    lake.close()
    removeFolder(base)
  })

  const at = (name: string, ...steps: string[]): string => join(base, name, ...steps)

  /** Imports a case into a new lake, whose landing folder is a link to the folder that Spark has read. */
  async function importCase(
    name: string,
    checkpoints: readonly string[] = SILVER,
    sinks: readonly string[] = SILVER.map((table) => `${table}=${at(name, 'silver', table)}`),
  ): Promise<SparkImport> {
    lake.clear()
    mkdirSync(dirname(lake.landing), { recursive: true })
    symlinkSync(at(name, 'bronze'), lake.landing)
    const folders = checkpoints.map((checkpoint) => at(name, 'checkpoints', checkpoint))
    return lake.clock.passing(() => lake.lake.importSparkCheckpoint(folders, { sinks }))
  }

  async function refusalOf(imported: Promise<SparkImport>): Promise<string> {
    try {
      await imported
    } catch (error) {
      if (error instanceof LakeError) return error.describe()
      throw error
    }
    return 'it was imported'
  }

  async function faults(): Promise<readonly string[]> {
    const { problems, notCompared, pending } = await lake.lake.validate({ deep: true })
    return [...problems, ...notCompared, ...(pending === 0 ? [] : [`${pending} pending`])]
  }

  async function count(from: string): Promise<number> {
    const sql = rawSql`SELECT count(*)::INTEGER AS rows FROM ${from}`
    const [row] = await withSession(lake.open, (session) => session.rows(sql))
    return Number(row?.rows)
  }

  const columns = [...MESSAGE_COLUMNS, 'country', 'date'].join(', ')

  /** What Spark wrote to a sink, as DuckDB alone reads it. */
  function written(name: string, table: string): string {
    const glob = at(name, 'silver', table, 'date=*', '*.parquet')
    const read = `read_parquet('${glob}', hive_partitioning = true, hive_types = {'date': DATE})`
    return `(SELECT ${columns} FROM (SELECT * REPLACE (timestamp::TIMESTAMPTZ AS timestamp) FROM ${read}))`
  }

  test('two file sinks with compact logs become a batch of each stream, row by row as Spark wrote them', async () => {
    const logs = ['checkpoints/messages/sources/0', 'silver/messages/_spark_metadata'].map((log) =>
      readdirSync(at('clean', log)),
    )
    expect(logs.map((names) => names.some((file) => file.endsWith('.compact')))).toEqual([true, true])
    expect(readdirSync(at('clean', 'checkpoints/messages/offsets'))).not.toContain('0')
    const result = await importCase('clean')
    expect(result).toMatchObject({ outcome: 'imported', source: { files: 8, rows: 48 }, streams: ['land', 'silver'] })
    for (const table of SILVER) {
      const [ours, theirs] = [`(SELECT ${columns} FROM ${lake.filesOf(table)})`, written('clean', table)]
      expect(await count(theirs)).toBeGreaterThan(0)
      expect(await count(`(FROM ${ours} EXCEPT ALL FROM ${theirs})`)).toBe(0)
      expect(await count(`(FROM ${theirs} EXCEPT ALL FROM ${ours})`)).toBe(0)
    }
    expect(await faults()).toEqual([])
  })

  test('… and the streams take the file that Spark has not read, once, and nothing else', async () => {
    const batches = await lake.run(['land', 'silver'])
    expect(batches.map(({ stream, batch, inputRows }) => [stream, batch, inputRows])).toEqual([
      ['land', 2, 6],
      ['silver', 2, 6],
    ])
    expect(await faults()).toEqual([])
    expect(readdirSync(at('clean', 'bronze')).filter((name) => name.endsWith('.parquet'))).toEqual([])
  })

  test('two folders that foreachBatch has written are taken where each offset has its commit', async () => {
    const sinks = SILVER.map((table) => at('foreach', 'silver', table))
    expect(await importCase('foreach', ['both'], sinks)).toMatchObject({ outcome: 'imported', source: { rows: 18 } })
    expect(await faults()).toEqual([])
  })

  test('a query that only lands becomes a batch of the landing stream', async () => {
    const sinks = [`bronze_messages=${at('landing', 'silver', 'bronze')}`]
    expect(await importCase('landing', ['bronze'], sinks)).toMatchObject({
      source: { files: 3, rows: 18 },
      streams: ['land'],
    })
    expect(await count(lake.filesOf('bronze_messages'))).toBe(18)
    const [batch] = await lake.run(['land', 'silver'])
    expect(batch).toMatchObject({ stream: 'silver', inputRows: 18 })
    expect(await faults()).toEqual([])
  })

  test.each([
    ['others', ['state'], /keeps state: its query aggregates/],
    ['others', ['messages'], /has 2 sources/],
    ['others', ['rate'], /the query's source is not a folder of files: .* has the offset \d+/],
    ['behind', SILVER, /messages_corrupted is behind .*messages: its query has not read .*in 002\.parquet/],
    [
      'killed_foreach',
      ['both'],
      /has begun batch 1 and not committed it: what foreachBatch has written of it is not known/,
    ],
  ] as const)('of %s, %j is refused', async (name, checkpoints, says) => {
    const sinks = SILVER.map((table) => `${table}=${at(name, 'silver', table)}`)
    for (const table of SILVER) mkdirSync(at(name, 'silver', table), { recursive: true })
    expect(await refusalOf(importCase(name, checkpoints, sinks))).toMatch(says)
    expect(existsSync(lake.path('bronze'))).toBe(false)
  })

  test('a query that was killed within a batch has committed what the log of its sink says', async () => {
    const offsets = readdirSync(at('killed', 'checkpoints/messages/offsets')).filter((name) => /^\d+$/.test(name))
    const log = readdirSync(at('killed', 'silver/messages/_spark_metadata')).flatMap((name) => /^\d+/.exec(name) ?? [])
    const [planned, last] = [offsets, log].map((numbers) => Math.max(...numbers.map(Number)))
    expect(planned).toBe(Number(last) + 1)
    // The other query has not begun: it reads as far as this one, so that both are one batch of silver.
    expect(await refusalOf(importCase('killed'))).toMatch(/messages_corrupted/)
  })

  test(
    'once Spark has run them to the end, as the refusals ask, all that is certain is imported',
    async () => {
      await promisify(execFile)(SPARK_PYTHON, [SCRIPT, 'finish', base])
      expect(await importCase('killed')).toMatchObject({ source: { files: 9, rows: 54 } })
      expect(await faults()).toEqual([])
      expect(await importCase('behind')).toMatchObject({ source: { files: 3, rows: 18 } })
      expect(await faults()).toEqual([])
      // One table has the rows of the batch twice now: the notebook's own fault, which only the count tells.
      expect(await refusalOf(importCase('killed_foreach', ['both']))).toMatch(/A batch was written twice/)
    },
    SPARK_MS,
  )
})
