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

const MORE = 'A join that finds several rows for one makes more: join one row per key.'
const FEWER = 'A filter or an inner join makes fewer: use a LEFT JOIN, and give what a filter drops a table of its own.'
const USE_COALESCE = 'NULL passes neither a rule nor its NOT; use coalesce.'

function failing(stream: string, what: string, remedy: string): string {
  return `LAKE_SPLIT_FAILED: ${stream} batch 1 failed: ${what}
Nothing was published; batch 1 runs again on the next start.
${remedy} Then: lakeweir run ${stream}`
}

const cases: readonly SplitCase[] = [
  {
    name: 'a destination of NULL',
    stream: 'to_null',
    tables: TWO_ALIKE,
    select:
      "SELECT *, CASE WHEN k <> 'c' THEN 'to_null_left' WHEN id < 3 THEN 'to_null_right' END AS destination FROM given",
    says: failing(
      'to_null',
      'sql/to_null.sql gives a row the destination NULL.',
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
      'sql/to_null_too.sql gives a row the destination NULL.',
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
      "sql/misspelt.sql gives a row the destination 'misspelt_rigth'.",
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
      "sql/nowhere.sql gives a row the destination 'trash'.",
      'Every row needs one of: nowhere_left, nowhere_right. Mend its CASE.',
    ),
  },
  {
    name: 'a destination in capitals',
    stream: 'capitals',
    tables: TWO_ALIKE,
    select: "SELECT *, 'CAPITALS_LEFT' AS destination FROM given",
    says: failing(
      'capitals',
      "sql/capitals.sql gives a row the destination 'CAPITALS_LEFT'.",
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
      `sql/long.sql gives a row the destination '${'z'.repeat(40)}…' (300 bytes).`,
      'Every row needs one of: long_left, long_right. Mend its CASE.',
    ),
  },
  {
    name: 'more rows than it read, by a join with several for one',
    stream: 'more',
    tables: ONE,
    select: 'SELECT g.id, g.k FROM given AS g JOIN given AS other ON other.k = g.k',
    says: failing('more', 'it gives 2 more rows than it read: 6 for 4.', MORE),
  },
  {
    name: 'one row more than it read, in one of two tables',
    stream: 'one_more',
    tables: TWO_ALIKE,
    select: "SELECT id, k, 'one_more_left' AS destination FROM given UNION ALL SELECT 1, 'a', 'one_more_right'",
    says: failing('one_more', 'it gives 1 more row than it read: 5 for 4.', MORE),
  },
  {
    name: 'fewer rows than it read, by a filter',
    stream: 'filtered',
    tables: ONE,
    select: "SELECT id, k FROM given WHERE k = 'a'",
    says: failing('filtered', 'it gives 2 fewer rows than it read: 2 for 4.', FEWER),
  },
  {
    name: 'one row fewer than it read, by an inner join',
    stream: 'joined',
    tables: ONE,
    select: 'SELECT id, k FROM given JOIN joined_keys USING (k)',
    reference: { name: 'joined_keys', columns: { k: 'VARCHAR' }, key: 'k', csv: 'k\na\nb\n' },
    says: failing('joined', 'it gives 1 fewer row than it read: 3 for 4.', FEWER),
  },
  {
    name: 'no rows at all',
    stream: 'none',
    tables: TWO_UNLIKE,
    select: "SELECT *, 'none_left' AS destination FROM given WHERE false",
    says: failing('none', 'it gives 4 fewer rows than it read: 0 for 4.', FEWER),
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

test.each(cases)('a SELECT that gives $name fails its batch and says what it gave', async ({ stream, says }) => {
  expect(await lake.refusal(stream)).toBe(says)
})

test('of all those batches nothing is published, and every row is still to be taken', async () => {
  const { tables, streams } = await lake.lake.status()
  const published = tables.filter(
    ({ name, rows, unreferencedFiles }) => name !== 'given' && (rows > 0 || unreferencedFiles.length > 0),
  )
  expect(published).toEqual([])
  const waiting = streams.filter(({ name }) => name !== 'land').map(({ last, pending }) => [last, pending.rows])
  expect(waiting).toEqual(cases.map(() => [undefined, 4]))
})
