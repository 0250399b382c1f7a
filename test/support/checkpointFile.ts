import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AddFile, MetaData, Protocol, Txn } from '../../src/delta/actions.ts'
import { exactPath, text } from '../../src/duckdb/sql/literals.ts'
import type { FollowedTable } from './followedTable.ts'
import { rawSql } from './sql.ts'

/** What a checkpoint holds: the state of a table at a version, one action a row. */
export interface CheckpointState {
  readonly protocol: Protocol
  readonly metaData: MetaData
  readonly txns: readonly Txn[]
  readonly adds: readonly AddFile[]
  /** Tombstones of files that are no longer live. */
  readonly removes?: readonly { readonly path: string; readonly deletionTimestamp: number }[]
}

/** The columns of a checkpoint as Spark writes them (source: the Delta protocol, "Checkpoint Schema"). */
const COLUMNS = {
  txn: 'STRUCT(appId VARCHAR, "version" BIGINT, lastUpdated BIGINT)',
  add:
    'STRUCT("path" VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), "size" BIGINT, modificationTime BIGINT, ' +
    'dataChange BOOLEAN, tags MAP(VARCHAR, VARCHAR), stats VARCHAR)',
  remove: 'STRUCT("path" VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN)',
  metaData:
    'STRUCT(id VARCHAR, "name" VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), ' +
    'schemaString VARCHAR, partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)',
  protocol: 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER)',
}

/** Writes the checkpoint of a version, with DuckDB and by no code of ours. */
export async function writeCheckpoint(
  table: Pick<FollowedTable, 'lakeFolder' | 'log' | 'session'>,
  version: number,
  state: CheckpointState,
): Promise<void> {
  const actions: Partial<Record<keyof typeof COLUMNS, unknown>>[] = [
    { protocol: state.protocol },
    { metaData: state.metaData },
    ...state.txns.map((txn) => ({ txn })),
    ...state.adds.map((add) => ({ add: { ...add, dataChange: false } })),
    ...(state.removes ?? []).map((remove) => ({ remove: { ...remove, dataChange: false } })),
  ]
  const actionsFile = join(table.lakeFolder, 'checkpoint.ndjson')
  writeFileSync(actionsFile, actions.map((action) => JSON.stringify(action)).join('\n'))
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name}: ${text(type)}`)
  const rows = `read_json(${text(exactPath(actionsFile))}, format = 'newline_delimited', columns = {${columns.join(', ')}})`
  const path = join(table.log.folder, `${String(version).padStart(20, '0')}.checkpoint.parquet`)
  await table.session.run(rawSql`COPY (FROM ${rows}) TO ${text(path)} (FORMAT parquet)`)
}
