import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { FirstRelation } from '../../src/serving/model.ts'
import { KeptRowsStore } from '../../test/support/keptRows.ts'
import { seededRandom } from '../../test/support/random.ts'
import { rawSql } from '../../test/support/sql.ts'

/** After so many batches, what is kept is compared with the view over all rows; they are then forgotten. */
const BATCHES_A_ROUND = 25
const ROUNDS = 8

const RELATION: FirstRelation = {
  kind: 'first',
  name: 'firsts',
  table: 'rows',
  columns: { id: 'VARCHAR', kind: 'INTEGER', at: 'TIMESTAMPTZ', value: 'BIGINT', label: 'VARCHAR' },
  keys: ['id', 'kind'],
  order: [
    { column: 'at', isDescending: false, areNullsFirst: false },
    { column: 'value', isDescending: true, areNullsFirst: true },
  ],
}

/** Counts of what happened, by name. */
type Tally = Record<string, number>

/** Batches of up to some ten thousand rows, most of them late or doubled, up to some hundred thousand keys. */
export async function soakFirstRows(seed: number, goesOn: () => boolean): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'lakeweir-soak-'))
  const random = seededRandom(seed)
  const tally: Tally = {}
  let store = await KeptRowsStore.open(folder, RELATION)
  try {
    await store.apply([], 'all')
    for (let batch = 1; batch <= ROUNDS * BATCHES_A_ROUND && goesOn(); batch++) {
      store = await step(store, folder, batch, random, tally)
      if (batch % BATCHES_A_ROUND > 0) continue
      const differences = await store.differences()
      if (differences.length > 0)
        throw new Error(`seed ${seed}, batch ${batch}:\n${differences.slice(0, 20).join('\n')}`)
    }
    const { keys, memoryBytes, lookup } = store.relation.size
    const did = Object.entries(tally).map(([what, times]) => `${times} ${what}`)
    return `${keys} keys, ${memoryBytes} bytes, by ${lookup}; ${did.join(', ')}`
  } finally {
    store.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** One batch, or a mishap and then the batch. @returns the store, which may have been opened anew */
async function step(
  store: KeptRowsStore,
  folder: string,
  batch: number,
  random: () => number,
  tally: Tally,
): Promise<KeptRowsStore> {
  const did = (what: string) => {
    tally[what] = (tally[what] ?? 0) + 1
  }
  const isLarge = random() < 0.05
  const rows = rowsOf(Math.floor(random() * (isLarge ? 50_000 : 2_000)), batch, Math.floor(random() * 1e9))
  let open = store
  if (random() < 0.1) {
    did('rolled back')
    await open.applyInVain(rows)
  }
  if (random() < 0.05) {
    did('built anew')
    await open.apply([], 'all')
  }
  if (random() < 0.1) {
    open.close()
    const memoryBytes = random() < 0.3 ? 1_500_000 : 100e6
    open = await KeptRowsStore.open(folder, RELATION, { memoryBytes })
    did(`opened by ${open.relation.size.lookup}`)
  }
  did(isLarge ? 'large batches' : 'batches')
  await open.apply(rows)
  if (random() < 0.1) {
    did('replayed')
    await open.apply(rows)
  }
  return open
}

/** Rows of which about half have a key that came before, at times that are often the same. */
function rowsOf(count: number, batch: number, salt: number): ReturnType<typeof rawSql> {
  const draw = (what: string, below: number) => `(hash(i, ${salt}, '${what}') % ${below})::BIGINT`
  const or = (what: string, value: string) => `CASE WHEN ${draw(`no ${what}`, 50)} > 0 THEN ${value} END`
  return rawSql`SELECT ${or('id', `'k' || ${draw('id', 100 + batch * 400)}`)} AS id,
    ${or('kind', `${draw('kind', 3)}::INTEGER`)} AS kind,
    ${or('at', `TIMESTAMPTZ '2026-11-22 10:00:00+00' + to_microseconds(${draw('at', 200)})`)} AS "at",
    ${or('value', draw('value', 4))} AS value,
    ${or('label', `'l' || ${draw('label', 3)}`)} AS label
    FROM range(${count}) r(i)`
}
