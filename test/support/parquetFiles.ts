import { readFileSync, writeFileSync } from 'node:fs'
import type { Session } from '../../src/duckdb/session.ts'
import { text } from '../../src/duckdb/sql/literals.ts'
import { parquetFile, stored, types } from './parquetWriter.ts'
import { rawSql } from './sql.ts'

/** Writes the rows of a SELECT as one Parquet file. */
export async function writeParquet(session: Session, path: string, select: string): Promise<void> {
  await session.run(rawSql`COPY (${select}) TO ${text(path)} (FORMAT parquet, COMPRESSION uncompressed)`)
}

/** Overwrites the first page's header: the footer stays whole, the rows cannot be decoded. */
export function damagePages(path: string): void {
  writeFileSync(path, damageBytes(readFileSync(path), 4, 44))
}

/** A copy with some of its bytes overwritten. */
export function damageBytes(bytes: Buffer, first: number, endExclusive: number): Buffer {
  return Buffer.from(bytes).fill(0xff, first, endExclusive)
}

/**
 * A Parquet file with one INT96 column, the timestamps of older Sparks, which DuckDB reads and does not write.
 * @param nanos     nanoseconds since 1970, one a row
 * @param rows      what the footer claims; as many as there are where left out
 * @param checksum  of its page, by the bytes of that
 */
export function int96File(
  name: string,
  nanos: readonly bigint[],
  rows = nanos.length,
  checksum?: (page: Buffer) => number,
): Buffer {
  const columns = [{ name, type: types.int96, values: nanos.map(stored.int96) }]
  return parquetFile({ columns, rows, ...(checksum === undefined ? {} : { checksum }) })
}
