import { afterAll, beforeAll, expect, test } from 'vitest'
import { hasPublicTables, PUBLIC_PACKAGES, type PublicTable, publicTables } from '../../scripts/publicPackages.ts'
import type { ErrorCode } from '../../src/errors.ts'
import { describeWith } from '../support/optionalTool.ts'
import { PublicReadings, type Reader } from '../support/publicReadings.ts'
import { hasPython, PYTHON_NEED } from '../support/python.ts'
import { treeFingerprint } from '../support/tree.ts'

const PUBLIC_NEED = 'public tables in .cache/public-tables: npx jiti scripts/install-public-tables.ts'

/** Package → table → how many rows it has: each is what another program reads, too. */
const READ: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  delta_kernel: {
    'app-txn-checkpoint': 22,
    'app-txn-no-checkpoint': 22,
    'basic-decimal-table': 4,
    basic_partitioned: 6,
    'cdf-table': 9,
    'cdf-table-backtick-column-names': 5,
    'cdf-table-data-change': 10,
    'cdf-table-delete-conditional-all-rows': 0,
    'cdf-table-delete-conditional-two-rows': 8,
    'cdf-table-delete-unconditional': 0,
    'cdf-table-non-partitioned': 11,
    'cdf-table-partitioned': 2,
    'cdf-table-simple': 0,
    'cdf-table-update-ops': 10,
    'cdf-table-with-cdc-and-dvs': 5,
    'cdf-table-with-dv': 10,
    'compacted-log-files-table': 5,
    'data-reader-timestamp_ntz': 9,
    'mixed-nulls': 15,
    parquet_row_group_skipping: 5,
    'table-with-cdf': 0,
    'table-with-dv-small': 8,
    'table-without-dv-small': 10,
    'timestamp-partitioned-table': 1,
    'type-widening': 2,
    'v2-checkpoints-json-with-last-checkpoint': 10,
    'v2-checkpoints-json-with-sidecars': 1233,
    'v2-checkpoints-json-without-sidecars': 11,
    'v2-checkpoints-parquet-with-last-checkpoint': 10,
    'v2-checkpoints-parquet-with-sidecars': 1233,
    'v2-checkpoints-parquet-without-sidecars': 11,
    'v2-classic-checkpoint-json': 20,
    'v2-classic-checkpoint-parquet': 20,
    'with-short-dv': 7,
  },
  'deltalake-core': {
    checkpoint_v2_table: 254_082,
  },
  deltalake: {
    'COVID-19_NYT': 1_111_930,
    cdc_ict_table: 2,
    'cdf-table': 9,
    'cdf-table-non-partitioned': 11,
    'cdf-table-with-cdc-and-dvs': 5,
    'checkpoint-cdf-table': 13,
    'checkpoint-v2-table': 44,
    concurrent_workers: 0,
    'delta-0.2.0': 6,
    'delta-0.8-empty': 0,
    'delta-0.8.0': 4,
    'delta-0.8.0-date': 5,
    'delta-0.8.0-null-partition': 2,
    'delta-0.8.0-numeric-partition': 2,
    'delta-0.8.0-partitioned': 7,
    'delta-0.8.0-special-partition': 2,
    'delta-1.2.1-only-struct-stats': 12,
    'delta-2.2.0-partitioned-types': 3,
    'delta-checkpoint-stats-optional': 2,
    'delta-live-table': 0,
    'delta-stats-optional': 2,
    http_requests: 1581,
    'issue-2152': 0,
    issue_1374: 20,
    'partition-type-primitives': 16,
    'python-0.25.5-checkpoint': 6,
    simple_commit: 0,
    simple_table: 3,
    simple_table_with_cdc: 1,
    simple_table_with_checkpoint: 11,
    'spark-shredded-variant-preview-delta': 102,
    'spark-variant-checkpoint': 102,
    'table-with-dv-small': 8,
    'table-without-dv-small': 10,
    table_failed_last_checkpoint_update: 20,
    table_with_column_mapping: 5,
    table_with_deletion_logs: 98,
    table_with_edge_timestamps: 2,
    table_with_liquid_clustering: 10,
    table_with_partitioning_mapping: 2,
    'v2-classic-checkpoint-json': 20,
  },
}

/** Of these the packages ship the log alone: package → table → the first file that is read, and its version. */
const LOG_ALONE: Readonly<Record<string, Readonly<Record<string, readonly [file: string, version: number]>>>> = {
  delta_kernel: {
    'app-txn-with-last-updated': ['part-00001-2e4c9beb-884e-4749-aaee-02a1a4f05750-c000.snappy.parquet', 3],
    with_checkpoint_no_last_checkpoint: ['part-00000-70b1dcdf-0236-4f63-a072-124cdbafd8a0-c000.snappy.parquet', 3],
  },
  deltalake: {
    checkpoint_with_partitions: ['8ac7d8e1-daab-48ef-9d05-ec22fb4b0d2f', 2],
    checkpoints: ['date=2020-06-01/part-00000-762e2b03-6a04-4707-b676-5d38d1ef9fca.c000.snappy.parquet', 12],
    checkpoints_vacuumed: ['date=2020-06-01/part-00000-762e2b03-6a04-4707-b676-5d38d1ef9fca.c000.snappy.parquet', 12],
    latest_not_checkpointed: ['part-00000-70b1dcdf-0236-4f63-a072-124cdbafd8a0-c000.snappy.parquet', 3],
    'spark-variant-stable-feature-checkpoint': [
      'test%file%prefix-part-00000-5f6f82ed-28c5-4f4e-b358-93904826c84d-c000.snappy.parquet',
      1,
    ],
    'table-with-domain-metadata': ['part-00000-01813162-d9a8-4a52-b64d-38a381a1041a-c000.snappy.parquet', 108],
    with_checkpoint_no_last_checkpoint: ['part-00000-70b1dcdf-0236-4f63-a072-124cdbafd8a0-c000.snappy.parquet', 3],
    table_a: ['part-00001-3b62f1d4-2a3e-4611-a55b-e9d2ace11b3c-c000.snappy.parquet', 13],
    // Its version 7 is missing, but a checkpoint stands for it.
    table_b: ['part-00001-3b62f1d4-2a3e-4611-a55b-e9d2ace11b3c-c000.snappy.parquet', 13],
  },
}

/** Tables with columns of types that a lake lacks: package → table → the first of them; the others are read. */
const PARTLY_READ: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  delta_kernel: {
    'cdf-table-backtick-column-names': 'struct_col of type struct',
    parquet_row_group_skipping: 'chrono of type struct',
  },
  deltalake: {
    'delta-1.2.1-only-struct-stats': 'struct of type struct',
    'delta-checkpoint-stats-optional': 'struct of type struct',
    'delta-stats-optional': 'struct of type struct',
    'spark-shredded-variant-preview-delta': 'v of type variant',
    'spark-variant-checkpoint': 'v of type variant',
  },
}

interface Refusal {
  readonly code: ErrorCode
  readonly says: RegExp
  /** What can be done. */
  readonly advises: RegExp
}

const OF_CATALOG: Refusal = {
  code: 'LAKE_PROTOCOL_UNSUPPORTED',
  says: /^table source has the Delta feature catalogOwned, which Lakeweir does not read$/,
  advises: /such as Spark .*: ALTER TABLE T DROP FEATURE catalogOwned$/,
}

/** Their logs go on with version 9999, of the same table or of another, but their hint names version 10. */
const GONE_ON: Refusal = {
  code: 'LAKE_LOG_INVALID',
  says: /^the Delta log of source goes on with version 9999, but .*\/table_[ghi]\/_delta_log\/0{18}14\.json is missing$/,
  advises: /^Restore its _delta_log .* or have that program write the table anew/,
}

/** Package → table → why none of it is read. */
const REFUSED: Readonly<Record<string, Readonly<Record<string, Refusal>>>> = {
  deltalake: {
    'data-reader-array-primitives': {
      code: 'LAKE_TABLE_MISMATCH',
      says: /data-reader-array-primitives has column as_array_int of type array\.$/,
      advises: /^Name the columns to read: deltaFolder\(/,
    },
    table_with_null_stats_in_notnull_struct: {
      code: 'LAKE_TABLE_MISMATCH',
      says: /table_with_null_stats_in_notnull_struct has column s of type struct\.$/,
      advises: /^Name the columns to read: deltaFolder\(/,
    },
    simple_table_features: {
      code: 'LAKE_PROTOCOL_UNSUPPORTED',
      says: /^table source needs Delta reader version 5; Lakeweir reads versions up to 3$/,
      advises: /^Use a newer Lakeweir, or copy the rows into a table of an older protocol\.$/,
    },
    table_c: {
      code: 'LAKE_LOG_INVALID',
      says: /^the Delta log of source has a gap: 3 entries for versions 10 to 13; .*\/table_c\/.*\/0{18}12\.json is missing$/,
      advises: /^Restore its _delta_log .* or have that program write the table anew/,
    },
    table_d: OF_CATALOG,
    table_e: OF_CATALOG,
    table_f: OF_CATALOG,
    table_g: GONE_ON,
    table_h: GONE_ON,
    table_i: GONE_ON,
  },
}

/** Tables that deltalake does not read, or not rightly. */
const BY_DUCKDB: Readonly<Record<string, string>> = {
  'spark-shredded-variant-preview-delta': 'it has a feature that deltalake lacks, variantShredding-preview',
  'type-widening': 'it has a feature that deltalake lacks, typeWidening-preview',
  table_with_edge_timestamps: 'deltalake reads times of 96 bits as nanoseconds, and so not those after 2262',
}

function listed<T>(
  lists: Readonly<Record<string, Readonly<Record<string, T>>>>,
  { package: { name }, name: table }: PublicTable,
): T | undefined {
  return lists[name]?.[table]
}

function readerOf({ name }: PublicTable): Reader {
  return BY_DUCKDB[name] === undefined ? 'deltalake' : 'DuckDB'
}

/** In how many lists a table is. */
function listsOf(table: PublicTable): number {
  return [READ, LOG_ALONE, REFUSED].filter((lists) => listed<unknown>(lists, table) !== undefined).length
}

const tables = publicTables().map((table) => {
  const refusal = listed(REFUSED, table)
  return {
    ...table,
    by: readerOf(table),
    hasLog: refusal === undefined || refusal.code === 'LAKE_TABLE_MISMATCH',
    hasRows: listed(READ, table) !== undefined,
  }
})

type Case = (typeof tables)[number] & { readonly index: number }

/** The tables of a kind, as `test.each` takes them. */
function titled(isCounted: (table: Case) => boolean): (readonly [title: string, table: Case])[] {
  return tables.flatMap((table, index) => {
    const one = { ...table, index }
    return isCounted(one) ? [[`${table.package.name}: ${table.name}`, one] as const] : []
  })
}

/** What can be done about a file that is gone. */
const RESTORE = /^Restore that file from a backup, then start the stream again\.$/

const isThere = hasPython && hasPublicTables()
describeWith(isThere, hasPython ? PUBLIC_NEED : PYTHON_NEED, 'the Delta tables of other projects', () => {
  let readings: PublicReadings
  let before: string[]

  beforeAll(async () => {
    before = tables.map(({ folder }) => treeFingerprint(folder))
    readings = await PublicReadings.open(tables)
  }, 300_000)

  afterAll(() => readings.close())

  test('are all in one list each, and all that are listed are there', () => {
    expect(PUBLIC_PACKAGES.map((each) => tables.filter((table) => table.package === each).length)).toEqual([36, 1, 60])
    expect(tables.filter((table) => listsOf(table) !== 1).map(({ folder }) => folder)).toEqual([])
    const names = [READ, LOG_ALONE, REFUSED].flatMap((lists) => Object.values(lists).flatMap(Object.keys))
    expect(names.sort()).toEqual(tables.map(({ name }) => name).sort())
  })

  test.each(titled(({ hasLog }) => hasLog))('%s has the version and files that deltalake finds', (_, { index }) => {
    const { ours, theirs } = readings.states(index)
    expect(ours).toEqual(theirs?.state ?? theirs?.failure)
  })

  test.each(titled(({ hasRows }) => hasRows))('%s is read row for row', async (_, { index, ...table }) => {
    const lacks = listed(PARTLY_READ, table)
    expect(readings.isFlat(index)).toBe(lacks === undefined)
    if (lacks !== undefined) {
      const { code, message } = await readings.refusal(index, 'whole')
      expect({ code, message }).toEqual({
        code: 'LAKE_TABLE_MISMATCH',
        message: `the table in ${table.folder} has column ${lacks}.`,
      })
    }
    await readings.copy(index)
    const { rows, different } = await readings.compared(index)
    expect(different).toEqual([])
    expect(rows).toBe(listed(READ, table))
  })

  const isLogAlone = (table: PublicTable): boolean => listed(LOG_ALONE, table) !== undefined
  test.each(titled(isLogAlone))('%s is refused by its first file', async (_, { index, ...table }) => {
    const [file, version] = listed(LOG_ALONE, table) ?? []
    const { code, message, remedy } = await readings.refusal(index, 'read')
    expect({ code, message }).toEqual({
      code: 'LAKE_DATA_LOST',
      message: `source table source: file ${file} of version ${version} is gone from the disk.`,
    })
    expect(remedy).toMatch(RESTORE)
    expect(readings.written(index)).toEqual([])
  })

  const isRefused = (table: PublicTable): boolean => listed(REFUSED, table) !== undefined
  test.each(titled(isRefused))('%s is refused by name', async (_, { index, ...table }) => {
    const { code, message, remedy } = await readings.refusal(index, 'read')
    const refusal = listed(REFUSED, table)
    expect(code).toBe(refusal?.code)
    expect(message).toMatch(refusal?.says ?? '')
    expect(remedy).toMatch(refusal?.advises ?? '')
    expect(readings.written(index)).toEqual([])
  })

  test('are all left as they were', () => {
    expect(tables.map(({ folder }) => treeFingerprint(folder))).toEqual(before)
  })
})
