import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { Database, type Session } from '../../../src/duckdb/session.ts'
import { copyText } from '../../../src/duckdb/sql/copyTexts.ts'
import { givenSql } from '../../../src/duckdb/sql/sql.ts'
import { PostgresReader } from '../../../src/serving/copies/postgres/reader.ts'
import { postgresTarget } from '../../../src/serving/copies/postgres/target.ts'
import type { ServedQuery } from '../../../src/serving/reader.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { describeWith } from '../../support/optionalTool.ts'
import { hasPostgres, POSTGRES_NEED, PostgresServer } from '../../support/postgres.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { changes, modelOf, rowOf } from './kit.ts'

const LIMITS = { maxRows: 100, timeoutMs: 10_000 }

/** A column's type and values of it, as DuckDB's SQL. */
const VALUES: readonly (readonly [type: string, ...values: readonly string[]])[] = [
  ['BOOLEAN', 'true', 'false'],
  ['TINYINT', '-128', '127'],
  ['SMALLINT', '-32768'],
  ['INTEGER', '-2147483648', '2147483647'],
  ['BIGINT', '-9223372036854775808', '9007199254740991', '9007199254740993'],
  ['UBIGINT', '18446744073709551615', '7'],
  ['HUGEINT', '170141183460469231731687303715884105727', '-7'],
  ['DECIMAL(9,2)', '1.50', '-0.01', '7'],
  ['DECIMAL(38,10)', '1234567890123456789012345678.0123456789'],
  ['FLOAT', '1.5', '0.1'],
  ['DOUBLE', '0.1', '1e300', '-0.25', "'nan'", "'inf'", "'-inf'"],
  ['VARCHAR', "''", "'it''s'", "'żółć 👩‍👩‍👧'", "'a' || chr(9) || chr(10) || chr(92)"],
  ['DATE', "'2026-11-22'", "'1969-12-31'", "'0044-03-15 (BC)'"],
  ['TIMESTAMP', "'2026-11-22 10:00:00.123456'", "'0044-03-15 (BC) 10:00:00'"],
  ['TIMESTAMP WITH TIME ZONE', "'2026-11-22 10:00:00.123456+02'", "'1900-01-01 00:00:00+00'", "'-infinity'"],
  ['UUID', "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'"],
  ['VARCHAR[]', "['a', 'it''s \"quoted\"', NULL, '', 'NULL', '{,}', chr(92)]", '[]'],
]

let server: PostgresServer
let database: Database
let session: Session

describeWith(hasPostgres, POSTGRES_NEED, 'panels from a copy in PostgreSQL', () => {
  beforeAll(async () => {
    server = await PostgresServer.start()
    database = await Database.open({ threads: 1, memoryLimit: '500MB', tempFolder: '/nonexistent' })
    session = await database.connect()
  }, 120_000)
  afterAll(async () => {
    session.close()
    database.close()
    await server.stop()
  })
  beforeEach(async () => {
    await server.query('website', 'DROP SCHEMA IF EXISTS live, live_kept CASCADE')
  })

  const opened = async (): Promise<PostgresReader> => PostgresReader.open(server.url, systemClock)

  test.each(VALUES)('%s has the values that DuckDB has', async (type, ...values) => {
    const table = `(SELECT unnest([CAST(NULL AS ${type}), ${values.map((value) => `CAST(${value} AS ${type})`).join(', ')}]) AS "value")`
    const texts = await session.rows(givenSql(`SELECT ${copyText('value', type)} AS t FROM ${table}`))
    const rows = texts.map(({ t }, index) => ({
      key: String(index).padStart(32, '0'),
      batch: 1,
      isGone: false,
      values: [String(index), t === null || t === undefined ? null : String(t)],
    }))
    const columns = { place: 'INTEGER', value: type }
    const writer = await postgresTarget(server.url).open()
    await writer.write(changes(1, modelOf(true, rows, { name: 'm', columns })))
    await writer.close()
    const reader = await opened()
    const query = { name: 'q', sql: 'SELECT value FROM live.m ORDER BY place', parameters: {} }
    const found = await reader.query(query, {}, LIMITS)
    const wanted = await session.script(givenSql(`SELECT "value" FROM ${table}`))
    expect(found.rows).toEqual(wanted.rows)
    if (!/INT|DECIMAL/.test(type)) expect(found.types).toEqual(wanted.types)
    await reader.close()
  })

  const channels: ServedQuery = {
    name: 'channels',
    sql: 'SELECT channel, sum(messages) AS n FROM live.per_channel WHERE ($channel IS NULL OR channel = ANY($channel)) GROUP BY channel ORDER BY channel',
    parameters: { channel: 'VARCHAR[]' },
  }

  test('binds parameters, sums to numbers, and says of which batch the answer is', async () => {
    const writer = await postgresTarget(server.url).open()
    await writer.write(changes(7, modelOf(true, [rowOf(1, 'SMS', 4), rowOf(2, "a'b", 3), rowOf(3, null, 1)])))
    await writer.close()
    const reader = await opened()
    expect(await reader.prepare(channels)).toEqual({ channel: 'VARCHAR', n: 'DOUBLE' })
    const all = await reader.query(channels, {}, LIMITS)
    expect(all).toMatchObject({
      rows: [
        ['SMS', 4],
        ["a'b", 3],
        [null, 1],
      ],
      isCut: false,
      position: { batch: 7 },
    })
    const some = await reader.query(channels, { channel: ["a'b", "') OR true --"] }, LIMITS)
    expect(some.rows).toEqual([["a'b", 3]])
    const cut = await reader.query(channels, {}, { ...LIMITS, maxRows: 2 })
    expect(cut).toMatchObject({ isCut: true, rows: { length: 2 } })
    await reader.close()
  })

  test.each([
    ['another statement', 'DELETE FROM live.per_channel', 'syntax error'],
    ['several statements', 'SELECT 1; DROP TABLE live_kept.cursor', 'cannot insert multiple commands'],
    ['an unknown column', 'SELECT chanel FROM live.per_channel', 'column "chanel" does not exist'],
    ['an unknown model', 'SELECT * FROM live.other', 'relation "live.other" does not exist'],
    [
      'a statement inside',
      'WITH gone AS (DELETE FROM live_kept.models RETURNING 1) SELECT * FROM gone',
      'must not contain data-modifying',
    ],
  ])('refuses a panel with %s', async (_, sql, says) => {
    const writer = await postgresTarget(server.url).open()
    await writer.write(changes(7, modelOf(true, [rowOf(1, 'SMS', 4)])))
    await writer.close()
    const reader = await opened()
    const query = { name: 'sql/panels/bad.sql', sql, parameters: {} }
    await expect(reader.prepare(query)).rejects.toMatchObject({
      code: 'LAKE_SQL_INVALID',
      message: expect.stringMatching(new RegExp(`^sql/panels/bad\\.sql: .*${says}`)),
    })
    await reader.close()
  })

  test('a panel that takes too long is stopped, and the next one is answered', async () => {
    const writer = await postgresTarget(server.url).open()
    await writer.write(changes(7, modelOf(true, [rowOf(1, 'SMS', 4)])))
    await writer.close()
    const reader = await opened()
    const slow = { name: 'slow', sql: 'SELECT pg_sleep(60)', parameters: {} }
    await expect(reader.query(slow, {}, { ...LIMITS, timeoutMs: 50 })).rejects.toThrow('slow: took longer than 50 ms')
    expect((await reader.query(channels, {}, LIMITS)).rows).toEqual([['SMS', 4]])
    await reader.close()
  })

  test('returns a whole model, and tells of each commit', async () => {
    const writer = await postgresTarget(server.url).open()
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)])))
    const reader = await opened()
    const told = new Promise<number>((resolve) => reader.onCommit(({ batch }) => resolve(batch)))
    await writer.write(changes(2, modelOf(false, [rowOf(2, 'PUSH', 1)])))
    expect(await told).toBe(2)
    const rows: unknown[] = []
    for await (const piece of reader.model('per_channel')) rows.push(...piece.rows)
    expect(rows).toHaveLength(2)
    await writer.close()
    await reader.close()
  })

  test('a panel whose server ends in the middle of it has not failed by itself', async () => {
    const writer = await postgresTarget(server.url).open()
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)])))
    await writer.close()
    const reader = await opened()
    const slow = { name: 'slow', sql: 'SELECT pg_sleep(60)', parameters: {} }
    const isRunning = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'FETCH%'"
    const asked = expect(reader.query(slow, {}, LIMITS)).rejects.toMatchObject({
      code: 'LAKE_COPY_FAILED',
      canRetry: true,
    })
    while ((await server.query('website', isRunning)).length === 0);
    await asked
    await reader.close()
  })

  test('a server that says nothing more is away, holds up no end, and is there again when it answers', async () => {
    const writer = await postgresTarget(server.url).open()
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)])))
    await writer.close()
    const [reader, other] = [await opened(), await opened()]
    server.freeze()
    try {
      await expect(reader.query(channels, {}, LIMITS)).rejects.toMatchObject({
        code: 'LAKE_COPY_FAILED',
        canRetry: true,
      })
      await other.close()
    } finally {
      server.thaw()
    }
    expect((await reader.query(channels, {}, LIMITS)).rows).toEqual([['SMS', 4]])
    await reader.close()
  }, 60_000)

  test('goes on after the server was killed and started again, again and again', async () => {
    const writer = await postgresTarget(server.url).open()
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)])))
    await writer.close()
    const reader = await opened()
    // More often than there are connections: each must come back to the pool.
    for (let times = 0; times < 6; times++) {
      expect((await reader.query(channels, {}, LIMITS)).rows).toEqual([['SMS', 4]])
      await server.kill()
      await expect(reader.query(channels, {}, LIMITS)).rejects.toMatchObject({
        code: 'LAKE_COPY_FAILED',
        canRetry: true,
      })
      await server.run()
    }
    expect((await reader.query(channels, {}, LIMITS)).rows).toEqual([['SMS', 4]])
    await reader.close()
  }, 60_000)

  test('says that nothing was copied yet', async () => {
    const reader = await opened()
    expect(await reader.position()).toBeUndefined()
    expect(reader.models).toEqual([])
    await expect(reader.query(channels, {}, LIMITS)).rejects.toThrow('has no copy of live models yet')
    await reader.close()
  })

  test('says that no server answers', async () => {
    const nobody = `postgresql://owner@127.0.0.1:1/website?password=${temporaryFolder()}`
    await expect(PostgresReader.open(nobody, systemClock)).rejects.toMatchObject({
      code: 'LAKE_COPY_FAILED',
      message: expect.stringMatching(/^postgres:\/\/127\.0\.0\.1:1\/website: .*ECONNREFUSED/),
    })
  })
})
