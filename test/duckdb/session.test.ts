import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Database, recordsOf, type Session } from '../../src/duckdb/session.ts'
import { literal } from '../../src/duckdb/sql/literals.ts'
import { setVariable } from '../../src/duckdb/sql/statements.ts'
import { safeInteger } from '../../src/duckdb/values.ts'
import { rawSql } from '../support/sql.ts'
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/temporaryFolder.ts'

let database: Database

beforeAll(async () => {
  const folder = makeTemporaryFolder()
  database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder: folder })
  return () => {
    database.close()
    removeFolder(folder)
  }
})

async function connect(): Promise<Session> {
  const session = await database.connect()
  onTestFinished(() => session.close())
  return session
}

describe('numbers as typed arrays', () => {
  const SELECT = `SELECT n::INTEGER, -n / 2, (n::UHUGEINT << 96) + (3 * n)::UHUGEINT FROM range(5000) t(n)`

  test('are those of the last statement, in pieces', async () => {
    const session = await connect()
    const pieces = await session.vectors(rawSql`CREATE OR REPLACE TEMP TABLE five AS FROM range(5); ${SELECT}`)
    expect(pieces.map(({ rowCount }) => rowCount)).toEqual([2048, 2048, 904])
    const [integers, doubles, words] = pieces[1]?.columns ?? []
    expect([integers?.[1], doubles?.[1]]).toEqual([2049, -1024.5])
    expect([...(words ?? []).slice(4, 8)]).toEqual([3 * 2049, 0, 0, 2049])
  })

  test('stay as they are when DuckDB frees its own', async () => {
    const session = await connect()
    const [first] = await session.vectors(rawSql`${SELECT}`)
    const before = [...(first?.columns[2] ?? [])]
    for (let n = 0; n < 20; n++) await session.vectors(rawSql`${SELECT}`)
    expect([...(first?.columns[2] ?? [])]).toEqual(before)
  })

  test('are read while DuckDB computes them', async () => {
    const session = await connect()
    let sum = 0
    for await (const { columns } of session.vectorStream(rawSql`${SELECT}`)) for (const n of columns[0] ?? []) sum += n
    expect(sum).toBe((5000 * 4999) / 2)
  })

  test('fail with the reason when their query fails midway', async () => {
    const session = await connect()
    const read = async () => {
      const select = rawSql`SELECT CASE WHEN n = 90000 THEN error('stop here') ELSE 1 END::INTEGER FROM range(100000) t(n)`
      // The query goes on, and fails, while its reader is at work.
      for await (const _ of session.vectorStream(select)) await new Promise(setImmediate)
    }
    await expect(read()).rejects.toThrow('stop here')
  })

  test('are of three types only', async () => {
    const session = await connect()
    await expect(session.vectors(rawSql`SELECT 'a'`)).rejects.toThrow('a VARCHAR column cannot be read as numbers')
  })
})

describe('values', () => {
  for (const [sql, gives] of [
    ['9007199254740991::BIGINT', 9007199254740991],
    ['9007199254740992::BIGINT', '9007199254740992'],
    ['(-9223372036854775808)::BIGINT', '-9223372036854775808'],
    ['18446744073709551615::UBIGINT', '18446744073709551615'],
    ['170141183460469231731687303715884105727::HUGEINT', '170141183460469231731687303715884105727'],
    ['count(*)', 1],
    ['7::INTEGER', 7],
    ["'9007199254740993'", '9007199254740993'],
    ["TIMESTAMPTZ '2026-11-22 10:00:00.123456+02'", '2026-11-22 08:00:00.123456+00'],
    ["DATE '2026-11-22'", '2026-11-22'],
    ['NULL::BIGINT', null],
    ['[1, 2]::BIGINT[]', ['1', '2']],
  ] as const) {
    test(`${sql} is ${JSON.stringify(gives)}, exact or text`, async () => {
      const session = await connect()
      expect(await session.rows(rawSql`SELECT ${sql} AS x`)).toEqual([{ x: gives }])
    })
  }

  for (const value of ['9007199254740992', 1.5, null, undefined, Number.NaN]) {
    test(`${value} is no count that code may go on with`, () => {
      expect(() => safeInteger(value, 'the rows')).toThrow(/the rows is .*, not an exact integer/)
    })
  }

  for (const value of [
    "it's",
    '',
    'a;b--c/*d*/',
    'line\nbreak',
    'null',
    '日本 🦆',
    '\\',
    7,
    -1.5,
    true,
    null,
    [],
    ["a'b", '', 'c'],
    { "k'ey": "v'al", other: '' },
  ]) {
    test(`${JSON.stringify(value)} comes back from a variable as it went in`, async () => {
      const session = await connect()
      await session.setVariable("na'me", value)
      const [row] = await session.rows(rawSql`SELECT to_json(getvariable('na''me')) AS x`)
      expect(JSON.parse(String(row?.x ?? 'null'))).toEqual(value)
    })
  }

  test('literals are what variables are set to', () => {
    expect(setVariable('x', "it's")).toBe(`SET VARIABLE "x" = ${literal("it's")}`)
    expect(literal([])).toBe('[]::VARCHAR[]')
  })
})

describe('a session', () => {
  test('has UTC and variables of its own', async () => {
    const [one, two] = [await connect(), await connect()]
    await one.setVariable('x', 'mine')
    await one.run(rawSql`SET TimeZone = 'America/Sao_Paulo'`)
    expect(await two.rows(rawSql`SELECT getvariable('x') AS x, current_setting('TimeZone') AS zone`)).toEqual([
      { x: null, zone: 'UTC' },
    ])
  })

  test('runs every statement of a script and gives the rows of the last', async () => {
    const session = await connect()
    const result = await session.script(
      rawSql`CREATE TEMP TABLE t (x INTEGER); INSERT INTO t VALUES (1), (2); -- a ; in a comment\nSELECT x, ';' AS y FROM t ORDER BY x;`,
    )
    expect(recordsOf(result)).toEqual([
      { x: 1, y: ';' },
      { x: 2, y: ';' },
    ])
  })

  test('sees in a script what an earlier statement of it has made', async () => {
    const session = await connect()
    const result = await session.script(
      rawSql`SET VARIABLE n = 3; CREATE TEMP VIEW v AS SELECT getvariable('n') AS n; FROM v`,
    )
    expect(result.rows).toEqual([[3]])
  })

  test('says the line of an error in a script', async () => {
    const session = await connect()
    await expect(session.script(rawSql`SELECT 1;\n\nSELECT\n  nope\n`)).rejects.toThrow(/nope/)
  })

  test('describes a SELECT without running it', async () => {
    const session = await connect()
    expect(await session.describe(rawSql`SELECT 1 AS a, now() AS b, error('ran') AS c`)).toMatchObject({
      a: 'INTEGER',
      b: 'TIMESTAMP WITH TIME ZONE',
    })
  })

  test('that is interrupted fails its statement and goes on with the next', async () => {
    const session = await connect()
    const long = session.rows(rawSql`SELECT sum(a.range * b.range) FROM range(10000000) AS a, range(10000000) AS b`)
    const failed = expect(long).rejects.toThrow(/[Ii]nterrupt/)
    const timer = setInterval(() => session.interrupt(), 20)
    await failed
    clearInterval(timer)
    expect(await session.rows(rawSql`SELECT 1 AS x`)).toEqual([{ x: 1 }])
  })

  test('gives columns of one name as two', async () => {
    const session = await connect()
    const result = await session.script(rawSql`SELECT 1 AS a, 2 AS a`)
    expect(new Set(result.columns).size).toBe(2)
    expect(result.rows).toEqual([[1, 2]])
  })
})

test('a session keeps no bytes of a file that it has read: what is written anew in place is read anew', async () => {
  const path = join(temporaryFolder(), 'a.parquet')
  const session = await connect()
  for (const id of [1, 2]) {
    await session.run(rawSql`COPY (SELECT ${id}::BIGINT AS id FROM range(50)) TO '${path}' (FORMAT parquet)`)
    expect(await session.rows(rawSql`SELECT DISTINCT id FROM read_parquet('${path}')`)).toEqual([{ id }])
  }
  expect(await session.rows(rawSql`FROM duckdb_external_file_cache()`)).toEqual([])
})
