import { expect, test } from 'vitest'
import { writerOf } from '../../src/tables/dataFileName.ts'

const ATTEMPT = '703bda3e-4511-4400-8c2d-a85e951ddc1f'
const FILE = '42369ad9-69f5-428d-88f2-f4b73fec7014'

test.each([
  ['a file of a folder', `silver-0000000001-${ATTEMPT}-${FILE}.parquet`, 'silver'],
  ['a file in partitions', `date=2026-01-29/silver-0000000001-${ATTEMPT}-${FILE}.parquet`, 'silver'],
  ['the only file of a batch', `land-0000000012-${ATTEMPT}-0.parquet`, 'land'],
  ['a batch beyond ten digits', `land-12345678901-${ATTEMPT}-0.parquet`, 'land'],
  // One uuid in three hundred ends like this.
  [
    'an attempt that ends in digits only',
    `silver-0000000001-703bda3e-4511-4400-8c2d-123456789012-${FILE}.parquet`,
    'silver',
  ],
  [
    'uuids of digits only',
    `silver-0000000001-12345678-1234-4123-8123-123456789012-${FILE.replace(/[a-f]/g, '0')}.parquet`,
    'silver',
  ],
  [
    'a stream whose name is like a file’s',
    `a-0123456789-abcdef01-b-0000000001-${ATTEMPT}-0.parquet`,
    'a-0123456789-abcdef01-b',
  ],
  [
    'a stream whose name is a file’s',
    `a-0000000001-${ATTEMPT}-0-0000000001-${ATTEMPT}-0.parquet`,
    `a-0000000001-${ATTEMPT}-0`,
  ],
  ['a file of Spark', 'part-00000-6a1f0c6e-8c53-4b0e-9d5a-7e1d3f3c2a11-c000.snappy.parquet', undefined],
  ['a file of another program', 'messages.parquet', undefined],
])('the name of %s tells the stream that wrote it', (_, path, writer) => {
  expect(writerOf(path)).toBe(writer)
})
