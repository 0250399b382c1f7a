import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FirstRelation, OrderColumn } from '../../src/serving/model.ts'
import { KeptRowsStore } from '../support/keptRows.ts'
import { ORDERED_VALUES } from '../support/orderedValues.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

const RUNS = Number(process.env.LAKEWEIR_TEST_RUNS ?? 25)

/** Of each type a few values, so that keys and places in the order are often the same, or nearly. */
const VALUES: Readonly<Record<string, readonly string[]>> = {
  ...ORDERED_VALUES,
  FLOAT: [...(ORDERED_VALUES.FLOAT ?? []), "'-0.0'"],
  DOUBLE: [...(ORDERED_VALUES.DOUBLE ?? []), "'-0.0'"],
}

const type = fc.constantFrom(...Object.keys(VALUES))

const order: fc.Arbitrary<readonly OrderColumn[]> = fc
  .tuple(fc.shuffledSubarray(['a', 'b', 'k'], { minLength: 1 }), fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }))
  .map(([columns, flags]) =>
    columns.map((column, at) => ({
      column,
      isDescending: flags[2 * at] ?? false,
      areNullsFirst: flags[2 * at + 1] ?? false,
    })),
  )

const relation: fc.Arbitrary<FirstRelation> = fc
  .record({ types: fc.record({ k: type, l: type, a: type, b: type, c: type }), order, hasTwoKeys: fc.boolean() })
  .map(({ types, order, hasTwoKeys }) => ({
    kind: 'first',
    name: 'firsts',
    table: 'rows',
    columns: types,
    keys: hasTwoKeys ? ['k', 'l'] : ['k'],
    order,
  }))

type Step =
  | { readonly kind: 'batch' | 'rolledBack' | 'replayed'; readonly picks: readonly (readonly number[])[] }
  | { readonly kind: 'rebuilt' | 'rebuiltInVain' | 'settled' }
  | { readonly kind: 'reopened'; readonly memoryBytes: number; readonly takesAgain: 'unsettled' | 'came' }

const picks = fc.array(fc.array(fc.nat(99), { minLength: 5, maxLength: 5 }), { maxLength: 30 })

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('batch' as const), picks }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('rolledBack' as const, 'replayed' as const), picks }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('rebuilt' as const, 'rebuiltInVain' as const, 'settled' as const, 'settled' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('reopened' as const),
      memoryBytes: fc.constantFrom(0, 100e6),
      takesAgain: fc.constantFrom('unsettled' as const, 'came' as const),
    }),
  },
)

/** A row of literals; about one value in ten is NULL. */
function rowOf(columns: Readonly<Record<string, string>>, picks: readonly number[]): string {
  const values = Object.values(columns).map((type, at) => {
    const pick = picks[at] ?? 0
    const some = VALUES[type] ?? []
    return pick < 10 ? `NULL::${type}` : `(${some[pick % some.length]})::${type}`
  })
  return `(${values.join(', ')})`
}

class Run {
  readonly #folder: string
  readonly #relation: FirstRelation
  #store: KeptRowsStore

  private constructor(folder: string, relation: FirstRelation, store: KeptRowsStore) {
    this.#folder = folder
    this.#relation = relation
    this.#store = store
  }

  static async start(folder: string, relation: FirstRelation): Promise<Run> {
    const run = new Run(folder, relation, await KeptRowsStore.open(folder, relation))
    await run.#store.apply([], 'all')
    return run
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'batch':
        return void (await this.#store.apply(this.#rows(step.picks)))
      case 'rolledBack':
        return this.#store.applyInVain(this.#rows(step.picks))
      case 'replayed': // as after a commit whose answer was lost: nothing may change the second time
        await this.#store.apply(this.#rows(step.picks))
        return void (await this.#store.apply(this.#rows(step.picks)))
      case 'rebuilt':
        return void (await this.#store.apply([], 'all'))
      case 'rebuiltInVain':
        return this.#store.applyInVain([], 'all')
      case 'settled':
        return this.#store.settle()
      case 'reopened':
        this.#store.close()
        this.#store = await KeptRowsStore.open(this.#folder, this.#relation, step)
    }
  }

  async check(): Promise<void> {
    expect(this.#store.relation.isBuilt).toBe(true)
    expect(await this.#store.differences()).toEqual([])
    expect(this.#store.relation.size.keys).toBe(await this.#store.keyCount())
  }

  close(): void {
    this.#store.close()
  }

  #rows(picks: readonly (readonly number[])[]): string[] {
    return picks.map((pick) => rowOf(this.#relation.columns, pick))
  }
}

test('what a relation gained and lost adds up to its view after every batch, of any types and in any order', async () => {
  await fc.assert(
    fc.asyncProperty(relation, fc.array(step, { minLength: 1, maxLength: 8 }), async (relation, steps) => {
      const folder = makeTemporaryFolder()
      const run = await Run.start(folder, relation)
      try {
        for (const step of steps) {
          await run.take(step)
          await run.check()
        }
      } finally {
        run.close()
        removeFolder(folder)
      }
    }),
    { numRuns: RUNS },
  )
}, 600_000)
