import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import type { Column, Footer } from '../../src/parquet/footer.ts'
import { type ColumnType, typeName } from '../../src/parquet/types.ts'
import { ColumnMatcher } from '../../src/sources/landing/foreignColumns.ts'

const DECLARED = { id: 'BIGINT', at: 'TIMESTAMPTZ' }

const integer = (bits: 8 | 16 | 32 | 64, isSigned = true): ColumnType => ({ kind: 'integer', bits, isSigned })
const decimal = (precision: number, scale: number): ColumnType => ({ kind: 'decimal', precision, scale })
const FLOAT: ColumnType = { kind: 'float', bits: 32 }
const DOUBLE: ColumnType = { kind: 'float', bits: 64 }
const NANOS: ColumnType = { kind: 'timestamp', unit: 'ns', isUtc: false }
const MICROS: ColumnType = { kind: 'timestamp', unit: 'us', isUtc: true }
const BOOLEAN: ColumnType = { kind: 'boolean' }
const DATE: ColumnType = { kind: 'date' }
const TIME: ColumnType = { kind: 'time' }
const INT96: ColumnType = { kind: 'int96' }
const TEXT: ColumnType = { kind: 'text' }
const JSON_TEXT: ColumnType = { kind: 'json' }
const UUID: ColumnType = { kind: 'uuid' }
const BYTES: ColumnType = { kind: 'bytes' }
const BSON: ColumnType = { kind: 'bson' }
const INTERVAL: ColumnType = { kind: 'interval' }
const NESTED: ColumnType = { kind: 'nested' }
const NULLS: ColumnType = { kind: 'null' }

/** A footer of flat columns whose one row group says so much of their NULLs. */
function footerOf(types: Readonly<Record<string, ColumnType>>, rows = 2, nulls: number | null = 0): Footer {
  const columns: Column[] = Object.entries(types).map(([name, type], index) => {
    const elements = { first: index + 1, endExclusive: index + 2 }
    return {
      name,
      type,
      firstChunk: index,
      endChunkExclusive: index + 1,
      elements,
      fieldId: undefined,
      isBindable: true,
    }
  })
  const statistics = nulls === null ? undefined : { nulls, min: undefined, max: undefined }
  const chunks = columns.map(() => ({
    codec: 'SNAPPY',
    encodings: ['PLAIN'],
    values: rows,
    firstPage: 4,
    bytes: 8,
    statistics,
    filePath: undefined,
  }))
  const rowGroups = [{ rows, chunks }]
  return { rows, rowGroupRows: rows, columns, rowGroups, keyValues: new Map(), createdBy: '', isEncrypted: false }
}

const match = (declared: Readonly<Record<string, string>>, footer: Footer) => new ColumnMatcher(declared).match(footer)

test('every declared column is matched in its own order, wherever it stands in the file', () => {
  expect(match(DECLARED, footerOf({ AT: NANOS, more: NESTED, Id: integer(32) }))).toEqual({
    columns: [
      { name: 'id', type: 'BIGINT', found: { name: 'Id', type: integer(32) } },
      { name: 'at', type: 'TIMESTAMPTZ', found: { name: 'AT', type: NANOS } },
    ],
    extra: ['more'],
    plain: [],
  })
})

test('a column of no values at all, and every column of a file without rows, is one that the file lacks', () => {
  const lacking = [
    { name: 'id', type: 'BIGINT' },
    { name: 'at', type: 'TIMESTAMPTZ' },
  ]
  expect(match(DECLARED, footerOf({ id: NULLS, at: NULLS }))).toEqual({ columns: lacking, extra: [], plain: [] })
  expect(match(DECLARED, footerOf({ id: NESTED, ID: TEXT, more: TIME }, 0))).toEqual({
    columns: lacking,
    extra: ['more'],
    plain: [],
  })
  expect(match(DECLARED, footerOf({ other: TEXT }, 0))).toEqual({ columns: lacking, extra: ['other'], plain: [] })
})

test.each([
  ['says that it has values', 0, { reason: 'column id is VARCHAR, but the table needs BIGINT' }],
  ['says that it has none', 2, { extra: [] }],
  ['does not say', null, { extra: [] }],
])('a column of a wrong type of which the footer %s', (_, nulls, expected) => {
  expect(match({ id: 'BIGINT' }, footerOf({ id: TEXT }, 2, nulls))).toMatchObject(expected)
})

describe('columns whose names differ only in case', () => {
  test('are too many where one of them is wanted', () => {
    const footer = footerOf({ id: integer(64), ID: integer(64) })
    expect(match(DECLARED, footer)).toEqual({ reason: 'columns id and ID differ only in case' })
  })

  test('are extra columns like others where none is, and move no name', () => {
    const footer = footerOf({ a: TEXT, A: TEXT, a_1: integer(64) })
    expect(match({ a_1: 'BIGINT' }, footer)).toEqual({
      columns: [{ name: 'a_1', type: 'BIGINT', found: { name: 'a_1_1', type: integer(64) } }],
      extra: ['a', 'A'],
      plain: [],
    })
  })

  test('are two columns to DuckDB where the letter is not of ASCII', () => {
    expect(match({ é: 'BIGINT' }, footerOf({ É: TEXT, é: integer(64) }))).toMatchObject({ extra: ['É'] })
  })
})

/** A footer of one column `x` whose values are said to lie in these bounds. */
function boundedFooter(type: ColumnType, min: unknown, max: unknown, change: Partial<Footer> = {}): Footer {
  const footer = footerOf({ x: type })
  const rowGroups = footer.rowGroups.map(({ rows, chunks }) => ({
    rows,
    chunks: chunks.map((chunk) => ({ ...chunk, statistics: { nulls: 0, min, max } })),
  }))
  return { ...footer, rowGroups, ...change }
}

test.each<[string, Footer, string]>([
  ['that is encrypted', { ...footerOf({ x: TEXT }), isEncrypted: true }, 'it is encrypted'],
  ['that counts other rows', { ...footerOf({ x: TEXT }), rows: 7 }, 'its footer counts 7 rows, its row groups 2'],
  [
    'with more values than rows',
    {
      ...boundedFooter(TEXT, 'a', 'b'),
      rows: 0,
      rowGroupRows: 0,
      rowGroups: [{ rows: 0, chunks: footerOf({ x: TEXT }).rowGroups[0]?.chunks ?? [] }],
    },
    'column x: its footer counts 2 values in row group 1, but rows: 0',
  ],
  ['of another table', footerOf({ y: TEXT }), 'it shares no column with the table, which has x'],
])('a file %s is unfit', (_, footer, reason) => {
  expect(match({ x: 'VARCHAR' }, footer)).toEqual({ reason })
})

const MILLIS: ColumnType = { kind: 'timestamp', unit: 'ms', isUtc: true }
const NANOS_UTC: ColumnType = { kind: 'timestamp', unit: 'ns', isUtc: true }
const MAX_MILLIS = ((1n << 63n) - 1n) / 1000n
const MAX_NANOS = (1n << 63n) - 2n

test.each<[string, ColumnType, unknown, unknown, boolean]>([
  ['milliseconds that microseconds can say', MILLIS, -MAX_MILLIS, MAX_MILLIS, true],
  ['milliseconds before those', MILLIS, -MAX_MILLIS - 1n, 0n, false],
  ['milliseconds after those', MILLIS, 0n, MAX_MILLIS + 1n, false],
  ['milliseconds without bounds', MILLIS, undefined, undefined, false],
  ['nanoseconds since 1970', NANOS_UTC, 1_000n, MAX_NANOS, true],
  ['nanoseconds before 1970, which DuckDB would round up', NANOS_UTC, 999n, MAX_NANOS, false],
  ['nanoseconds of which one stands for infinity', NANOS_UTC, 1_000n, MAX_NANOS + 1n, false],
  ['microseconds, which stay what they are', MICROS, undefined, undefined, true],
])('%s', (_, type, min, max, isExact) => {
  const footer = boundedFooter(type, min, max)
  const found = isExact ? type : { ...type, isRaw: true }
  expect(match({ x: 'TIMESTAMPTZ' }, footer)).toEqual({
    columns: [{ name: 'x', type: 'TIMESTAMPTZ', found: { name: 'x', type: found } }],
    extra: [],
    plain: isExact ? [] : footer.columns,
  })
})

test('what is remembered of columns goes with them: a stream that lands for months would hold them all', async () => {
  setFlagsFromString('--expose-gc')
  const collectGarbage = runInNewContext('gc') as () => void
  const matcher = new ColumnMatcher(DECLARED)
  const columnsOf = (): WeakRef<object> => {
    const footer = footerOf({ id: integer(64) })
    matcher.match(footer)
    return new WeakRef(footer.columns)
  }
  const columns = columnsOf()
  await new Promise((resolve) => setImmediate(resolve)) // a WeakRef is strong until then
  collectGarbage()
  expect(columns.deref()).toBeUndefined()
  expect(matcher.match(footerOf({ id: integer(64) }))).toHaveProperty('columns')
})

/** Which types may become which; the rest keeps a file out. */
const CASTS: Readonly<Record<string, { takes: readonly ColumnType[]; refuses: readonly ColumnType[] }>> = {
  BIGINT: {
    takes: [integer(8), integer(64, false), integer(64), FLOAT, DOUBLE, decimal(9, 0), decimal(38, 2)],
    refuses: [TEXT, BYTES, BOOLEAN, MICROS, DATE, NESTED, decimal(60, 0)],
  },
  TINYINT: { takes: [integer(64), integer(8, false), FLOAT], refuses: [TEXT, BOOLEAN] },
  DOUBLE: { takes: [FLOAT, integer(32), integer(64), decimal(9, 2)], refuses: [TEXT, BOOLEAN] },
  FLOAT: { takes: [FLOAT, DOUBLE, integer(32)], refuses: [TEXT, BOOLEAN] },
  'DECIMAL(9,2)': {
    takes: [decimal(4, 1), decimal(18, 2), decimal(9, 3), integer(32), DOUBLE],
    refuses: [TEXT, BOOLEAN],
  },
  VARCHAR: {
    takes: [TEXT, JSON_TEXT, UUID, BYTES, integer(32), integer(64, false), decimal(38, 0)],
    refuses: [DATE, NESTED, DOUBLE, decimal(9, 2), BOOLEAN, MICROS, BSON, INTERVAL],
  },
  DATE: { takes: [DATE, TEXT, BYTES, MICROS, NANOS], refuses: [integer(32), TIME] },
  TIMESTAMPTZ: { takes: [NANOS, MICROS, INT96, DATE, TEXT, BYTES], refuses: [TIME, integer(64), DOUBLE] },
  BOOLEAN: { takes: [BOOLEAN], refuses: [integer(32), TEXT, BYTES, DOUBLE] },
  BLOB: { takes: [BYTES, TEXT, JSON_TEXT, BSON], refuses: [integer(32), UUID, NESTED] },
}

for (const [type, { takes, refuses }] of Object.entries(CASTS)) {
  const names = (types: readonly ColumnType[]): string => types.map(typeName).join(', ')
  test(`${type} is made of ${names(takes)}, and not of ${names(refuses)}`, () => {
    for (const from of takes)
      expect(match({ x: type }, footerOf({ x: from })), typeName(from)).toHaveProperty('columns')
    for (const from of refuses) {
      expect(match({ x: type }, footerOf({ x: from })), typeName(from)).toEqual({
        reason: `column x is ${typeName(from)}, but the table needs ${type}`,
      })
    }
  })
}
