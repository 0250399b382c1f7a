import { expect, test } from 'vitest'
import { type AverageRounding, averageProbe, withAverages } from '../../src/duckdb/sql/averages.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { rawSql } from '../support/sql.ts'

// Each group has one large value and zeros, or large values alone.
const GROUPS = `SELECT c.range + 1 AS rows, s.value AS value, c.range % 3 = 0 AS is_each
  FROM range(1, 6000, 37) AS c, (SELECT unnest([0, 1, -41, 115, 328, 2067, -1234567, 2147483647, 9007199254740993,
    -9223372036854775807, 9223372036854775807, 4611686018427387905, 123456789012345678]::BIGINT[]) AS value) AS s`

test('an average of whole numbers has the last digit of avg()', async () => {
  await inDuckdb(async (session) => {
    const [probe] = await session.rows(averageProbe)
    const rounding: AverageRounding = probe?.rounds_twice ? 'twice' : probe?.keeps_sum ? 'once' : 'double'
    await session.run(rawSql`CREATE TEMP TABLE summed AS
      SELECT rows, value, is_each, sum(x) AS a0, count(x) AS a1, avg(x) AS wanted
      FROM (SELECT *, CASE WHEN is_each THEN value - sign(value) * (i % 5) WHEN i = 0 THEN value ELSE 0 END AS x
        FROM (${GROUPS}) AS g, range(6000) AS r(i) WHERE i < rows) GROUP BY ALL`)
    await session.run(rawSql`INSERT INTO summed VALUES (0, 0, false, 0, 0, NULL)`)
    const kept = withAverages(rawSql`summed`, [{ name: 'v0', sum: 'a0', count: 'a1' }], rounding)
    const [counted] = await session.rows(rawSql`SELECT count(*) AS groups,
      count(*) FILTER (WHERE v0 IS DISTINCT FROM wanted) AS wrong,
      count(*) FILTER (WHERE a0 / a1 IS DISTINCT FROM wanted) AS simple FROM ${kept}`)
    expect(counted).toEqual({ groups: expect.any(Number), wrong: 0, simple: expect.any(Number) })
    // The simple way is not the same.
    if (rounding === 'twice') expect(counted?.simple).toBeGreaterThan(0)
  })
})

test('what is rounded once is the double nearest to the quotient', async () => {
  await inDuckdb(async (session) => {
    const rows = rawSql`(VALUES (41::HUGEINT, 2067::BIGINT), (9007199254740993, 3), (-9007199254740993, 3),
      (170141183460469231731687303715884105727, 1), (100000000000000000000000000001, 4000)) AS summed(a0, a1)`
    const kept = withAverages(rows, [{ name: 'v0', sum: 'a0', count: 'a1' }], 'once')
    const found = await session.rows(rawSql`SELECT v0 FROM ${kept}`)
    expect(found.map(({ v0 }) => v0)).toEqual([41 / 2067, 3002399751580331, -3002399751580331, 2 ** 127, 2.5e25])
  })
})
