import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LandingStream } from '../support/landingStream.ts'
import { decimalType, fixed, parquetFile, stored, types, type WrittenType } from '../support/parquetWriter.ts'

/** A column of a foreign file, the type that it is to have, and what lands of each of its values. */
interface Taken {
  readonly what: string
  readonly from: WrittenType
  readonly to: string
  readonly values: readonly (Buffer | null)[]
  readonly gives: readonly unknown[]
  readonly bounds?: { readonly min: Buffer; readonly max: Buffer }
  readonly createdBy?: string
  readonly keyValues?: Readonly<Record<string, string>>
}

/** A column with a value that does not fit, and why its file is rejected. */
interface Refused extends Omit<Taken, 'gives'> {
  readonly says: string
}

const { int32, int64, int96, float, double, decimal } = stored
const text = (value: string): Buffer => Buffer.from(value)
const LEAST = -(1n << 63n)
const MOST = (1n << 63n) - 1n
const millisOf = (time: string): bigint => BigInt(Date.parse(time))

const NUMBERS: readonly Taken[] = [
  {
    what: 'whole doubles',
    from: types.double,
    to: 'BIGINT',
    values: [double(1), double(-0), double(2 ** 53), double(-(2 ** 63)), null],
    gives: [1, 0, '9007199254740992', '-9223372036854775808', null],
  },
  { what: 'whole floats', from: types.float, to: 'SMALLINT', values: [float(-7), float(32767)], gives: [-7, 32767] },
  {
    what: "a warehouse's integers",
    from: decimalType(38, 0),
    to: 'BIGINT',
    values: [decimal(7n), decimal(LEAST), decimal(MOST)],
    gives: [7, String(LEAST), String(MOST)],
  },
  { what: 'whole decimals', from: decimalType(10, 2), to: 'TINYINT', values: [decimal(-1200n)], gives: [-12] },
  { what: 'small unsigned', from: types.uint64, to: 'INTEGER', values: [int64(2147483647n)], gives: [2147483647] },
  { what: 'bytes without a sign', from: types.uint8, to: 'SMALLINT', values: [int32(255)], gives: [255] },
  {
    what: 'doubles that are a decimal',
    from: types.double,
    to: 'DECIMAL(9, 2)',
    values: [double(12.34), double(0.1), double(-0.07), double(1234567.89)],
    gives: ['12.34', '0.10', '-0.07', '1234567.89'],
  },
  { what: 'floats that are a decimal', from: types.float, to: 'DECIMAL(9,1)', values: [float(0.1)], gives: ['0.1'] },
  {
    what: 'decimals of more digits',
    from: decimalType(20, 4),
    to: 'DECIMAL(9,2)',
    values: [decimal(12500n)],
    gives: ['1.25'],
  },
  {
    what: 'integers as a decimal',
    from: types.int64,
    to: 'DECIMAL(38,0)',
    values: [int64(LEAST)],
    gives: [String(LEAST)],
  },
  { what: 'integers as doubles', from: types.int64, to: 'DOUBLE', values: [int64(1n << 53n)], gives: [2 ** 53] },
  {
    what: 'exact doubles as floats',
    from: types.double,
    to: 'FLOAT',
    values: [double(0.5), double(-0)],
    gives: [0.5, 0],
  },
  { what: 'decimals as doubles', from: decimalType(30, 2), to: 'DOUBLE', values: [decimal(1234n)], gives: [12.34] },
  {
    what: "fastparquet's missing integers",
    from: types.double,
    to: 'INTEGER',
    values: [double(1), double(Number.NaN)],
    gives: [1, null],
    createdBy: 'fastparquet-python version 2024.11.0 (build 0)',
  },
]

const TEXTS: readonly Taken[] = [
  {
    what: 'unmarked text',
    from: types.bytes,
    to: 'VARCHAR',
    values: [text('größe'), text(''), null],
    gives: ['größe', '', null],
  },
  { what: 'text of one length', from: fixed(3), to: 'VARCHAR', values: [text('abc')], gives: ['abc'] },
  { what: 'enums', from: types.enum, to: 'VARCHAR', values: [text('OPEN')], gives: ['OPEN'] },
  { what: 'JSON', from: types.json, to: 'VARCHAR', values: [text('{"a": 1}')], gives: ['{"a": 1}'] },
  {
    what: 'UUIDs',
    from: types.uuid,
    to: 'VARCHAR',
    values: [Buffer.from('00112233445566778899aabbccddeeff', 'hex')],
    gives: ['00112233-4455-6677-8899-aabbccddeeff'],
  },
  { what: 'integers as text', from: types.int64, to: 'VARCHAR', values: [int64(MOST)], gives: [String(MOST)] },
  { what: 'whole decimals as text', from: decimalType(38, 0), to: 'VARCHAR', values: [decimal(-7n)], gives: ['-7'] },
  { what: 'a type of a later format', from: types.future, to: 'VARCHAR', values: [text('new')], gives: ['new'] },
  { what: 'bytes', from: types.bytes, to: 'BLOB', values: [Buffer.from([0, 255])], gives: ['\\x00\\xFF'] },
  { what: 'bytes of one length', from: fixed(2), to: 'BLOB', values: [text('ab')], gives: ['ab'] },
  { what: 'BSON', from: types.bson, to: 'BLOB', values: [text('bs')], gives: ['bs'] },
  { what: 'text as bytes', from: types.text, to: 'BLOB', values: [text('ü')], gives: ['\\xC3\\xBC'] },
  { what: 'JSON as bytes', from: types.json, to: 'BLOB', values: [text('{}')], gives: ['{}'] },
]

const TIMES: readonly Taken[] = [
  ...(['nanosUtc', 'nanosLocal'] as const).map((from) => ({
    what: `${from} to the edges`,
    from: types[from],
    to: 'TIMESTAMPTZ',
    values: [LEAST, LEAST + 1n, -1_001n, -1n, 0n, 999n, MOST, null].map((value) =>
      value === null ? null : int64(value),
    ),
    gives: [
      null,
      '1677-09-21 00:12:43.145224+00',
      '1969-12-31 23:59:59.999998+00',
      '1969-12-31 23:59:59.999999+00',
      '1970-01-01 00:00:00+00',
      '1970-01-01 00:00:00+00',
      '2262-04-11 23:47:16.854775+00',
      null,
    ],
  })),
  {
    what: 'nanoseconds of today by their statistics',
    from: types.nanosUtc,
    to: 'TIMESTAMPTZ',
    values: [int64(1_795_341_600_123_456_789n)],
    gives: ['2026-11-22 10:00:00.123456+00'],
    bounds: { min: int64(1_795_341_600_123_456_789n), max: int64(1_795_341_600_123_456_789n) },
  },
  ...(['millis', 'millisUtc', 'millisLocal'] as const).map((from) => ({
    what: `${from} to the edges`,
    from: types[from],
    to: 'TIMESTAMPTZ',
    values: [LEAST, -1n, millisOf('0001-01-01'), millisOf('9999-12-31T23:59:59.999Z')].map(int64),
    gives: [null, '1969-12-31 23:59:59.999+00', '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999+00'],
  })),
  {
    what: 'milliseconds of today by their statistics',
    from: types.millisUtc,
    to: 'TIMESTAMPTZ',
    values: [int64(-1n)],
    gives: ['1969-12-31 23:59:59.999+00'],
    bounds: { min: int64(-1n), max: int64(-1n) },
  },
  ...(['micros', 'microsUtc', 'microsLocal'] as const).map((from) => ({
    what: `${from} to the edges`,
    from: types[from],
    to: 'TIMESTAMPTZ',
    values: [LEAST, -1n, millisOf('0001-01-01') * 1000n, millisOf('9999-12-31T23:59:59.999Z') * 1000n + 999n].map(
      int64,
    ),
    gives: [null, '1969-12-31 23:59:59.999999+00', '0001-01-01 00:00:00+00', '9999-12-31 23:59:59.999999+00'],
  })),
  {
    what: "INT96 of pandas' first moment",
    from: types.int96,
    to: 'TIMESTAMPTZ',
    values: [int96(LEAST + 1n)],
    gives: ['1677-09-21 00:12:43.145224+00'],
  },
  {
    what: "fastparquet's missing INT96",
    from: types.int96,
    to: 'TIMESTAMPTZ',
    values: [int96(LEAST), int96(0n)],
    gives: [null, '1970-01-01 00:00:00+00'],
    createdBy: 'fastparquet-python version 2024.11.0 (build 0)',
  },
  { what: 'days', from: types.date, to: 'TIMESTAMPTZ', values: [int32(-1)], gives: ['1969-12-31 00:00:00+00'] },
  {
    what: 'ISO 8601',
    from: types.text,
    to: 'TIMESTAMPTZ',
    values: [
      '2026-11-22T10:00:00Z',
      '2026-11-22 10:00:00.123456789',
      '2026-11-22T10:00+02:00',
      '2026-11-22T10:00:00,5-0330',
      '2026-11-22T10:00:00+02',
      '1969-12-31T23:59:59.9999999Z',
      '2026-11-22',
    ].map(text),
    gives: [
      '2026-11-22 10:00:00+00',
      '2026-11-22 10:00:00.123456+00',
      '2026-11-22 08:00:00+00',
      '2026-11-22 13:30:00.5+00',
      '2026-11-22 08:00:00+00',
      '1969-12-31 23:59:59.999999+00',
      '2026-11-22 00:00:00+00',
    ],
  },
  { what: 'unmarked ISO 8601', from: types.bytes, to: 'DATE', values: [text('2026-11-22')], gives: ['2026-11-22'] },
  {
    what: 'midnights',
    from: types.nanosLocal,
    to: 'DATE',
    values: [int64(-86_400_000_000_000n)],
    gives: ['1969-12-31'],
  },
  {
    what: 'midnights in zones',
    from: types.millisUtc,
    to: 'DATE',
    values: [int64(0n), int64(LEAST)],
    gives: ['1970-01-01', null],
  },
  {
    what: 'legacy times of our calendar',
    from: types.microsUtc,
    to: 'TIMESTAMPTZ',
    values: [int64(millisOf('1582-10-15') * 1000n)],
    gives: ['1582-10-15 00:00:00+00'],
    keyValues: { 'org.apache.spark.legacyDateTime': '' },
  },
  {
    what: 'old times of a Spark that counts as we do',
    from: types.date,
    to: 'DATE',
    values: [int32(-200_000)],
    gives: ['1422-06-03'],
    keyValues: { 'org.apache.spark.version': '3.5.1' },
  },
]

// biome-ignore format: a table
const REFUSED: readonly Refused[] = [
  { what: 'half', from: types.double, to: 'BIGINT', values: [double(1), null, double(1.5)], says: 'column x, row 3: 1.5 is not a valid BIGINT' },
  { what: '2^63', from: types.double, to: 'BIGINT', values: [double(2 ** 63)], says: 'column x, row 1: 9.223372036854776e+18 is not a valid BIGINT' },
  { what: 'NaN', from: types.double, to: 'INTEGER', values: [double(Number.NaN)], says: 'column x, row 1: nan is not a valid INTEGER' },
  { what: 'infinite', from: types.float, to: 'DECIMAL(9,2)', values: [float(Number.POSITIVE_INFINITY)], says: 'column x, row 1: inf is not a valid DECIMAL(9,2)' },
  { what: 'a digit too many', from: types.double, to: 'DECIMAL(9,2)', values: [double(0.125)], says: 'column x, row 1: 0.125 is not a valid DECIMAL(9,2)' },
  { what: 'a sum', from: types.double, to: 'DECIMAL(9,2)', values: [double(0.1 + 0.2)], says: 'column x, row 1: 0.30000000000000004 is not a valid DECIMAL(9,2)' },
  { what: 'past 2^53', from: types.int64, to: 'DOUBLE', values: [int64(9007199254740993n)], says: 'column x, row 1: 9007199254740993 is not a valid DOUBLE' },
  { what: 'past a float', from: types.double, to: 'FLOAT', values: [double(0.1)], says: 'column x, row 1: 0.1 is not a valid FLOAT' },
  { what: 'past 64 bits', from: decimalType(38, 0), to: 'BIGINT', values: [decimal(MOST + 1n)], says: `column x, row 1: ${MOST + 1n} is not a valid BIGINT` },
  { what: 'a part', from: decimalType(10, 2), to: 'INTEGER', values: [decimal(150n)], says: 'column x, row 1: 1.50 is not a valid INTEGER' },
  { what: 'no UTF-8', from: types.bytes, to: 'VARCHAR', values: [text('a'), Buffer.from([255])], says: 'column x, row 2: \\xFF is not valid UTF-8' },
  { what: 'no UTF-8 in text', from: types.text, to: 'VARCHAR', values: [Buffer.from([255])], says: 'a text value in it is not valid UTF-8' },
  { what: 'a truth', from: types.int32, to: 'BOOLEAN', values: [int32(1)], says: 'column x is INTEGER, but the table needs BOOLEAN' },
  { what: 'a time for text', from: types.micros, to: 'VARCHAR', values: [int64(1n)], says: 'column x is TIMESTAMP, but the table needs VARCHAR' },
  { what: 'a day and more', from: types.micros, to: 'DATE', values: [int64(1n)], says: 'column x, row 1: 1970-01-01 00:00:00.000001 is not a valid DATE' },
  { what: 'no ISO 8601', from: types.text, to: 'TIMESTAMPTZ', values: [text('2026-11-22T24:00Z')], says: 'column x, row 1: 2026-11-22T24:00Z is not a valid TIMESTAMPTZ in ISO 8601' },
  { what: 'no such day', from: types.text, to: 'DATE', values: [text('2026-02-30')], says: 'column x, row 1: 2026-02-30 is not a valid DATE in ISO 8601' },
  { what: 'a named zone', from: types.text, to: 'TIMESTAMPTZ', values: [text('2026-11-22T10:00 Europe/Berlin')], says: 'column x, row 1: 2026-11-22T10:00 Europe/Berlin is not a valid TIMESTAMPTZ in ISO 8601' },
  { what: 'millis too far', from: types.millis, to: 'TIMESTAMPTZ', values: [int64(0n), int64(MOST)], says: `column x, row 2: ${MOST} ms since 1970 is outside the years 1 to 9999` },
  { what: 'millis of 10000', from: types.millisUtc, to: 'TIMESTAMPTZ', values: [int64(253402300800000n)], says: 'column x, row 1: 253402300800000 ms since 1970 is outside the years 1 to 9999' },
  {
    what: 'nanos before what their statistics say', from: types.nanosUtc, to: 'TIMESTAMPTZ', values: [int64(-1n)],
    bounds: { min: int64(5_000n), max: int64(6_000n) },
    says: "column x, row 1: 1970-01-01 00:00:00+00 contradicts the file's statistics",
  },
  {
    what: 'years that its statistics hide', from: types.microsUtc, to: 'TIMESTAMPTZ', values: [int64(253402300800000000n)],
    bounds: { min: int64(0n), max: int64(1n) },
    says: 'column x, row 1: 10000-01-01 00:00:00+00 is outside the years 1 to 9999',
  },
  {
    what: 'a legacy time', from: types.microsUtc, to: 'TIMESTAMPTZ', values: [null, int64(millisOf('1582-10-14') * 1000n)],
    keyValues: { 'org.apache.spark.legacyDateTime': '' },
    says: "column x, row 2: 1582-10-14 00:00:00+00 is before 1582-10-15 in Spark's legacy calendar (org.apache.spark.legacyDateTime in its footer), days off from today's",
  },
  {
    what: 'a legacy day', from: types.date, to: 'DATE', values: [int32(-200_000)],
    keyValues: { 'org.apache.spark.version': '2.4.8' },
    says: "column x, row 1: 1422-06-03 is before 1582-10-15 in Spark's legacy calendar (org.apache.spark.version 2.4.8 in its footer), days off from today's",
  },
  {
    what: 'a legacy INT96', from: types.int96, to: 'TIMESTAMPTZ', values: [int96(millisOf('1500-06-01') * 1_000_000n)],
    keyValues: { 'org.apache.spark.legacyINT96': '', 'org.apache.spark.timeZone': 'UTC' },
    says: "column x, row 1: 1500-06-01 00:00:00 is before 1582-10-15 in Spark's legacy calendar (org.apache.spark.legacyINT96 in its footer), days off from today's",
  },
  {
    what: 'a legacy INT96 of a zone with its own minutes', from: types.int96, to: 'TIMESTAMPTZ', values: [int96(millisOf('1899-12-31') * 1_000_000n)],
    keyValues: { 'org.apache.spark.legacyINT96': '', 'org.apache.spark.timeZone': 'Europe/Berlin' },
    says: "column x, row 1: 1899-12-31 00:00:00 is before 1900-01-01 in Spark's legacy calendar (org.apache.spark.legacyINT96 in its footer), days off from today's",
  },
  {
    what: 'a legacy millisecond', from: types.millis, to: 'TIMESTAMPTZ', values: [int64(millisOf('1500-06-01'))],
    keyValues: { 'org.apache.spark.legacyDateTime': '' },
    says: `column x, row 1: ${millisOf('1500-06-01')} ms since 1970 is before 1582-10-15 in Spark's legacy calendar (org.apache.spark.legacyDateTime in its footer), days off from today's`,
  },
]

test.each([
  ['numbers', NUMBERS],
  ['texts and bytes', TEXTS],
  ['times', TIMES],
])('%s that fit are taken exactly, whatever they are stored as', async (_, cases) => {
  const declared = cases.map(({ to }, index) => [`x${index}`, to])
  const stream = await LandingStream.open({ columns: { place: 'BIGINT', ...Object.fromEntries(declared) } })
  for (const [index, { what, from: type, values, bounds, ...file }] of cases.entries()) {
    const places = values.map((_value, row) => int64(BigInt(index * 100 + row)))
    const column = { name: `x${index}`, type, values, ...(bounds === undefined ? {} : { bounds }) }
    const columns = [{ name: 'place', type: types.int64, values: places }, column]
    writeFileSync(stream.path(`${what}.parquet`), parquetFile({ ...file, columns }))
  }
  await stream.run()
  expect(await stream.reasons()).toEqual({})
  const rows = new Map((await stream.rows()).map((row) => [row.place, row]))
  const given = cases.map(({ what, values }, index) => ({
    what,
    gives: values.map((_value, row) => rows.get(index * 100 + row)?.[`x${index}`]),
  }))
  expect(given).toEqual(cases.map(({ what, gives }) => ({ what, gives })))
})

test('a value that does not fit rejects its file with column, row and value, and the others go on', async () => {
  const declared = REFUSED.map(({ to }, index) => [`x${index}`, to])
  const stream = await LandingStream.open({ columns: { place: 'BIGINT', ...Object.fromEntries(declared) } })
  for (const [index, { what, from: type, values, bounds, ...file }] of REFUSED.entries()) {
    const column = { name: `x${index}`, type, values, ...(bounds === undefined ? {} : { bounds }) }
    writeFileSync(stream.path(`${what}.parquet`), parquetFile({ ...file, columns: [column] }))
  }
  await stream.drop('good.parquet', 'SELECT 1 AS place')
  await stream.run()
  const reasons = await stream.reasons()
  const given = REFUSED.map(({ what }, index) => ({
    what,
    says: reasons[`${what}.parquet`]?.replace(`column x${index}`, 'column x'),
  }))
  expect(given).toEqual(REFUSED.map(({ what, says }) => ({ what, says })))
  expect(await stream.rows('place')).toHaveLength(1)
})
