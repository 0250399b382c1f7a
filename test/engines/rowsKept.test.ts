import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProvedSelects } from '../support/provedSelects.ts'

const taken: readonly string[] = [
  // Forms of one SELECT.
  'SELECT * FROM given',
  'FROM given',
  'FROM given SELECT id',
  'TABLE given',
  '(SELECT id FROM given)',
  '((FROM given))',
  '-- a comment with WHERE and DISTINCT\nSELECT id /* UNION */ FROM given -- LIMIT 1',
  'SELECT id FROM (SELECT id FROM (FROM given))',
  'SELECT id FROM (FROM given) AS g',
  'SELECT id FROM given ORDER BY k COLLATE nocase DESC, 1',
  'FROM given ORDER BY ALL',
  // Names.
  'SELECT ID FROM GIVEN',
  'SELECT id FROM "Given"',
  'SELECT id FROM temp.given',
  'SELECT id FROM temp.main.given',
  'SELECT "from"."id" FROM given AS "from"',
  'SELECT a AS id FROM given AS g(a, b)',
  'SELECT given.id FROM given AS given',
  // Common table expressions.
  'WITH g AS (FROM given) FROM g',
  'WITH g AS MATERIALIZED (FROM given), h AS NOT MATERIALIZED (SELECT * FROM g) FROM h',
  'WITH g AS (WITH h AS (FROM given) FROM h) SELECT id FROM g',
  'WITH g AS (FROM given) SELECT id FROM (WITH g AS (FROM g) FROM g)',
  'WITH RECURSIVE g AS (FROM given) FROM g',
  'WITH g(a, b) AS (SELECT id, k FROM given) SELECT a AS id FROM g',
  'WITH unread AS (SELECT DISTINCT k FROM ref) FROM given',
  // Expressions for each row.
  "SELECT id, CASE WHEN k = 'a' THEN 1 ELSE n END AS c, coalesce(k, ''), nullif(k, 'a'), if(n = 1, 2, 3) FROM given",
  'SELECT id, CAST(n AS VARCHAR), TRY_CAST(k AS INTEGER), n::DOUBLE / 2, -n, n ^ 2, ~n, n % 2, @n, 5! FROM given',
  "SELECT id, k IS NULL, NOT (n BETWEEN 1 AND 2), n IN (1, 2), k NOT IN ('a'), k LIKE 'a%', k SIMILAR TO 'a' FROM given",
  "SELECT id, n = 1 OR n = 2 AND k IS DISTINCT FROM 'a' FROM given",
  "SELECT id, extract(year FROM seen_at), seen_at AT TIME ZONE 'UTC', seen_at + INTERVAL 1 DAY, CURRENT_DATE FROM given",
  'SELECT id, l[1], l[1:2], box.k, box[\'x\'], {a: n}, [n, 1], MAP {1: n}, (n, k), "row"(n) FROM given',
  "SELECT id, list_transform(l, lambda x: x || 'z'), [x FOR x IN l IF x = 'x'], list_sum([n]), list_aggregate([n], 'max') FROM given",
  "SELECT id, k.lower(), main.upper(k), system.main.trim(k), printf('%s', k), hash(k), md5(k), range(n), array_append(l, k) FROM given",
  "SELECT id, getvariable('batch_time'), random(), now(), uuid(), TRY(CAST(k AS INTEGER)), k COLLATE nocase FROM given",
  'SELECT * EXCLUDE (k) REPLACE (n + 1 AS n) FROM given',
  'SELECT * RENAME (k AS renamed) FROM given',
  "SELECT id, COLUMNS(c -> c IN ('k', 'n')) FROM given",
  "SELECT id, COLUMNS('^[kn]$')::VARCHAR FROM given",
  'SELECT g.* EXCLUDE (k), box.* FROM given AS g',
  'SELECT id, n AS m, m + 1 FROM given',
  'SELECT id FROM given ORDER BY #1',
  // References by their key.
  'SELECT id, x FROM given LEFT JOIN ref ON ref.k = given.k',
  'SELECT id, x FROM given LEFT OUTER JOIN ref AS r ON given.k = r.k',
  'SELECT id, x FROM given LEFT JOIN ref USING (k)',
  'SELECT id FROM given LEFT JOIN REF AS "R" ON r."K" = GIVEN.k',
  'SELECT id FROM given AS g LEFT JOIN temp.ref ON ref.k = g.k',
  'SELECT id FROM given AS ref LEFT JOIN ref AS given ON given.k = ref.k',
  'SELECT id FROM (SELECT id, k AS code FROM given) LEFT JOIN ref ON k = code',
  "SELECT id FROM given AS g LEFT JOIN ref AS r ON r.k = lower(g.k) || '' AND r.x > g.n AND g.n <> 2",
  'SELECT id FROM given AS g LEFT JOIN ref AS r ON r.k IS NOT DISTINCT FROM g.k',
  "SELECT id FROM given LEFT JOIN ref AS r ON r.k = 'a'",
  'SELECT id, label FROM given LEFT JOIN ref USING (k) LEFT JOIN zones AS z ON z.z = ref.z',
  'SELECT id, label FROM given LEFT JOIN ref USING (k) LEFT JOIN zones USING (z)',
  'SELECT id FROM given AS g LEFT JOIN ref AS a USING (k) LEFT JOIN ref AS b ON b.k = a.z',
  'SELECT id FROM given LEFT JOIN ref USING (k) LEFT JOIN ref AS b ON b.k = k',
  'WITH j AS (SELECT g.*, r.x FROM given AS g LEFT JOIN ref AS r USING (k)) SELECT id, x FROM j',
  'WITH r AS (SELECT k AS code, upper(z) AS zone FROM ref WHERE x > 1) SELECT id, zone FROM given LEFT JOIN r ON r.code = k',
  'SELECT id FROM given LEFT JOIN (FROM ref ORDER BY x LIMIT 2) AS r USING (k)',
  // Subqueries over references, each a value of its row.
  'SELECT id, (SELECT max(x) FROM ref) FROM given',
  'SELECT id, (SELECT x FROM ref WHERE ref.k = given.k) FROM given',
  'SELECT id, EXISTS (FROM ref WHERE ref.k = given.k), NOT EXISTS (FROM ref) FROM given',
  'SELECT id, k IN (SELECT k FROM ref), n NOT IN (SELECT x FROM ref), n > ALL (SELECT x FROM ref) FROM given',
  "SELECT id, k = ANY (['a', 'b']), ARRAY(SELECT k FROM ref ORDER BY x) FROM given",
  'SELECT id, (SELECT count(*) FROM ref WHERE ref.x > given.n) FROM given',
  'SELECT id, (SELECT string_agg(r.z ORDER BY r.x) FROM ref AS r LEFT JOIN zones USING (z)) FROM given',
  'SELECT id, (WITH r AS (SELECT DISTINCT z FROM ref) SELECT count(z) FROM r) FROM given',
  'SELECT id, (SELECT max(t.x) FROM (SELECT x FROM ref UNION ALL SELECT x + 1 FROM ref) AS t) FROM given',
  'SELECT id, (SELECT sum(len(i)) FROM unnest(l) AS t(i)) FROM given',
  'SELECT id FROM given LEFT JOIN ref AS r ON r.k = given.k AND EXISTS (FROM zones WHERE zones.z = r.z)',
]

let selects: ProvedSelects

beforeAll(async () => {
  selects = await ProvedSelects.open()
})

afterAll(() => selects.close())

test.each(taken)('a SELECT that keeps rows one to one is taken, and returns each row once: %s', async (text) => {
  expect((await selects.prove(text))?.describe()).toBeUndefined()
  expect(await selects.returnsEachOnce(text)).toBe(true)
})
