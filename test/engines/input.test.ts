import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { text } from '../../src/duckdb/sql/literals.ts'
import { variablesOf } from '../../src/engines/duckdb/input.ts'
import type { ForeignColumn } from '../../src/parquet/foreignColumn.ts'
import type { Input } from '../../src/stream/input.ts'
import { CONTRACT_VERSION, type StagedFile, type StreamShape } from '../../src/tables/engine.ts'
import { engineMeans } from '../support/engineMeans.ts'
import { duckdbThroughJson } from '../support/jsonEngine.ts'
import { rawSql } from '../support/sql.ts'
import { openEngine } from '../support/stagedRows.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const COLUMNS = { id: 'BIGINT' }

const FOREIGN: readonly ForeignColumn[] = [
  { name: 'id', type: 'BIGINT', found: { name: 'id', type: { kind: 'integer', bits: 64, isSigned: true } } },
]

test('a batch reads its own files, also after one that failed in between', async () => {
  const folder = temporaryFolder()
  const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, '.temp') })
  const session = await database.connect()
  const engine = await duckdbThroughJson.open(engineMeans(database, folder))
  onTestFinished(async () => {
    session.close()
    await engine.close()
    database.close()
  })
  const shape: StreamShape = {
    relation: 'landing',
    columns: COLUMNS,
    select: null,
    rows: 'kept',
    references: [],
    tables: [{ name: 't', columns: COLUMNS, partitionBy: [] }],
  }
  let batch = 0
  const stage = async (name: string): Promise<readonly StagedFile[]> => {
    batch += 1
    const stagingFolder = join(folder, `staging-${batch}`)
    mkdirSync(stagingFolder)
    const plan = {
      version: CONTRACT_VERSION,
      shape,
      batch,
      batchTime: new Date(0).toISOString(),
      input: { kind: 'foreign', groups: [{ files: [join(folder, name)], columns: FOREIGN }] } satisfies Input,
      stagingFolder,
      filePrefix: `land-${batch}`,
      footer: { batch: String(batch) },
      limits: { threads: 1, memory: '1GB' },
    } as const
    return (await engine.stage(plan, new AbortController().signal)).files
  }
  const rowsIn = async (name: string): Promise<number[]> => (await stage(name)).map(({ rows }) => rows)
  for (const [name, rows] of [
    ['one', 1],
    ['two', 2],
  ] as const) {
    await session.run(
      rawSql`COPY (SELECT range AS id FROM range(${rows})) TO ${text(join(folder, name))} (FORMAT parquet)`,
    )
  }
  // Its footer is sound, so that it fails only once it is read.
  const damaged = join(folder, 'damaged')
  await session.run(
    rawSql`COPY (SELECT (hash(range) // 4)::BIGINT AS id FROM range(5000)) TO ${text(damaged)} (FORMAT parquet)`,
  )
  writeFileSync(damaged, readFileSync(damaged).fill(0xff, 10, 2000))

  expect(await rowsIn('one')).toEqual([1])
  await expect(stage('damaged')).rejects.toThrow()
  expect(await rowsIn('one')).toEqual([1])
  expect(await rowsIn('two')).toEqual([2])
})

test('generated rows come with their variables, whatever these hold, and those of the next batch with its own', async () => {
  const engine = await openEngine({
    columns: { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' },
    variables: { seed: 0, names: [], names_size: 0, words: { one: '' }, is_new: false, nothing: null },
    select: `SELECT value, "timestamp", getvariable('batch_time') AS batch_time, CAST(getvariable('seed') AS BIGINT) AS seed,
      getvariable('names')[1 + value % getvariable('names_size')] AS name, getvariable('words').one AS word,
      getvariable('is_new') AS is_new FROM input_rows`,
    tables: [
      {
        name: 't',
        columns: {
          value: 'BIGINT',
          timestamp: 'TIMESTAMPTZ',
          batch_time: 'VARCHAR',
          seed: 'BIGINT',
          name: 'VARCHAR',
          word: 'VARCHAR',
          is_new: 'BOOLEAN',
        },
      },
    ],
  })
  for (const [seed, names] of [
    [-7, ["O'Brien", 'é\n"']],
    [2 ** 40, ['Zoë']],
  ] as const) {
    const files = await engine.stageInput({
      kind: 'generated',
      first: 5,
      endExclusive: 7,
      firstMicros: -1,
      stepMicros: 2,
      variables: { seed, names, names_size: names.length, words: { one: 'a; b' }, is_new: true, nothing: null },
    })
    const rows = await engine.rowsIn(files, 'value, "timestamp", batch_time, seed, name, word, is_new')
    const common = { batch_time: '1970-01-01T00:00:00.000Z', seed, word: 'a; b', is_new: true }
    expect(rows.toSorted((one, other) => Number(one.value) - Number(other.value))).toEqual([
      { ...common, value: 5, timestamp: '1969-12-31 23:59:59.999999+00', name: names[5 % names.length] },
      { ...common, value: 6, timestamp: '1970-01-01 00:00:00.000001+00', name: names[6 % names.length] },
    ])
  }
})

describe('a single file of many row groups', () => {
  const READ: Readonly<Record<string, (file: string) => Input>> = {
    'of a table': (file) => ({ kind: 'table', files: [file], columns: COLUMNS, partitionBy: [] }),
    'of a foreign table': (file) => ({
      kind: 'delta',
      files: [{ file, partitionValues: { part: 'a' }, deleted: null }],
      columns: { ...COLUMNS, part: 'VARCHAR' },
      partitionBy: ['part'],
      storedAs: {},
    }),
    'that a source wrote': (file) => ({ kind: 'spooled', format: 'parquet', files: [file], columns: COLUMNS }),
  }

  test.each(Object.entries(READ))('%s is read by all threads, with its own rows alone', async (_, read) => {
    const engine = await openEngine({ columns: COLUMNS, tables: [{ name: 't', columns: COLUMNS }] })
    const rows = 300_000
    const large = await engine.written(`SELECT CAST(hash(range) // 4 AS BIGINT) AS id FROM range(${rows})`)
    // A file alone would have one thread.
    expect((await variablesOf(read(large))).input_files).toHaveLength(2)
    const staged = await engine.stageInput(read(large))
    expect(staged.map((file) => file.rows)).toEqual([rows])
    const sum = rawSql`SELECT sum(hash(id)) AS sum FROM read_parquet(${text(large)})`
    const [found] = await engine.rowsIn(staged, 'sum(hash(id)) AS sum')
    expect([found]).toEqual(await engine.session.rows(sum))
  })

  test.each(Object.entries(READ))('a small one %s is opened alone', async (_, read) => {
    const engine = await openEngine({ columns: COLUMNS, tables: [{ name: 't', columns: COLUMNS }] })
    const small = await engine.written('SELECT range AS id FROM range(1000)')
    expect((await variablesOf(read(small))).input_files).toHaveLength(1)
  })
})
