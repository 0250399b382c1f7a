import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { thisMachine } from '../../src/duckdb/machine.ts'
import { Database, type DatabaseOptions } from '../../src/duckdb/session.ts'
import { shareOf } from '../../src/duckdb/share.ts'
import { Lake } from '../../src/index.ts'
import { type Size, sizeBytes } from '../../src/size.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

/** A lake of one table whose config has some more keys. */
async function opened(keys: string, database: Partial<DatabaseOptions> = {}): Promise<Lake> {
  const folder = lakeFolder({
    'lakeweir.config.mjs': `import { defineLake, generated } from 'lakeweir'
    export default defineLake({ root: 'lake', tables: { t: { path: 't', columns: { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' } } },
      streams: { make: { from: generated(), into: ['t'] } }, ${keys} })`,
  })
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.mjs'), database })
  onTestFinished(() => lake.close())
  return lake
}

/** What DuckDB says that it may use. */
async function settingsOf(lake: Lake): Promise<unknown> {
  const { records } = await lake.query(
    "SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory",
  )
  return records[0]
}

/** The same, of a DuckDB that is opened with these. */
async function settingsWith(threads: number, memoryLimit: string): Promise<unknown> {
  const database = await Database.open({ threads, memoryLimit, tempFolder: temporaryFolder() })
  const session = await database.connect()
  const [row] = await session.rows(
    rawSql`SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS memory`,
  )
  session.close()
  database.close()
  return row
}

const share = shareOf(thisMachine())
const followed = `${share.memoryBytes}B`

test.each([
  { what: 'nothing is set', keys: '', threads: share.threads, memory: followed },
  { what: 'the config sets the threads', keys: 'threads: 3', threads: 3, memory: followed },
  { what: 'the config sets both', keys: "threads: 5, memory: '300MB'", threads: 5, memory: '300MB' },
  { what: 'the config sets little memory', keys: "memory: '64MB'", threads: 1, memory: '64MB' },
  {
    what: 'the caller sets the threads, whatever the config says',
    keys: "threads: 5, memory: '1.5 GiB'",
    database: { threads: 2 },
    threads: 2,
    memory: '1.5GiB',
  },
  {
    what: 'the caller sets the memory, whatever the config says',
    keys: "threads: 5, memory: '1GB'",
    database: { memoryLimit: '200MB' },
    threads: 5,
    memory: '200MB',
  },
  {
    what: 'the caller sets the memory, and threads follow it',
    keys: "memory: '1GB'",
    database: { memoryLimit: '100MB' },
    threads: 1,
    memory: '100MB',
  },
])('DuckDB may use what it is told: $what', async ({ keys, database, threads, memory }) => {
  const lake = await opened(keys, database)
  expect(await settingsOf(lake)).toEqual(await settingsWith(threads, memory))
})

test.each<Size>(['64MB', '1GB', '8 GB', '1.5GiB', '512 MiB', '3.9999GB', '0.25TB', '2TiB', '100000KB', '98304 KiB'])(
  '%s is as many bytes as for DuckDB',
  async (size) => {
    expect(await settingsWith(1, `${sizeBytes(size)}B`)).toEqual(await settingsWith(1, size))
  },
)

test.each([
  ['1KB', 1_000],
  ['1kib', 1_024],
  ['1mb', 1_000_000],
  ['0.5 MiB', 524_288],
  ['8GB', 8_000_000_000],
  [' 1.5 gib ', 1_610_612_736],
  ['2TB', 2_000_000_000_000],
  ['1TiB', 1_099_511_627_776],
  ['1.0001KB', 1_000],
  ['8', undefined],
  ['8B', undefined],
  ['8PB', undefined],
  ['eight GB', undefined],
  ['8 GB of it', undefined],
])('%s is %s bytes', (text, bytes) => {
  expect(sizeBytes(text)).toBe(bytes)
})

test('two lakes of one process spill into folders of their own', async () => {
  const [first, second] = [await opened(''), await opened('')]
  const spillOf = async (lake: Lake): Promise<unknown> =>
    (await lake.query("SELECT current_setting('temp_directory')")).rows[0]?.[0]
  expect(await spillOf(first)).not.toBe(await spillOf(second))
})
