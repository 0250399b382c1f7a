import { copyFileSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SEED, START_MS, withLake } from '../lakes.ts'
import { RawDuckdb } from '../raw.ts'

/** A file system has a limit of names for one file, 65,000 on ext4. */
const LINKS = 50_000
const DATES = 1_000
/** So large a file of a table that is looked after is: there is nothing to join. */
const FILE_BYTES = 128 * 2 ** 20

const ADD = `STRUCT("path" VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), "size" BIGINT, modificationTime BIGINT,
  dataChange BOOLEAN, stats VARCHAR)`
/** The columns of a checkpoint (source: the Delta protocol, "Checkpoint Schema"). */
const COLUMNS = {
  protocol: 'STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER)',
  metaData: `STRUCT(id VARCHAR, format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR,
    partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)`,
  txn: 'STRUCT(appId VARCHAR, "version" BIGINT, lastUpdated BIGINT)',
  add: ADD,
}

interface LargeTable {
  /** Its folder, of the data and the log. */
  readonly data: string
  readonly isPartitioned: boolean
}

/**
 * A lake that its streams have run on, whose bronze and silver have as many files as a year of batches leaves: all of
 * them committed and read before its checkpoints, which other programs wrote, and its older commits cleaned up.
 */
export async function makeManyFiles(root: string, files: number): Promise<void> {
  await withLake(root, (lake) =>
    lake.run({
      streams: ['produce'],
      limits: { maxRows: 100 },
      generate: { rows: 300, seed: SEED, startTimeMs: START_MS },
    }),
  )
  await withLake(root, (lake) => lake.run({ streams: ['land', 'silver'], availableNow: true }))
  const raw = await RawDuckdb.open()
  for (const { data, isPartitioned } of [
    { data: join(root, 'bronze/messages/data'), isPartitioned: false },
    { data: join(root, 'silver/messages/data'), isPartitioned: true },
  ]) {
    await enlarge(raw, { data, isPartitioned }, files)
  }
  raw.close()
}

async function enlarge(raw: RawDuckdb, { data, isPartitioned }: LargeTable, files: number): Promise<void> {
  const log = join(data, '_delta_log')
  const commits = readdirSync(log)
    .filter((name) => /^\d{20}\.json$/.test(name))
    .sort()
  const newest = commits.at(-1) ?? ''
  const checkpoint = join(log, newest.replace('.json', '.checkpoint.parquet'))
  await raw.run(`CREATE OR REPLACE TEMP TABLE more AS
    SELECT ${isPartitioned ? 'folder' : "'more'"} || '/part-' || lpad(i::VARCHAR, 9, '0') || '.parquet' AS path, day
    FROM (
      SELECT i, '20' || (10 + i % ${DATES} // 336) || '-' || lpad((1 + i % ${DATES} // 28 % 12)::VARCHAR, 2, '0') || '-'
        || lpad((1 + i % ${DATES} % 28)::VARCHAR, 2, '0') AS day, 'date=' || day AS folder
      FROM range(${files}) AS r(i)
    )`)
  const columns = Object.entries(COLUMNS).map(([name, type]) => `${name}: '${type}'`)
  const none = Object.values(COLUMNS)
    .map((type) => `NULL::${type}`)
    .slice(0, -1)
  const values = isPartitioned ? "MAP {'date': day}" : 'MAP {}::MAP(VARCHAR, VARCHAR)'
  await raw.run(`COPY (
      FROM read_json('${log}/*.json', format = 'newline_delimited', columns = {${columns.join(', ')}})
      SELECT protocol, metaData, txn, add
      WHERE coalesce(protocol::VARCHAR, metaData::VARCHAR, txn::VARCHAR, add::VARCHAR) IS NOT NULL
      UNION ALL
      SELECT ${none.join(', ')}, {path: path, partitionValues: ${values}, size: ${FILE_BYTES}, modificationTime: 0,
        dataChange: false, stats: '${statsOf()}'}
      FROM more
    ) TO '${checkpoint}' (FORMAT parquet)`)
  const [[size] = []] = await raw.script(`SELECT count(*) FROM '${checkpoint}'`)
  const version = Number(newest.slice(0, 20))
  writeFileSync(join(log, '_last_checkpoint'), JSON.stringify({ version, size: Number(size) }))
  for (const name of commits.slice(0, -1)) rmSync(join(log, name))
  linkAll(
    data,
    (await raw.script('SELECT path FROM more ORDER BY path')).map(([path]) => String(path)),
  )
}

/** As much as a commit of ours says of a file. */
function statsOf(): string {
  const bounds = { timestamp: '2026-01-01T00:00:00.000Z', value: 1, event_type: 'CLICKED', channel: 'CHAT', user_id: 1 }
  return JSON.stringify({ numRecords: 1_000_000, minValues: bounds, maxValues: bounds, nullCount: { value: 0 } })
}

/** Makes the files: names of a few real ones. */
function linkAll(data: string, paths: readonly string[]): void {
  const real = readdirSync(data, { recursive: true, encoding: 'utf8' }).find((name) => name.endsWith('.parquet')) ?? ''
  const spare = join(data, '..', 'spare')
  mkdirSync(spare)
  let folder = ''
  for (const [index, path] of paths.entries()) {
    const inode = join(spare, `${Math.floor(index / LINKS)}.parquet`)
    if (index % LINKS === 0) copyFileSync(join(data, real), inode)
    const parent = join(data, path, '..')
    if (parent !== folder) mkdirSync(parent, { recursive: true })
    folder = parent
    linkSync(inode, join(data, path))
  }
  rmSync(spare, { recursive: true })
}
