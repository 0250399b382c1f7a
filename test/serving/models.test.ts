import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ReadModels } from '../support/readModels.ts'
import { rawSql } from '../support/sql.ts'

let models: ReadModels

beforeAll(async () => {
  models = await ReadModels.open()
})

afterAll(() => models.close())

const PARTS = 4

describe('a model that is taken equals its SELECT, however its rows come in parts', () => {
  test.each([
    'SELECT kind, count(*) AS rows FROM given GROUP BY kind',
    'SELECT kind AS K, count(*) AS rows FROM given GROUP BY k',
    'SELECT count(*) AS rows, kind FROM given GROUP BY 2',
    'FROM given SELECT kind, count() AS rows GROUP BY ALL;',
    "SELECT date_trunc('minute', seen_at) AS minute, kind, count(*) AS rows FROM given GROUP BY ALL",
    "SELECT date_trunc('hour', g.seen_at) AS seen_at, count(*) AS rows FROM given AS g GROUP BY date_trunc('hour', seen_at)",
    'SELECT kind, sum(wide) AS total, count(wide) AS given, avg(number) AS mean, min(wide) AS low, max(wide) AS high FROM given GROUP BY ALL',
    'SELECT kind, sum(price) AS total, min(price) AS low, max(DISTINCT price) AS high FROM given GROUP BY ALL',
    'SELECT kind, sum(small) AS s, sum(number) AS i, sum(ok) AS trues, avg(small) AS mean, mean(small) AS mean_2 FROM given GROUP BY ALL',
    'SELECT kind, sum(wide) FILTER (WHERE ok) AS total, count(*) FILTER (WHERE ok) AS trues, max(kind) FILTER (zone > 1) AS high FROM given GROUP BY ALL',
    'SELECT kind, min(heat) AS low, max(heat) AS high, max(cold) AS c, max(ok) AS any_ok, min(raw) AS r, max(seen_at) AS last FROM given GROUP BY ALL',
    'SELECT day, zone, ok, raw, wide, small, price, count(*) AS rows FROM given GROUP BY ALL',
    'SELECT kind, count(*) AS rows FROM given WHERE ok AND zone IN (1, 2) GROUP BY ALL',
    'SELECT kind AS k, count(*) AS rows FROM given WHERE k IS NOT NULL GROUP BY k',
    'SELECT kind, upper(kind) AS large, count(*) * 2 + sum(number) AS mix, length(kind) + count(*) AS more FROM given GROUP BY kind',
    'SELECT kind, count(*) AS rows, rows / 2 AS half FROM given GROUP BY ALL',
    "SELECT 'all' AS scope, kind, count(*) AS rows FROM given GROUP BY ALL",
    'SELECT label, count(*) AS rows FROM given LEFT JOIN zones USING (zone) GROUP BY ALL',
    'SELECT zone, label, sum(a0) AS total FROM given JOIN zones USING (zone) GROUP BY ALL',
    'SELECT z.label, k.title, count(*) AS rows FROM given g LEFT JOIN zones z ON g.zone = z.zone JOIN kinds k ON k.code = lower(g.kind) GROUP BY ALL',
    'SELECT zones.zone, count(*) AS rows FROM given LEFT JOIN zones ON zones.zone IS NOT DISTINCT FROM given.zone GROUP BY ALL',
    'SELECT label, max(number) AS high FROM given, zones WHERE given.zone < zones.zone GROUP BY ALL',
    'SELECT kind, count(*) AS rows FROM given SEMI JOIN zones USING (zone) GROUP BY ALL',
    'SELECT kind, count(*) AS rows FROM given ANTI JOIN zones ON zones.zone = given.zone GROUP BY ALL',
    'SELECT label, kind, max(wide) AS high FROM zones JOIN given USING (zone) GROUP BY ALL',
    'SELECT CASE WHEN ok THEN kind ELSE upper(kind) END AS k, TRY_CAST(kind AS INTEGER) AS i, count(*) AS rows FROM given GROUP BY ALL',
    'SELECT g0, n AS g1, batch AS n, g0 + n AS a0, count(*) AS batch, max(g0) AS v0, min(n) AS c0 FROM given GROUP BY ALL',
    'SELECT n AS g0, g0 AS n, sum(g0) AS k FROM given GROUP BY given.n, given.g0',
    'SELECT g0, count(*) AS "count", max(batch) AS "two words" FROM given GROUP BY ALL',
    "SELECT nullif(kind, 'a') AS k, coalesce(zone, -1) AS z, count(*) AS rows FROM given GROUP BY ALL",
    "SELECT kind, count(*) FILTER (WHERE kind LIKE 'a%' OR seen_at > TIMESTAMPTZ '2026-11-22 12:00:00+00') AS rows FROM given GROUP BY ALL",
    'SELECT kind, sum(number + 9007199254740993) AS large, sum(CAST(number AS DECIMAL(20, 2)) * 1.5) AS d FROM given GROUP BY ALL',
    'SELECT KIND, COUNT(*) AS ROWS FROM GIVEN GROUP BY KIND',
    "SELECT upper(kind) AS kind, count(*) AS rows FROM given WHERE kind = 'A' GROUP BY ALL",
    'SELECT zone + 1 AS n, n * 2 AS m, count(*) AS rows FROM given GROUP BY ALL',
    "SELECT CAST(kind AS INTEGER) AS k, max(wide) AS high FROM given WHERE kind IN ('7', '8') GROUP BY ALL",
    "SELECT CAST(title AS INTEGER) AS k, max(wide) AS high FROM given LEFT JOIN kinds ON code = kind WHERE title = 'x' GROUP BY ALL",
    "SELECT CAST(kind AS INTEGER) AS k, max(wide) AS high FROM given LEFT JOIN kinds ON code = kind WHERE title = '7' GROUP BY ALL",
    'SELECT given.zone, z.label, count(*) AS rows FROM given LEFT JOIN zones USING (zone) LEFT JOIN zones AS z USING (zone) GROUP BY ALL',
    'SELECT kind, max(number) AS high FROM given, zones, kinds WHERE code = kind AND zones.zone = given.zone GROUP BY kind',
    "SELECT seen_at AT TIME ZONE 'Europe/Berlin' AS there, hour(seen_at) AS h, count(*) AS rows FROM given GROUP BY ALL",
  ])('%s', async (text) => {
    const model = await models.read(text)
    for (const seed of [1, 4]) {
      await models.fill(seed * 20, PARTS, seed)
      expect(await models.difference(model, PARTS, false)).toEqual([])
      expect(await models.difference(model, PARTS, true)).toEqual([])
    }
  })
})

test('an average of many rows has the last digit that avg() has', async () => {
  const model = await models.read('SELECT kind, avg(number) AS mean, avg(small) AS mean_2 FROM given GROUP BY ALL')
  const { session } = models
  await session.run(rawSql`CREATE OR REPLACE TEMP VIEW given AS
    SELECT k::VARCHAR AS kind, (i < k)::INTEGER AS number, (i < k)::SMALLINT AS small FROM range(400) AS g(k), range(2067) AS r(i)`)
  await session.run(rawSql`CREATE OR REPLACE TEMP TABLE kept AS ${model.partialsOf('given')}`)
  const rows = await session.rows(rawSql`${model.text} EXCEPT ${model.resultOf('kept')}`)
  expect(rows).toEqual([])
})

describe('the hash of a model', () => {
  const TEXT = 'SELECT kind, label, sum(number) AS total FROM given LEFT JOIN zones USING (zone) GROUP BY ALL'

  test.each([
    ['stays with a comment', `-- ${TEXT}\n${TEXT}`, true],
    [
      'stays with other spaces and letters',
      TEXT.replaceAll(' ', '\n ').replace('kind', 'KIND').replace('KIND', 'kind'),
      true,
    ],
    ['changes with an expression', TEXT.replace('number', 'number + 1'), false],
    ['changes with a name', TEXT.replace('total', 'sum'), false],
    ['changes with a condition', TEXT.replace('GROUP', 'WHERE ok GROUP'), false],
    ['changes with its relation', TEXT.replace('FROM given', 'FROM firsts'), false],
    ['changes with a join', TEXT.replace('LEFT JOIN', 'JOIN'), false],
    ['changes with a group', TEXT.replace('label', 'title').replace('GROUP', 'JOIN kinds ON code = kind GROUP'), false],
  ])('%s', async (_, text, isSame) => {
    const [before, after] = [await models.read(TEXT), await models.read(text)]
    expect(after.hash === before.hash).toBe(isSame)
  })
})

test('a model says what is stored of it, what it reads, and by which columns a row is known', async () => {
  const model =
    await models.read(`SELECT label, date_trunc('hour', seen_at) AS hour, count(*) AS rows, avg(number) AS mean,
    count(number) AS given, max(price) FILTER (WHERE ok) AS high
    FROM given LEFT JOIN zones USING (zone) GROUP BY hour, label`)
  expect(model.groups).toEqual([
    { name: 'g0', type: 'TIMESTAMP WITH TIME ZONE' },
    { name: 'g1', type: 'VARCHAR' },
  ])
  expect(model.keys).toEqual(['hour', 'label'])
  expect(model.partials).toEqual([
    { name: 'n', type: 'BIGINT', merge: 'sum' },
    { name: 'a0', type: 'HUGEINT', merge: 'sum' },
    { name: 'a1', type: 'BIGINT', merge: 'sum' },
    { name: 'a2', type: 'DECIMAL(12,2)', merge: 'max' },
  ])
  expect(model.reads).toEqual(['seen_at', 'zone', 'number', 'price', 'ok'])
  expect(model.references.map(({ name }) => name)).toEqual(['zones'])
  expect(model.columns).toEqual({
    label: 'VARCHAR',
    hour: 'TIMESTAMP WITH TIME ZONE',
    rows: 'BIGINT',
    mean: 'DOUBLE',
    given: 'BIGINT',
    high: 'DECIMAL(12,2)',
  })
})
