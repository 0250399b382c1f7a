import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProvedSelects } from '../support/provedSelects.ts'

// What is wrong | what to write instead, then the SELECTs that are refused so: ‸ stands before the place that is named,
// and ⏎ for the end of a line.

/** Each returns other rows than those of the source, here. */
const CHANGING = `
WHERE drops rows | Send the rows that it drops to a table of their own, by the column destination.
  SELECT id FROM given ‸WHERE n = 1
  SELECT id FROM given⏎‸WHERE⏎  n = 1
  SELECT 'é' || k AS é, id FROM given ‸WHERE n = 1
DISTINCT drops rows | Do it in a view or a report over the table.
  SELECT ‸DISTINCT ON (k) id FROM given
GROUP BY makes one row of many | Do it in a view or a report over the table.
  SELECT k FROM given ‸GROUP BY k
  SELECT k FROM given ‸GROUP BY ALL
  SELECT k FROM given ‸GROUP BY ROLLUP (k)
HAVING drops rows | Send the rows that it drops to a table of their own, by the column destination.
  SELECT 1 FROM given ‸HAVING count(*) > 1
QUALIFY drops rows | Do it in a view or a report over the table.
  SELECT id FROM given ‸QUALIFY row_number() OVER (PARTITION BY k) = 1
LIMIT drops rows | Do it in a view or a report over the table.
  SELECT id FROM given ‸LIMIT 3
  SELECT id FROM given ORDER BY id ‸LIMIT 50%
  SELECT id FROM given ‸FETCH FIRST 3 ROWS ONLY
OFFSET drops rows | Do it in a view or a report over the table.
  SELECT id FROM given ‸OFFSET 3
a sample drops rows | Take it in a view or a query.
  SELECT id FROM given ‸USING SAMPLE 3
  SELECT id FROM (FROM given) AS g ‸TABLESAMPLE 3 ROWS
UNION adds rows to those of the source | Read given once, and use CASE.
  FROM given ‸UNION ALL FROM given
  SELECT id FROM given ‸UNION ALL BY NAME SELECT 1 AS id
  WITH g AS (SELECT id FROM given ‸UNION ALL SELECT 1) FROM g
EXCEPT drops rows | Send the rows that it drops to a table of their own, by the column destination.
  SELECT id FROM given ‸EXCEPT SELECT 1
INTERSECT drops rows | Send the rows that it drops to a table of their own, by the column destination.
  SELECT id FROM given ‸INTERSECT ALL SELECT 1
count() makes one row of many | Compute it in a view or a report over the table.
  SELECT ‸count(*) FROM given
  SELECT ‸count(*) FILTER (n = 1) FROM given
  SELECT 1 FROM given ORDER BY ‸count(*)
max() makes one row of many | Compute it in a view or a report over the table.
  SELECT ‸max(id) AS id FROM given
  SELECT ‸n.max() FROM given
  SELECT ‸max(COLUMNS('id')) FROM given
sum() makes one row of many | Compute it in a view or a report over the table.
  SELECT n + ‸sum(n) AS s FROM given GROUP BY n
  SELECT ‸main.sum(n) FROM given
list() makes one row of many | Compute it in a view or a report over the table.
  SELECT ‸list(id ORDER BY n) FROM given
unnest() makes several rows of one, or none | Compute it in a view or a report over the table.
  SELECT ‸unnest(l) FROM given
  SELECT id, upper(‸unnest(l)) FROM given
  SELECT id, ‸main.unnest(l) FROM given
  SELECT id FROM given ORDER BY ‸unnest(l)
  SELECT * REPLACE (‸unnest(l) AS l) FROM given
  WITH r AS (SELECT k, ‸unnest([1, 2]) FROM ref) SELECT id FROM given LEFT JOIN r USING (k)
unlist() makes several rows of one, or none | Compute it in a view or a report over the table.
  SELECT ‸unlist(l) FROM given
generate_subscripts() makes several rows of one, or none | Compute it in a view or a report over the table.
  SELECT id, ‸generate_subscripts(l, 1) FROM given
unnest() makes rows of its own | Do it in a view or a report over the table.
  SELECT id FROM given, ‸unnest(l)
a cross join pairs every row with every other | Join references of the lake, each on its key.
  SELECT id FROM given, LATERAL (SELECT ‸unnest(l))
a cross join pairs every row with every other | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸CROSS JOIN ref
  SELECT id FROM given, ‸ref
this join drops rows | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸JOIN ref USING (k)
  SELECT id FROM given ‸JOIN ref ON ref.k = given.k
  SELECT id FROM given ‸SEMI JOIN ref USING (k)
  SELECT id FROM given ‸ANTI JOIN ref USING (k)
this join adds rows to those of the source | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸RIGHT JOIN ref USING (k)
  SELECT id FROM given ‸FULL JOIN ref USING (k)
  SELECT id FROM given ‸FULL OUTER JOIN ref USING (k)
a NATURAL JOIN depends on which columns there are | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸NATURAL JOIN ref
it reads ref where it must read given | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM ‸ref LEFT JOIN given USING (k)
  FROM ‸ref
a row may match several of ref, which is not joined on just its key | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸LEFT JOIN ref ON true
  SELECT id FROM given ‸LEFT JOIN ref ON ref.k = given.k OR ref.x = 1
  SELECT id FROM given ‸LEFT JOIN ref ON ref.k <> given.k
  SELECT id FROM given ‸LEFT JOIN ref ON ref.k = ref.k
  SELECT id FROM given ‸LEFT JOIN ref ON lower(ref.k) = given.k
  SELECT id FROM given ‸LEFT JOIN ref ON ref.k IN (given.k, 'c')
a row may match several of r, which is not joined on just its key | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given AS ref ‸LEFT JOIN ref AS r ON ref.k = ref.k
a row may match several of b, which is not joined on just its key | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given LEFT JOIN ref USING (k) ‸LEFT JOIN ref AS b ON k = 'a'
a join with something other than a reference may add rows | Join references of the lake, each on its key.
  SELECT id FROM given LEFT JOIN (SELECT ‸k, x FROM ref UNION ALL SELECT k, x FROM ref) AS r USING (k)
  SELECT id FROM given LEFT JOIN (VALUES (‸'a'), ('a')) AS v(k) USING (k)
WITH given hides the given that the stream reads | Give it another name.
  WITH ‸GIVEN AS (SELECT 1 AS id) FROM GIVEN
WITH ref hides the ref that the stream reads | Give it another name.
  WITH ‸ref AS (SELECT 'a' AS k, 1 AS x FROM range(2)) SELECT id FROM given LEFT JOIN ref USING (k)
a recursive WITH makes rows of its own | Write it as one query over given.
  WITH RECURSIVE g AS (SELECT ‸id FROM given UNION ALL SELECT id + 100 FROM g WHERE id < 3) FROM g
it does not read given | Read given here.
  SELECT ‸1 AS id
VALUES makes rows of its own | Read given here.
  VALUES (‸1), (2)
  FROM (VALUES (‸1), (2)) AS v(id)
generate_series() makes rows of its own | Read given here.
  FROM ‸generate_series(1, 3) AS r(id)
it reads information_schema.tables, which is neither given nor a reference | Read given here.
  FROM ‸information_schema.tables
duckdb_tables() makes rows of its own | Read given here.
  FROM ‸duckdb_tables()
it reads memory.main.given, which is neither given nor a reference | Read given here.
  SELECT id FROM ‸memory.main.given
DESCRIBE or SUMMARIZE makes rows of its own | Read given here.
  FROM (DESCRIBE ‸given)
  SUMMARIZE ‸given
sum() in a subquery reads given.n, which may be a column outside it | Write the column with the name of its table in the subquery.
  SELECT (SELECT ‸sum(given.n)) FROM given
max() in a subquery reads n, which may be a column outside it | Write the column with the name of its table in the subquery.
  SELECT (SELECT ‸max(r.x + n) FROM ref AS r) FROM given
`

/** Each returns the rows of the source here, or fails, and would return others with other data or in another batch. */
const UNSURE = `
DISTINCT drops rows | Do it in a view or a report over the table.
  SELECT ‸DISTINCT id, k FROM given
UNION adds rows to those of the source | Read given once, and use CASE.
  SELECT id FROM given ‸UNION SELECT 1
geomean() makes one row of many | Compute it in a view or a report over the table.
  SELECT ‸geomean(n) FROM given
unnest() makes several rows of one, or none | Compute it in a view or a report over the table.
  SELECT id, ‸unnest([{a: 1}], recursive := true) FROM given
row_number() OVER (…) depends on which rows come in one batch | Compute it in a view or a report over the table.
  SELECT id, ‸row_number() OVER (ORDER BY id) FROM given
sum() OVER (…) depends on which rows come in one batch | Compute it in a view or a report over the table.
  SELECT id, ‸sum(n) OVER w FROM given WINDOW w AS (PARTITION BY k)
lag() OVER (…) depends on which rows come in one batch | Compute it in a view or a report over the table.
  SELECT id, ‸lag(n) OVER () FROM given
a join of the kind ASOF is not known to keep rows | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸ASOF LEFT JOIN ref ON given.n >= ref.x
a join of the kind POSITIONAL is not known to keep rows | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸POSITIONAL JOIN ref
a NATURAL JOIN depends on which columns there are | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸NATURAL LEFT JOIN ref
a join with something other than a reference may add rows | Join references of the lake, each on its key.
  SELECT id FROM given LEFT JOIN LATERAL (SELECT ‸x FROM ref WHERE ref.k = given.k) ON true
  SELECT id FROM given LEFT JOIN ‸ref AS r(x, k, z) USING (k)
  SELECT id FROM given LEFT JOIN (SELECT ‸z AS k, x FROM ref) AS r USING (k)
  WITH r(z, x, k) AS (FROM ref) SELECT id FROM given LEFT JOIN ‸r USING (k)
  SELECT id FROM given LEFT JOIN (‸ref LEFT JOIN zones USING (z)) USING (k)
it reads ref where it must read given | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM ‸ref RIGHT JOIN given USING (k)
a row may match several of ref, which is not joined on just its key | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸LEFT JOIN ref ON ref.x = given.n
  SELECT id FROM given ‸LEFT JOIN ref ON ref.k = ref.z || given.k
a row may match several of r, which is not joined on just its key | Write LEFT JOIN ref ON ref.k = … instead.
  SELECT id FROM given ‸LEFT JOIN ref AS r ON r.z = given.k
a sample drops rows | Take it in a view or a query.
  SELECT id FROM given LEFT JOIN ref ‸TABLESAMPLE 50% USING (k)
  SELECT id FROM given ‸TABLESAMPLE 10%
range() makes rows of its own | Do it in a view or a report over the table.
  SELECT id FROM given LEFT JOIN ‸range(3) AS r(k) ON r.k = given.n
it joins given a second time | Read given once, and join references.
  SELECT g.id FROM given AS g ‸LEFT JOIN given AS h USING (id)
  WITH g AS (FROM given) SELECT g.id FROM g ‸LEFT JOIN (FROM g) AS h USING (id)
WITH given hides the given that the stream reads | Give it another name.
  WITH ‸given AS (FROM given) FROM given
range() makes rows of its own | Read given here.
  FROM ‸range(12) AS r(id)
it reads other, which is neither given nor a reference | Read given here.
  SELECT id FROM ‸other
it reads main.given, which is neither given nor a reference | Read given here.
  SELECT id FROM ‸main.given
query() makes rows of its own | Read given here.
  SELECT id FROM ‸query('FROM given')
query_table() makes rows of its own | Read given here.
  SELECT id FROM ‸query_table('given')
PIVOT or UNPIVOT makes rows of its own | Read given here.
  ‸PIVOT given ON n IN (0, 1) USING count(*)
  ‸UNPIVOT given ON n INTO NAME a VALUE b
a subquery reads given, of which it would see only one batch | Let it read only references.
  SELECT id, (SELECT max(id) FROM ‸given) FROM given
  SELECT id, k IN (SELECT k FROM ‸given) FROM given
  WITH g AS (FROM ‸given) SELECT id, EXISTS (FROM g AS h WHERE h.n > g.n) FROM g
sum() in a subquery reads n, which may be a column outside it | Write the column with the name of its table in the subquery.
  SELECT (SELECT ‸sum(n) FROM ref) FROM given
sum() in a subquery reads ref.n, which may be a column outside it | Write the column with the name of its table in the subquery.
  SELECT (SELECT ‸sum(ref.n) FROM zones) FROM given AS ref
a subquery reads duckdb_tables(), which is not a reference | Let it read only references.
  SELECT id, (SELECT count(*) FROM ‸duckdb_tables()) FROM given
sum() OVER (…) is not known to keep rows in a subquery | Compute it in a view or a report over the table.
  SELECT id, (SELECT ‸sum(x) OVER () FROM ref LIMIT 1) FROM given
WHERE drops rows | Send the rows that it drops to a table of their own, by the column destination.
  SELECT id FROM given ‸WHERE EXISTS (FROM ref)
a subquery reads given, which is not a reference | Let it read only references.
  SELECT id, (SELECT id FROM ‸main.given LIMIT 1) FROM given
`

interface Refusal {
  readonly what: string
  readonly instead: string
  readonly marked: string
}

function refusalsOf(table: string): Refusal[] {
  const refusals: Refusal[] = []
  let reason: readonly string[] = []
  for (const line of table.trim().split('\n')) {
    const [what = '', instead = ''] = reason
    if (line.startsWith('  ')) refusals.push({ what, instead, marked: line.slice(2).replaceAll('⏎', '\n') })
    else reason = line.split(' | ')
  }
  return refusals
}

let selects: ProvedSelects

beforeAll(async () => {
  selects = await ProvedSelects.open()
})

afterAll(() => selects.close())

async function expectRefused({ what, instead, marked }: Refusal): Promise<string> {
  const text = marked.replace('‸', '')
  const before = marked.slice(0, marked.indexOf('‸')).split('\n')
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
  const refusal = await selects.prove(text)
  expect(refusal?.describe()).toBe(`LAKE_SQL_INVALID: split.sql ${place}: ${what}.
${instead} Or write rows: 'any' for its stream in the config, if it may drop rows and make some.`)
  return text
}

test.each(refusalsOf(CHANGING))('a SELECT that changes rows is refused at its place: $marked', async (refusal) => {
  const text = await expectRefused(refusal)
  expect(await selects.returnsEachOnce(text)).toBe(false)
})

test.each(refusalsOf(UNSURE))('a SELECT that might change rows is refused at its place: $marked', async (refusal) => {
  await expectRefused(refusal)
})
