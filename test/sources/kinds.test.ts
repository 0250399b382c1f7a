import { expect, test } from 'vitest'
import { deltaTable, generated, parquetFolder, type SourceConfig } from '../../src/index.ts'
import { type LakeSource, resolveLake } from '../../src/lake/config/resolve.ts'

const COLUMNS = { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' } as const

/** A source as a lake's config has it, of a stream from `from` into another table. */
function bound(from: SourceConfig): LakeSource {
  const tables = { given: { path: 'given', columns: COLUMNS }, made: { path: 'made', columns: COLUMNS } }
  const config = { root: 'lake', tables, streams: { make: { from, into: ['made'] } } }
  const [stream] = resolveLake(config, '/lakeweir.config.ts', undefined).streams
  if (stream === undefined) throw new TypeError('a lake of one stream has one')
  return stream.source
}

/** What the rest of Lakeweir asks a source before it is opened. */
function factsOf({ relation, columns, follows, folder, isOnDemand, measures, limits, runOptions }: LakeSource) {
  return { relation, columns, follows: follows?.table.name, folder, isOnDemand, measures, limits, runOptions }
}

test.each([
  {
    from: deltaTable('given'),
    facts: { relation: 'given', follows: 'given', measures: { files: true, lag: true } },
  },
  {
    from: parquetFolder('landing'),
    facts: {
      relation: 'landing',
      folder: { path: 'landing', takes: '.parquet files' },
      measures: { files: true, lag: false },
    },
  },
  {
    from: generated(),
    facts: {
      relation: 'generated',
      isOnDemand: true,
      measures: { files: false, lag: false },
      limits: { maxRows: 1_000_000 },
      runOptions: ['generate'],
    },
  },
])('a source of kind $from.kind says what it is, and nothing else of the lake knows', ({ from, facts }) => {
  const plain = {
    columns: COLUMNS,
    follows: undefined,
    folder: undefined,
    isOnDemand: false,
    limits: {},
    runOptions: [],
  }
  expect(factsOf(bound(from))).toEqual({ ...plain, ...facts })
})

test.each([
  { from: deltaTable('given'), run: {}, end: 'drained' },
  { from: parquetFolder('landing'), run: { generate: { rows: 3 } }, end: 'drained' },
  { from: generated(), run: {}, end: 'never' },
  { from: generated(), run: { generate: { seed: 7 } }, end: 'never' },
  { from: generated(), run: { generate: { rows: 3 } }, end: 'counted' },
])('of kind $from.kind, a run with $run ends as it is $end', ({ from, run, end }) => {
  expect(bound(from).endOf(run)).toBe(end)
})

const PLACE = { tableId: 'a', version: 5, path: null, isSnapshot: false, commitHash: null }

test.each([
  { from: deltaTable('given'), end: PLACE, needs: [['given', 5]] },
  { from: deltaTable('given'), end: { ...PLACE, path: 'x.parquet', isSnapshot: true }, needs: [['given', 5]] },
  { from: deltaTable('given'), end: undefined, needs: [['given', 0]] },
  { from: deltaTable('given'), end: { version: 5 }, needs: [['given', 0]] },
  { from: parquetFolder('landing'), end: { files: 5 }, needs: [] },
  { from: generated(), end: { rows: 5, seed: 7 }, needs: [] },
])('of kind $from.kind, a stream that has come to $end needs of the tables $needs', ({ from, end, needs }) => {
  expect(
    bound(from)
      .needs(end)
      .map(({ table, fromVersion }) => [table.name, fromVersion]),
  ).toEqual(needs)
})
