import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Action, PROTOCOL } from '../../../src/delta/actions.ts'
import { schemaString } from '../../../src/delta/schema.ts'
import { Snapshot } from '../../../src/delta/snapshot.ts'
import { type LogCheckpointPlan, writeLogCheckpoint } from '../../../src/delta/upkeep/logCheckpoint.ts'
import { text } from '../../../src/duckdb/sql/literals.ts'
import { nodeDisk } from '../../../src/files/disk.ts'
import { addOf, META_DATA, txn } from '../../support/deltaActions.ts'
import { FollowedTable, refusal } from '../../support/followedTable.ts'
import { rawSql } from '../../support/sql.ts'

const COLUMNS = { id: 'BIGINT', at: 'TIMESTAMPTZ', amount: 'DOUBLE', 'a "name" it\'s': 'VARCHAR', day: 'DATE' } as const

async function checkpoint(table: FollowedTable, version: number, more: Partial<LogCheckpointPlan> = {}) {
  const staging = join(table.lakeFolder, 'staging')
  mkdirSync(staging, { recursive: true })
  const { session, log, lakeFolder } = table
  const plan = { table: table.name, folder: table.name, version, tombstonesFromMs: 0, ...more }
  const outcome = await writeLogCheckpoint({ disk: nodeDisk, session, log, lakeFolder, staging }, plan)
  expect(readdirSync(staging)).toEqual([])
  return outcome
}

function addWith(path: string, day: string | null, rows: number): Action {
  const values = { id: 9007199254740993n, at: '2026-01-01T00:00:00.123Z', amount: -0.0, 'a "name" it\'s': 'é' }
  const bounds = JSON.stringify(values, (_, value) => (typeof value === 'bigint' ? `#${value}#` : value)).replace(
    /"#|#"/g,
    '',
  )
  const stats = `{"numRecords":${rows},"minValues":${bounds},"maxValues":${bounds},"nullCount":{"id":0,"at":${rows}}}`
  return { add: { path, partitionValues: { day }, size: 10, modificationTime: 5, dataChange: true, stats } }
}

function remove(path: string, deletionTimestamp: number): Action {
  return { remove: { path, dataChange: true, deletionTimestamp } } as Action
}

/** A table of five versions, of which one changes the protocol and one removes files. */
async function openTable(): Promise<FollowedTable> {
  const table = await FollowedTable.open()
  const metaData = {
    ...META_DATA,
    schemaString: schemaString(COLUMNS),
    partitionColumns: ['day'],
    configuration: { a: 'b' },
  }
  table.commit([{ metaData }, addWith('day=2026-01-01/a%2520b.parquet', '2026-01-01', 3), txn('s@1', 1)])
  table.commit([addWith('day=0001-01-01/b.parquet', '0001-01-01', 4), addWith('c.parquet', null, 5), txn('s@1', 2)])
  table.commit([remove('c.parquet', 100), addWith('day=9999-12-31/d.parquet', '9999-12-31', 6), txn('t@1', 1)])
  table.commit([{ protocol: { minReaderVersion: 1, minWriterVersion: 3 } }, txn('s@1', 3), remove('gone.parquet', 50)])
  return table
}

async function stateOf(table: FollowedTable) {
  const snapshot = await Snapshot.load(table.session, table.lakeFolder, [table.ref])
  const files = await table.session.rows(
    rawSql`SELECT path, rows, bytes, stats, partition_values FROM live_files ORDER BY path`,
  )
  const named = await snapshot.namedPaths(table.name)
  return { head: snapshot.head(table.name), files, named: [...named].sort() }
}

function hintOf(table: FollowedTable): Record<string, unknown> {
  return JSON.parse(readFileSync(join(table.log.folder, '_last_checkpoint'), 'utf8'))
}

describe('a checkpoint that we write', () => {
  test('stands for the commits before it', async () => {
    const table = await openTable()
    const before = await stateOf(table)
    expect(await checkpoint(table, 4)).toBe('written')
    expect(hintOf(table)).toEqual({
      version: 4,
      size: 9,
      sizeInBytes: statSync(table.log.checkpointPath(4)).size,
      numOfAddFiles: 3,
    })
    expect(await stateOf(table)).toEqual(before)
    for (const version of [0, 1, 2, 3]) rmSync(table.log.commitPath(version))
    expect(await stateOf(table)).toEqual(before)
  })

  test('comes from the one before and the commits since, and is the same as one from all commits', async () => {
    const table = await openTable()
    const all = await openTable()
    for (const version of [1, 3, 4]) expect(await checkpoint(table, version)).toBe('written')
    for (const version of [0, 1, 2, 3]) rmSync(table.log.commitPath(version))
    expect(await checkpoint(all, 4)).toBe('written')
    const rowsOf = async (of: FollowedTable) =>
      of.session.rows(rawSql`SELECT to_json(c)::VARCHAR AS row
        FROM read_parquet(${text(of.log.checkpointPath(4))}, hive_partitioning = false) AS c ORDER BY ALL`)
    expect(await rowsOf(table)).toEqual(await rowsOf(all))
    expect(await rowsOf(all)).toHaveLength(9)
  })

  test('has the statistics as columns too, with every digit', async () => {
    const table = await openTable()
    await checkpoint(table, 2)
    await checkpoint(table, 4)
    const rows = await table.session.rows(rawSql`SELECT add.stats_parsed.numRecords::INT AS rows,
        add.stats_parsed.minValues.id::VARCHAR AS id, add.stats_parsed.maxValues.at::VARCHAR AS at,
        add.stats_parsed.nullCount.at::INT AS nulls, add.partitionValues_parsed.day::VARCHAR AS day
      FROM read_parquet(${text(table.log.checkpointPath(4))}) WHERE add.path IS NOT NULL ORDER BY rows`)
    const same = { id: '9007199254740993', at: '2026-01-01 00:00:00.123+00' }
    expect(rows).toEqual([
      { ...same, rows: 3, nulls: 3, day: '2026-01-01' },
      { ...same, rows: 4, nulls: 4, day: '0001-01-01' },
      { ...same, rows: 6, nulls: 6, day: '9999-12-31' },
    ])
  })

  test('forgets files that were removed long ago', async () => {
    const table = await openTable()
    await checkpoint(table, 3)
    await checkpoint(table, 4, { tombstonesFromMs: 60 })
    expect((await stateOf(table)).named).toContain('c.parquet')
    expect((await stateOf(table)).named).not.toContain('gone.parquet')
    table.commit([txn('s@1', 4)])
    await checkpoint(table, 5, { tombstonesFromMs: 101 })
    expect((await stateOf(table)).named).not.toContain('c.parquet')
  })

  test('of a table without rows has its head alone', async () => {
    const table = await FollowedTable.open()
    expect(await checkpoint(table, 0)).toBe('written')
    expect(await stateOf(table)).toMatchObject({ files: [], head: { version: 0, protocol: PROTOCOL } })
    expect(hintOf(table)).toMatchObject({ size: 2, numOfAddFiles: 0 })
  })

  test('does not replace one that is there', async () => {
    const table = await openTable()
    await checkpoint(table, 4)
    const { mtimeMs } = statSync(table.log.checkpointPath(4))
    expect(await checkpoint(table, 4)).toBe('exists')
    expect(statSync(table.log.checkpointPath(4)).mtimeMs).toBe(mtimeMs)
  })

  test.each([
    { minReaderVersion: 1, minWriterVersion: 6 },
    { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['v2Checkpoint'], writerFeatures: ['v2Checkpoint'] },
    { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['domainMetadata'] },
  ])('is left to other writers where a table needs more of it: %o', async (protocol) => {
    const table = await openTable()
    table.commit([{ protocol }])
    const outcome = await checkpoint(table, 5).catch((error: { code: string }) => error.code)
    expect(['unfit', 'LAKE_PROTOCOL_UNSUPPORTED']).toContain(outcome)
    expect(existsSync(table.log.checkpointPath(5))).toBe(false)
  })

  test('of a version that the log lacks is not written', async () => {
    const table = await openTable()
    expect((await refusal(checkpoint(table, 9))).message).toBe(
      'table events has no version 9, of which a checkpoint was to be written',
    )
    expect(existsSync(table.log.checkpointPath(9))).toBe(false)
  })
})

test('a file without statistics stays one without', async () => {
  const table = await openTable()
  const { add } = addOf('e.parquet')
  table.commit([{ add: { ...add, stats: undefined as never } }])
  await checkpoint(table, 5)
  expect((await stateOf(table)).files).toContainEqual(
    expect.objectContaining({ path: 'e.parquet', rows: null, stats: null }),
  )
})
