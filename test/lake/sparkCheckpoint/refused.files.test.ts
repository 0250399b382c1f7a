import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import {
  ChangedQueries,
  cutLine,
  cutWithin,
  type RefusedImport,
  removeAt,
  replaceIn,
} from '../../support/changedQueries.ts'

const made = await ChangedQueries.open()
const { lake, queries, valid, corrupted } = made

const SOURCE_FILES: readonly RefusedImport[] = [
  { name: 'a file that is gone', change: () => removeAt(made.source(1)), says: 'part 1.parquet, but it is gone' },
  {
    name: 'two files that are gone',
    change: () => [1, 2].map((index) => removeAt(made.source(index))),
    says: 'So it is with 1 more',
  },
  {
    name: 'a file that was changed',
    change: () => utimesSync(made.source(1), 1_790_000_000, 1_790_000_000),
    says: 'part 1.parquet, but it was changed since: it is of',
  },
  {
    name: 'a link in the place of a file',
    change: () => {
      renameSync(made.source(1), join(queries.folder, 'a.parquet'))
      symlinkSync(join(queries.folder, 'a.parquet'), made.source(1))
    },
    says: 'it is not a regular file',
  },
  {
    name: 'a column of another type',
    change: () => made.rewriteSource(1, 'SELECT * REPLACE (hex(value) AS value) FROM SELF'),
    says: 'column value is VARCHAR, but the table needs BIGINT',
  },
  {
    name: 'a file that is cut off',
    change: () => {
      writeFileSync(made.source(1), readFileSync(made.source(1)).subarray(0, 100))
      utimesSync(made.source(1), 1_790_003_601.1235, 1_790_003_601.1235)
    },
    says: 'part 1.parquet, but',
  },
  {
    name: 'files in two folders',
    change: () => {
      mkdirSync(join(lake.landing, 'below'))
      replaceIn(made.inCheckpoint('sources/0/3'), 'part%203', 'below/part%203')
      replaceIn(made.inCheckpoint('sources/0/3', corrupted), 'part%203', 'below/part%203')
    },
    says: 'its path was changed, or has folders below it',
  },
]

const SINKS: readonly RefusedImport[] = [
  { name: 'a folder that is gone', change: () => removeAt(valid.sink), says: 'there is no folder' },
  { name: 'a file that is gone', change: () => removeAt(made.firstFile()), says: 'is gone, which' },
  { name: 'a file of another size', change: () => writeFileSync(made.firstFile(), 'PAR1'), says: 'has 4 bytes, but' },
  {
    name: 'an empty log',
    change: () => {
      for (const name of readdirSync(made.inLog(''))) removeAt(made.inLog(name))
    },
    says: 'has no batch in its _spark_metadata',
  },
  {
    name: 'a log that ends before the last commit',
    change: () => removeAt(made.inLog('3')),
    says: 'ends with batch 2: it is the sink of another query',
  },
  {
    name: 'a log of another query',
    change: () => writeFileSync(made.inLog('4'), 'v1'),
    says: 'has planned only up to 3',
  },
  {
    name: 'a compact file that is gone',
    change: () => removeAt(made.inLog('2.compact')),
    says: '_spark_metadata/2 is gone, which',
  },
  {
    name: 'a compact file that is cut within a line',
    change: () => cutWithin(made.inLog('2.compact')),
    says: 'is not JSON',
  },
  {
    name: 'a compact file that is cut between lines',
    change: () => cutLine(made.inLog('2.compact')),
    says: /and written 1[0-9]: .*Files beside them that no log names were not counted: 1/,
  },
  { name: 'a log of version 2', change: () => replaceIn(made.inLog('3'), 'v1', 'v2'), says: 'is of version 2' },
  {
    name: 'a folder as an entry',
    change: () => replaceIn(made.inLog('3'), '"isDir":false', '"isDir":true'),
    says: 'names no file',
  },
  { name: 'an unknown action', change: () => replaceIn(made.inLog('3'), '"add"', '"move"'), says: 'names no file' },
  {
    name: 'a file that is named twice',
    change: () => writeFileSync(made.inLog('3'), `v1\n${readFileSync(made.inLog('2.compact'), 'utf8').split('\n')[1]}`),
    says: 'which an earlier batch has named',
  },
  {
    name: 'files of a folder that was copied',
    change: () => cpSync(valid.sink, join(queries.folder, 'copy'), { recursive: true }),
    sinks: () => [`messages=${join(queries.folder, 'copy')}`, queries.sinks[1] ?? ''],
    says: 'which is not below',
  },
  {
    name: 'a path on another file system',
    change: () => replaceIn(made.inLog('3'), 'file://', 'hdfs://nn'),
    says: 'is on hdfs:',
  },
  {
    name: 'rows that were deleted by retention',
    change: () => replaceIn(made.inLog('2.compact'), '"add"', '"delete"'),
    says: 'and written',
  },
  {
    name: 'a file that is not Parquet',
    change: () => made.rewriteAs(made.firstFile(), 'PAR1'),
    says: 'cannot become rows of messages',
  },
  {
    name: 'a column that the table lacks',
    change: () => made.rewrite(made.firstFile(), 'SELECT *, 1 AS more FROM SELF'),
    says: 'has the column more, which messages does not have',
  },
  {
    name: 'a column that the files lack',
    change: () => made.rewrite(made.firstFile(), 'SELECT * EXCLUDE country FROM SELF'),
    says: 'has no column country, which messages has',
  },
  {
    name: 'a column of another type',
    change: () => made.rewrite(made.firstFile(), 'SELECT * REPLACE (hex(value) AS value) FROM SELF'),
    says: 'column value is VARCHAR',
  },
  {
    name: 'a folder that is no date',
    change: () => made.moveDay('date=tomorrow'),
    says: 'the folder date=tomorrow of messages is no DATE',
  },
  {
    name: 'a folder of another column',
    change: () => made.moveDay('day=2026-11-21'),
    says: 'needs a folder for each of date below the sink',
  },
  {
    name: 'a batch that was written twice',
    change: () => doubleFile(),
    says: /Spark has read 16 rows of 4 files, and written 1[78]: .*\n.*\nA batch was written twice/,
  },
  {
    name: 'a query that is behind the other',
    change: async () => corrupted.batch([await queries.drop()]),
    says: /messages is behind .*messages_corrupted: its query has not read .*part 4.parquet\.\n.*\nRun the query once more/,
  },
]

/** A file of the last batch, once more under another name. */
function doubleFile(): void {
  const [, line = ''] = readFileSync(made.inLog('3'), 'utf8').split('\n')
  const { path } = JSON.parse(line) as { path: string }
  cpSync(new URL(path), new URL(path.replace('part-', 'again-')))
  replaceIn(made.inLog('3'), /$/, `\n${line.replace('part-', 'again-')}`)
}

made.describe('the source has', SOURCE_FILES)
made.describe('a file sink has', SINKS)
