import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { LandingStream } from '../support/landingStream.ts'
import { damagePages, int96File } from '../support/parquetFiles.ts'

/** A value in a foreign file, the declared type, and what lands. */
const CASTS: readonly { from: string; to: string; gives: unknown }[] = [
  { from: "TIMESTAMP_NS '2026-11-22 10:00:00.123456789'", to: 'TIMESTAMPTZ', gives: '2026-11-22 10:00:00.123456+00' },
  { from: "TIMESTAMP_NS '1969-12-31 23:59:59.999999999'", to: 'TIMESTAMPTZ', gives: '1969-12-31 23:59:59.999999+00' },
  { from: "TIMESTAMP_NS '1969-12-31 23:59:59.999999'", to: 'TIMESTAMPTZ', gives: '1969-12-31 23:59:59.999999+00' },
  { from: "TIMESTAMP_NS '1677-09-22 00:00:00.000000001'", to: 'TIMESTAMPTZ', gives: '1677-09-22 00:00:00+00' },
  { from: "TIMESTAMP_MS '2026-11-22 10:00:00.123'", to: 'TIMESTAMPTZ', gives: '2026-11-22 10:00:00.123+00' },
  { from: "TIMESTAMP_MS '1969-12-31 23:59:59.999'", to: 'TIMESTAMPTZ', gives: '1969-12-31 23:59:59.999+00' },
  { from: "TIMESTAMP_S '2026-11-22 10:00:00'", to: 'TIMESTAMPTZ', gives: '2026-11-22 10:00:00+00' },
  { from: "TIMESTAMP '2026-03-29 02:30:00'", to: 'TIMESTAMPTZ', gives: '2026-03-29 02:30:00+00' },
  { from: "TIMESTAMPTZ '2026-03-29 02:30:00+02'", to: 'TIMESTAMPTZ', gives: '2026-03-29 00:30:00+00' },
  { from: "DATE '2026-11-22'", to: 'TIMESTAMPTZ', gives: '2026-11-22 00:00:00+00' },
  { from: 'NULL::TIMESTAMP_NS', to: 'TIMESTAMPTZ', gives: null },
  { from: '7::TINYINT', to: 'BIGINT', gives: 7 },
  { from: '(-32768)::SMALLINT', to: 'INTEGER', gives: -32768 },
  { from: '200::UTINYINT', to: 'INTEGER', gives: 200 },
  { from: '7::BIGINT', to: 'INTEGER', gives: 7 },
  { from: '(-2147483648)::BIGINT', to: 'INTEGER', gives: -2147483648 },
  { from: '9223372036854775807::UBIGINT', to: 'BIGINT', gives: '9223372036854775807' },
  { from: '(-9223372036854775808)::BIGINT', to: 'BIGINT', gives: '-9223372036854775808' },
  { from: '0.5::FLOAT', to: 'DOUBLE', gives: 0.5 },
  { from: '12::INTEGER', to: 'DECIMAL(9,2)', gives: '12.00' },
  { from: '1.5::DECIMAL(4,1)', to: 'DECIMAL(9,2)', gives: '1.50' },
  { from: "''", to: 'VARCHAR', gives: '' },
]

/** Files that must not land, and why: a value without its meaning would be worse than no value. */
const REFUSED: readonly { what: string; from: string; to: string; reason: string }[] = [
  { what: 'text for a number', from: "'7'", to: 'BIGINT', reason: 'column x is VARCHAR, but the table needs BIGINT' },
  {
    what: 'a fraction for text',
    from: '7.5::DOUBLE',
    to: 'VARCHAR',
    reason: 'column x is DOUBLE, but the table needs VARCHAR',
  },
  {
    what: 'text for a time',
    from: "'22.11.2026'",
    to: 'TIMESTAMPTZ',
    reason: 'column x, row 1: 22.11.2026 is not a valid TIMESTAMPTZ in ISO 8601',
  },
  {
    what: 'a number for a time',
    from: '7::BIGINT',
    to: 'TIMESTAMPTZ',
    reason: 'column x is BIGINT, but the table needs TIMESTAMPTZ',
  },
  {
    what: 'a time of day',
    from: "TIME '10:00'",
    to: 'TIMESTAMPTZ',
    reason: 'column x is TIME, but the table needs TIMESTAMPTZ',
  },
  {
    what: 'a fraction for an integer',
    from: '7.5::DOUBLE',
    to: 'BIGINT',
    reason: 'column x, row 1: 7.5 is not a valid BIGINT',
  },
  {
    what: 'bytes for text',
    from: "'a\\xFF'::BLOB",
    to: 'VARCHAR',
    reason: 'column x, row 1: a\\xFF is not valid UTF-8',
  },
  { what: 'a list for text', from: "['a']", to: 'VARCHAR', reason: 'column x is NESTED, but the table needs VARCHAR' },
  {
    what: 'a struct for text',
    from: "{'a': 1}",
    to: 'VARCHAR',
    reason: 'column x is NESTED, but the table needs VARCHAR',
  },
  {
    what: 'an integer too large',
    from: '2147483648::BIGINT',
    to: 'INTEGER',
    reason: 'column x, row 1: 2147483648 is not a valid INTEGER',
  },
  {
    what: 'an integer too small',
    from: '(-129)::INTEGER',
    to: 'TINYINT',
    reason: 'column x, row 1: -129 is not a valid TINYINT',
  },
  {
    what: 'an unsigned one too large',
    from: '9223372036854775808::UBIGINT',
    to: 'BIGINT',
    reason: 'column x, row 1: 9223372036854775808 is not a valid BIGINT',
  },
  {
    what: 'an integer too large for a decimal',
    from: '12345::INTEGER',
    to: 'DECIMAL(4,1)',
    reason: 'column x, row 1: 12345 is not a valid DECIMAL(4,1)',
  },
  {
    what: 'a decimal with more digits',
    from: '1.25::DECIMAL(4,2)',
    to: 'DECIMAL(9,1)',
    reason: 'column x, row 1: 1.25 is not a valid DECIMAL(9,1)',
  },
  {
    what: 'a decimal too large',
    from: '12345.6::DECIMAL(6,1)',
    to: 'DECIMAL(4,1)',
    reason: 'column x, row 1: 12345.6 is not a valid DECIMAL(4,1)',
  },
]

describe('columns become the declared types', () => {
  test('each value as it reads in UTC, to the microsecond', async () => {
    const columns = Object.fromEntries(CASTS.map(({ to }, index) => [`x${index}`, to]))
    const stream = await LandingStream.open({ columns })
    const values = CASTS.map(({ from }, index) => `${from} AS x${index}`)
    await stream.drop('a.parquet', `SELECT ${values.join(', ')}`)
    await stream.run()
    expect((await stream.notes()).rejected).toEqual({})
    const [row] = await stream.rows()
    expect(CASTS.map(({ from, to }, index) => ({ from, to, gives: row?.[`x${index}`] }))).toEqual(CASTS)
  })

  test('INT96, which Spark writes by default, is floored to microseconds also before 1970, and says every year', async () => {
    const stream = await LandingStream.open({ columns: { x: 'TIMESTAMPTZ' } })
    const years = ['0001-01-01T00:00:00Z', '1500-06-01T00:00:00Z', '2262-04-13T00:00:00Z', '9999-12-31T23:59:59Z']
    const nanos = [
      ...[-1_500n, -1n, 0n, 999n, 1_795_341_600_123_456_789n, -86_400_000_000_001n],
      ...years.map((time) => BigInt(Date.parse(time)) * 1_000_000n),
    ]
    writeFileSync(stream.path('spark.parquet'), int96File('x', nanos))
    await stream.run()
    expect((await stream.rows('x')).map(({ x }) => x)).toEqual([
      '0001-01-01 00:00:00+00',
      '1500-06-01 00:00:00+00',
      '1969-12-30 23:59:59.999999+00',
      '1969-12-31 23:59:59.999998+00',
      '1969-12-31 23:59:59.999999+00',
      '1970-01-01 00:00:00+00',
      '1970-01-01 00:00:00+00',
      '2026-11-22 10:00:00.123456+00',
      '2262-04-13 00:00:00+00',
      '9999-12-31 23:59:59+00',
    ])
  })
})

describe('a file whose values would lose their meaning', () => {
  test('is rejected with the reason, each alone, and the others go on', async () => {
    const declared = REFUSED.map(({ to }, index) => [`x${index}`, to])
    const stream = await LandingStream.open({ columns: Object.fromEntries([...declared, ['id', 'INTEGER']]) })
    for (const [index, { what, from }] of REFUSED.entries()) {
      await stream.drop(`${what}.parquet`, `SELECT ${from} AS x${index}, 1 AS id`)
    }
    await stream.drop('good.parquet', 'SELECT 2 AS id')
    await stream.run()
    const { rejected } = await stream.notes()
    expect(Object.keys(rejected).sort()).toEqual(REFUSED.map(({ what }) => `${what}.parquet`).sort())
    const reasons = REFUSED.map(({ what }, index) => ({
      what,
      reason: rejected[`${what}.parquet`]?.reason.replace(`column x${index}`, 'column x'),
    }))
    expect(reasons).toEqual(REFUSED.map(({ what, reason }) => ({ what, reason })))
    expect((await stream.rows()).map(({ id }) => id)).toEqual([2])
    expect(stream.waiting()).toHaveLength(REFUSED.length)
  })
})

describe('other columns than the declared ones', () => {
  test('a missing one is NULL, an extra one is left out and named', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet', "SELECT 1 AS id, 'gone' AS colour, [1, 2] AS sizes")
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: null }])
    expect((await stream.notes()).extraColumns).toEqual({ colour: 'a.parquet', sizes: 'a.parquet' })
  })

  test('a nested one in front does not move the columns behind it', async () => {
    const stream = await LandingStream.open()
    await stream.drop(
      'a.parquet',
      "SELECT {'id': 9, 'deep': {'name': 'no'}} AS box, [{'id': 8}] AS boxes, MAP {'id': 7} AS by_id, 1 AS id, 'a' AS name",
    )
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
  })

  test('are matched by name, whatever their order and case', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet', `SELECT 'a' AS "NAME", 1 AS "Id"`)
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
  })

  test('a file with none of them is rejected: it was meant for another table', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet', 'SELECT 1 AS other FROM range(2)')
    await stream.drop('b.parquet')
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
    expect(await stream.reasons()).toEqual({
      'a.parquet': 'it shares no column with the table, which has id, name',
    })
  })

  test('that differ only in case reject the file', async () => {
    const stream = await LandingStream.open({ columns: { row_id: 'BIGINT' } })
    // DuckDB writes no two such columns, so the second name is patched in.
    const temporary = await stream.drop('temporary', 'SELECT 1 AS row_id, 2 AS row_ie')
    const bytes = readFileSync(temporary, 'latin1').replaceAll('row_ie', 'Row_Id')
    writeFileSync(stream.path('a.parquet'), bytes, 'latin1')
    await stream.run()
    expect(await stream.rows()).toEqual([])
    expect(await stream.reasons()).toEqual({ 'a.parquet': 'columns row_id and Row_Id differ only in case' })
  })

  test('the first and the last moment that Delta can say are taken, and so is none', async () => {
    const stream = await LandingStream.open({ columns: { sent: 'TIMESTAMPTZ', day: 'DATE' } })
    await stream.drop(
      'edges.parquet',
      `SELECT * FROM (VALUES (TIMESTAMPTZ '0001-01-01 00:00:00+00', DATE '0001-01-01'),
        (TIMESTAMPTZ '9999-12-31 23:59:59.999999+00', DATE '9999-12-31'), (NULL, NULL)) AS v(sent, day)`,
    )
    await stream.run()
    expect((await stream.notes()).rejected).toEqual({})
    expect(await stream.rows('sent')).toHaveLength(3)
  })

  test.each(['290000-12-31', '10000-01-01', 'infinity', '-infinity', '0044-03-15 (BC)'])(
    'a time that Delta cannot say, %s, rejects its file',
    async (time) => {
      const stream = await LandingStream.open({ columns: { sent: 'TIMESTAMPTZ' } })
      await stream.drop('far.parquet', `SELECT TIMESTAMPTZ '${time}' AS sent`)
      await stream.drop('near.parquet', "SELECT TIMESTAMPTZ '2026-11-22 10:00:00+00' AS sent")
      await stream.run()
      expect(await stream.rows('sent')).toHaveLength(1)
      expect(await stream.reasons()).toEqual({
        'far.parquet': expect.stringMatching(/^column sent, row 1: .+ is outside the years 1 to 9999$/),
      })
    },
  )

  test('a file that is fit by its footer and not by its values is told apart from its neighbours', async () => {
    const stream = await LandingStream.open({ columns: { id: 'INTEGER' } })
    for (let id = 0; id < 4; id++) await stream.drop(`${id}.parquet`, `SELECT ${id}::BIGINT AS id`)
    await stream.drop('large.parquet', 'SELECT 3000000000::BIGINT AS id')
    await stream.drop('torn.parquet', 'SELECT range::BIGINT AS id FROM range(20)')
    damagePages(stream.path('torn.parquet'))
    await stream.run()
    expect((await stream.rows('id')).map(({ id }) => id)).toEqual([0, 1, 2, 3])
    expect(await stream.reasons()).toEqual({
      'large.parquet': 'column id, row 1: 3000000000 is not a valid INTEGER',
      'torn.parquet': 'its pages cannot be decoded',
    })
  })
})
