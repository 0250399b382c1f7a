import { describe, expect, test } from 'vitest'
import { BOUND_CASES, type BoundCase } from '../support/boundCases.ts'
import { openEngine, type TestEngine } from '../support/stagedRows.ts'

/** The stats of the one file that the rows of a SELECT make, as they stand in the log. */
async function statsOf(type: string, rows: string): Promise<string | undefined> {
  const columns = { x: type }
  const engine: TestEngine = await openEngine({ columns, tables: [{ name: 't', columns }] })
  const [file] = await engine.stage(rows)
  return file?.stats
}

function expectedStats({ values, bounds }: BoundCase): string {
  if (bounds === 'rows alone') return `{"numRecords":${values.length}}`
  const nulls = values.filter((value) => value === 'NULL').length
  const [min, max] = bounds === 'none' ? ['', ''] : bounds.map((bound) => `"x":${bound}`)
  return `{"numRecords":${values.length},"minValues":{${min}},"maxValues":{${max}},"nullCount":{"x":${nulls}}}`
}

describe('the stats of a file', () => {
  for (const bound of BOUND_CASES) {
    test(`${bound.type} ${bound.values.join(', ')}: ${bound.why}`, async () => {
      const rows = bound.values.map((value) => `SELECT CAST(${value} AS ${bound.type}) AS x`)
      expect(await statsOf(bound.type, rows.join(' UNION ALL '))).toBe(expectedStats(bound))
    })
  }

  test('are by the names of the columns, whatever these hold, and leave partition columns out', async () => {
    const columns = { 'Mixed Case': 'INTEGER', 'a"b': 'INTEGER', 'c.d': 'INTEGER', p: 'VARCHAR' }
    const engine = await openEngine({ columns, tables: [{ name: 't', columns, partitionBy: ['p'] }] })
    const [file] = await engine.stage(`SELECT 1 AS "Mixed Case", 2 AS "a""b", 3 AS "c.d", 'x' AS p`)
    expect(JSON.parse(file?.stats ?? '')).toEqual({
      numRecords: 1,
      minValues: { 'Mixed Case': 1, 'a"b': 2, 'c.d': 3 },
      maxValues: { 'Mixed Case': 1, 'a"b': 2, 'c.d': 3 },
      nullCount: { 'Mixed Case': 0, 'a"b': 0, 'c.d': 0 },
    })
  })

  test('hold over many row groups', async () => {
    const columns = { x: 'BIGINT', y: 'VARCHAR' }
    const engine = await openEngine({ columns, tables: [{ name: 't', columns }] })
    const [file] = await engine.stage(
      "SELECT (range * 7919) % 300000 - 5 AS x, CASE WHEN range % 3 = 0 THEN NULL ELSE 'k' || range % 10 END AS y FROM range(300000)",
    )
    expect(JSON.parse(file?.stats ?? '')).toEqual({
      numRecords: 300_000,
      minValues: { x: -5, y: 'k0' },
      maxValues: { x: 299_994, y: 'k9' },
      nullCount: { x: 0, y: 100_000 },
    })
  })

  // RETURN_STATS says nothing of a column that has no bounds in one row group, and of NaN only what the last one has.
  test.each([
    ['a row group of NULL only', 'BIGINT', 'CASE WHEN range < 200000 THEN range END', ['0', '199999'], 100_000],
    [
      'a row group of long texts',
      'VARCHAR',
      "CASE WHEN range < 200000 THEN repeat('ä', 200) ELSE 'a' END",
      ['"a"', `"${'ä'.repeat(63)}å"`],
      0,
    ],
  ])('hold over %s', async (_, type, values, [min, max], nulls) => {
    const rows = 300_000
    expect(await statsOf(type, `SELECT CAST(${values} AS ${type}) AS x FROM range(${rows})`)).toBe(
      `{"numRecords":${rows},"minValues":{"x":${min}},"maxValues":{"x":${max}},"nullCount":{"x":${nulls}}}`,
    )
  })

  test.each(['NaN', 'inf', '-inf'])('%s is seen in whichever row group it is', async (value) => {
    for (const row of [0, 150_000, 299_999]) {
      const rows = `SELECT CASE WHEN range = ${row} THEN '${value}'::DOUBLE ELSE range END AS x FROM range(300000)`
      expect(await statsOf('DOUBLE', rows), `row ${row}`).toBe('{"numRecords":300000}')
    }
  })

  test('of several files are those of each, in folders of any name', async () => {
    const columns = { file: 'DOUBLE', k: 'VARCHAR', 'a"b': 'VARCHAR' }
    const engine = await openEngine({ columns, tables: [{ name: 't', columns, partitionBy: ['k'] }] })
    const staged = await engine.stage(`
      SELECT 1.5 AS file, '[1]*?' AS k, repeat('€', 300) AS "a""b"
      UNION ALL SELECT 2.5, '1', 'b' UNION ALL SELECT 'NaN', 'a=b', 'c' UNION ALL SELECT NULL, 'n', NULL`)
    const [euros, nextToLast] = ['€'.repeat(64), `${'€'.repeat(63)}₭`]
    expect(Object.fromEntries(staged.map(({ partitionValues, stats }) => [partitionValues.k, stats]))).toEqual({
      '[1]*?': statsText(`"a\\"b":"${euros}","file":1.5`, `"a\\"b":"${nextToLast}","file":1.5`, 0),
      '1': statsText('"a\\"b":"b","file":2.5', '"a\\"b":"b","file":2.5', 0),
      'a=b': '{"numRecords":1}',
      n: statsText('', '', 1),
    })

    function statsText(min: string, max: string, nulls: number): string {
      const nullCount = `{"a\\"b":${nulls},"file":${nulls}}`
      return `{"numRecords":1,"minValues":{${min}},"maxValues":{${max}},"nullCount":${nullCount}}`
    }
  })
})
