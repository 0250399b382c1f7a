import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { readForeignFiles } from '../../src/duckdb/sql/foreignFiles.ts'
import { FooterReader } from '../../src/parquet/footer.ts'
import type { ForeignColumn } from '../../src/parquet/foreignColumn.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasPython, PYTHON_NEED, python } from '../support/python.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

/**
 * A column of three rows, the last one NULL, whose footer says that it holds other values and no NULL.
 * @property value  the first row, as a SQL literal
 * @property rows   what Python writes, and what it makes the statistics of
 */
const COLUMNS = [
  { name: 'small', type: 'INTEGER', value: '5000', rows: '[5000, 1], [2, 1, 2]', arrow: 'pa.int32()' },
  { name: 'number', type: 'BIGINT', value: '5000000000', rows: '[5000000000, 1], [2, 1, 2]', arrow: 'pa.int64()' },
  { name: 'fraction', type: 'DOUBLE', value: '7.5', rows: '[7.5, 1.0], [2.0, 1.0, 2.0]', arrow: 'pa.float64()' },
  {
    name: 'price',
    type: 'DECIMAL(9,2)',
    value: '700',
    rows: '[D(700), D(1)], [D(2), D(1), D(2)]',
    arrow: 'pa.decimal128(9, 2)',
  },
  { name: 'word', type: 'VARCHAR', value: "'x'", rows: "['x', 'b'], ['c', 'c', 'b']", arrow: 'pa.string()' },
  { name: 'day', type: 'DATE', value: "DATE '2030-01-01'", rows: '[21915, 1], [2, 1, 2]', arrow: 'pa.date32()' },
  {
    name: 'moment',
    type: 'TIMESTAMPTZ',
    value: "TIMESTAMPTZ '2030-01-01'",
    rows: '[1893456000000000, 1], [2, 1, 2]',
    arrow: "pa.timestamp('us', tz='UTC')",
  },
] as const

/** Writes a file of all columns, and puts the statistics of another one into its footer. */
const WRITE = `
import struct, pyarrow as pa, pyarrow.parquet as pq
from decimal import Decimal as D
from fastparquet.cencoding import from_buffer
path, columns = given
def write(to, index):
  arrays = {c['name']: pa.array((lambda *rows: list(rows[index]) + [None] * (3 - len(rows[index])))(*eval(c['rows'])), eval(c['arrow'])) for c in columns}
  pq.write_table(pa.table(arrays), to, compression='none', use_dictionary=False)
def footer(of):
  whole = open(of, 'rb').read()
  size = struct.unpack('<I', whole[-8:-4])[0]
  return whole[:-8 - size], from_buffer(whole[-8 - size:-8], 'FileMetaData')
write(path, 0)
write(path + '.other', 1)
body, said = footer(path)
_, other = footer(path + '.other')
for mine, theirs in zip(said.contents[4][0][1], other.contents[4][0][1]):
  mine[3][12] = theirs[3][12]
text = bytes(said.to_bytes())
open(path, 'wb').write(body + text + struct.pack('<I', len(text)) + b'PAR1')
`

describeWith(hasPython, PYTHON_NEED, 'a file whose statistics are false', () => {
  test('loses no row to a filter, keeps every value when sorted, and hides no NULL', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'a.parquet')
    await python(WRITE, [path, COLUMNS])
    const database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder: join(folder, 'temp') })
    const session = await database.connect()
    onTestFinished(() => {
      session.close()
      database.close()
    })
    const footer = new FooterReader().read(path)
    if ('reason' in footer) throw new Error(footer.reason)
    const count = async (rows: string, condition: string): Promise<unknown> =>
      (await session.rows(rawSql`SELECT count(*) AS rows FROM (${rows}) WHERE ${condition}`))[0]?.rows

    for (const { name, type, value } of COLUMNS) {
      const found = footer.columns.find((column) => column.name === name)
      if (found === undefined) throw new Error(`no column ${name}`)
      const columns: ForeignColumn[] = [{ name, type, found }]
      const rows = readForeignFiles([path], columns, 'queried')
      const isFirst = `${name} = ${value}`
      // DuckDB believes the footer: without that this test would show nothing.
      expect([name, await count(`SELECT ${name} FROM '${path}'`, isFirst)]).toEqual([name, 0])
      expect([name, await count(rows, isFirst)]).toEqual([name, 1])
      expect([name, await count(rows, `CASE WHEN ${isFirst} THEN 1 ELSE 2 END = 1`)]).toEqual([name, 1])
      expect([name, await count(rows, `${name} IS NULL`)]).toEqual([name, 1])
      const sorted = `SELECT ${name} FROM (SELECT * FROM (${rows}) ORDER BY ${name} NULLS LAST)`
      expect([name, await count(sorted, isFirst)]).toEqual([name, 1])
    }
  })
})
