import { test } from 'vitest'
import { deltaTable, generated, parquetFolder, pool } from '../../src/index.ts'
import { type ConfigCase, DATED, EVENT, expectRefused } from '../support/configCases.ts'

const partitions: readonly ConfigCase[] = [
  {
    name: 'a partition by no column',
    set: { 'tables.good.partitionBy': ['dat'] },
    message: 'tables.good.partitionBy names "dat", which is not a column.',
    remedy: 'Did you mean "date"?',
  },
  {
    name: 'a partition by a moment',
    set: { 'tables.good.partitionBy': ['seen_at'] },
    message:
      'tables.good.partitionBy names seen_at, which is TIMESTAMPTZ; only a date, a text or an integer can be the name of a folder.',
  },
  {
    name: 'a partition by one column twice',
    set: { 'tables.good.partitionBy': ['date', 'date'] },
    message: 'tables.good.partitionBy names a column twice.',
  },
  {
    name: 'a partition by everything',
    set: { 'tables.events.columns': { kind: 'VARCHAR' }, 'tables.events.partitionBy': ['kind'] },
    message: 'tables.events.partitionBy leaves no column for the files.',
  },
]

const paths: readonly ConfigCase[] = [
  {
    name: 'a path out of the lake',
    set: { 'tables.good.path': '../good' },
    message: 'tables.good.path must be a path below the lake without . and .., not "../good".',
  },
  {
    name: 'a path from the root of the disk',
    set: { 'tables.good.path': '/good' },
    message: 'tables.good.path must be a path below the lake, like bronze/events, not "/good".',
    remedy: "Write it like this: path: 'bronze/events'",
  },
  {
    name: 'a path that reads as the value of a column',
    set: { 'tables.good.path': 'kind=good' },
    message: 'tables.good.path must be a path without =, not "kind=good".',
  },
  {
    name: 'a path with a line break',
    set: { 'tables.good.path': 'checked/go\nod' },
    message: 'tables.good.path must be a path without control characters, not "checked/go\\nod".',
  },
  {
    name: 'a path with a name that no disk takes',
    set: { 'tables.good.path': `checked/${'x'.repeat(256)}` },
    message: 'tables.good.path has a folder with a name of more than 255 bytes.',
  },
  {
    name: 'the path of the file of views',
    set: { 'streams.land.from': parquetFolder('Lake.sql') },
    message: 'streams.land.from.path must not be "Lake.sql", which Lakeweir uses itself.',
  },
  {
    name: 'a table in a table',
    set: { 'tables.bad.path': 'checked/good/bad' },
    message: 'tables.bad.path "checked/good/bad" overlaps with table good at "checked/good".',
  },
  {
    name: 'a table around a table',
    set: { 'tables.bad.path': 'checked' },
    message: 'tables.bad.path "checked" overlaps with table good at "checked/good".',
  },
  {
    name: 'two tables in one folder, as some disks see it',
    set: { 'tables.bad.path': 'Checked/Good' },
    message: 'tables.bad.path "Checked/Good" overlaps with table good at "checked/good".',
  },
  {
    name: 'a landing folder in a table',
    set: { 'streams.land.from': parquetFolder('raw/events/data') },
    message: 'streams.land.from "raw/events/data" overlaps with table events at "raw/events".',
  },
  {
    name: 'two streams that would take the same files',
    set: { 'streams.too': { from: parquetFolder('landing'), into: ['events'] } },
    message: 'streams.too.from "landing" overlaps with stream land at "landing".',
  },
]

const flows: readonly ConfigCase[] = [
  {
    name: 'into no table',
    set: { 'streams.land.into': ['event'] },
    message: 'streams.land.into names "event", which is not a table.',
    remedy: 'Did you mean "events"?',
  },
  {
    name: 'from no table',
    set: { 'streams.split.from': deltaTable('evnts') },
    message: 'streams.split.from follows "evnts", which is not a table.',
    remedy: 'Did you mean "events"?',
  },
  {
    name: 'into no table that is near',
    set: { 'streams.land.into': ['nowhere'] },
    message: 'streams.land.into names "nowhere", which is not a table.',
    remedy: 'Available: events, good, bad.',
  },
  {
    name: 'into one table twice',
    set: { 'streams.split.into': ['good', 'good'] },
    message: 'streams.split.into names a table twice.',
  },
  {
    name: 'two streams on a table that one of them owns',
    set: { 'streams.more': { from: parquetFolder('more'), into: ['bad'] } },
    message: 'tables.bad belongs to stream split, which writes several tables; more cannot write it too.',
    remedy: 'A stream with several tables must be the only one that writes to them, so that each batch is whole.',
  },
  {
    name: 'a stream that follows what it writes',
    set: { 'streams.again': { from: deltaTable('events'), into: ['events'] } },
    message: 'streams.again would feed itself: it follows events.',
  },
  {
    name: 'streams that feed each other in a circle',
    set: {
      'tables.kept': { path: 'kept', columns: EVENT },
      'streams.keep': { from: deltaTable('events'), into: ['kept'] },
      'streams.back': { from: deltaTable('kept'), into: ['events'] },
    },
    message: 'streams feed each other in a circle: keep, back.',
  },
  {
    name: 'pools from which nothing is drawn',
    set: {
      'tables.numbers': { path: 'numbers', columns: { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' } },
      'streams.count': { from: generated({ pools: { ids: pool(3, () => 'x') } }), into: ['numbers'] },
    },
    message: 'streams.count.from.pools can only be drawn from by a select, and the stream has none.',
  },
  {
    name: 'several tables without a select',
    set: { 'streams.split.select': undefined },
    message: 'streams.split writes several tables, so it needs a select with a column "destination".',
  },
  {
    name: 'tables of one stream that disagree on a type',
    set: { 'tables.bad.columns.amount': 'BIGINT' },
    message: 'streams.split.into has amount as INTEGER in good and as BIGINT in bad.',
    remedy: 'A SELECT returns a column with one type.',
  },
  {
    name: 'rows that would need a select to fit',
    set: { 'streams.split.select': undefined, 'streams.split.into': ['good'] },
    message: 'streams.split has no select, but events has no column date.',
    remedy: "Name a .sql file that returns the columns of good: select: 'sql/good.sql'",
  },
  {
    name: 'any rows without a select',
    set: { 'streams.land.rows': 'any' },
    message: 'streams.land.rows is "any", but the stream has no select that could change rows.',
    remedy: 'Leave it out.',
  },
  {
    name: 'rows of another type without a select',
    set: { 'streams.land.from': parquetFolder('landing', { columns: { ...EVENT, amount: 'BIGINT' } }) },
    message: 'streams.land has no select, but amount is BIGINT in landing, not INTEGER.',
    remedy: "Name a .sql file that returns the columns of events: select: 'sql/events.sql'",
  },
  {
    name: 'rows with more columns without a select',
    set: { 'streams.land.from': parquetFolder('landing', { columns: DATED }) },
    message: 'streams.land has no select, but landing has a column date that events lacks.',
    remedy: "Name a .sql file that returns the columns of events: select: 'sql/events.sql'",
  },
  {
    name: 'two names of one key that say two things',
    set: { 'streams.land.from': parquetFolder('landing', { afterCommit: 'archive', afterwards: 'delete' }) },
    message: 'streams.land.from has afterCommit "archive" and afterwards "delete".',
    remedy: 'Leave out afterwards.',
  },
  {
    name: 'a select over files whose columns nobody declares',
    set: { 'streams.land.select': 'split.sql' },
    message: "streams.land.from needs columns: with a select, the columns of the files may differ from the table's.",
    remedy: "Write it like this: parquetFolder('landing', { columns: { seen_at: 'TIMESTAMPTZ', name: 'VARCHAR' } })",
  },
]

test.each(partitions)('of partitions, the config is refused with the column: $name', expectRefused)
test.each(paths)('of paths, the config is refused with the other one: $name', expectRefused)
test.each(flows)('of streams, the config is refused with the tables: $name', expectRefused)
