import { mkdirSync, writeFileSync } from 'node:fs'
import {
  ChangedQueries,
  cutLine,
  cutWithin,
  type RefusedImport,
  removeAt,
  replaceIn,
} from '../../support/changedQueries.ts'

const made = await ChangedQueries.open()
const { valid } = made

const CHECKPOINTS: readonly RefusedImport[] = [
  {
    name: 'a folder without metadata',
    change: () => removeAt(made.inCheckpoint('metadata')),
    says: 'it has no metadata',
  },
  {
    name: 'a folder of another kind',
    change: () => removeAt(valid.checkpoint),
    says: 'it has no metadata, offsets, commits, sources',
  },
  {
    name: 'metadata without an id',
    change: () => writeFileSync(made.inCheckpoint('metadata'), '{}'),
    says: 'has no id of a query',
  },
  {
    name: 'state',
    change: () => mkdirSync(made.inCheckpoint('state/0/0'), { recursive: true }),
    says: 'keeps state: its query aggregates',
  },
  { name: 'two sources', change: () => mkdirSync(made.inCheckpoint('sources/1')), says: 'has 2 sources' },
  { name: 'no source', change: () => removeAt(made.inCheckpoint('sources/0')), says: 'has no source' },
  {
    name: 'offsets of two sources',
    change: () => replaceIn(made.inCheckpoint('offsets/3'), /$/, '\n-'),
    says: 'the offsets of 2 sources',
  },
  {
    name: 'the rate source',
    change: () => replaceIn(made.inCheckpoint('offsets/3'), /\{"logOffset.*/, '4'),
    says: 'is not a folder of files',
  },
  {
    name: 'Kafka',
    change: () => replaceIn(made.inCheckpoint('offsets/3'), /\{"logOffset.*/, '{"events":{"0":17}}'),
    says: 'has the offset {"events":{"0":17}}',
  },
  {
    name: 'a Delta source',
    change: () => replaceIn(made.inCheckpoint('offsets/3'), /\{"logOffset.*/, '{"reservoirId":"a"}'),
    says: 'is not a folder of files',
  },
  {
    name: 'an empty log of offsets',
    change: () => [0, 1, 2, 3].map((batch) => removeAt(made.inCheckpoint(`offsets/${batch}`))),
    says: 'has no batch',
  },
  { name: 'a gap in the offsets', change: () => removeAt(made.inCheckpoint('offsets/2')), says: 'offsets/2 is gone' },
  { name: 'a gap in the commits', change: () => removeAt(made.inCheckpoint('commits/2')), says: 'commits/2 is gone' },
  {
    name: 'commits beyond the offsets',
    change: () => removeAt(made.inCheckpoint('offsets/3')),
    says: 'has committed batch 3, but planned only up to 2',
  },
  {
    name: 'two batches that were begun',
    change: () => [2, 3].map((batch) => removeAt(made.inCheckpoint(`commits/${batch}`))),
    says: 'has planned batch 3 and committed only 1',
  },
  { name: 'a damaged offset', change: () => cutWithin(made.inCheckpoint('offsets/3')), says: 'is not JSON' },
  { name: 'a damaged commit', change: () => cutWithin(made.inCheckpoint('commits/3')), says: 'is not JSON' },
]

const SOURCE_LOGS: readonly RefusedImport[] = [
  {
    name: 'a log that ends before the last batch',
    change: () => removeAt(made.inCheckpoint('sources/0/3')),
    says: 'sources/0 ends with 2',
  },
  {
    name: 'a compact file that is gone',
    change: () => removeAt(made.inCheckpoint('sources/0/2.compact')),
    says: 'sources/0/2 is gone, which',
  },
  {
    name: 'a compact file that is cut within a line',
    change: () => cutWithin(made.inCheckpoint('sources/0/2.compact')),
    says: '2.compact has a line that is not JSON',
  },
  {
    name: 'a compact file that is cut between lines',
    change: () => cutLine(made.inCheckpoint('sources/0/2.compact')),
    says: '2.compact has no file of 2: it was cut short',
  },
  {
    name: 'a compact file with its version alone',
    change: () => writeFileSync(made.inCheckpoint('sources/0/2.compact'), 'v1'),
    says: '2.compact has no file of 0',
  },
  {
    name: 'an empty compact file',
    change: () => writeFileSync(made.inCheckpoint('sources/0/2.compact'), ''),
    says: 'does not begin with its version',
  },
  {
    name: 'a file of the log with its version alone',
    change: () => writeFileSync(made.inCheckpoint('sources/0/3'), 'v1'),
    says: 'sources/0/3 has no file of 3',
  },
  {
    name: 'an entry of another batch',
    change: () => replaceIn(made.inCheckpoint('sources/0/3'), '"batchId":3', '"batchId":2'),
    says: 'which belongs elsewhere',
  },
  {
    name: 'an entry without a path',
    change: () => replaceIn(made.inCheckpoint('sources/0/3'), '"path"', '"file"'),
    says: 'names no file',
  },
  {
    name: 'a file that was read twice',
    change: () => replaceIn(made.inCheckpoint('sources/0/3'), 'part%203', 'part%202'),
    says: 'Spark has read',
  },
  {
    name: 'the log of another kind of source',
    change: () => writeFileSync(made.inCheckpoint('sources/0/3'), 'v1\n1795714946099'),
    says: 'names no file: 1795714946099',
  },
  ...['offsets/3', 'commits/3', 'sources/0/3', 'sources/0/2.compact'].map((path) => ({
    name: `${path} of version 2`,
    change: () => replaceIn(made.inCheckpoint(path), 'v1', 'v2'),
    says: 'is of version 2; only version 1 is known',
  })),
  {
    name: 'a file that does not match its checksum',
    change: () => writeFileSync(made.inCheckpoint('sources/0/.3.crc'), Buffer.from('637263000000020000000000', 'hex')),
    says: 'sources/0/3 does not match its checksum',
  },
  ...['hdfs://nn:8020/bronze/a.parquet', 's3a://bucket/a.parquet', 'dbfs:/bronze/a.parquet'].map((uri) => ({
    name: `a path on ${uri.split(':')[0]}`,
    change: () => replaceIn(made.inCheckpoint('sources/0/3'), /file:[^"]*/, uri),
    says: `is on ${uri.split(':')[0]}:, not on this disk`,
  })),
  {
    name: 'a path without a scheme',
    change: () => replaceIn(made.inCheckpoint('sources/0/3'), 'file://', ''),
    says: 'is not a file URI',
  },
  {
    name: 'a path that is not UTF-8',
    change: () => replaceIn(made.inCheckpoint('sources/0/3'), 'part%20', 'part%FF'),
    says: 'is not valid UTF-8',
  },
]

made.describe('the checkpoint has', CHECKPOINTS)
made.describe('the log of the source has', SOURCE_LOGS)
