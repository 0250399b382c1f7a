import { describe, expect, test } from 'vitest'
import { inlineVector } from '../support/deletionVectors.ts'
import {
  copiedRows,
  copyingLake,
  ForeignTable,
  fromOf,
  metaData,
  refusalOf,
  runRead,
  withFeatures,
} from '../support/foreignTable.ts'

const NUMBERS = 'SELECT range::INTEGER AS id FROM range(5)'

interface Change {
  readonly what: string
  readonly options?: Readonly<Record<string, unknown>>
  readonly change: (table: ForeignTable) => Promise<void>
  /** Undefined where the stream goes on. */
  readonly says?: readonly [code: string, message: RegExp, remedy: RegExp]
}

const more = { path: 'b.parquet', rows: 'SELECT 100 AS id' }

// The table has id INTEGER, and a file with the ids 0 to 4.
const changes: readonly Change[] = [
  {
    what: 'rows that a vector deletes',
    change: async (table) => {
      table.commit([
        { remove: { path: 'a.parquet', dataChange: true, deletionTimestamp: 1 } },
        await table.file({ path: 'a.parquet', rows: NUMBERS, deletionVector: inlineVector([0]) }),
      ])
    },
    says: [
      'LAKE_SOURCE_CHANGED',
      /version 2 removes rows \(file a\.parquet\)/,
      /deltaFolder\('.*', \{ skipChangeCommits: true \}\)/,
    ],
  },
  {
    what: 'rows that a vector deletes, where such commits are skipped',
    options: { skipChangeCommits: true },
    change: async (table) => {
      table.commit([
        { remove: { path: 'a.parquet', dataChange: true, deletionTimestamp: 1 } },
        await table.file({ path: 'a.parquet', rows: NUMBERS, deletionVector: inlineVector([0]) }),
      ])
      await table.append(more)
    },
  },
  {
    what: 'a column that is added',
    change: async (table) => {
      table.commit([
        metaData([
          { name: 'id', type: 'integer' },
          { name: 'more', type: 'string' },
        ]),
      ])
    },
    says: [
      'LAKE_TABLE_MISMATCH',
      /version 2 makes it another one: the table has a column more \(string\) that is not declared/,
      /newColumns: 'ignore'/,
    ],
  },
  {
    what: 'a column that is added, where new columns are ignored',
    options: { newColumns: 'ignore' },
    change: async (table) => {
      table.commit([
        metaData([
          { name: 'id', type: 'integer' },
          { name: 'more', type: 'string' },
        ]),
      ])
      await table.append({ ...more, rows: `SELECT 100 AS id, 'x' AS more` })
    },
  },
  {
    what: 'a column that is dropped, even where new columns are ignored',
    options: { newColumns: 'ignore', widenedTypes: 'ignore' },
    change: async (table) => table.commit([metaData([{ name: 'other', type: 'integer' }])]),
    says: ['LAKE_TABLE_MISMATCH', /column id is declared, but the table does not have it/, /./],
  },
  {
    what: 'a type that is widened',
    change: async (table) => table.commit([metaData([{ name: 'id', type: 'long' }])]),
    says: ['LAKE_TABLE_MISMATCH', /column id is declared integer, but the table has long/, /widenedTypes: 'ignore'/],
  },
  {
    what: 'a type that is widened, where that is ignored',
    options: { widenedTypes: 'ignore' },
    change: async (table) => {
      table.commit([metaData([{ name: 'id', type: 'long' }])])
      await table.append({ ...more, rows: 'SELECT 100::BIGINT AS id' })
    },
  },
  {
    what: 'a value beyond the type that is read, where widened types are ignored',
    options: { widenedTypes: 'ignore' },
    change: async (table) => {
      table.commit([metaData([{ name: 'id', type: 'long' }])])
      await table.append({ ...more, rows: 'SELECT 5000000000 AS id' })
    },
    says: ['LAKE_BATCH_FAILED', /5000000000/, /./],
  },
  {
    what: 'a feature that nobody knows',
    change: async (table) => table.commit([{ protocol: withFeatures(['fromTheFuture']) }]),
    says: [
      'LAKE_PROTOCOL_UNSUPPORTED',
      /table events has the Delta feature fromTheFuture/,
      /ALTER TABLE T DROP FEATURE fromTheFuture/,
    ],
  },
  {
    what: 'files that are joined',
    change: async (table) => {
      table.commit([
        { remove: { path: 'a.parquet', dataChange: false, deletionTimestamp: 1 } },
        {
          add: { ...((await table.file({ path: 'joined.parquet', rows: NUMBERS })).add as object), dataChange: false },
        },
      ])
      await table.append(more)
    },
  },
]

describe('a table that its program changes while a stream follows it', () => {
  for (const { what, options = {}, change, says } of changes) {
    test(`${says === undefined ? 'goes on' : 'stops its stream'}: ${what}`, async () => {
      const table = new ForeignTable()
      table.create([{ name: 'id', type: 'integer' }])
      await table.append({ path: 'a.parquet', rows: 'SELECT range::INTEGER AS id FROM range(5)' })
      const { lake } = await copyingLake({ from: fromOf(table, options), columns: { id: 'INTEGER' } })
      await runRead(lake)
      await change(table)
      if (says === undefined) {
        await runRead(lake)
        expect(await copiedRows(lake)).toEqual([0, 1, 2, 3, 4, 100].map((id) => ({ id })))
        return
      }
      const [code, message, remedy] = says
      const error = await refusalOf(lake)
      expect(error).toMatchObject({
        code,
        message: expect.stringMatching(message),
        remedy: expect.stringMatching(remedy),
      })
      expect(await copiedRows(lake)).toHaveLength(5)
      expect((await lake.status()).streams[0]?.lastError?.code).toBe(code)
    })
  }
})
