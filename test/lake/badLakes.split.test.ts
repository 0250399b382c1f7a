import { afterAll, beforeAll, expect, test } from 'vitest'
import { CaseLake, type CaseStream } from '../support/caseLake.ts'

const COLUMNS = { id: 'INTEGER', k: 'VARCHAR' }
const TWO_ALIKE = { _left: { columns: COLUMNS }, _right: { columns: COLUMNS } }
const TWO_UNLIKE = { _left: { columns: COLUMNS, partitionBy: ['k'] }, _right: { columns: { id: 'INTEGER' } } }
const ONE = { '': { columns: COLUMNS } }

interface SplitCase extends CaseStream {
  readonly name: string
  /** The whole description. */
  readonly says: string
}

const MORE =
  'A join found several rows for one: a COLLATE or a cast makes different keys equal. Compare the key as it is.'
const USE_COALESCE = 'NULL meets neither a condition nor its NOT; use coalesce.'

function failing(stream: string, what: string, remedy: string): string {
  return `LAKE_SPLIT_FAILED: ${stream} batch 1 failed: ${what}
Nothing was published; batch 1 runs again on the next start.
${remedy} Then: lakeweir run ${stream}`
}

const BY_DESTINATION = 'Send the rows that it drops to a table of their own, by the column destination.'

function refused(stream: string, place: string, what: string, instead: string): string {
  return `LAKE_SQL_INVALID: sql/${stream}.sql ${place}: ${what}.
${instead} Or write rows: 'any' for its stream in the config, if it may drop rows and make some.`
}

/** Keys that differ, and that a comparison may take for one. */
const TWINS = { columns: { k: 'VARCHAR', label: 'VARCHAR' }, key: 'k', csv: 'k,label\na,one\nA,two\n' }

const cases: readonly SplitCase[] = [
  {
    name: 'a destination of NULL',
    stream: 'to_null',
    tables: TWO_ALIKE,
    select:
      "SELECT *, CASE WHEN k <> 'c' THEN 'to_null_left' WHEN id < 3 THEN 'to_null_right' END AS destination FROM given",
    says: failing(
      'to_null',
      'sql/to_null.sql returns a row with the destination NULL.',
      `Every row needs one of: to_null_left, to_null_right. ${USE_COALESCE}`,
    ),
  },
  {
    name: 'a destination of NULL, where tables differ',
    stream: 'to_null_too',
    tables: TWO_UNLIKE,
    select: "SELECT *, CASE WHEN id < 3 THEN 'to_null_too_left' END AS destination FROM given",
    says: failing(
      'to_null_too',
      'sql/to_null_too.sql returns a row with the destination NULL.',
      `Every row needs one of: to_null_too_left, to_null_too_right. ${USE_COALESCE}`,
    ),
  },
  {
    name: 'a destination that is misspelt',
    stream: 'misspelt',
    tables: TWO_ALIKE,
    select: "SELECT *, 'misspelt_rigth' AS destination FROM given",
    says: failing(
      'misspelt',
      "sql/misspelt.sql returns a row with the destination 'misspelt_rigth'.",
      'Every row needs one of: misspelt_left, misspelt_right. Did you mean "misspelt_right"?',
    ),
  },
  {
    name: 'a destination that is no table, where tables differ',
    stream: 'nowhere',
    tables: TWO_UNLIKE,
    select: "SELECT *, CASE id WHEN 2 THEN 'trash' ELSE 'nowhere_left' END AS destination FROM given",
    says: failing(
      'nowhere',
      "sql/nowhere.sql returns a row with the destination 'trash'.",
      'Every row needs one of: nowhere_left, nowhere_right. Fix its CASE.',
    ),
  },
  {
    name: 'a destination in capitals',
    stream: 'capitals',
    tables: TWO_ALIKE,
    select: "SELECT *, 'CAPITALS_LEFT' AS destination FROM given",
    says: failing(
      'capitals',
      "sql/capitals.sql returns a row with the destination 'CAPITALS_LEFT'.",
      'Every row needs one of: capitals_left, capitals_right. Did you mean "capitals_left"?',
    ),
  },
  {
    name: 'a destination that no folder can be named for',
    stream: 'long',
    tables: TWO_ALIKE,
    select: "SELECT *, repeat('z', 300) AS destination FROM given",
    says: failing(
      'long',
      `sql/long.sql returns a row with the destination '${'z'.repeat(40)}…' (300 bytes).`,
      'Every row needs one of: long_left, long_right. Fix its CASE.',
    ),
  },
  {
    name: 'more rows than it read, by a join with several for one',
    stream: 'more',
    tables: ONE,
    select: 'SELECT g.id, g.k FROM given AS g LEFT JOIN more_twins AS t ON t.k = g.k COLLATE nocase',
    reference: { name: 'more_twins', ...TWINS },
    says: failing('more', 'it returns 2 more rows than it read: 6 for 4.', MORE),
  },
  {
    name: 'one row more than it read, in one of two tables',
    stream: 'one_more',
    tables: TWO_ALIKE,
    select:
      "SELECT g.*, 'one_more_' || CASE t.label WHEN 'two' THEN 'right' ELSE 'left' END AS destination " +
      'FROM given AS g LEFT JOIN one_more_twins AS t ON t.k = (g.k COLLATE nocase) AND g.id = 1',
    reference: { name: 'one_more_twins', ...TWINS },
    says: failing('one_more', 'it returns 1 more row than it read: 5 for 4.', MORE),
  },
  {
    name: 'more rows than it read, by a join with itself',
    stream: 'itself',
    tables: ONE,
    select: 'SELECT g.id, g.k FROM given AS g JOIN given AS other ON other.k = g.k',
    says: refused(
      'itself',
      'line 5, column 34',
      'it joins given a second time',
      'Read given once, and join references.',
    ),
  },
  {
    name: 'rows of its own beside those that it read',
    stream: 'beside',
    tables: TWO_ALIKE,
    select: "SELECT id, k, 'beside_left' AS destination FROM given UNION ALL SELECT 1, 'a', 'beside_right'",
    says: refused(
      'beside',
      'line 5, column 55',
      'UNION adds rows to those of the source',
      'Read given once, and use CASE.',
    ),
  },
  {
    name: 'fewer rows than it read, by a filter',
    stream: 'filtered',
    tables: ONE,
    select: "SELECT id, k FROM given WHERE k = 'a'",
    says: refused('filtered', 'line 5, column 25', 'WHERE drops rows', BY_DESTINATION),
  },
  {
    name: 'one row fewer than it read, by an inner join',
    stream: 'joined',
    tables: ONE,
    select: 'SELECT id, k FROM given JOIN joined_keys USING (k)',
    reference: { name: 'joined_keys', columns: { k: 'VARCHAR' }, key: 'k', csv: 'k\na\nb\n' },
    says: refused(
      'joined',
      'line 6, column 25',
      'this join drops rows',
      'Write LEFT JOIN joined_keys ON joined_keys.k = … instead.',
    ),
  },
  {
    name: 'no rows at all',
    stream: 'none',
    tables: TWO_UNLIKE,
    select: "SELECT *, 'none_left' AS destination FROM given WHERE false",
    says: refused('none', 'line 5, column 49', 'WHERE drops rows', BY_DESTINATION),
  },
  {
    name: 'one row twice and another not at all, which no count shows',
    stream: 'swapped',
    tables: ONE,
    select: 'SELECT id, k FROM given\nWHERE id <> 3 UNION ALL SELECT id, k FROM given WHERE id = 1',
    says: refused(
      'swapped',
      'line 6, column 15',
      'UNION adds rows to those of the source',
      'Read given once, and use CASE.',
    ),
  },
  {
    name: 'a value that does not cast',
    stream: 'uncast',
    tables: { '': { columns: { id: 'INTEGER' } } },
    select: 'SELECT CAST(k AS INTEGER) AS id FROM given',
    says: `LAKE_BATCH_FAILED: uncast batch 1 failed: sql/uncast.sql: Conversion Error: Could not convert string 'a' to INT32 when casting from source column k
Nothing was published; batch 1 runs again on the next start.
Fix the cause. Then: lakeweir run uncast`,
  },
]

let lake: CaseLake

beforeAll(async () => {
  lake = await CaseLake.open(COLUMNS, "FROM (VALUES (1, 'a'), (2, 'a'), (3, 'b'), (4, 'c')) AS v(id, k)", cases)
}, 60_000)

afterAll(() => lake.close())

test.each(cases)('a SELECT that gives $name publishes nothing and says why', async ({ stream, says }) => {
  expect(await lake.refusal(stream)).toBe(says)
})

test('of all those batches nothing is published, and every row is still to be taken', async () => {
  const { tables, streams } = await lake.lake.status()
  const published = tables.filter(
    ({ name, rows, unreferencedFiles }) => name !== 'given' && (rows > 0 || unreferencedFiles?.length !== 0),
  )
  expect(published).toEqual([])
  const waiting = streams.filter(({ name }) => name !== 'land').map(({ last, pending }) => [last, pending.rows])
  expect(waiting).toEqual(cases.map(() => [undefined, 4]))
})
