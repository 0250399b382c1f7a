import { expect, test } from 'vitest'
import { batchOf, writerOf } from '../../src/tables/dataFileName.ts'

const ATTEMPT = '703bda3e-4511-4400-8c2d-a85e951ddc1f'
const FILE = '42369ad9-69f5-428d-88f2-f4b73fec7014'

test.each<[name: string, path: string, writer: string | undefined, batch: number | undefined]>([
  ['a file of a folder', `silver-0000000001-${ATTEMPT}-${FILE}.parquet`, 'silver', 1],
  ['a file in partitions', `date=2026-01-29/silver-0000000001-${ATTEMPT}-${FILE}.parquet`, 'silver', 1],
  ['the only file of a batch', `land-0000000012-${ATTEMPT}-0.parquet`, 'land', 12],
  ['a batch beyond ten digits', `land-12345678901-${ATTEMPT}-0.parquet`, 'land', 12_345_678_901],
  // One uuid in three hundred ends like this.
  [
    'an attempt that ends in digits only',
    `silver-0000000001-703bda3e-4511-4400-8c2d-123456789012-${FILE}.parquet`,
    'silver',
    1,
  ],
  [
    'uuids of digits only',
    `silver-0000000001-12345678-1234-4123-8123-123456789012-${FILE.replace(/[a-f]/g, '0')}.parquet`,
    'silver',
    1,
  ],
  [
    'a stream whose name is like a file’s',
    `a-0123456789-abcdef01-b-0000000001-${ATTEMPT}-0.parquet`,
    'a-0123456789-abcdef01-b',
    1,
  ],
  [
    'a stream whose name is a file’s',
    `a-0000000001-${ATTEMPT}-0-0000000001-${ATTEMPT}-0.parquet`,
    `a-0000000001-${ATTEMPT}-0`,
    1,
  ],
  ['a file of Spark', 'part-00000-6a1f0c6e-8c53-4b0e-9d5a-7e1d3f3c2a11-c000.snappy.parquet', undefined, undefined],
  ['a file of another program', 'messages.parquet', undefined, undefined],
])('the name of %s tells the stream that wrote it, and the batch', (_, path, writer, batch) => {
  expect(writerOf(path)).toBe(writer)
  expect(batchOf(path)).toBe(batch)
})
