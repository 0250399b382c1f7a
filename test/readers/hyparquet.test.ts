import { readFileSync } from 'node:fs'
import { parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { expect, onTestFinished, test } from 'vitest'
import { quoted, ReadersLake } from '../support/readersLake.ts'
import { rawSql } from '../support/sql.ts'

/** Days and microseconds as the file has them: JavaScript's dates have no microseconds. */
const parsers = {
  dateFromDays: (days: number) => days,
  timestampFromMicroseconds: (micros: bigint) => micros,
  stringFromBytes: (bytes: Uint8Array) => new TextDecoder().decode(bytes),
}

/** A column as text, alike for what hyparquet and what DuckDB read. */
function textOf(value: unknown): string | null {
  if (value === null || value === undefined) return null
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex').toUpperCase()
  return String(value)
}

/** A column of our view as the same text. */
function selected(name: string, type: string): string {
  const column = quoted(name)
  if (type === 'BLOB') return `hex(${column})`
  if (type === 'DATE') return `${column} - DATE '1970-01-01'`
  if (type === 'TIMESTAMPTZ') return `epoch_us(${column})`
  return column
}

/** Fractions as JavaScript writes them; decimals only to as many digits as hyparquet, which has doubles, is sure of. */
function shown(text: string | null, type: string): string | null {
  if (text === null) return null
  if (type === 'FLOAT') return String(Math.fround(Number(text)))
  if (type === 'DOUBLE') return String(Number(text))
  return type.startsWith('DECIMAL') ? Number(text).toPrecision(12) : text
}

test('the files of a lake that our commands made are read by hyparquet, row for row', async () => {
  const lake = await ReadersLake.make()
  onTestFinished(() => lake.remove())
  for (const { name, columns, partitionBy } of lake.tables) {
    const inFiles = Object.entries(columns).filter(([column]) => !partitionBy.includes(column))
    const select = inFiles.map(([column, type]) => `CAST(${selected(column, type)} AS VARCHAR) AS ${quoted(column)}`)
    const { files, rows } = await lake.withViews(async (session) => ({
      files: await session.rows(rawSql`SELECT file FROM live_files WHERE name = '${name}'`),
      rows: await session.rows(rawSql`SELECT ${select.join(', ')} FROM ${name}`),
    }))
    const read: string[] = []
    for (const { file } of files) {
      const bytes = readFileSync(String(file))
      const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength)
      for (const row of await parquetReadObjects({ file: buffer, compressors, parsers, utf8: false })) {
        read.push(JSON.stringify(inFiles.map(([column, type]) => shown(textOf(row[column]), type))))
      }
    }
    const ours = rows.map((row) => {
      const values = inFiles.map(([column, type]) => shown(textOf(row[column]), type))
      return JSON.stringify(values)
    })
    expect(read.sort(), name).toEqual(ours.sort())
    expect(read.length, name).toBeGreaterThan(100)
  }
})
