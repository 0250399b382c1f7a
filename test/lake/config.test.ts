import { expect, test } from 'vitest'
import { deltaTable, generated, parquetFolder, pool } from '../../src/index.ts'
import { type ConfigCase, expectRefused, refusalOf } from '../support/configCases.ts'

const like = {
  root: "Write it like this: root: 'lake'",
  path: "Write it like this: path: 'bronze/events'",
  columns: "Write it like this: columns: { seen_at: 'TIMESTAMPTZ', name: 'VARCHAR' }",
  from:
    "Write it like this: from: deltaTable('events'), from: deltaFolder('/warehouse/events'), " +
    "from: parquetFolder('landing') or from: generated()",
  into: "Write it like this: into: ['events']",
  tables: "Write it like this: tables: { events: { path: 'bronze/events', columns: { seen_at: 'TIMESTAMPTZ' } } }",
  streams: "Write it like this: streams: { land: { from: parquetFolder('landing'), into: ['events'] } }",
}

const keys: readonly ConfigCase[] = [
  {
    name: 'an unknown key at the top',
    set: { report: 'reports' },
    message: 'the config has an unknown key "report".',
    remedy: 'Did you mean "reports"?',
  },
  {
    name: 'a misspelt key is named before the one that is missing for it',
    set: { tables: undefined, tabels: {} },
    message: 'the config has an unknown key "tabels".',
    remedy: 'Did you mean "tables"?',
  },
  {
    name: 'an unknown key that is near to none',
    set: { warehouse: 'lake' },
    message: 'the config has an unknown key "warehouse".',
    remedy:
      'Available: root, tables, reference, streams, engines, views, reports, threads, memory, live, server, upkeep.',
  },
  {
    name: 'an unknown key of a table',
    set: { 'tables.events.partitonBy': ['kind'] },
    message: 'tables.events has an unknown key "partitonBy".',
    remedy: 'Did you mean "partitionBy"?',
  },
  {
    name: 'a key of another place',
    set: { 'tables.events.select': 'x.sql' },
    message: 'tables.events has an unknown key "select".',
    remedy: 'Available: path, columns, partitionBy, sortBy.',
  },
  {
    name: 'an unknown key of a reference',
    set: { 'reference.kinds.keys': 'kind' },
    message: 'reference.kinds has an unknown key "keys".',
    remedy: 'Did you mean "key"?',
  },
  {
    name: 'an unknown key of a stream',
    set: { 'streams.split.sql': 'split.sql' },
    message: 'streams.split has an unknown key "sql".',
    remedy: 'Available: from, select, rows, into, engine, trigger.',
  },
  {
    name: 'an unknown option of a source',
    // @ts-expect-error: the compiler says so too
    set: { 'streams.land.from': parquetFolder('landing', { afterCommits: 'delete' }) },
    message: 'streams.land.from has an unknown key "afterCommits".',
    remedy: 'Did you mean "afterCommit"?',
  },
  {
    name: 'an unknown option of a source, of which only the old name is near',
    // @ts-expect-error: the compiler says so too
    set: { 'streams.land.from': parquetFolder('landing', { afterward: 'delete' }) },
    message: 'streams.land.from has an unknown key "afterward".',
    remedy: 'Available: path, columns, afterCommit.',
  },
  {
    name: 'an unknown option of a generator',
    // @ts-expect-error: the compiler says so too
    set: { 'streams.land.from': generated({ rowPerSecond: 3 }) },
    message: 'streams.land.from has an unknown key "rowPerSecond".',
    remedy: 'Did you mean "rowsPerSecond"?',
  },
  {
    name: 'an unknown key of a pool',
    // @ts-expect-error: the compiler says so too
    set: { 'streams.land.from': generated({ pools: { ids: { ...pool(3, () => 'x'), sized: 3 } } }) },
    message: 'streams.land.from.pools.ids has an unknown key "sized".',
    remedy: 'Did you mean "size"?',
  },
  {
    name: 'of several faults, the unknown key first',
    set: { rot: 'lake', root: undefined, 'tables.good.path': 3, 'streams.land.into': 'events' },
    message: 'the config has an unknown key "rot".',
    remedy: 'Did you mean "root"?',
  },
  {
    name: 'of several faults, the first one in the order of a config',
    set: { 'tables.good.path': 3, 'streams.land.into': 'events', 'reference.kinds.key': undefined },
    message: 'tables.good.path must be a text, not 3.',
    remedy: like.path,
  },
  {
    name: 'an option of another source',
    set: { 'streams.split.from': { kind: 'deltaTable', table: 'events', skipChangeCommits: false, path: 'landing' } },
    message: 'streams.split.from has an unknown key "path".',
    remedy: 'Available: table, skipChangeCommits, newColumns, widenedTypes.',
  },
  { name: 'no streams', set: { streams: undefined }, message: 'streams is missing.', remedy: like.streams },
  {
    name: 'a reference without a file',
    set: { 'reference.kinds.file': undefined },
    message: 'reference.kinds.file is missing.',
    remedy: "Write it like this: file: 'sql/reference/kinds.csv'",
  },
  {
    name: 'a reference without a key',
    set: { 'reference.kinds.key': undefined },
    message: 'reference.kinds.key is missing.',
  },
  { name: 'no root', set: { root: undefined }, message: 'root is missing.', remedy: like.root },
  { name: 'an empty root', set: { root: '' }, message: 'root is empty.', remedy: like.root },
  {
    name: 'no tables',
    set: { tables: undefined },
    message: 'tables is missing.',
    remedy: "Write it like this: tables: { events: { path: 'bronze/events', columns: { seen_at: 'TIMESTAMPTZ' } } }",
  },
  {
    name: 'a table without a path',
    set: { 'tables.good.path': undefined },
    message: 'tables.good.path is missing.',
    remedy: like.path,
  },
  {
    name: 'a table without columns',
    set: { 'tables.good.columns': undefined },
    message: 'tables.good.columns is missing.',
    remedy: like.columns,
  },
  {
    name: 'no column at all',
    set: { 'tables.good.columns': {} },
    message: 'tables.good.columns is empty; it needs at least one column.',
  },
  {
    name: 'a stream from nowhere',
    set: { 'streams.land.from': undefined },
    message: 'streams.land.from is missing.',
    remedy: like.from,
  },
  {
    name: 'a stream to nowhere',
    set: { 'streams.land.into': undefined },
    message: 'streams.land.into is missing.',
    remedy: like.into,
  },
  {
    name: 'a stream to no table',
    set: { 'streams.land.into': [] },
    message: 'streams.land.into is empty; a stream writes at least one table.',
    remedy: like.into,
  },
]

const types: readonly ConfigCase[] = [
  {
    name: 'nothing as tables',
    set: { tables: null },
    message: 'tables must be an object, not null.',
    remedy: like.tables,
  },
  {
    name: 'a map as tables',
    set: { tables: new Map() },
    message: 'tables must be an object, not a Map.',
    remedy: like.tables,
  },
  {
    name: 'a list as streams',
    set: { streams: [] },
    message: 'streams must be an object, not a list.',
    remedy: like.streams,
  },
  { name: 'a text as a table', set: { 'tables.good': 'x' }, message: 'tables.good must be an object, not "x".' },
  {
    name: 'a number as a type',
    set: { 'tables.good.columns.kind': 3 },
    message: 'tables.good.columns.kind must be a text, not 3.',
  },
  {
    name: 'a number in a list of columns',
    set: { 'tables.good.partitionBy': ['date', 1] },
    message: 'tables.good.partitionBy.1 must be a text, not 1.',
  },
  { name: 'a number as a view folder', set: { views: 3 }, message: 'views must be a text, not 3.' },
  {
    name: 'another rule for rows',
    set: { 'streams.split.rows': 'some' },
    message: 'streams.split.rows must be "kept" or "any", not "some".',
    remedy: "Write it like this: rows: 'any'",
  },
  { name: 'an empty text as a select', set: { 'streams.split.select': '' }, message: 'streams.split.select is empty.' },
  {
    name: 'the function that makes a source, not called',
    set: { 'streams.split.from': deltaTable },
    message: 'streams.split.from must be an object, not a function.',
    remedy: like.from,
  },
  {
    name: 'a source that does not say which it is',
    set: { 'streams.split.from': { table: 'events' } },
    message: 'streams.split.from must be a source, not an object.',
    remedy: like.from,
  },
  {
    name: 'a text as true or false',
    set: { 'streams.split.from': { ...deltaTable('events'), skipChangeCommits: 'yes' } },
    message: 'streams.split.from.skipChangeCommits must be true or false, not "yes".',
  },
  {
    name: 'rows at no number',
    set: { 'streams.land.from': generated({ rowsPerSecond: Number.NaN }) },
    message: 'streams.land.from.rowsPerSecond must be a number, not NaN.',
  },
  {
    name: 'a pool of one and a half',
    set: { 'streams.land.from': generated({ pools: { ids: pool(1.5, () => 'x') } }) },
    message: 'streams.land.from.pools.ids.size must be a whole number, not 1.5.',
  },
  {
    name: 'a trigger that would run backwards',
    set: { 'streams.land.trigger': '-5 seconds' },
    message: 'streams.land.trigger: "-5 seconds" is not a duration.',
    remedy: 'Write a number and a unit: 500ms, 5 seconds, 1 minute, 2h, 7 days.',
  },
  {
    name: 'a number as a path',
    set: { 'tables.good.path': 3 },
    message: 'tables.good.path must be a text, not 3.',
    remedy: like.path,
  },
  {
    name: 'columns as a list',
    set: { 'tables.good.columns': ['kind'] },
    message: 'tables.good.columns must be an object, not a list.',
    remedy: like.columns,
  },
  {
    name: 'partitionBy as a text',
    set: { 'tables.good.partitionBy': 'date' },
    message: 'tables.good.partitionBy must be a list, not "date".',
    remedy: "Write it like this: partitionBy: ['date']",
  },
  {
    name: 'into as a text',
    set: { 'streams.land.into': 'events' },
    message: 'streams.land.into must be a list, not "events".',
    remedy: like.into,
  },
  {
    name: 'a table name as a source',
    set: { 'streams.split.from': 'events' },
    message: 'streams.split.from must be an object, not "events".',
    remedy: like.from,
  },
  {
    name: 'a source that there is not',
    set: { 'streams.split.from': { kind: 'kafka', topic: 'events' } },
    message: 'streams.split.from must be a source, not one of kind "kafka".',
    remedy: like.from,
  },
  {
    name: 'afterCommit as another word',
    set: { 'streams.land.from': { ...parquetFolder('landing'), afterCommit: 'keep' } },
    message: 'streams.land.from.afterCommit must be "archive" or "delete", not "keep".',
  },
  {
    name: 'afterwards as another word',
    set: { 'streams.land.from': { ...parquetFolder('landing'), afterwards: 'keep' } },
    message: 'streams.land.from.afterwards must be "archive" or "delete", not "keep".',
  },
  {
    name: 'rows at no speed',
    set: { 'streams.land.from': generated({ rowsPerSecond: 0 }) },
    message: 'streams.land.from.rowsPerSecond must be more than 0, not 0.',
  },
  {
    name: 'a pool of nothing',
    set: { 'streams.land.from': generated({ pools: { ids: pool(0, () => 'x') } }) },
    message: 'streams.land.from.pools.ids.size must be a whole number from 1 to 1000000, not 0.',
  },
  {
    name: 'a pool of text instead of a function',
    // @ts-expect-error: the compiler says so too
    set: { 'streams.land.from': generated({ pools: { ids: pool(3, 'x') } }) },
    message: 'streams.land.from.pools.ids.fill must be a function that returns a string, not "x".',
  },
  {
    name: 'a trigger without a unit',
    set: { 'streams.land.trigger': 5 },
    message: 'streams.land.trigger must be a text, not 5.',
    remedy: "Write it like this: trigger: '5 seconds'",
  },
  {
    name: 'a trigger that is no duration',
    set: { 'streams.land.trigger': '5 fortnights' },
    message: 'streams.land.trigger: "5 fortnights" is not a duration.',
    remedy: 'Write a number and a unit: 500ms, 5 seconds, 1 minute, 2h, 7 days.',
  },
  {
    name: 'a type that DuckDB has and Delta has not',
    set: { 'tables.good.columns.seen_at': 'TIMESTAMP' },
    message: 'tables.good.columns.seen_at is "TIMESTAMP", which is not a column type.',
    remedy: 'Did you mean "TIMESTAMPTZ"?',
  },
  {
    name: 'a type in lower case',
    set: { 'tables.good.columns.kind': 'varchar' },
    message: 'tables.good.columns.kind is "varchar", which is not a column type.',
    remedy: 'Did you mean "VARCHAR"?',
  },
  {
    name: 'a type that is near to none',
    set: { 'tables.good.columns.kind': 'JSON' },
    message: 'tables.good.columns.kind is "JSON", which is not a column type.',
    remedy:
      'Available: BOOLEAN, TINYINT, SMALLINT, INTEGER, BIGINT, FLOAT, DOUBLE, VARCHAR, BLOB, DATE, TIMESTAMPTZ, DECIMAL(p, s).',
  },
  {
    name: 'no threads',
    set: { threads: 0 },
    message: 'threads must be a whole number from 1 to 1024, not 0.',
    remedy: 'Write it like this: threads: 4',
  },
  {
    name: 'a thread and a half',
    set: { threads: 1.5 },
    message: 'threads must be a whole number, not 1.5.',
    remedy: 'Write it like this: threads: 4',
  },
  {
    name: 'threads as a text',
    set: { threads: '4' },
    message: 'threads must be a number, not "4".',
    remedy: 'Write it like this: threads: 4',
  },
  {
    name: 'more threads than any machine has',
    set: { threads: 1025 },
    message: 'threads must be a whole number from 1 to 1024, not 1025.',
    remedy: 'Write it like this: threads: 4',
  },
  {
    name: 'memory as a number',
    set: { memory: 8 },
    message: 'memory must be a text, not 8.',
    remedy: "Write it like this: memory: '8GB'",
  },
  ...['8', '8 apples', '50%', '-1GB', '1e3MB', '.5GB', '8G', 'GB', ''].map((memory) => ({
    name: `memory that is no size: ${memory}`,
    set: { memory },
    message: `memory must be a size in KB, MB, GB, TB, KiB, MiB, GiB or TiB, not ${JSON.stringify(memory)}.`,
    remedy: "Write it like this: memory: '8GB'",
  })),
  ...['63MB', '0GB', '60 MiB', '1001TB', '99999999999999999999999TB'].map((memory) => ({
    name: `memory that is too little, or too much: ${memory}`,
    set: { memory },
    message: `memory must be from 64MB to 1000TB, not ${JSON.stringify(memory)}.`,
  })),
  {
    name: 'a decimal of too many digits',
    set: { 'tables.good.columns.amount': 'DECIMAL(39, 2)' },
    message: 'tables.good.columns.amount is "DECIMAL(39, 2)", which is not a column type.',
    remedy: 'Did you mean "DECIMAL(p, s)"?',
  },
]

test('the config that the others are made from is sound', () => {
  expect(refusalOf()).toBeUndefined()
})

test('what is not an object at all is refused as a whole', () => {
  expect(refusalOf('lake')?.message).toMatch(/lakeweir\.config\.ts: the config must be an object, not "lake"\.$/)
})

test.each(keys)('of keys, the config is refused with the place and the near word: $name', expectRefused)
test.each(types)('of values, the config is refused with what is there and what should be: $name', expectRefused)
