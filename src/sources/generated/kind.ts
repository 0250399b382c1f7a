import { randomInt } from 'node:crypto'
import { z } from 'zod'
import { fits } from '../../files/json.ts'
import type { Offset } from '../../stream/source.ts'
import { configName } from '../configParts.ts'
import { type BoundSource, type Origin, PLAIN_SOURCE, type StreamPlan, sourceKind, TAKES_NOTHING } from '../kind.ts'
import type { GeneratedRunOptions, GenerateOptions, Pool } from './config.ts'
import {
  assertTimesKnown,
  GENERATED_COLUMNS,
  GeneratedSource,
  type GeneratedTimes,
  generatorVariables,
  isGeneratedOffset,
  sizeVariable,
} from './source.ts'

const MAX_POOL_SIZE = 1_000_000
const POOL_SIZE_RULE = `must be a whole number from 1 to ${MAX_POOL_SIZE}, not {input}`

const pool = z.strictObject({
  size: z.int(POOL_SIZE_RULE).positive(POOL_SIZE_RULE).max(MAX_POOL_SIZE, POOL_SIZE_RULE),
  fill: z.custom<Pool['fill']>((value) => typeof value === 'function', {
    error: 'must be a function that returns a string, not {input}',
  }),
})

/** How many rows a batch has at the most by default. Each batch is one file. */
const MAX_ROWS_PER_BATCH = 1_000_000

/** Session variables that a pool of the same name would overwrite. */
const RESERVED_VARIABLES: ReadonlySet<string> = new Set(['batch_time', 'input_files', 'lake', 'seed', 'select'])

/** Rows that Lakeweir makes itself. */
export const generatedKind = sourceKind({
  word: 'generated',
  example: 'generated()',
  keyExamples: {
    pools: 'pools: { names: pool(20, (faker) => faker.person.fullName()) }',
    fill: 'pool(20, (faker) => faker.person.fullName())',
  },
  relation: 'generated',
  schema: z.strictObject({
    kind: z.literal('generated'),
    rowsPerSecond: z.number().positive('must be more than 0, not {input}').default(1),
    pools: z.record(configName, pool).default({}),
  }),
  bind: ({ rowsPerSecond, pools }, stream): BoundSource<GeneratedRunOptions> => {
    const variables = ['seed', ...poolVariables(pools, stream)]
    const timesFrom = (generate: GenerateOptions): GeneratedTimes => ({
      rowsPerSecond: generate.rowsPerSecond ?? rowsPerSecond,
      startMicros: generate.startTimeMs === undefined ? undefined : generate.startTimeMs * 1000,
    })
    return {
      ...PLAIN_SOURCE,
      relation: 'generated',
      columns: GENERATED_COLUMNS,
      input: 'generated',
      variables,
      sampleVariables: async () => generatorVariables(0, (await loadPools()).fillPools(pools, 0)),
      isOnDemand: true,
      runOptions: ['generate'],
      measures: { files: false, lag: false },
      limits: { maxRows: MAX_ROWS_PER_BATCH },
      rangeText: (start, end) => (fits(end, isGeneratedOffset) ? rowsText(start, end.rows) : undefined),
      endOf: ({ generate }) => (generate?.rows === undefined ? 'never' : 'counted'),
      open: async (_place, { generate = {} }) => {
        const { fillPools } = await loadPools()
        return new GeneratedSource({
          ...timesFrom(generate),
          rows: generate.rows,
          seed: generate.seed,
          freshSeed: randomInt(2 ** 31),
          fillPools: (seed) => fillPools(pools, seed),
        })
      },
      emptying: {
        ...TAKES_NOTHING,
        assertCanBegin: async (_place, { generate = {} }) =>
          assertTimesKnown(timesFrom(generate), 0, generate.rows ?? 1),
        originOf: async ({ ends }) => originOf(new Set((await ends()).map((end) => end?.seed))),
      },
    }
  },
})

/** Loads faker only when rows are generated: it takes 200 ms, a fifth of a command's start. */
function loadPools(): Promise<typeof import('./pools.ts')> {
  return import('./pools.ts')
}

/** The variables that hold the pools and their sizes. */
function poolVariables(pools: Readonly<Record<string, Pool>>, { place, hasSelect, fail }: StreamPlan): string[] {
  const names = Object.keys(pools)
  for (const name of names) {
    const isSize = names.some((other) => sizeVariable(other) === name)
    if (isSize || RESERVED_VARIABLES.has(name.toLowerCase()) || name.toLowerCase().startsWith('lake_')) {
      fail(`${place}.pools.${name}`, 'has the name of a variable that Lakeweir sets itself.', 'Give it another name.')
    }
  }
  if (!hasSelect && names.length > 0) {
    fail(`${place}.pools`, 'can only be drawn from by a select, and the stream has none.')
  }
  return [...names, ...names.map(sizeVariable)]
}

/** Rows are counted from 1 here. */
function rowsText(start: Offset | null, last: number): string {
  const before = start !== null && fits(start, isGeneratedOffset) ? start.rows : 0
  return `rows ${before + 1}–${last}`
}

/** Where rows made with these seeds can come from again; a seed is undefined if no record has it. */
function originOf(seeds: ReadonlySet<unknown>): Origin {
  if (seeds.size === 0 || seeds.has(undefined)) {
    return { from: 'nowhere', how: 'no record has the seed that they were made with' }
  }
  if (seeds.size > 1) return { from: 'nowhere', how: `they were made with ${seeds.size} seeds, one after the other` }
  return { from: 'generator', how: `--seed ${[...seeds].join('')} makes them again, with new timestamps` }
}
