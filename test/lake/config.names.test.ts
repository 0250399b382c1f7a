import { test } from 'vitest'
import { generated, parquetFolder, pool } from '../../src/index.ts'
import { type ConfigCase, EVENT, expectRefused } from '../support/configCases.ts'

const LONG = 'x'.repeat(101)

const names: readonly ConfigCase[] = [
  {
    name: 'a table with a dash',
    set: { 'tables.my-table': { path: 'x', columns: EVENT } },
    message: 'tables has the name "my-table", but a name has letters, digits and _, and no digit first.',
  },
  {
    name: 'a table that begins with a digit',
    set: { 'tables.1st': { path: 'x', columns: EVENT } },
    message: 'tables has the name "1st", but a name has letters, digits and _, and no digit first.',
  },
  {
    name: 'a stream with an @',
    set: { 'streams.land@home': { from: parquetFolder('home'), into: ['events'] } },
    message: 'streams has the name "land@home", but a stream has letters, digits, _ and -, and no digit or - first.',
  },
  {
    name: 'a reference with a space',
    set: { 'reference.my kinds': { file: 'x.csv', columns: EVENT, key: 'kind' } },
    message: 'reference has the name "my kinds", but a name has letters, digits and _, and no digit first.',
  },
  {
    name: 'a column that Spark could not read',
    set: { 'tables.events.columns.total (EUR)': 'INTEGER' },
    message:
      'tables.events.columns has the name "total (EUR)", but a column has a name without spaces and , ; { } ( ) =.',
  },
  {
    name: 'a source with two columns that differ in case',
    set: { 'streams.land.from': parquetFolder('landing', { columns: { 'Order ID': 'BIGINT', 'order id': 'BIGINT' } }) },
    message: 'streams.land.from.columns has order id twice; column names are not case-sensitive.',
  },
  {
    name: 'a pool that would overwrite the seed',
    set: { 'streams.land.from': generated({ pools: { seed: pool(3, () => 'x') } }) },
    message: 'streams.land.from.pools.seed has the name of a variable that Lakeweir sets itself.',
    remedy: 'Give it another name.',
  },
  {
    name: 'a table with the name of a view that every lake has',
    set: { 'tables.batches': { path: 'x', columns: EVENT } },
    message: 'tables.batches has a name that Lakeweir uses itself.',
    remedy: 'Give it another name.',
  },
  {
    name: 'two tables that differ in case',
    set: { 'tables.Good': { path: 'x', columns: EVENT } },
    message: 'tables.Good differs from good only in case, which SQL ignores.',
  },
  {
    name: 'a reference with the name of a table',
    set: { 'reference.events': { file: 'x.csv', columns: EVENT, key: 'kind' } },
    message: 'reference.events has a name that is taken: there is another events.',
    remedy: 'Give one of them another name.',
  },
  {
    name: 'two columns that differ in case',
    set: { 'tables.events.columns.Kind': 'VARCHAR' },
    message: 'tables.events.columns has Kind twice; column names are not case-sensitive.',
  },
  {
    name: 'a column with the name that says where a row goes',
    set: { 'tables.events.columns.destination': 'VARCHAR' },
    message: 'tables.events.columns has "destination", a name that is reserved for the table of a row.',
  },
  {
    name: 'two streams that differ in case',
    set: { 'streams.Land': { from: parquetFolder('other'), into: ['events'] } },
    message: 'streams.Land differs from land only in case, which some disks ignore.',
  },
  {
    name: 'a stream of a name that leaves no room in those of its files',
    set: { [`streams.${LONG}`]: { from: parquetFolder('other'), into: ['events'] } },
    message: `streams has the name "${LONG}", but a name has at most 100 characters.`,
  },
  {
    name: 'a table of a name that is too long',
    set: { [`tables.${LONG}`]: { path: 'x', columns: EVENT } },
    message: `tables has the name "${LONG}", but a name has at most 100 characters.`,
  },
  {
    name: 'a key by the name of what every object has',
    set: { 'reference.kinds.key': 'toString' },
    message: 'reference.kinds.key names "toString", which is not a column.',
    remedy: 'Available: kind, label.',
  },
  {
    name: 'a key that is no column',
    set: { 'reference.kinds.key': 'knd' },
    message: 'reference.kinds.key names "knd", which is not a column.',
    remedy: 'Did you mean "kind"?',
  },
]

test.each(names)('of names, the config is refused with the rule: $name', expectRefused)
