import { join } from 'node:path'
import { expect, test } from 'vitest'
import { inDuckdb } from '../support/duckdb.ts'
import { rawSql } from '../support/sql.ts'
import { openEngine } from '../support/stagedRows.ts'

/** A value of each type that a file has many times, so that its column gets a dictionary and a filter. */
const VALUES: Readonly<Record<string, string>> = {
  BOOLEAN: 'true',
  TINYINT: '-128',
  SMALLINT: '-32768',
  INTEGER: '-2147483648',
  BIGINT: '9223372036854775807',
  FLOAT: '0.1',
  DOUBLE: '-0.0',
  'DECIMAL(9,2)': '-0.01',
  'DECIMAL(38,10)': '1234567890123456789012345678.0123456789',
  VARCHAR: `'a' || chr(0) || '\\x00 🌊'`,
  BLOB: `'\\x00\\xFF\\x5C'`,
  DATE: `'0001-01-01'`,
  TIMESTAMPTZ: `'9999-12-31 23:59:59.999999+00'`,
}

test.each(Object.entries(VALUES))('a %s that is asked for is found in the file that has it', async (type, value) => {
  const columns = { id: 'BIGINT', x: type }
  const engine = await openEngine({ columns, tables: [{ name: 't', columns }] })
  const x = `CASE WHEN i % 2 = 0 THEN CAST(${value} AS ${type}) END`
  const staged = await engine.stage(`SELECT i AS id, ${x} AS x FROM range(1000) AS r(i)`)
  const files = staged.map(({ stagedPath }) => `'${join(engine.stagingFolder(), stagedPath)}'`).join(', ')
  const found = await inDuckdb((session) =>
    session.rows(
      rawSql`SELECT count(*)::INTEGER AS rows FROM read_parquet([${files}]) WHERE x = CAST(${value} AS ${type})`,
    ),
  )
  expect(found).toEqual([{ rows: 500 }])
})
