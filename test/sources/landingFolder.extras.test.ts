import { writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { LandingStream } from '../support/landingStream.ts'
import {
  emptyStruct,
  listOfNothing,
  mapWithoutValues,
  parquetFile,
  stored,
  types,
  type WrittenFile,
  type WrittenType,
} from '../support/parquetWriter.ts'

const STORED_BYTES = { BOOLEAN: 1, INT32: 4, INT64: 8, INT96: 12, FLOAT: 4, DOUBLE: 8, BYTE_ARRAY: 3 } as const

/** One value of a type: nothing but zeros. */
function zeroOf({ physical, length }: WrittenType): Buffer {
  return Buffer.alloc(physical === 'FIXED_LEN_BYTE_ARRAY' ? (length ?? 0) : STORED_BYTES[physical])
}

/** What else a file may have beside the columns of a table. */
const EXTRAS: Readonly<Record<string, Omit<WrittenFile, 'columns'> & { columns?: WrittenFile['columns'] }>> = {
  ...Object.fromEntries(
    Object.entries(types).map(([what, type]) => [
      what,
      { columns: [{ name: 'extra', type: type as WrittenType, values: [zeroOf(type)] }] },
    ]),
  ),
  'an empty struct': { groups: [emptyStruct('extra')] },
  'a map without values': { groups: [mapWithoutValues('extra')] },
  'a list of nothing': { groups: [listOfNothing('extra')] },
  'a GeoParquet column': {
    columns: [{ name: 'extra', type: types.bytes, values: [Buffer.from('no WKB')] }],
    keyValues: { geo: '{"version": "1.1.0", "primary_column": "extra", "columns": {"extra": {"encoding": "WKB"}}}' },
  },
  'keys of GeoParquet that are no JSON': { keyValues: { geo: 'no JSON' } },
}

/** None of them, and two that DuckDB cannot tell apart. */
const TWINS = [
  { name: 'extra', type: types.text, values: [Buffer.from('a')] },
  { name: 'EXTRA', type: types.text, values: [Buffer.from('b')] },
]

test('an extra column of whatever type rejects no file, and no twin of it changes what is read', async () => {
  const stream = await LandingStream.open({ columns: { id: 'BIGINT', extra_1: 'VARCHAR' } })
  const files = Object.entries({ ...EXTRAS, twins: { columns: TWINS } })
  for (const [id, [what, { columns = [], ...file }]] of files.entries()) {
    const own = [
      { name: 'id', type: types.int64, values: [stored.int64(BigInt(id))] },
      { name: 'extra_1', type: types.text, values: [Buffer.from(what)] },
    ]
    writeFileSync(stream.path(`${what}.parquet`), parquetFile({ ...file, columns: [...columns, ...own] }))
  }
  await stream.run()
  expect(await stream.reasons()).toEqual({})
  expect(await stream.rows('id')).toEqual(files.map(([what], id) => ({ id, extra_1: what })))
})

test('a column without a value fits any table, whatever its type, and one with a value is named', async () => {
  const all = Object.entries(types).filter(([name]) => name !== 'unknown')
  const columns = Object.fromEntries(all.map(([name]) => [name, name.startsWith('int') ? 'BOOLEAN' : 'BIGINT']))
  const stream = await LandingStream.open({ columns: { id: 'BIGINT', ...columns } })
  const id = { name: 'id', type: types.int64, values: [stored.int64(1n)] }
  const nulls = all.map(([name, type]) => ({ name, type, values: [null] }))
  writeFileSync(stream.path('nulls.parquet'), parquetFile({ columns: [id, ...nulls] }))
  const lies = { name: 'text', type: types.text, values: [Buffer.from('7')], nulls: 1 }
  writeFileSync(stream.path('lies.parquet'), parquetFile({ columns: [id, lies] }))
  await stream.run()
  expect(await stream.reasons()).toEqual({ 'lies.parquet': 'column text is VARCHAR, but the table needs BIGINT' })
  expect(await stream.rows()).toEqual([{ id: 1, ...Object.fromEntries(all.map(([name]) => [name, null])) }])
})

test('a file without rows is taken whatever its columns, also where it has none', async () => {
  const stream = await LandingStream.open()
  writeFileSync(stream.path('no columns.parquet'), parquetFile({ columns: [] }))
  writeFileSync(stream.path('other.parquet'), parquetFile({ columns: [{ name: 'id', type: types.text, values: [] }] }))
  const [batch] = await stream.run()
  expect(batch).toMatchObject({ inputFiles: 2, inputRows: 0 })
  expect(await stream.reasons()).toEqual({})
  await stream.drop('rows.parquet')
  writeFileSync(stream.path('none.parquet'), parquetFile({ columns: [] }))
  expect(await stream.run()).toMatchObject([{ inputFiles: 2, inputRows: 1 }])
})
