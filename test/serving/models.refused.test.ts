import { afterAll, beforeAll, expect, test } from 'vitest'
import { ReadModels } from '../support/readModels.ts'

// What is wrong | what to write instead, then the models that are refused so: ‸ stands before the place that is named,
// and ⏎ for the end of a line.

const PLACED = `
a window function looks at other rows | Do it in the panel: models add, panels are any SQL.
  SELECT kind, count(*) AS rows, ‸row_number() OVER () AS r FROM given GROUP BY ALL
  SELECT kind, ‸sum(count(*)) OVER () AS rows FROM given GROUP BY ALL
a subquery looks at other rows | Do it in the panel: models add, panels are any SQL.
  SELECT kind, ‸(SELECT count(*) FROM zones) AS z, count(*) AS rows FROM given GROUP BY ALL
  SELECT kind, count(*) AS rows FROM given WHERE ‸zone IN (SELECT zone FROM zones) GROUP BY ALL
  SELECT kind, count(*) AS rows FROM given WHERE ‸EXISTS (FROM zones) GROUP BY ALL
  SELECT kind, count(*) AS rows FROM given JOIN zones ON ‸zones.zone IN (SELECT 1) GROUP BY ALL
a subquery in FROM may look at several rows | Read one table or view of first rows, and join references to it.
  SELECT kind, count(*) AS rows FROM (SELECT ‸* FROM given) GROUP BY ALL
  SELECT a, count(*) AS rows FROM (VALUES (‸1)) AS t(a) GROUP BY ALL
  SELECT kind, count(*) AS rows FROM given, LATERAL (SELECT ‸zone) AS z GROUP BY ALL
WITH g is a second query | Write one SELECT over a table or a view of first rows. Do it in the panel: models add, panels are any SQL.
  ‸WITH g AS (FROM given) SELECT kind, count(*) AS rows FROM g GROUP BY ALL
  ‸WITH RECURSIVE g AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM g WHERE x < 3) SELECT x, count(*) AS c FROM g GROUP BY ALL
UNION puts two queries together | Make a model of each, and put them together in the panel.
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸UNION ALL SELECT kind, 1 FROM given
EXCEPT puts two queries together | Make a model of each, and put them together in the panel.
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸EXCEPT SELECT 'a', 1
INTERSECT puts two queries together | Make a model of each, and put them together in the panel.
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸INTERSECT SELECT 'a', 1
HAVING drops groups that may come back | Do it in the panel: models add, panels are any SQL.
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸HAVING count(*) > 1
  SELECT kind, count(*) AS rows⏎FROM given⏎  ‸HAVING count(*) > 1
QUALIFY looks at other rows | Do it in the panel: models add, panels are any SQL.
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸QUALIFY row_number() OVER () = 1
ORDER BY belongs to what reads the model | Do it in the panel: models add, panels are any SQL.
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸ORDER BY rows
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸ORDER BY ALL
LIMIT belongs to what reads the model | Do it in the panel: models add, panels are any SQL.
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸LIMIT 10
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸LIMIT 10%
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸FETCH FIRST 3 ROWS ONLY
OFFSET belongs to what reads the model | Do it in the panel: models add, panels are any SQL.
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸OFFSET 10
DISTINCT belongs to what reads the model | Do it in the panel: models add, panels are any SQL.
  SELECT ‸DISTINCT kind, count(*) AS rows FROM given GROUP BY ALL
  SELECT ‸DISTINCT ON (kind) kind, count(*) AS rows FROM given GROUP BY ALL
a sample is another one each time | Leave it out.
  SELECT kind, count(*) AS rows FROM given ‸TABLESAMPLE 10% GROUP BY ALL
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL ‸USING SAMPLE 10%
ROLLUP, CUBE and GROUPING SETS are several GROUP BY in one | Group by all the columns; the panel adds the groups up.
  SELECT kind, zone, count(*) AS rows FROM given ‸GROUP BY ROLLUP (kind, zone)
  SELECT kind, zone, count(*) AS rows FROM given ‸GROUP BY CUBE (kind, zone)
  SELECT kind, count(*) AS rows FROM given ‸GROUP BY GROUPING SETS ((kind), ())
  SELECT kind, zone, count(*) AS rows FROM given ‸GROUP BY kind, ROLLUP (zone)
count(DISTINCT …) cannot be added up | Group by that column as well, and count the rows in the panel.
  SELECT kind, ‸count(DISTINCT zone) AS zones FROM given GROUP BY ALL
  SELECT 'é' || kind AS é, ‸count(DISTINCT zone) AS z FROM given GROUP BY ALL
  SELECT kind, ‸"count"(DISTINCT kind) AS x FROM given GROUP BY ALL
sum(DISTINCT …) cannot be added up | Group by that column as well, and count the rows in the panel.
  SELECT kind, ‸sum(DISTINCT zone) AS zones FROM given GROUP BY ALL
avg(DISTINCT …) cannot be added up | Group by that column as well, and count the rows in the panel.
  SELECT kind, ‸avg(DISTINCT zone) AS zones FROM given GROUP BY ALL
sum(DOUBLE) is not kept: a sum of it depends on the order of the rows | Cast the value: sum(CAST(… AS DECIMAL(18, 3))).
  SELECT kind, ‸sum(heat) AS total FROM given GROUP BY ALL
  SELECT kind, ‸sum(zone / 2) AS total FROM given GROUP BY ALL
sum(FLOAT) is not kept: a sum of it depends on the order of the rows | Cast the value: sum(CAST(… AS DECIMAL(18, 3))).
  SELECT kind, ‸sum(cold) AS total FROM given GROUP BY ALL
avg(DOUBLE) is not kept: only whole numbers are averaged exactly | Cast the value to DECIMAL, keep sum(…) and count(…), and divide in the panel.
  SELECT kind, ‸avg(heat) AS mean FROM given GROUP BY ALL
avg(DECIMAL(12,2)) is not kept: only whole numbers are averaged exactly | Keep sum(…) and count(…), and divide in the panel.
  SELECT kind, ‸avg(price) AS mean FROM given GROUP BY ALL
avg(TIMESTAMP WITH TIME ZONE) is not kept: only whole numbers are averaged exactly | Average a whole number, such as epoch_ms(…).
  SELECT kind, ‸avg(seen_at) AS mean FROM given GROUP BY ALL
avg(HUGEINT) is not kept: only whole numbers are averaged exactly | Keep sum(…) and count(…), and divide in the panel.
  SELECT kind, ‸avg(zone::HUGEINT) AS mean FROM given GROUP BY ALL
sum(DECIMAL(38,4)) is not kept: a sum of it may be too large | Cast the value to BIGINT, or to a DECIMAL of at most 28 digits.
  SELECT kind, ‸sum(exact) AS total FROM given GROUP BY ALL
sum(HUGEINT) is not kept: a sum of it may be too large | Cast the value to BIGINT, or to a DECIMAL of at most 28 digits.
  SELECT kind, ‸sum(wide::HUGEINT) AS total FROM given GROUP BY ALL
a group of the type DOUBLE is not kept: values that are not the same may be equal | Cast it: CAST(… AS DECIMAL(18, 3)), or to a whole number.
  SELECT ‸heat, count(*) AS rows FROM given GROUP BY ALL
  SELECT ‸zone / 2 AS half, count(*) AS rows FROM given GROUP BY ALL
  SELECT ‸zone * 1.5::DOUBLE AS x, count(*) AS rows FROM given GROUP BY x
  SELECT kind, pg_typeof(kind) AS x, ‸list_avg([zone]) AS y, count(*) AS rows FROM given GROUP BY ALL
a group of the type FLOAT is not kept: values that are not the same may be equal | Cast it: CAST(… AS DECIMAL(18, 3)), or to a whole number.
  SELECT ‸cold, count(*) AS rows FROM given GROUP BY ALL
a group of the type INTERVAL is not kept: values that are not the same may be equal | Cast it to a plain type, such as VARCHAR.
  SELECT ‸seen_at - seen_at AS gap, count(*) AS rows FROM given GROUP BY ALL
a group of the type VARCHAR[] is not kept | Cast it to a plain type, such as VARCHAR.
  SELECT [‸kind] AS list, count(*) AS rows FROM given GROUP BY ALL
a group of the type STRUCT("a" DOUBLE) is not kept | Cast it to a plain type, such as VARCHAR.
  SELECT {‸'a': heat} AS box, count(*) AS rows FROM given GROUP BY ALL
a group of the type ENUM('a') is not kept | Cast it to a plain type, such as VARCHAR.
  SELECT ‸kind::ENUM('a') AS e, count(*) AS rows FROM given GROUP BY ALL
min(DOUBLE[]) is not kept | Cast the value to a plain type, such as VARCHAR.
  SELECT kind, ‸min([heat]) AS low FROM given GROUP BY ALL
max() with several arguments is not kept | A model keeps count, sum, avg of whole numbers, min and max, each with FILTER; the panel does the rest.
  SELECT kind, ‸max(zone, 2) AS high FROM given GROUP BY ALL
count_if() is not kept | Write count(*) FILTER (WHERE …).
  SELECT kind, ‸count_if(ok) AS rows FROM given GROUP BY ALL
  SELECT kind, ‸main.count_if(ok) AS s FROM given GROUP BY ALL
countif() is not kept | Write count(*) FILTER (WHERE …).
  SELECT kind, ‸countif(ok) AS rows FROM given GROUP BY ALL
bool_or() is not kept | Write max(…): true is the larger one.
  SELECT kind, ‸bool_or(ok) AS some FROM given GROUP BY ALL
  SELECT kind, ‸bool_or(ok AND seen_at > now()) AS z FROM given GROUP BY ALL
bool_and() is not kept | Write min(…): false is the smaller one.
  SELECT kind, ‸bool_and(ok) AS every FROM given GROUP BY ALL
any_value() is not kept | Write min or max, or group by that column as well.
  SELECT kind, ‸any_value(zone) AS z FROM given GROUP BY ALL
first() is not kept | Write min or max, or group by that column as well.
  SELECT kind, ‸first(zone) AS z FROM given GROUP BY ALL
mode() is not kept | Write min or max, or group by that column as well.
  SELECT kind, ‸mode(zone) AS z FROM given GROUP BY ALL
median() is not kept | Group by that column as well, and compute it in the panel.
  SELECT kind, ‸median(zone) AS z FROM given GROUP BY ALL
quantile_cont() is not kept | Group by that column as well, and compute it in the panel.
  SELECT kind, ‸quantile_cont(zone, 0.5) AS z FROM given GROUP BY ALL
list() is not kept | Group by that column as well, and compute it in the panel.
  SELECT kind, ‸list(zone) AS z FROM given GROUP BY ALL
string_agg() is not kept | Group by that column as well, and compute it in the panel.
  SELECT kind, ‸string_agg(kind) AS z FROM given GROUP BY ALL
approx_count_distinct() is not kept | Group by that column as well, and compute it in the panel.
  SELECT kind, ‸approx_count_distinct(zone) AS z FROM given GROUP BY ALL
stddev() is not kept | Keep count(x), sum(x) and sum(x * x) as whole numbers or DECIMAL, and compute it from them in the panel.
  SELECT kind, ‸stddev(zone) AS z FROM given GROUP BY ALL
arg_max() is not kept | A model keeps count, sum, avg of whole numbers, min and max, each with FILTER; the panel does the rest.
  SELECT kind, ‸arg_max(zone, seen_at) AS z FROM given GROUP BY ALL
fsum() is not kept | Cast the value to DECIMAL, and write sum.
  SELECT kind, ‸fsum(heat) AS z FROM given GROUP BY ALL
product() is not kept | A model keeps count, sum, avg of whole numbers, min and max, each with FILTER; the panel does the rest.
  SELECT kind, ‸product(zone) AS z FROM given GROUP BY ALL
bit_xor() is not kept | A model keeps count, sum, avg of whole numbers, min and max, each with FILTER; the panel does the rest.
  SELECT kind, ‸bit_xor(zone) AS z FROM given GROUP BY ALL
corr() is not kept | A model keeps count, sum, avg of whole numbers, min and max, each with FILTER; the panel does the rest.
  SELECT kind, ‸corr(zone, n) AS z FROM given GROUP BY ALL
geomean() is not kept | A model keeps count, sum, avg of whole numbers, min and max, each with FILTER; the panel does the rest.
  SELECT kind, ‸geomean(zone) AS z FROM given GROUP BY ALL
sum(… ORDER BY …) is not kept | Do it in the panel: models add, panels are any SQL.
  SELECT kind, ‸sum(zone ORDER BY n) AS z FROM given GROUP BY ALL
max(… ORDER BY …) is not kept | Do it in the panel: models add, panels are any SQL.
  SELECT kind, ‸max(zone ORDER BY n) AS z FROM given GROUP BY ALL
now() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, count(*) FILTER (WHERE seen_at > ‸now()) AS rows FROM given GROUP BY ALL
current_date has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, count(*) AS rows FROM given WHERE day = ‸current_date GROUP BY ALL
  SELECT kind, max(‸current_date - day) AS z FROM given GROUP BY ALL
today() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, count(*) AS rows FROM given WHERE day = ‸today() GROUP BY ALL
current_timestamp has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, count(*) AS rows FROM given WHERE seen_at > ‸current_timestamp GROUP BY ALL
localtimestamp has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, count(*) AS rows FROM given WHERE seen_at > ‸localtimestamp GROUP BY ALL
ago() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, count(*) AS rows FROM given WHERE seen_at > ‸ago(INTERVAL 1 DAY) GROUP BY ALL
age() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT ‸age(day) AS a, count(*) AS rows FROM given GROUP BY ALL
random() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT ‸random() < 0.5 AS r, count(*) AS rows FROM given GROUP BY ALL
  SELECT kind, count(*) AS rows FROM given JOIN zones ON ‸random() < 0.5 GROUP BY ALL
  SELECT kind, count(*) AS rows FROM given GROUP BY kind, ‸random()
  SELECT kind, max(‸random()) AS r FROM given GROUP BY ALL
  SELECT kind, max(zone) FILTER (WHERE ‸random() < 0.5) AS r FROM given GROUP BY ALL
uuid() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT ‸uuid() AS r, count(*) AS rows FROM given GROUP BY ALL
getvariable() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, count(*) AS rows FROM given WHERE kind = ‸getvariable('kind') GROUP BY ALL
current_setting() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, count(*) AS rows FROM given WHERE kind = ‸current_setting('TimeZone') GROUP BY ALL
current_user has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind || ‸current_user AS k, count(*) AS rows FROM given GROUP BY ALL
current_database() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind || ‸current_database() AS k, count(*) AS rows FROM given GROUP BY ALL
error() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, count(*) AS rows FROM given WHERE ‸error('x') GROUP BY ALL
read_csv() is no relation of the lake | Read one table or view of first rows, and join references to it.
  SELECT kind, count(*) AS rows FROM ‸read_csv('x.csv') GROUP BY ALL
it reads x.parquet, which is no table of the stream that live follows | Available: given, others, firsts, daily, zones, kinds.
  SELECT kind, count(*) AS rows FROM ‸'x.parquet' GROUP BY ALL
range() is no relation of the lake | Read one table or view of first rows, and join references to it.
  SELECT r, count(*) AS rows FROM ‸range(3) AS t(r) GROUP BY ALL
it reads both given and others | Read one table or view of first rows, and join references to it. Two models can be put together in the panel.
  SELECT kind, count(*) AS rows FROM given, ‸others GROUP BY ALL
  SELECT given.kind, count(*) AS rows FROM given JOIN ‸others USING (kind) GROUP BY ALL
it reads given twice | Read one table or view of first rows, and join references to it. Two models can be put together in the panel.
  SELECT a.kind, count(*) AS rows FROM given AS a JOIN ‸given AS b USING (kind) GROUP BY ALL
it reads both given and firsts | Read one table or view of first rows, and join references to it. Two models can be put together in the panel.
  SELECT given.kind, count(*) AS rows FROM given JOIN ‸firsts ON given.kind = firsts.kind GROUP BY ALL
it reads no relation that is kept | Read one table or view of first rows, and join references to it.
  SELECT label, count(*) AS rows FROM ‸zones GROUP BY ALL
a join may leave rows of given out, or add rows that it does not have | Begin with given, and join the others to it: FROM given LEFT JOIN …
  SELECT label, count(*) AS rows FROM zones LEFT JOIN ‸given USING (zone) GROUP BY ALL
  SELECT label, count(*) AS rows FROM zones SEMI JOIN ‸given USING (zone) GROUP BY ALL
  SELECT kind, count(*) AS rows FROM zones LEFT JOIN (kinds JOIN ‸given ON code = kind) ON zones.zone = given.zone GROUP BY ALL
a RIGHT JOIN adds rows that the relation does not have | Write a LEFT JOIN or a JOIN with ON or USING.
  SELECT label, count(*) AS rows FROM given ‸RIGHT JOIN zones USING (zone) GROUP BY ALL
a FULL JOIN adds rows that the relation does not have | Write a LEFT JOIN or a JOIN with ON or USING.
  SELECT label, count(*) AS rows FROM given ‸FULL JOIN zones USING (zone) GROUP BY ALL
a NATURAL JOIN depends on which columns there are | Write a LEFT JOIN or a JOIN with ON or USING.
  SELECT label, count(*) AS rows FROM given ‸NATURAL JOIN zones GROUP BY ALL
a POSITIONAL JOIN depends on the order of rows | Write a LEFT JOIN or a JOIN with ON or USING.
  SELECT label, count(*) AS rows FROM given ‸POSITIONAL JOIN zones GROUP BY ALL
an ASOF JOIN chooses between rows that are equally near | Write a LEFT JOIN or a JOIN with ON or USING.
  SELECT label, count(*) AS rows FROM given ‸ASOF JOIN zones ON given.zone >= zones.zone GROUP BY ALL
AT reads an older version of a table | Leave it out: a model follows the newest.
  SELECT kind, count(*) AS rows FROM ‸given AT (VERSION => 1) GROUP BY ALL
it reads main.given, which is no relation of the lake | Write given.
  SELECT kind, count(*) AS rows FROM ‸main.given GROUP BY ALL
it reads temp.given, which is no relation of the lake | Write given.
  SELECT kind, count(*) AS rows FROM ‸temp.given GROUP BY ALL
it gives the columns of given other names | Rename them in the SELECT.
  SELECT b AS x, count(*) AS rows FROM ‸given AS g(a, b) GROUP BY ALL
it reads gven, which is no table of the stream that live follows | Did you mean "given"?
  SELECT kind, count(*) AS rows FROM ‸gven GROUP BY ALL
duckdb_tables() is no relation of the lake | Read one table or view of first rows, and join references to it.
  SELECT kind, count(*) AS rows FROM ‸duckdb_tables() GROUP BY ALL
it reads information_schema.tables, which is no relation of the lake | Read one table or view of first rows, and join references to it.
  SELECT table_name, count(*) AS rows FROM ‸information_schema.tables GROUP BY ALL
it has no GROUP BY | End it with GROUP BY ALL, and name what to group by in the SELECT; the panel adds the groups up.
  SELECT ‸count(*) AS rows FROM given
  SELECT ‸count(*) AS rows FROM given GROUP BY ()
it groups by no column | Group by a column, or by an expression of columns.
  SELECT ‸count(*) AS rows FROM given GROUP BY ALL
  SELECT ‸'all' AS scope, count(*) AS rows FROM given GROUP BY ALL
it groups by a constant | Group by a column, or by an expression of columns.
  SELECT 'all' AS scope, count(*) AS rows FROM given GROUP BY ‸'all'
it has no aggregate | Add one, such as count(*) AS rows.
  SELECT ‸kind FROM given GROUP BY kind
  SELECT ‸kind, zone FROM given GROUP BY ALL
* changes with the table | Name the columns.
  SELECT ‸* FROM given
  SELECT ‸*, count(*) AS rows FROM given GROUP BY ALL
  SELECT ‸COLUMNS('k.*'), count(*) AS rows FROM given GROUP BY ALL
  SELECT kind, max(‸COLUMNS('z.*')) FROM given GROUP BY ALL
  SELECT ‸given.*, count(*) AS rows FROM given GROUP BY ALL
a column is named by its number | Name it.
  SELECT ‸#3 AS kind, count(*) AS rows FROM given GROUP BY ALL
it has a column without a name | Write … AS name.
  SELECT kind, ‸count(*) FROM given GROUP BY ALL
  SELECT ‸upper(kind), count(*) AS rows FROM given GROUP BY ALL
it groups by an expression that is none of its columns | Add it to the SELECT.
  SELECT count(*) AS rows FROM given GROUP BY ‸kind
  SELECT kind, count(*) AS rows FROM given GROUP BY kind, ‸zone
  SELECT upper(kind) AS k, count(*) AS rows FROM given GROUP BY ‸kind
  SELECT kind, count(*) AS rows FROM given LEFT JOIN (zones JOIN kinds ON code = label) USING (zone) GROUP BY kind, ‸upper(title)
given is no column of given | Name a column, or the table as it stands in FROM and a column.
  SELECT ‸given, count(*) AS rows FROM given GROUP BY ALL
rowid is no column of given | Name a column, or the table as it stands in FROM and a column.
  SELECT ‸rowid, count(*) AS rows FROM given GROUP BY ALL
  SELECT kind, max(‸rowid) AS rows FROM given GROUP BY ALL
TRY is not known to be kept | Write TRY_CAST, or CASE.
  SELECT TRY(‸kind::INTEGER) AS k, count(*) AS rows FROM given GROUP BY ALL
a lambda is not known to be kept | Write it without one.
  SELECT list_sum(list_transform([zone], ‸x -> x + 1)) AS k, count(*) AS rows FROM given GROUP BY ALL
  SELECT list_sum(list_transform([zone], lambda ‸x: x + 1)) AS k, count(*) AS rows FROM given GROUP BY ALL
a collation makes texts equal that are not the same | Write lower(…), or what it is to ignore.
  SELECT ‸kind COLLATE nocase AS k, count(*) AS rows FROM given GROUP BY ALL
  SELECT kind, max(‸kind COLLATE nocase) AS k FROM given GROUP BY ALL
  SELECT kind, count(*) AS rows FROM given WHERE ‸kind COLLATE nocase = 'a' GROUP BY ALL
EXPORT_STATE is not kept | Leave it out.
  SELECT kind, ‸sum(zone) EXPORT_STATE AS s FROM given GROUP BY ALL
it has a second statement | Write one SELECT.
  SELECT kind, count(*) AS rows FROM given GROUP BY ALL; SELECT ‸1
DESCRIBE and SUMMARIZE are no relation | Read one table or view of first rows, and join references to it.
  DESCRIBE ‸given
  SUMMARIZE ‸given
GROUPING_FUNCTION is not known to be kept | Write it another way.
  SELECT kind, ‸grouping(kind) AS g, count(*) AS rows FROM given GROUP BY kind
sum(DECIMAL(38,2)) is not kept: a sum of it may be too large | Cast the value to BIGINT, or to a DECIMAL of at most 28 digits.
  SELECT kind, ‸sum(CAST(price AS DECIMAL(38, 2))) AS x FROM given GROUP BY ALL
avg(DECIMAL(10,0)) is not kept: only whole numbers are averaged exactly | Keep sum(…) and count(…), and divide in the panel.
  SELECT kind, ‸avg(CAST(price AS DECIMAL(10, 0))) AS x FROM given GROUP BY ALL
__internal_compress_string_hugeint() is not known to be kept | Use another function.
  SELECT kind, ‸__internal_compress_string_hugeint(kind) AS x, count(*) AS rows FROM given GROUP BY ALL
pg_postmaster_start_time() has another value at another time or in another session | Do it in the panel, which is run anew each time: it has $from and $to.
  SELECT kind, ‸pg_postmaster_start_time() AS x, count(*) AS rows FROM given GROUP BY ALL
pg_get_viewdef() is not known to be kept | Use another function.
  SELECT kind, ‸pg_get_viewdef('x') AS x, count(*) AS rows FROM given GROUP BY ALL
wavg() is not kept | A model keeps count, sum, avg of whole numbers, min and max, each with FILTER; the panel does the rest.
  SELECT kind, ‸wavg(zone, n) AS x FROM given GROUP BY ALL
main.given.kind is no column of given | Name a column, or the table as it stands in FROM and a column.
  SELECT ‸main.given.kind AS x, count(*) AS rows FROM given GROUP BY ALL
`

/** What has no place: DuckDB does not locate it, or it is the whole. */
const UNPLACED = `
its column rows is a BIGINT[]. | Cast it to a plain type, such as VARCHAR or BIGINT.
  SELECT kind, [count(*)] AS rows FROM given GROUP BY ALL
it has several statements, for which a PIVOT counts too. | Write one SELECT … GROUP BY.
  SELECT kind, count(*) AS rows FROM (PIVOT given ON ok USING count(*)) GROUP BY ALL
  PIVOT given ON ok USING count(*) GROUP BY kind
it reads nothing. | Read one table or view of first rows, and join references to it.
  SELECT 1 AS x
returns kind and KIND, one name to DuckDB. | Rename one of them.
  SELECT kind, count(*) AS KIND FROM given GROUP BY ALL
a model has no parameters. | Group by the column, and filter in the panel.
  SELECT kind, count(*) AS rows FROM given WHERE kind = $kind GROUP BY ALL
  SELECT kind, count(*) AS rows FROM given WHERE kind = ? GROUP BY ALL
* changes with the table. | Name the columns.
  FROM given
DuckDB writes one of its expressions otherwise than it reads it. | Write numbers without an exponent, such as CAST(1000 AS DOUBLE) for 1e3.
  SELECT kind, sum(1e3 * zone) AS x FROM given GROUP BY ALL
`

/** What DuckDB says when it does not bind a model; it shows the line. */
const UNBOUND: readonly (readonly [string, string])[] = [
  ['SELECT kind, nope AS x, count(*) AS rows FROM given GROUP BY ALL', 'column "nope" not found'],
  ['SELECT kind, nope(zone) AS x, count(*) AS rows FROM given GROUP BY ALL', 'with name nope does not exist'],
  ['SELECT kind, count(*) AS rows FRM given', 'syntax error at or near "FRM"'],
  ['SELECT kind, zone, count(*) AS rows FROM given GROUP BY kind', 'must appear in the GROUP BY clause'],
  ['SELECT kind, zone + count(*) AS mix FROM given GROUP BY kind', 'must appear in the GROUP BY clause'],
  [
    'SELECT kind, count(*) AS rows FROM given WHERE count(*) > 1 GROUP BY ALL',
    'WHERE clause cannot contain aggregates',
  ],
  ['SELECT kind, sum(count(*)) AS rows FROM given GROUP BY ALL', 'aggregate function calls cannot be nested'],
  ['SELECT kind, sum(seen_at - seen_at) AS total FROM given GROUP BY ALL', 'No function matches'],
  ['SELECT unnest([1, zone]) AS u, count(*) AS rows FROM given GROUP BY ALL', 'Cannot group on an UNNEST'],
  ['SELECT kind, count(*) AS kind FROM given GROUP BY ALL', 'returns two columns named kind'],
  ['INSERT INTO given (n) SELECT 1', 'contains a statement other than SELECT'],
]

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

let models: ReadModels

beforeAll(async () => {
  models = await ReadModels.open()
})

afterAll(() => models.close())

test.each(refusalsOf(PLACED))('a model that cannot be kept is refused at its place: $marked', async (refusal) => {
  const { what, instead, marked } = refusal
  const before = marked.slice(0, marked.indexOf('‸')).split('\n')
  const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`
  const error = await models.refusal(marked.replace('‸', ''))
  expect(error?.describe()).toBe(`LAKE_SQL_INVALID: sql/live/counted.sql ${place}: ${what}.\n${instead}`)
})

test.each(refusalsOf(UNPLACED))(
  'a model that cannot be kept is refused: $marked',
  async ({ what, instead, marked }) => {
    const error = await models.refusal(marked)
    expect(error?.describe()).toBe(`LAKE_SQL_INVALID: sql/live/counted.sql: ${what}\n${instead}`)
  },
)

test.each(UNBOUND)('%s: %s', async (text, says) => {
  const error = await models.refusal(text)
  expect(error?.code).toBe('LAKE_SQL_INVALID')
  expect(error?.message).toMatch(/^sql\/live\/counted.sql: /)
  expect(error?.message).toContain(says)
})

test('an empty file is refused', async () => {
  const error = await models.refusal('-- nothing yet\n')
  expect(error?.describe()).toBe(
    'LAKE_SQL_INVALID: sql/live/counted.sql: it has no statement.\nWrite one SELECT below the header.',
  )
})

test('a model reads only what its header lists', async () => {
  const text = 'SELECT label, count(*) AS rows FROM given LEFT JOIN Zones USING (zone) GROUP BY ALL'
  expect(await models.refusal(text, ['GIVEN', 'zones'])).toBeUndefined()
  expect((await models.refusal(text, ['given']))?.describe()).toBe(
    'LAKE_SQL_INVALID: sql/live/counted.sql line 1, column 53: it reads Zones, which its header does not list under "in".\n' +
      'Add a line under "in": --      Zones   what it is',
  )
})

test('a view that is not kept is refused where a model reads it, with the reason', async () => {
  const text = 'SELECT kind, count(*) AS rows FROM daily GROUP BY ALL'
  expect((await models.refusal(text))?.describe()).toBe(
    'LAKE_SQL_INVALID: sql/live/counted.sql line 1, column 36: it reads the view daily, which is not kept: ' +
      'sql/views/daily.sql line 1, column 8: it returns other columns than those of its table.\n' +
      'A model reads a view only of the form ' +
      'SELECT * FROM table QUALIFY row_number() OVER (PARTITION BY … ORDER BY …) = 1.',
  )
})
