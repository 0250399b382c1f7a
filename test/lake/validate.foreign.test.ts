import { readdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Lake } from '../../src/index.ts'
import { filedVector, inlineVector } from '../support/deletionVectors.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { commitAs } from '../support/foreignCommit.ts'
import { copyingLake, type ForeignField, ForeignTable, fromOf, runRead, withFeatures } from '../support/foreignTable.ts'
import { LoggedLake } from '../support/loggedLake.ts'
import { liveFiles } from '../support/messagesLake.ts'
import { rawSql } from '../support/sql.ts'

// What validate counts and compares of tables that other programs keep: by the names, the deleted rows and the
// partition values that their logs say, as the stream has read them.

const ID: ForeignField = { name: 'id', type: 'long' }
const KIND: ForeignField = { name: 'kind', type: 'string' }
const NUMBERS = `SELECT range AS id, 'k' || range AS kind FROM range(5)`

interface TableCase {
  readonly what: string
  readonly fill: (table: ForeignTable) => Promise<void>
  readonly columns?: Readonly<Record<string, string>>
  /** How many rows it has in the end. */
  readonly rows: number
}

const cases: readonly TableCase[] = [
  {
    what: 'no feature',
    rows: 5,
    fill: async (table) => {
      table.create([ID, KIND])
      await table.append({ path: 'a.parquet', rows: NUMBERS })
    },
  },
  {
    what: 'deletion vectors in its log and in files',
    rows: 8,
    fill: async (table) => {
      table.create([ID, KIND], { protocol: withFeatures(['deletionVectors']) })
      const later = `SELECT id + 10 AS id, kind FROM (${NUMBERS})`
      await table.append(
        { path: 'a.parquet', rows: NUMBERS, deletionVector: inlineVector([0, 4]) },
        { path: 'b.parquet', rows: later, deletionVector: filedVector(table.folder, [1, 2, 3]) },
      )
      await table.append({
        path: 'c.parquet',
        rows: `SELECT 20 + id AS id, kind FROM (${NUMBERS})`,
        deletionVector: inlineVector([1, 2]),
      })
    },
  },
  ...(['name', 'id'] as const).map(
    (mapping): TableCase => ({
      what: `columns that are mapped by ${mapping}, those of partitions too`,
      rows: 5,
      columns: { id: 'BIGINT', kind: 'VARCHAR', day: 'DATE' },
      fill: async (table) => {
        const fields: ForeignField[] = [
          { ...ID, storedAs: 'col-1', id: 1 },
          { ...KIND, storedAs: 'col-2', id: 2 },
          { name: 'day', type: 'date', storedAs: 'col-3', id: 3 },
        ]
        table.create(fields, { protocol: withFeatures(['columnMapping']), partitionBy: ['day'], mapping })
        await table.append({
          path: 'xY/a.parquet',
          rows: `SELECT id AS "col-1", kind AS "col-2" FROM (${NUMBERS})`,
          options: `, FIELD_IDS {'col-1': 1, 'col-2': 2}`,
          partitionValues: { 'col-3': '2026-11-22' },
        })
      },
    }),
  ),
  {
    what: 'mapped columns and deletion vectors at once',
    rows: 3,
    fill: async (table) => {
      const fields: ForeignField[] = [
        { ...ID, storedAs: 'col-1', id: 1 },
        { ...KIND, storedAs: 'col-2', id: 2 },
      ]
      table.create(fields, { protocol: withFeatures(['columnMapping', 'deletionVectors']), mapping: 'name' })
      const rows = `SELECT id AS "col-1", kind AS "col-2" FROM (${NUMBERS})`
      await table.append({ path: 'a.parquet', rows, deletionVector: inlineVector([2, 3]) })
    },
  },
  {
    what: 'a type that was widened, and files without a column that is newer',
    rows: 5,
    fill: async (table) => {
      table.create([ID, KIND], { protocol: withFeatures(['typeWidening']) })
      await table.append({ path: 'a.parquet', rows: `SELECT id::INTEGER AS id FROM (${NUMBERS})` })
    },
  },
  {
    what: 'no rows',
    rows: 0,
    fill: async (table) => table.create([ID, KIND], { protocol: withFeatures(['deletionVectors']) }),
  },
]

async function copying(table: ForeignTable, given: Partial<TableCase> = {}, options = {}) {
  const columns = given.columns ?? { id: 'BIGINT', kind: 'VARCHAR' }
  return copyingLake({ from: fromOf(table, options), columns })
}

/** Takes the newest file of a table away, as another program would, and puts other rows in its place, or none. */
async function replaceRows(data: string, select?: (file: string) => string): Promise<void> {
  const file = liveFiles(data).at(-1) ?? ''
  const path = file.slice(data.length + 1)
  const actions: object[] = [{ remove: { path: encodeURI(path), dataChange: true, deletionTimestamp: 0 } }]
  if (select !== undefined) {
    const to = file.replace('.parquet', '-changed.parquet')
    const from = `read_parquet('${file}', hive_partitioning = false)`
    await inDuckdb((session) => session.run(rawSql`COPY (${select(from)}) TO '${to}' (FORMAT parquet)`))
    const values = Object.fromEntries([...path.matchAll(/([^/=]+)=([^/]+)\//g)].map(([, name, value]) => [name, value]))
    const add = { path: encodeURI(path.replace('.parquet', '-changed.parquet')), partitionValues: values }
    actions.push({ add: { ...add, size: statSync(to).size, modificationTime: 0, dataChange: true } })
  }
  commitAs('spark', data, 'UPDATE', actions)
}

describe('of a table of another program with', () => {
  test.each(cases)('$what, every row is counted and compared', async (given) => {
    const table = new ForeignTable()
    await given.fill(table)
    const { lake, root } = await copying(table, given)
    const { rows } = given
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [], pending: rows })
    await runRead(lake)
    expect(await lake.validate({ deep: true })).toMatchObject({
      ok: true,
      problems: [],
      notCompared: [],
      pending: 0,
      tables: { copy: rows },
      streams: [{ name: 'read', from: table.folder, into: ['copy'], rowRule: 'kept', rowsIn: rows, rowsOut: rows }],
    })
    if (rows === 0) return
    const data = join(root, 'lake/copy/data')
    await replaceRows(data, (file) => `SELECT * REPLACE (id + 1 AS id) FROM ${file}`)
    expect(await lake.validate()).toMatchObject({ ok: true })
    expect((await lake.validate({ deep: true })).problems).toEqual([
      `copy: its ${rows} rows are not the ${rows} that its source returns today.`,
    ])
    await replaceRows(data)
    expect((await lake.validate()).problems).toEqual([
      expect.stringMatching(new RegExp(`^events ${rows} ≠ copy \\d+ \\(\\d+ missing\\) at events version \\d+\\.$`)),
    ])
  })
})

interface GoneCase {
  readonly what: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly change: (table: ForeignTable) => void | Promise<void>
  readonly deep?: true
  readonly problems?: readonly unknown[]
  readonly notCompared?: readonly unknown[]
}

const gone: readonly GoneCase[] = [
  {
    what: 'has lost a deletion vector',
    deep: true,
    change: (table) => {
      for (const name of vectorFiles(table)) rmSync(name)
    },
    problems: [
      expect.stringMatching(
        /^read: LAKE_DATA_LOST: .*deletion_vector_.*, the deletion vector of file b\.parquet of table events, cannot be read/,
      ),
    ],
  },
  {
    what: 'has lost a file',
    change: (table) => rmSync(join(table.folder, 'a.parquet')),
    problems: [
      'events: 1 of its files are missing from the disk: a.parquet.',
      expect.stringMatching(/^events 2 ≠ copy 5 \(3 too many\)/),
    ],
  },
  {
    what: 'is no longer there',
    change: (table) => rmSync(table.folder, { recursive: true }),
    problems: [expect.stringMatching(/^read: LAKE_CONFIG_INVALID: there is no Delta table in /)],
  },
  {
    what: 'has lost rows',
    change: (table) => table.commit([{ remove: { path: 'a.parquet', dataChange: true } }]),
    problems: [
      expect.stringMatching(/^read: LAKE_SOURCE_CHANGED: source table events was changed .* version 2 removes rows/),
    ],
  },
  {
    what: 'has lost rows, where such changes are skipped',
    options: { skipChangeCommits: true },
    deep: true,
    change: (table) => table.commit([{ remove: { path: 'a.parquet', dataChange: true } }]),
    problems: [],
    notCompared: ['read: changes of events are skipped: 2 rows in, 5 out, not compared.'],
  },
]

function vectorFiles({ folder }: ForeignTable): string[] {
  const names = readdirSync(folder).filter((name) => name.startsWith('deletion_vector_'))
  return names.map((name) => join(folder, name))
}

describe('a table of another program that', () => {
  test.each(gone)('$what since it was read is told by what is wrong with it', async (given) => {
    const table = new ForeignTable()
    table.create([ID, KIND], { protocol: withFeatures(['deletionVectors']) })
    await table.append(
      { path: 'a.parquet', rows: NUMBERS, deletionVector: inlineVector([0, 4]) },
      { path: 'b.parquet', rows: NUMBERS, deletionVector: filedVector(table.folder, [1, 2, 3]) },
    )
    const { lake } = await copying(table, {}, given.options)
    await runRead(lake)
    await given.change(table)
    const validation = await lake.validate({ deep: given.deep === true })
    expect(validation.problems).toEqual(given.problems ?? [])
    expect(validation.notCompared).toEqual(given.notCompared ?? [])
    expect(validation.tables).toEqual({ copy: 5 })
  })
})

describe('a table of the lake to which another program has given', () => {
  async function validated(lake: Lake): Promise<unknown> {
    const { ok, problems, notCompared, tables } = await lake.validate({ deep: true })
    return { ok, problems, notCompared, tables }
  }

  test('deletion vectors is counted without the deleted rows', async () => {
    const made = await LoggedLake.make()
    const table = new ForeignTable(join(made.root, 'raw/events/data'))
    table.commit([{ protocol: withFeatures(['deletionVectors'], ['appendOnly', 'invariants']) }])
    await table.append({
      path: 'x.parquet',
      rows: `SELECT 3 + range AS id, 'x' AS kind FROM range(4)`,
      deletionVector: inlineVector([1, 2]),
    })
    const lake = await made.open()
    await lake.run({ streams: ['days'], availableNow: true })
    const counted = 'days: events has the Delta feature deletionVectors: its rows are counted, not compared.'
    expect(await validated(lake)).toEqual({
      ok: true,
      problems: [],
      notCompared: [counted],
      tables: { events: 4, days: 4 },
    })
  })
})
