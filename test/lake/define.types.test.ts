import { expect, test } from 'vitest'
import {
  type ColumnType,
  type Duration,
  defineLake,
  deltaTable,
  env,
  parquetFolder,
  postgres,
} from '../../src/index.ts'
import { parseDurationMs } from '../../src/lake/config/duration.ts'

// The compiler is the test here: each line marked @ts-expect-error fails the build where it is accepted.

const reading = { measured_at: 'TIMESTAMPTZ', sensor: 'VARCHAR', celsius: 'DOUBLE', date: 'DATE' } as const

const lake = defineLake({
  root: 'lake',
  threads: 4,
  memory: '1.5 GiB',
  tables: {
    readings: { path: 'raw/readings', columns: reading, partitionBy: ['date'], sortBy: ['measured_at', 'sensor'] },
    amounts: { path: 'raw/amounts', columns: { amount: 'DECIMAL(12, 2)', rate: 'DECIMAL(4,3)', day: 'DATE' } },
  },
  reference: { sensors: { file: 'sensors.csv', columns: { sensor: 'VARCHAR', site: 'VARCHAR' }, key: 'sensor' } },
  streams: {
    land: { from: parquetFolder('landing', { columns: reading }), into: ['readings'], trigger: '1.5 minutes' },
    copy: { from: deltaTable('readings'), into: ['readings', 'amounts'], trigger: '500ms' },
  },
  live: {
    follows: 'copy',
    models: 'sql/live',
    eventTime: 'measured_at',
    memory: '2GB',
    publishTo: postgres({ url: env('DATABASE_URL') }),
  },
  server: {
    rows: ['amounts'],
    secrets: [env('LAKEWEIR_SECRET')],
    staleAfter: '2 minutes',
    limits: { panelTime: '1s' },
  },
  upkeep: { smallFiles: false, fileSize: '256MB', keepFiles: '3 days', keepArchive: '90 days' },
})

test('a lake that is written well is what was written', () => {
  expect(Object.keys(lake.tables)).toEqual(['readings', 'amounts'])
  // A lake that is made by a program, whose columns only it knows, may be written too.
  const columns: Record<string, ColumnType> = { n: 'BIGINT' }
  const made = defineLake({ root: 'x', tables: { t: { path: 't', columns, partitionBy: ['n'] } }, streams: {} })
  expect(made.tables.t.partitionBy).toEqual(['n'])
})

test('what is written badly does not compile', () => {
  const [root, path, streams] = ['x', 'raw', {}]
  const tables = { t: { path, columns: reading } }
  const [from, columns] = [deltaTable('t'), { a: 'DATE' } as const]
  // biome-ignore format: each error stands in the line below its mark
  const refused = [
    // @ts-expect-error  is not a column
    defineLake({ root, streams, tables: { t: { path, columns: reading, sortBy: ['day'] } } }),
    // @ts-expect-error  is not a size
    defineLake({ root, streams, tables, upkeep: { fileSize: 128 } }),
    // @ts-expect-error  is not a duration
    defineLake({ root, streams, tables, upkeep: { keepFiles: 'a week' } }),
    // @ts-expect-error  is not a column type
    defineLake({ root, streams, tables: { t: { path, columns: { a: 'TEXT' } } } }),
    // @ts-expect-error  nor is this
    defineLake({ root, streams, tables: { t: { path, columns: { a: 'DECIMAL(x, 2)' } } } }),
    // @ts-expect-error  names no column
    defineLake({ root, streams, tables: { t: { path, columns: reading, partitionBy: ['day'] } } }),
    // @ts-expect-error  names a column of another table
    defineLake({ root, streams, tables: { ...tables, u: { path, columns, partitionBy: ['date'] } } }),
    // @ts-expect-error  names a column of a type that no folder can stand for
    defineLake({ root, streams, tables: { t: { path, columns: reading, partitionBy: ['celsius'] } } }),
    // @ts-expect-error  is no column of the reference
    defineLake({ root, streams, tables, reference: { r: { file: 'r.csv', columns, key: 'b' } } }),
    // @ts-expect-error  is no table
    defineLake({ root, tables, streams: { s: { from: deltaTable('u'), into: ['t'] } } }),
    // @ts-expect-error  is no table
    defineLake({ root, tables, streams: { s: { from, into: ['u'] } } }),
    // @ts-expect-error  has no unit
    defineLake({ root, tables, streams: { s: { from, into: ['t'], trigger: '5' } } }),
    // @ts-expect-error  has no unit
    defineLake({ root, tables, streams: {}, memory: '8' }),
    // @ts-expect-error  is a number with a unit as well
    defineLake({ root, tables, streams: {}, memory: 8 }),
    // @ts-expect-error  is a number
    defineLake({ root, tables, streams: {}, threads: '4' }),
    // @ts-expect-error  is no stream
    defineLake({ root, tables, streams: { s: { from, into: ['t'] } }, live: { follows: 't', models: 'x' } }),
    // @ts-expect-error  is a column, but not a moment
    defineLake({ root, tables, streams: { s: { from, into: ['t'] } }, live: { follows: 's', models: 'x', eventTime: 'date' } }),
    // @ts-expect-error  has no unit
    defineLake({ root, tables, streams: { s: { from, into: ['t'] } }, live: { follows: 's', models: 'x', memory: '8' } }),
    // @ts-expect-error  is no table
    defineLake({ root, tables, streams, server: { rows: ['u'] } }),
    // @ts-expect-error  stands in the config, where everybody can read it
    defineLake({ root, tables, streams, server: { secrets: ['abc'] } }),
    // @ts-expect-error  is not a column type
    parquetFolder('landing', { columns: { a: 'STRING' } }),
  ]
  expect(refused).toHaveLength(21)
})

test.each([
  ['5 seconds', 5_000],
  ['20s', 20_000],
  ['1.5 minutes', 90_000],
  ['500ms', 500],
  ['2h', 7_200_000],
  ['1 second', 1_000],
] as const satisfies readonly (readonly [Duration, number])[])('%s is a duration', (text, milliseconds) => {
  expect(parseDurationMs(text, 'it')).toBe(milliseconds)
})

test.each([
  // @ts-expect-error
  '5 fortnights' satisfies Duration,
  // @ts-expect-error
  'seconds' satisfies Duration,
  // @ts-expect-error
  '5 toString' satisfies Duration,
])('%s is none', (text) => {
  expect(() => parseDurationMs(text, 'it')).toThrow(`it: "${text}" is not a duration.`)
})
