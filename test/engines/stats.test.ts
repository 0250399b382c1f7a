import { describe, expect, test } from 'vitest'
import { openEngine, type TestEngine } from '../support/stagedRows.ts'

interface Stats {
  readonly numRecords: number
  readonly minValues: Readonly<Record<string, unknown>>
  readonly maxValues: Readonly<Record<string, unknown>>
  readonly nullCount: Readonly<Record<string, number>>
}

/** The stats of the one file that a column of these values makes. */
async function statsOf(type: string, values: readonly string[]): Promise<Stats> {
  const columns = { x: type }
  const engine: TestEngine = await openEngine({ columns, tables: [{ name: 't', columns }] })
  const rows = values.map((value) => `SELECT CAST(${value} AS ${type}) AS x`)
  const [file] = await engine.stage(rows.join(' UNION ALL '))
  return JSON.parse(file?.stats ?? '{}') as Stats
}

/** Values of one column, and the bounds that its stats give; undefined where a bound could be wrong. */
const BOUNDS: readonly { type: string; values: readonly string[]; min: unknown; max: unknown; why: string }[] = [
  { type: 'INTEGER', values: ['-3', 'NULL', '7'], min: -3, max: 7, why: 'numbers as they are' },
  {
    type: 'BIGINT',
    values: ['-9007199254740991', '9007199254740991'],
    min: -9007199254740991,
    max: 9007199254740991,
    why: 'as far as they are exact',
  },
  {
    type: 'BIGINT',
    values: ['1', '9007199254740993'],
    min: undefined,
    max: undefined,
    why: 'none that JSON readers round',
  },
  {
    type: 'BIGINT',
    values: ['-9223372036854775808', '1'],
    min: undefined,
    max: undefined,
    why: 'none that JSON readers round',
  },
  {
    type: 'DOUBLE',
    values: ['0.1::DOUBLE + 0.2::DOUBLE', '1.5'],
    min: 0.30000000000000004,
    max: 1.5,
    why: 'to the last digit',
  },
  {
    type: 'DOUBLE',
    values: ["'NaN'", '1.5'],
    min: undefined,
    max: undefined,
    why: 'none beside NaN, which is larger than all',
  },
  {
    type: 'FLOAT',
    values: ["'NaN'", '3'],
    min: undefined,
    max: undefined,
    why: 'none beside NaN, which is larger than all',
  },
  { type: 'DOUBLE', values: ["'inf'", '1'], min: undefined, max: undefined, why: 'none that JSON has no word for' },
  {
    type: 'DECIMAL(9,2)',
    values: ['-1.25', '1234567.89'],
    min: -1.25,
    max: 1234567.89,
    why: 'decimals that a double holds',
  },
  {
    type: 'DECIMAL(38,10)',
    values: ['0.1', '123456789012.0123456789'],
    min: undefined,
    max: undefined,
    why: 'no decimal that a double rounds',
  },
  {
    type: 'DECIMAL(38,0)',
    values: ['1', '12345678901234567890'],
    min: undefined,
    max: undefined,
    why: 'no decimal that a double rounds',
  },
  {
    type: 'TIMESTAMPTZ',
    values: ["'2026-11-22 10:00:00.123456+00'"],
    min: '2026-11-22T10:00:00.123Z',
    max: '2026-11-22T10:00:00.124Z',
    why: 'floored and ceiled to milliseconds',
  },
  {
    type: 'TIMESTAMPTZ',
    values: ["'2026-11-22 10:00:00.999999+02'"],
    min: '2026-11-22T08:00:00.999Z',
    max: '2026-11-22T08:00:01.000Z',
    why: 'floored and ceiled to milliseconds, in UTC',
  },
  {
    type: 'TIMESTAMPTZ',
    values: ["'1969-12-31 23:59:59.9995+00'"],
    min: '1969-12-31T23:59:59.999Z',
    max: '1970-01-01T00:00:00.000Z',
    why: 'also before 1970',
  },
  {
    type: 'TIMESTAMPTZ',
    values: ["'2026-11-22 10:00:00+00'"],
    min: '2026-11-22T10:00:00.000Z',
    max: '2026-11-22T10:00:00.000Z',
    why: 'whole ones unchanged',
  },
  {
    type: 'TIMESTAMPTZ',
    values: ["'infinity'", "'2026-11-22 10:00:00+00'"],
    min: undefined,
    max: undefined,
    why: 'none of no date',
  },
  {
    type: 'TIMESTAMPTZ',
    values: ["'10000-01-01 00:00:00+00'"],
    min: undefined,
    max: undefined,
    why: 'none beyond what readers parse',
  },
  {
    type: 'DATE',
    values: ["'2026-11-22'", "'1969-01-01'"],
    min: '1969-01-01',
    max: '2026-11-22',
    why: 'dates as they are',
  },
  {
    type: 'DATE',
    values: ["'0044-03-15 (BC)'"],
    min: undefined,
    max: undefined,
    why: 'none beyond what readers parse',
  },
  {
    type: 'VARCHAR',
    values: ["'b'", "'ä'", "''", 'NULL'],
    min: '',
    max: 'ä',
    why: 'texts in the order of their bytes',
  },
  {
    type: 'VARCHAR',
    values: ["'it''s \"quoted\" \\ back'"],
    min: 'it\'s "quoted" \\ back',
    max: 'it\'s "quoted" \\ back',
    why: 'texts with any character',
  },
  { type: 'VARCHAR', values: ["'a'", "repeat('x', 65)"], min: undefined, max: undefined, why: 'no long texts' },
  { type: 'BOOLEAN', values: ['true', 'false'], min: undefined, max: undefined, why: 'none of truth values' },
  { type: 'BLOB', values: ["'a'"], min: undefined, max: undefined, why: 'none of bytes' },
  { type: 'INTEGER', values: ['NULL', 'NULL'], min: undefined, max: undefined, why: 'none of nothing' },
]

describe('the stats of a file', () => {
  for (const { type, values, min, max, why } of BOUNDS) {
    test(`${type} ${values.join(', ')}: ${why}`, async () => {
      const stats = await statsOf(type, values)
      expect({ min: stats.minValues.x, max: stats.maxValues.x }).toEqual({ min, max })
      expect(stats.numRecords).toBe(values.length)
      expect(stats.nullCount.x).toBe(values.filter((value) => value === 'NULL').length)
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
})
