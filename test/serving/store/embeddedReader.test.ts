import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { LakeError } from '../../../src/errors.ts'
import type { ServedLimits, ServedQuery, ServedValues } from '../../../src/serving/reader.ts'
import { KeptLake, MODELS } from '../../support/keptLake.ts'
import { makeTemporaryFolder, removeFolder } from '../../support/temporaryFolder.ts'

const LIMITS: ServedLimits = { maxRows: 1000, timeoutMs: 10_000 }

let lake: KeptLake
const row = (second: number, id: string, place: string): string =>
  `('2026-11-22 10:00:${String(second).padStart(2, '0')}.123456+00', ${second}, 'OPEN', '${id}', '${place}', 2000, 1000, 1.5)`

beforeAll(async () => {
  lake = await KeptLake.make(makeTemporaryFolder())
  await lake.open()
  await lake.add([row(5, 'a', 'CHAT'), row(6, 'b', 'CHAT'), row(7, 'c', 'SMS'), row(8, 'd', "it''s")])
  await lake.take()
})

afterAll(async () => {
  await lake.end()
  removeFolder(lake.folder)
})

function panel(sql: string, parameters: Readonly<Record<string, string>> = {}): ServedQuery {
  return { name: 'panel places', sql, parameters }
}

async function rowsOf(query: ServedQuery, values: ServedValues = {}, limits = LIMITS): Promise<unknown> {
  return (await lake.store.reader.query(query, values, limits)).rows
}

async function errorOf(work: Promise<unknown>): Promise<LakeError> {
  return work.then(
    () => expect.fail('it was answered'),
    (error: LakeError) => error,
  )
}

describe('a query', () => {
  test('is answered with its columns, types, rows and the position that they belong to', async () => {
    const sql = `SELECT place, sum(events) AS events, max(newest) AS newest FROM live.all_rows GROUP BY ALL ORDER BY 1 -- all`
    const { reader } = lake.store
    expect(await reader.query(panel(sql), {}, LIMITS)).toEqual({
      columns: ['place', 'events', 'newest'],
      types: ['VARCHAR', 'HUGEINT', 'TIMESTAMP WITH TIME ZONE'],
      rows: [
        ['CHAT', 2, '2026-11-22 10:00:06.123456+00'],
        ['SMS', 1, '2026-11-22 10:00:07.123456+00'],
        ["it's", 1, '2026-11-22 10:00:08.123456+00'],
      ],
      isCut: false,
      position: await reader.position(),
    })
    expect(await reader.prepare(panel(`${sql}\n;`))).toEqual({
      place: 'VARCHAR',
      events: 'HUGEINT',
      newest: 'TIMESTAMP WITH TIME ZONE',
    })
  })

  const filtered = panel(
    `SELECT place FROM live.all_rows WHERE ($place IS NULL OR place = ANY($place))
      AND newest >= $from AND newest < $to AND ($least IS NULL OR events >= $least) ORDER BY place`,
    { place: 'VARCHAR[]', from: 'TIMESTAMPTZ', to: 'TIMESTAMPTZ', least: 'BIGINT' },
  )
  const range = { from: '2026-11-22T10:00:00Z', to: '2026-11-22T12:00:07.123456+02:00' }

  test.each([
    { name: 'no value', values: range, rows: [['CHAT']] },
    {
      name: 'a list',
      values: { ...range, to: '2026-11-23T00:00:00Z', place: ["it's", 'SMS'] },
      rows: [['SMS'], ["it's"]],
    },
    { name: 'an empty list', values: { ...range, place: [] }, rows: [] },
    { name: 'a list that looks like SQL', values: { ...range, place: ["' OR true --"] }, rows: [] },
    { name: 'a number', values: { ...range, to: '2026-11-23T00:00:00Z', least: 2 }, rows: [['CHAT']] },
    { name: 'a number as text', values: { ...range, to: '2026-11-23T00:00:00Z', least: '2' }, rows: [['CHAT']] },
    { name: 'a time to the microsecond', values: { ...range, from: '2026-11-22T10:00:06.123457Z' }, rows: [] },
  ])('binds $name to its parameters', async ({ values, rows }) => {
    expect(await rowsOf(filtered, values)).toEqual(rows)
  })

  test.each([
    { values: { from: 'yesterday' }, says: '$from is "yesterday", not a time like 2026-11-22T10:00:00Z' },
    { values: { from: '2026-11-22' }, says: 'not a time' },
    { values: { place: 'CHAT' }, says: '$place is "CHAT", not a list' },
    { values: { least: '2; DROP TABLE x' }, says: 'not an integer' },
    { values: { least: 2.5 }, says: 'not an integer' },
    { values: { least: '9223372036854775808' }, says: 'not an integer of 64 bits' },
  ])('refuses a value of another type: $values', async ({ values, says }) => {
    const error = await errorOf(rowsOf(filtered, { ...range, ...values }))
    expect(error.code).toBe('LAKE_ARGUMENT_INVALID')
    expect(error.message).toContain(says)
  })

  test.each([
    {
      sql: 'SELECT $from::DATE AS d, $flag AS f, $share AS s, $day + 1 AS next',
      values: { from: '2026-11-22T23:00:00Z', flag: 'true', share: '0.5', day: '2026-02-28' },
      rows: [['2026-11-22', true, 0.5, '2026-03-01']],
    },
    { sql: 'SELECT $from AS d, $flag AS f, $share AS s, $day AS next', values: {}, rows: [[null, null, null, null]] },
  ])('has parameters of every type: $sql', async ({ sql, values, rows }) => {
    const parameters = { from: 'TIMESTAMPTZ', flag: 'BOOLEAN', share: 'DOUBLE', day: 'DATE' }
    expect(await rowsOf(panel(sql, parameters), values)).toEqual(rows)
  })

  test('has columns of the same types before it is asked', async () => {
    const sql = "SELECT $from - INTERVAL '1 day' AS before, $day + 1 AS next, $least + 1 AS more, len($place) AS places"
    const query = panel(sql, { from: 'TIMESTAMPTZ', day: 'DATE', least: 'BIGINT', place: 'VARCHAR[]' })
    const prepared = await lake.store.reader.prepare(query)
    const values = { from: '2026-11-22T10:00:00Z', day: '2026-11-22', least: 1, place: ['a'] }
    const { columns, types } = await lake.store.reader.query(query, values, LIMITS)
    expect(prepared).toEqual(Object.fromEntries(columns.map((name, index) => [name, types[index]])))
  })

  test('is cut at the most rows that are wanted', async () => {
    const query = panel('SELECT * FROM range(100000) AS r(i) ORDER BY i')
    const { rows, isCut } = await lake.store.reader.query(query, {}, { ...LIMITS, maxRows: 3 })
    expect({ rows, isCut }).toEqual({ rows: [[0], [1], [2]], isCut: true })
    const all = await lake.store.reader.query(panel('SELECT * FROM range(3)'), {}, { ...LIMITS, maxRows: 3 })
    expect(all.isCut).toBe(false)
  })

  test('is stopped when it takes too long, or when nobody waits for it', async () => {
    const endless = panel('SELECT count(*) FROM range(100000000) AS a, range(1000000) AS b')
    const error = await errorOf(rowsOf(endless, {}, { ...LIMITS, timeoutMs: 50 }))
    expect(error.code).toBe('LAKE_QUERY_FAILED')
    expect(error.message).toContain('it took longer than 50 ms')
    expect(error.canRetry).toBe(true)
    const stop = new AbortController()
    const waiting = errorOf(rowsOf(endless, {}, { ...LIMITS, signal: stop.signal }))
    stop.abort()
    expect((await waiting).message).toContain('nobody waits for it any more')
    expect(await rowsOf(panel('SELECT 1'))).toEqual([[1]])
  })

  test('fails for what is in the data with the name of the query', async () => {
    const error = await errorOf(rowsOf(panel('SELECT CAST(place AS INTEGER) FROM live.all_rows')))
    expect(error.code).toBe('LAKE_QUERY_FAILED')
    expect(error.message).toContain('panel places failed: ')
  })
})

describe('only models are read', () => {
  test.each([
    'SELECT 1 AS one',
    'VALUES (1), (2)',
    'FROM live.all_rows',
    'FROM live.main.ALL_ROWS',
    'SELECT a.* FROM live.all_rows AS a JOIN live.persons AS b ON a.events = b.events',
    'WITH a AS (FROM live.all_rows), b AS (FROM a) SELECT * FROM b UNION ALL FROM A',
    'WITH RECURSIVE r AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM r WHERE i < 3) FROM r',
    'SELECT (SELECT max(events) FROM live.persons) AS m, EXISTS (FROM live.batches) AS e',
    "PIVOT live.all_rows ON place IN ('CHAT', 'SMS') USING sum(events) GROUP BY kind",
    'SELECT unnest([1, 2]) AS a ORDER BY ALL DESC LIMIT 1',
    'SELECT m FROM generate_series(1, 3) AS g(m) LEFT JOIN live.persons AS p ON p.events = m',
    'SELECT place, events, row_number() OVER (ORDER BY events) AS n FROM live.all_rows QUALIFY n < 3',
    'SELECT DISTINCT place FROM live.all_rows LIMIT 50%',
    'SELECT CAST(events AS DECIMAL(9, 2)) AS d FROM live.all_rows',
  ])('by %s', async (sql) => {
    const fitting = sql.replace(' GROUP BY kind', '')
    await lake.store.reader.prepare(panel(fitting))
    await rowsOf(panel(fitting))
  })

  test.each([
    { sql: "SELECT * FROM 'data/1.parquet'", says: 'reads data/1.parquet, which is not a model' },
    { sql: "FROM read_parquet('data/1.parquet')", says: 'reads from read_parquet()' },
    { sql: "SELECT (SELECT count(*) FROM read_csv('zones.csv')) AS n", says: 'reads from read_csv()' },
    { sql: "WITH a AS (FROM read_text('/etc/passwd')) FROM a", says: 'reads from read_text()' },
    { sql: "FROM query('FROM live.kept.cursor')", says: 'reads from query()' },
    { sql: "FROM query_table('live.kept.cursor')", says: 'reads from query_table()' },
    { sql: 'FROM duckdb_settings()', says: 'reads from duckdb_settings()' },
    { sql: 'FROM live.kept.cursor', says: 'reads live.kept.cursor, which is not a model' },
    { sql: 'FROM live.summed.all_rows', says: 'is not a model' },
    { sql: 'FROM kept.cursor', says: 'is not a model' },
    { sql: 'SELECT 1 AS one\nFROM all_rows', says: 'panel places, line 2, column 6, reads all_rows' },
    { sql: 'FROM all_rows', says: 'Did you mean live.all_rows?' },
    { sql: 'FROM live.all_row', says: 'Did you mean live.all_rows?' },
    { sql: 'FROM zones', says: 'is not a model' },
    { sql: 'FROM information_schema.tables', says: 'is not a model' },
    { sql: 'FROM live.information_schema.tables', says: 'is not a model' },
    { sql: 'FROM sqlite_master', says: 'is not a model' },
    { sql: 'DESCRIBE live.all_rows', says: 'has a DESCRIBE, SHOW or SUMMARIZE' },
    { sql: 'SUMMARIZE live.all_rows', says: 'has a DESCRIBE, SHOW or SUMMARIZE' },
    { sql: 'FROM (SHOW TABLES)', says: 'has a DESCRIBE, SHOW or SUMMARIZE' },
    { sql: 'SHOW ALL TABLES', says: 'has a DESCRIBE, SHOW or SUMMARIZE' },
    { sql: 'SELECT 1; SELECT 2', says: 'has 2 statements' },
    { sql: 'SELECT 1; DROP VIEW live.all_rows', says: 'is not a SELECT' },
    { sql: 'DELETE FROM live.kept.cursor', says: 'is not a SELECT' },
    { sql: "COPY (SELECT 1) TO 'x.parquet'", says: 'is not a SELECT' },
    { sql: "ATTACH 'x.duckdb' AS x", says: 'is not a SELECT' },
    { sql: 'SET threads = 1', says: 'is not a SELECT' },
    { sql: "SET VARIABLE a = 'b'", says: 'is not a SELECT' },
    { sql: 'CREATE TABLE live.x (a INTEGER)', says: 'is not a SELECT' },
    { sql: 'EXPLAIN SELECT 1', says: 'is not a SELECT' },
    { sql: 'CALL pragma_version()', says: 'is not a SELECT' },
    { sql: '', says: 'has 0 statements' },
    { sql: 'SELECT 1 +', says: 'is not a SELECT' },
    { sql: 'WITH "data/1.parquet" AS (SELECT 1) SELECT 2', says: 'calls a query in its WITH "data/1.parquet"' },
  ])('and not by $sql', async ({ sql, says }) => {
    writeFileSync(join(lake.folder, 'x'), '')
    for (const work of [() => lake.store.reader.prepare(panel(sql)), () => rowsOf(panel(sql))]) {
      const error = await errorOf(work())
      expect(error.code).toBe('LAKE_SQL_INVALID')
      expect(error.describe()).toContain(says)
      expect(error.message).toMatch(/^panel places[, ]/)
    }
  })

  test.each([
    { sql: 'SELECT nothing FROM live.all_rows', says: 'nothing' },
    { sql: 'SELECT $other AS a', says: '$other' },
    { sql: 'SELECT 1 AS a', parameters: { unused: 'VARCHAR' }, says: '$unused' },
    { sql: 'SELECT $a AS a', parameters: { a: 'INTERVAL' }, says: 'INTERVAL is not a type of parameters' },
  ])('a query that does not fit is refused before it is asked: $sql', async ({ sql, parameters, says }) => {
    const error = await errorOf(lake.store.reader.prepare(panel(sql, parameters)))
    expect(error.code).toBe('LAKE_SQL_INVALID')
    expect(error.message).toContain(says)
  })
})

describe('while batches are taken', () => {
  test('each commit is told, and an answer belongs to one position', async () => {
    const { reader } = lake.store
    const told: number[] = []
    const end = reader.onCommit(({ batch }) => told.push(batch))
    const pieces = reader.model('all_rows')
    const first = await pieces.next()
    await lake.add([row(9, 'e', 'CHAT')])
    await lake.take()
    expect(told).toEqual([2])
    expect(first.value?.position.batch).toBe(1)
    expect(first.value?.rows).toHaveLength(3)
    expect((await pieces.next()).done).toBe(true)
    expect((await reader.query(panel('FROM live.persons'), {}, LIMITS)).position.batch).toBe(2)
    end()
    await lake.add([])
    await lake.take()
    expect(told).toEqual([2])
  })

  test('a whole model comes in pieces, and an unknown one is named', async () => {
    const { reader } = lake.store
    expect((await errorOf(reader.model('none').next())).code).toBe('LAKE_ARGUMENT_INVALID')
    expect(reader.models.map(({ name }) => name)).toEqual([...Object.keys(MODELS), 'batches'])
    const batches = await reader.model('batches').next()
    expect(batches.value?.columns).toEqual(Object.keys(reader.models.at(-1)?.columns ?? {}))
    expect(batches.value?.types).toEqual(Object.values(reader.models.at(-1)?.columns ?? {}))
  })

  test('before the first batch, models are being built, and their columns are known', async () => {
    const empty = await KeptLake.make(makeTemporaryFolder())
    try {
      await empty.open()
      const { reader } = empty.store
      expect(await reader.position()).toBeUndefined()
      const query = panel('SELECT events FROM live.persons')
      expect(await reader.prepare(query)).toEqual({ events: 'BIGINT' })
      for (const work of [() => reader.query(query, {}, LIMITS), () => reader.model('persons').next()]) {
        const error = await errorOf(work())
        expect(error.message).toContain('being built')
        expect(error.canRetry).toBe(true)
      }
      expect((await errorOf(reader.query(panel('FROM live.batches'), {}, LIMITS))).canRetry).toBe(true)
      await empty.close()
      expect((await errorOf(reader.position())).code).toBe('LAKE_CLOSED')
    } finally {
      await empty.end()
      removeFolder(empty.folder)
    }
  })
})
