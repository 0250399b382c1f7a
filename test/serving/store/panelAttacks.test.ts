import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ServedLimits } from '../../../src/serving/reader.ts'
import { KeptLake } from '../../support/keptLake.ts'
import { makeTemporaryFolder, removeFolder } from '../../support/temporaryFolder.ts'
import { listTree } from '../../support/tree.ts'

// A panel's SQL comes from the lake's own folder. It still may do nothing but read models: whoever may write a panel
// may not thereby read the rest of the machine, or change what others are shown.

const LIMITS: ServedLimits = { maxRows: 1000, timeoutMs: 10_000 }

let lake: KeptLake

beforeAll(async () => {
  lake = await KeptLake.make(makeTemporaryFolder())
  await lake.open()
  await lake.add([`('2026-11-22 10:00:05.123456+00', 5, 'OPEN', 'a', 'CHAT', 2000, 1000, 1.5)`])
  await lake.take()
  writeFileSync(join(lake.folder, 'secret.csv'), 'a\nsecret\n')
})

afterAll(async () => {
  await lake.end()
  removeFolder(lake.folder)
})

async function errorOf(sql: string): Promise<string> {
  const query = { name: 'panel places', sql: sql.replaceAll('{lake}', lake.folder), parameters: {} }
  return lake.store.reader.query(query, {}, LIMITS).then(
    ({ rows }) => `answered: ${JSON.stringify(rows).slice(0, 300)}`,
    (error: unknown) => String((error as { code?: string }).code),
  )
}

describe('a panel cannot write', () => {
  test.each([
    `COPY (FROM live.all_rows) TO '{lake}/stolen.csv'`,
    `COPY live.all_rows TO '{lake}/stolen.parquet' (FORMAT parquet)`,
    `COPY FROM DATABASE live TO memory`,
    `EXPORT DATABASE '{lake}/stolen'`,
    `IMPORT DATABASE '{lake}/stolen'`,
    `CREATE TABLE live.x AS SELECT 1`,
    `CREATE TEMP TABLE x AS SELECT 1`,
    `CREATE TEMP VIEW x AS SELECT 1`,
    `CREATE MACRO f() AS 1`,
    `CREATE SEQUENCE s`,
    `CREATE SECRET (TYPE s3)`,
    `INSERT INTO live.kept.cursor SELECT * FROM live.kept.cursor`,
    `UPDATE live.kept.cursor SET batch = 0`,
    `DELETE FROM live.kept.cursor`,
    `TRUNCATE live.kept.cursor`,
    `MERGE INTO live.kept.cursor AS a USING live.kept.cursor AS b ON a.batch = b.batch WHEN MATCHED THEN DELETE`,
    `DROP VIEW live.all_rows`,
    `ALTER TABLE live.kept.cursor ADD COLUMN x INTEGER`,
    `WITH x AS (DELETE FROM live.kept.cursor RETURNING *) FROM x`,
    `WITH x AS (INSERT INTO live.kept.cursor DEFAULT VALUES RETURNING *) SELECT * FROM x`,
    `SELECT nextval('s')`,
    `SELECT setseed(0.5)`,
    `SELECT write_log('hello')`,
    `BEGIN`,
    `COMMIT`,
    `ROLLBACK`,
    `CHECKPOINT`,
    `FORCE CHECKPOINT live`,
    `VACUUM`,
    `ANALYZE`,
    `FROM checkpoint()`,
    `CALL force_checkpoint()`,
    `FROM enable_logging()`,
    `FROM truncate_duckdb_logs()`,
    `COMMENT ON TABLE live.kept.cursor IS 'x'`,
  ])('%s', async (sql) => {
    const before = listTree(lake.folder)
    expect(await errorOf(sql)).toBe('LAKE_SQL_INVALID')
    expect(listTree(lake.folder)).toEqual(before)
    expect(existsSync(join(lake.folder, 'stolen.csv'))).toBe(false)
  })
})

describe('a panel cannot reach the machine or the configuration', () => {
  test.each([
    `ATTACH '{lake}/gold/live.duckdb' AS other`,
    `ATTACH ':memory:' AS other`,
    `DETACH live`,
    `USE live`,
    `INSTALL httpfs`,
    `LOAD httpfs`,
    `SET TimeZone = 'Europe/Berlin'`,
    `SET enable_external_access = true`,
    `RESET allowed_directories`,
    `SET VARIABLE x = 1`,
    `PRAGMA database_list`,
    `PRAGMA table_info('live.all_rows')`,
    `CALL pragma_version()`,
    `PREPARE p AS SELECT 1`,
    `EXECUTE p`,
    `DEALLOCATE p`,
    `EXPLAIN SELECT 1`,
    `EXPLAIN ANALYZE FROM live.all_rows`,
    `DESCRIBE live.all_rows`,
    `SHOW TABLES`,
    `SHOW ALL TABLES`,
    `SUMMARIZE live.all_rows`,
    `FROM (DESCRIBE live.all_rows)`,
    `FROM (SHOW ALL TABLES)`,
    `FROM read_csv('{lake}/secret.csv')`,
    `FROM read_text('/etc/passwd')`,
    `FROM read_blob('{lake}/secret.csv')`,
    `FROM read_json_auto('{lake}/secret.csv')`,
    `FROM read_parquet('{lake}/silver/**/*.parquet')`,
    `FROM parquet_metadata('{lake}/x.parquet')`,
    `FROM sniff_csv('{lake}/secret.csv')`,
    `FROM glob('{lake}/*')`,
    `FROM read_duckdb('{lake}/gold/live.duckdb')`,
    `FROM '{lake}/secret.csv'`,
    `FROM "{lake}/secret.csv"`,
    `FROM 'secret.csv'`,
    `SELECT (SELECT content FROM read_text('/etc/passwd')) AS x`,
    `SELECT * FROM live.all_rows WHERE EXISTS (FROM glob('/etc/*'))`,
    `SELECT * FROM live.all_rows ORDER BY (SELECT max(file) FROM glob('/etc/*'))`,
    `SELECT * FROM live.all_rows LIMIT (SELECT count(*) FROM glob('/etc/*'))`,
    `FROM live.all_rows AS a, LATERAL (FROM glob('/etc/*')) AS b`,
    `FROM live.all_rows UNION ALL BY NAME FROM read_text('/etc/passwd')`,
    `PIVOT (FROM glob('/etc/*')) ON file USING count(*)`,
    `UNPIVOT (FROM glob('/etc/*')) ON file`,
    `WITH a AS MATERIALIZED (FROM glob('/etc/*')) FROM a`,
    `SELECT count(*) FILTER (EXISTS (FROM glob('/etc/*'))) FROM live.all_rows`,
    `SELECT sum(events) OVER (ORDER BY (SELECT max(file) FROM glob('/etc/*'))) FROM live.all_rows`,
    `SELECT [x FOR x IN [1] IF EXISTS (FROM glob('/etc/*'))] AS l`,
    `SELECT getenv('HOME')`,
    `SELECT current_setting('temp_directory')`,
    `SELECT current_setting('allowed_directories')`,
    `SELECT getvariable('x')`,
    `SELECT current_query()`,
    `SELECT txid_current()`,
    `SELECT sleep_ms(1)`,
    `SELECT pg_sleep(1)`,
    `FROM which_secret('s3://x', 's3')`,
  ])('%s', async (sql) => {
    expect(await errorOf(sql)).toBe('LAKE_SQL_INVALID')
  })
})

describe('a panel cannot read beyond the models', () => {
  test.each([
    `FROM live.kept.cursor`,
    `FROM live.kept.all_rows`,
    `FROM kept.all_rows`,
    `FROM live.relations.first_rows`,
    `FROM live.information_schema.tables`,
    `FROM information_schema.tables`,
    `FROM duckdb_tables()`,
    `FROM duckdb_tables`,
    `FROM duckdb_databases`,
    `FROM duckdb_settings()`,
    `FROM duckdb_secrets()`,
    `FROM duckdb_variables()`,
    `FROM duckdb_logs`,
    `FROM duckdb_extensions()`,
    `FROM duckdb_functions()`,
    `FROM system.main.duckdb_views`,
    `FROM pg_catalog.pg_class`,
    `FROM pg_tables`,
    `FROM sqlite_master`,
    `FROM pragma_database_list`,
    `FROM pragma_storage_info('live.all_rows')`,
    `FROM temp.sqlite_master`,
    `FROM query('FROM duckdb_tables()')`,
    `FROM query_table('live.kept.cursor')`,
    `FROM query_table(['live.kept.cursor'])`,
    `FROM json_execute_serialized_sql(json_serialize_sql('SELECT 1'))`,
    `SELECT * FROM histogram('live.kept.cursor', 'batch')`,
    `FROM seq_scan('cursor')`,
    `FROM test_all_types()`,
    `FROM sql_auto_complete('SEL')`,
    `SELECT pg_get_viewdef(0)`,
    `SELECT current_database()`,
    // A name of a WITH, where it is out of its scope, would be the system's relation of that name.
    `SELECT (WITH duckdb_databases AS (SELECT 1 AS a) SELECT a FROM duckdb_databases) AS x, d.* FROM duckdb_databases AS d`,
    `SELECT * FROM (WITH duckdb_tables AS (SELECT 1) FROM duckdb_tables) AS a, duckdb_tables AS b`,
    `WITH a AS (WITH sqlite_master AS (SELECT 1) FROM sqlite_master) SELECT * FROM a, sqlite_master`,
    `WITH pg_class AS (FROM pg_class) FROM pg_class`,
    `SELECT 1; SELECT 2`,
    `SELECT 1; FROM live.kept.cursor`,
    `SELECT 1 /* ; */ ; DROP VIEW live.all_rows --`,
    `;`,
    ``,
    `-- nothing`,
    `SELECT`,
  ])('%s', async (sql) => {
    expect(await errorOf(sql)).toBe('LAKE_SQL_INVALID')
  })
})

describe('a panel that needs too much is stopped, and the store goes on', () => {
  test.each([
    `SELECT repeat('a', 2000000000) AS x`,
    `SELECT list(i) AS l FROM range(1000000000) AS r(i)`,
    `SELECT count(*) FROM range(1000000) AS a(i), range(1000000) AS b(i) WHERE a.i * b.i % 7 = 8`,
    `WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r) SELECT max(i) FROM r`,
  ])('%s', async (sql) => {
    const query = { name: 'panel places', sql, parameters: {} }
    const error = await lake.store.reader.query(query, {}, { maxRows: 10, timeoutMs: 1_000 }).catch((cause) => cause)
    expect(error).toMatchObject({ code: 'LAKE_QUERY_FAILED' })
    const next = { name: 'next', sql: 'SELECT count(*) AS n FROM live.all_rows', parameters: {} }
    expect((await lake.store.reader.query(next, {}, LIMITS)).rows).toEqual([[1]])
  })
})
