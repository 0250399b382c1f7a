import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeptLake, MODELS, OTHER_MODELS } from '../../support/keptLake.ts'
import { runsOr, seedOr } from '../../support/longRuns.ts'
import { makeTemporaryFolder, removeFolder } from '../../support/temporaryFolder.ts'

const RUNS = runsOr(8)

/** Few values of each column, so that keys are often the same, and rows often tie in the first columns of the order. */
const COLUMNS: readonly (readonly string[])[] = [
  [
    "'2026-11-01 00:00:01+00'",
    "'2026-11-01 00:00:01.000001+00'",
    "'2026-11-01 00:01:59+00'",
    "'2026-11-01 01:00:00+00'",
    "'2026-11-02 00:00:00+00'",
    "'2026-10-31 23:59:59.999999+00'",
    'NULL',
  ],
  ['0', '1', '5', '9007199254740993', 'NULL'],
  ["'OPEN'", "'SENT'", "''", 'NULL'],
  ["'m1'", "'m2'", "'m3'", 'NULL'],
  ["'CHAT'", "'SMS'", 'NULL'],
  ['2000', '2001', '2009', 'NULL'],
  ['1000', '1001', 'NULL'],
  ['0.01', '-4.99', '9999999.99', 'NULL'],
]

/** Rows may tie in some of them, in several columns that models read. */
const VIEWS = [
  'PARTITION BY id, kind, place ORDER BY seen_at',
  'PARTITION BY id, kind, place ORDER BY seen_at DESC NULLS FIRST, zone',
  'PARTITION BY id ORDER BY number, seen_at',
].map((window) => `SELECT * FROM events QUALIFY row_number() OVER (${window}) = 1`)

const row = fc.tuple(...COLUMNS.map((values) => fc.constantFrom(...values))).map((values) => `(${values.join(', ')})`)

const rows = fc.array(row, { maxLength: 25 })

type Step =
  | { readonly kind: 'batches'; readonly batches: readonly (readonly string[])[] }
  /** The attempt before it fails; the process may die of that. */
  | { readonly kind: 'failure'; readonly rows: readonly string[]; readonly dies: boolean }
  | { readonly kind: 'replay' | 'idle' | 'all' | 'rebuild' }
  | { readonly kind: 'restart'; readonly indexBytes: number }
  /** Some of the models, over first rows by another view perhaps; batches come while all that is built. */
  | {
      readonly kind: 'models'
      readonly names: readonly string[]
      readonly view: string | undefined
      readonly batches: readonly (readonly string[])[]
      readonly dies: boolean
    }
  /** Other texts of the models; batches come while they are built, and the process may die before they are. */
  | {
      readonly kind: 'changed'
      readonly names: readonly string[]
      readonly batches: readonly (readonly string[])[]
      readonly dies: boolean
    }
  /** A reference file changes, before a start or a batch. */
  | {
      readonly kind: 'zones'
      readonly label: string
      readonly rows: readonly string[]
      readonly isRestarted: boolean
    }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('batches' as const),
      batches: fc.array(rows, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('failure' as const), rows, dies: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('replay' as const, 'idle' as const, 'idle' as const, 'all' as const, 'rebuild' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('restart' as const), indexBytes: fc.constantFrom(0, 100e6) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('models' as const),
      names: fc.shuffledSubarray(Object.keys(MODELS), { minLength: 1 }),
      view: fc.option(fc.constantFrom(...VIEWS), { nil: undefined }),
      batches: fc.array(rows, { maxLength: 3 }),
      dies: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('changed' as const),
      names: fc.subarray(Object.keys(OTHER_MODELS)),
      batches: fc.array(rows, { minLength: 1, maxLength: 3 }),
      dies: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('zones' as const),
      label: fc.constantFrom('north', 'east'),
      rows,
      isRestarted: fc.boolean(),
    }),
  },
)

/** Hands the batches over that the store does not have, each without waiting for the one before it. */
async function takeAtOnce(lake: KeptLake): Promise<void> {
  const first = lake.takenBatch
  const portions = lake.files.slice(first).map((_, index) => lake.portion(first + index, first + index + 1))
  for (const outcome of await Promise.all(portions.map((portion) => lake.write(portion)))) {
    expect(outcome).toMatchObject({ kind: 'written' })
  }
}

/** Begins to build what has to be built, and takes batches meanwhile. */
async function reopenAndTake(
  lake: KeptLake,
  { batches, dies }: { readonly batches: readonly (readonly string[])[]; readonly dies: boolean },
): Promise<void> {
  await lake.close()
  await lake.openUnsettled()
  for (const batch of batches) await lake.add(batch)
  await takeAtOnce(lake)
  if (dies) await lake.reopen()
}

async function carryOut(lake: KeptLake, step: Step): Promise<void> {
  switch (step.kind) {
    case 'batches':
      for (const batch of step.batches) await lake.add(batch)
      expect(await lake.take()).toMatchObject({ kind: 'written' })
      return
    case 'failure': {
      const before = lake.files.length
      await lake.add(step.rows)
      const portion = lake.nextPortion()
      const error = new Error('not secured')
      const failed = await lake.write({ ...portion, secure: () => Promise.reject(error) })
      expect(failed).toEqual({ kind: 'failed', cause: 'data', error })
      expect(await lake.differences(before)).toEqual([])
      if (step.dies) await lake.reopen()
      expect(await lake.take()).toMatchObject({ kind: 'written' })
      return
    }
    case 'replay': {
      const batch = lake.files.length
      if (batch === 0) return
      const outcome = await lake.write(lake.portion(batch - 1, batch))
      expect(outcome).toMatchObject({ kind: 'written', written: { inputRows: 0, rows: {} } })
      return
    }
    case 'idle':
      return lake.writer.idle()
    case 'all':
      expect(await lake.write(lake.portion(0, lake.files.length, 'all'))).toMatchObject({ kind: 'written' })
      return
    case 'rebuild':
      await lake.reopen('rebuild')
      expect(await lake.take()).toMatchObject({ kind: 'written' })
      return
    case 'restart':
      lake.setParts({ indexBytes: step.indexBytes })
      return lake.reopen()
    case 'models':
      if (step.view !== undefined) lake.setView(step.view)
      await lake.setModels(Object.fromEntries(step.names.map((name) => [name, MODELS[name] ?? ''])))
      return reopenAndTake(lake, step)
    case 'changed':
      await lake.setModels({
        ...MODELS,
        ...Object.fromEntries(step.names.map((name) => [name, OTHER_MODELS[name] ?? ''])),
      })
      return reopenAndTake(lake, step)
    case 'zones':
      lake.setZones({ 2000: step.label, 2001: 'south' })
      if (step.isRestarted) return lake.reopen()
      await lake.add(step.rows)
      expect(await lake.take()).toMatchObject({ kind: 'written' })
      return
  }
}

test('each model equals its own text after every batch, whatever happens in between', {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
      const folder = makeTemporaryFolder()
      const lake = await KeptLake.make(folder)
      try {
        await lake.open()
        await lake.add([])
        expect(await lake.take()).toMatchObject({ kind: 'written' })
        for (const each of steps) {
          await carryOut(lake, each)
          expect(await lake.differences(), each.kind).toEqual([])
        }
      } finally {
        await lake.end()
        removeFolder(folder)
      }
    }),
    { numRuns: RUNS, seed: seedOr(Date.now() % 2 ** 31) },
  )
})
