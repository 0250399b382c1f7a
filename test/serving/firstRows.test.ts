import { describe, expect, test } from 'vitest'
import { soakFirstRows } from '../../scripts/soak/firstRows.ts'
import type { FirstRelation } from '../../src/serving/model.ts'
import { Statements } from '../../src/serving/statements.ts'
import { KeptRowsStore } from '../support/keptRows.ts'
import { ORDERED_VALUES } from '../support/orderedValues.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const MODES = { index: 100e6, join: 0 }

const FIRSTS: FirstRelation = {
  kind: 'first',
  name: 'firsts',
  table: 'rows',
  columns: { key: 'VARCHAR', at: 'INTEGER', next: 'INTEGER', other: 'VARCHAR' },
  keys: ['key'],
  order: [
    { column: 'at', isDescending: false, areNullsFirst: false },
    { column: 'next', isDescending: false, areNullsFirst: false },
  ],
}

/** What a batch does to the row ('k', 5, 5, 'm'), which is there: rows gained and lost, by `at`, `next`, `other`. */
const BATCHES: readonly (readonly [what: string, rows: readonly string[], gained: string[], lost: string[]])[] = [
  ['a new key is gained', ["('n', 7, 1, 'a')"], ['7 1 a'], []],
  ['a later row changes nothing', ["('k', 6, 0, 'a')"], [], []],
  ['an earlier row replaces the one before', ["('k', 4, 9, 'z')"], ['4 9 z'], ['5 5 m']],
  ['of rows as early, the next column decides', ["('k', 5, 4, 'z')"], ['5 4 z'], ['5 5 m']],
  ['and keeps what comes first', ["('k', 5, 6, 'a')"], [], []],
  [
    'a row that is equal in the order and less in other columns replaces it',
    ["('k', 5, 5, 'a')"],
    ['5 5 a'],
    ['5 5 m'],
  ],
  ['and one that is greater does not', ["('k', 5, 5, 'z')"], [], []],
  ['the same row again changes nothing', ["('k', 5, 5, 'm')"], [], []],
  ['NULL comes last', ["('k', NULL, 1, 'a')", "('k', 5, NULL, 'a')"], [], []],
  ['a NULL key is a key, and an empty text another', ["(NULL, 1, 1, 'a')", "('', 1, 1, 'b')"], ['1 1 a', '1 1 b'], []],
  [
    'of a batch with several, the first',
    ["('k', 4, 1, 'a')", "('k', 3, 1, 'b')", "('k', 6, 1, 'c')"],
    ['3 1 b'],
    ['5 5 m'],
  ],
  ['of three as early, the first', ["('n', 1, 3, 'a')", "('n', 1, 1, 'b')", "('n', 1, 2, 'c')"], ['1 1 b'], []],
  ['of three equal ones, one', ["('n', 1, 1, 'a')", "('n', 1, 1, 'a')", "('n', 1, 1, 'a')"], ['1 1 a'], []],
  [
    'of three as early as the one there',
    ["('k', 5, 7, 'a')", "('k', 5, 3, 'b')", "('k', 5, 4, 'c')"],
    ['5 3 b'],
    ['5 5 m'],
  ],
  ['and if all come after it, none', ["('k', 5, 7, 'a')", "('k', 5, 8, 'b')", "('k', 5, 6, 'c')"], [], []],
  [
    'rows as early, then an earlier one',
    ["('k', 4, 2, 'a')", "('k', 4, 1, 'b')", "('k', 3, 9, 'c')"],
    ['3 9 c'],
    ['5 5 m'],
  ],
  ['no rows', [], [], []],
]

async function contents(store: KeptRowsStore, name: string | undefined): Promise<string[]> {
  if (name === undefined) return []
  const rows = await store.session.rows(
    rawSql`SELECT concat_ws(' ', "at", "next", other) AS t FROM "${name}" ORDER BY t`,
  )
  return rows.map(({ t }) => String(t))
}

for (const [lookup, memoryBytes] of Object.entries(MODES)) {
  describe(`first rows, by ${lookup}`, () => {
    const open = (folder: string, relation = FIRSTS) => KeptRowsStore.open(folder, relation, { memoryBytes })

    for (const [what, rows, gained, lost] of BATCHES) {
      test(what, async () => {
        const store = await open(temporaryFolder())
        await store.apply(["('k', 5, 5, 'm')", "('j', 1, 1, 'j')"], 'all')
        expect(store.relation.size).toMatchObject({ lookup, keys: 2 })
        const change = await store.apply(rows)
        expect(await contents(store, change.gained)).toEqual(gained)
        expect(await contents(store, change.lost)).toEqual(lost)
        expect(await store.differences()).toEqual([])
        expect(store.relation.size.keys).toBe(await store.keyCount())
        store.close()
      })
    }
  })
}

describe('the order of first rows', () => {
  for (const [type, ascending] of Object.entries(ORDERED_VALUES)) {
    for (const isDescending of [false, true]) {
      for (const areNullsFirst of [false, true]) {
        const direction = `${isDescending ? 'descending' : 'ascending'}, NULL ${areNullsFirst ? 'first' : 'last'}`
        test(`is that of DuckDB for ${type}, ${direction}`, async () => {
          const order = [{ column: 'at', isDescending, areNullsFirst }]
          const relation = { ...FIRSTS, columns: { ...FIRSTS.columns, at: type }, order }
          const store = await KeptRowsStore.open(temporaryFolder(), relation)
          const values = isDescending ? ascending.toReversed() : ascending
          const inOrder = areNullsFirst ? ['NULL', ...values] : [...values, 'NULL']
          const row = (value: string) => [`('k', (${value})::${type}, 1, 'x')`]
          const last = inOrder.at(-1) ?? ''
          await store.apply(row(last), 'all')
          // Each comes before all that came until now, and then none does.
          for (const value of inOrder.slice(0, -1).reverse()) {
            const change = await store.apply(row(value))
            expect([value, change.lost]).toEqual([value, 'firsts lost'])
          }
          for (const value of inOrder) expect([value, (await store.apply(row(value))).lost]).toEqual([value, undefined])
          expect(await store.differences()).toEqual([])
          store.close()
        })
      }
    }
  }
})

const ROW = "('k', 5, 5, 'm')"

for (const [lookup, memoryBytes] of Object.entries(MODES)) {
  test(`a portion that cannot be read changes nothing, and the next is taken, by ${lookup}`, async () => {
    const store = await KeptRowsStore.open(temporaryFolder(), FIRSTS, { memoryBytes })
    await store.apply([ROW], 'all')
    await store.session.run(rawSql`BEGIN`)
    const unreadable = rawSql`SELECT 'k' AS key, error('unreadable')::INTEGER AS "at", 1 AS "next", 'a' AS other`
    const statements = new Statements(store.session)
    await expect(
      store.relation.take({ scope: 'added', select: unreadable, from: 'files' }, statements),
    ).rejects.toThrow('unreadable')
    await store.session.run(rawSql`ROLLBACK`)
    store.relation.rolledBack()
    expect(store.relation.size).toMatchObject({ keys: 1, lookup })
    await store.apply(["('k', 4, 4, 'a')"])
    expect(await store.differences()).toEqual([])
    store.close()
  })
}

test('the process goes on while the index of a store is loaded', async () => {
  const folder = temporaryFolder()
  const store = await KeptRowsStore.open(folder, FIRSTS)
  await store.apply(rawSql`SELECT 'k' || n AS key, 1 AS "at", 1 AS "next", 'a' AS other FROM range(100000) t(n)`, 'all')
  store.close()
  let turns = 0
  let isOpen = false
  const count = () => {
    turns += 1
    if (!isOpen) setImmediate(count)
  }
  setImmediate(count)
  const again = await KeptRowsStore.open(folder, FIRSTS)
  isOpen = true
  expect(again.relation.size).toMatchObject({ keys: 100_000, lookup: 'index' })
  expect(turns).toBeGreaterThan(40) // a turn for each of 49 pieces
  again.close()
})

describe('the state of first rows', () => {
  test('is there when the store is opened again, and a replaced row stays replaced', async () => {
    const folder = temporaryFolder()
    const store = await KeptRowsStore.open(folder, FIRSTS)
    await store.apply([ROW], 'all')
    await store.apply(["('k', 4, 4, 'a')"])
    store.close()
    const again = await KeptRowsStore.open(folder, FIRSTS)
    expect(again.relation.isBuilt).toBe(true)
    expect(again.relation.size).toMatchObject({ keys: 1, lookup: 'index' })
    expect(await contents(again, again.relation.current)).toEqual(['4 4 a'])
    expect((await again.apply([ROW])).lost).toBeUndefined()
    expect(await again.differences()).toEqual([])
    again.close()
  })

  for (const [what, other, isBuilt] of [
    ['fewer columns are read', { reads: ['at'] }, true],
    ['a column is read that it does not have', { reads: ['key'] }, false],
    ['the key is another', { relation: { ...FIRSTS, keys: ['key', 'other'] } }, false],
    ['the order is another', { relation: { ...FIRSTS, order: [...FIRSTS.order].reverse() } }, false],
    ['a type is another', { relation: { ...FIRSTS, columns: { ...FIRSTS.columns, other: 'BLOB' } } }, false],
  ] as const) {
    test(`is ${isBuilt ? 'kept' : 'made anew'} if ${what}`, async () => {
      const folder = temporaryFolder()
      const store = await KeptRowsStore.open(folder, FIRSTS, { reads: ['other'] })
      await store.apply([ROW], 'all')
      store.close()
      const { relation = FIRSTS, reads = ['other'] } = { relation: undefined, reads: undefined, ...other }
      const again = await KeptRowsStore.open(folder, relation, { reads })
      expect(again.relation.isBuilt).toBe(isBuilt)
      again.close()
    })
  }

  test('is made anew by another version of DuckDB, whose sort keys may be others', async () => {
    const folder = temporaryFolder()
    const store = await KeptRowsStore.open(folder, FIRSTS)
    await store.apply([ROW], 'all')
    const [table] = await store.session.rows(rawSql`SELECT comment FROM duckdb_tables() WHERE table_name = 'firsts'`)
    const other = String(table?.comment).replace(/"duckdb":"[^"]+"/, '"duckdb":"1.0.0"')
    await store.session.run(rawSql`COMMENT ON TABLE live.relations.firsts IS '${other}'`)
    store.close()
    const again = await KeptRowsStore.open(folder, FIRSTS)
    expect([other.includes('1.0.0'), again.relation.isBuilt]).toEqual([true, false])
    again.close()
  })

  test('cannot take new rows before it is built, nor twice in a transaction', async () => {
    const store = await KeptRowsStore.open(temporaryFolder(), FIRSTS)
    await expect(store.apply([ROW])).rejects.toThrow('firsts is not built')
    await store.session.run(rawSql`ROLLBACK`)
    await store.begin([ROW], 'all')
    const again = store.relation.take(
      { scope: 'all', select: rawSql`FROM live.came`, from: 'files' },
      new Statements(store.session),
    )
    await expect(again).rejects.toThrow('taken twice')
    store.close()
  })

  test('is joined once its index has outgrown the memory for it, and still exact', async () => {
    const folder = temporaryFolder()
    const memoryBytes = 1_000_000
    const store = await KeptRowsStore.open(folder, FIRSTS, { memoryBytes })
    await store.apply([ROW], 'all')
    const keys = (from: number) => Array.from({ length: 6_000 }, (_, n) => `('k${from + n}', ${n}, 1, 'x')`)
    const lookups: string[] = []
    for (let piece = 0; piece < 6; piece++) {
      await store.apply(keys(piece * 6_000))
      lookups.push(store.relation.size.lookup)
      expect(store.relation.size.memoryBytes).toBeLessThanOrEqual(memoryBytes)
    }
    expect([...new Set(lookups)]).toEqual(['index', 'join'])
    await store.apply(["('k7', -1, 1, 'earlier')", "('k8', 99999, 1, 'later')", ...keys(36_000).slice(0, 5)])
    expect(await store.differences()).toEqual([])
    store.close()
    const again = await KeptRowsStore.open(folder, FIRSTS, { memoryBytes })
    expect(again.relation.size).toMatchObject({ keys: 36_006, lookup: 'join', memoryBytes: 0 })
    again.close()
  })

  test('is looked up by its index again after it was to be made anew in vain', async () => {
    const store = await KeptRowsStore.open(temporaryFolder(), FIRSTS)
    await store.apply([ROW], 'all')
    await store.applyInVain(["('n', 1, 1, 'n')"], 'all')
    await store.apply(["('k', 4, 4, 'a')"])
    expect(store.relation.size).toMatchObject({ keys: 1, lookup: 'index' })
    expect(await store.differences()).toEqual([])
    store.close()
  })

  test('takes a batch of more rows than are looked up one by one, and knows their keys afterwards', async () => {
    const store = await KeptRowsStore.open(temporaryFolder(), FIRSTS)
    await store.apply([ROW, "('k1', 9, 9, 'x')"], 'all')
    const many = Array.from({ length: 20_001 }, (_, n) => `('k${n % 15_000}', ${n % 7}, 1, 'x')`)
    const change = await store.apply(many)
    expect(await contents(store, change.lost)).toEqual(['9 9 x'])
    expect(store.relation.size).toMatchObject({ keys: 15_001, lookup: 'index' })
    const after = await store.apply(["('k3', 8, 1, 'later')", "('k4', -1, 1, 'earlier')"])
    expect([await contents(store, after.gained), await contents(store, after.lost)]).toEqual([
      ['-1 1 earlier'],
      ['3 1 x'],
    ])
    expect(await store.differences()).toEqual([])
    store.close()
  })
})

test('first rows are those of the view after many batches, late, doubled, replayed and in any order', async () => {
  let batches = 0
  expect(await soakFirstRows(1, () => batches++ < 25)).toMatch(/^\d{4,} keys, /)
}, 120_000)
