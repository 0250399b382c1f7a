import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ReadModels } from '../support/readModels.ts'

// Models are put together from pieces that are kept; one piece of the others makes the whole refused.

const RUNS = Number(process.env.LAKEWEIR_TEST_RUNS ?? 40)

/** An expression of a row, by what it is. */
const WHOLE = fc.constantFrom(
  'r.number',
  'r.zone',
  'small',
  'wide',
  'r.n',
  'length(r.kind)',
  'CAST(ok AS INTEGER)',
  'coalesce(number, -3) // 7',
  'CASE WHEN ok THEN number WHEN r.zone > 1 THEN -1 END',
  'a0',
  'abs(g0) % 3',
)

const TEXT = fc.constantFrom(
  'r.kind',
  'r.batch',
  'upper(kind)',
  "kind || '-' || batch",
  'label',
  "coalesce(label, 'none')",
  "strftime(seen_at, '%H')",
  "nullif(kind, 'a')",
)

const OTHER = fc.constantFrom(
  'day',
  'ok',
  'raw',
  'price',
  "date_trunc('hour', seen_at)",
  'CAST(seen_at AS DATE)',
  'seen_at',
)

const CONDITION = fc.constantFrom(
  'ok',
  'NOT ok',
  "kind IN ('a', 'b')",
  'r.zone IS NULL OR number > 1',
  'heat > 0',
  "label LIKE '%th'",
  'r.zone BETWEEN 1 AND 2 AND ok IS NOT FALSE',
  "seen_at >= TIMESTAMPTZ '2026-11-22 10:00:30+00'",
)

const FROM = fc.constantFrom(
  'given AS r LEFT JOIN zones USING (zone)',
  'given AS r JOIN zones ON r.zone = zones.zone OR zones.a0 > r.n',
  'given r LEFT JOIN zones ON zones.zone IS NOT DISTINCT FROM r.zone AND ok',
  'zones JOIN given AS r USING (zone)',
  'given r, zones',
  'firsts AS r LEFT JOIN zones USING (zone) SEMI JOIN kinds ON kinds.code = lower(r.kind)',
)

const AGGREGATE = fc
  .tuple(
    fc.oneof(
      fc.constant('count(*)'),
      fc
        .tuple(fc.constantFrom('count', 'min', 'max', 'min(DISTINCT', 'max(DISTINCT'), fc.oneof(WHOLE, TEXT, OTHER))
        .map(([name, value]) => (name.endsWith('DISTINCT') ? `${name} ${value})` : `${name}(${value})`)),
      WHOLE.map((value) => `sum(${value})`),
      fc.constantFrom('sum(price)', 'sum(ok)', 'avg(number)', 'avg(small)', 'max(heat)', 'min(heat)'),
    ),
    fc.option(CONDITION, { nil: undefined }),
  )
  .map(([call, filter]) => (filter === undefined ? call : `${call} FILTER (WHERE ${filter})`))

const MEASURE = fc.oneof(
  { weight: 3, arbitrary: AGGREGATE },
  AGGREGATE.map((value) => `coalesce(CAST(${value} AS VARCHAR), 'nothing')`),
  AGGREGATE.map((value) => `(${value} IS NULL)`),
  fc.tuple(WHOLE, WHOLE).map(([a, b]) => `CAST(sum(${a}) AS DECIMAL(38, 0)) - count(${b}) * 2`),
)

const MODEL = fc
  .record({
    groups: fc.uniqueArray(fc.oneof(WHOLE, TEXT, OTHER), { minLength: 1, maxLength: 3 }),
    measures: fc.array(MEASURE, { minLength: 1, maxLength: 4 }),
    from: FROM,
    where: fc.option(CONDITION, { nil: undefined }),
    grouping: fc.constantFrom('all', 'position', 'name', 'expression'),
    isMeasureFirst: fc.boolean(),
  })
  .map(({ groups, measures, from, where, grouping, isMeasureFirst }) => {
    const named = groups.map((group, index) => `${group} AS "G ${index}"`)
    const counted = measures.map((measure, index) => `${measure} AS m${index}`)
    const items = isMeasureFirst ? [...counted, ...named] : [...named, ...counted]
    const by = {
      all: 'ALL',
      position: groups.map((_, index) => index + 1 + (isMeasureFirst ? counted.length : 0)).join(', '),
      name: groups.map((_, index) => `"g ${index}"`).join(', '),
      expression: groups.join(', '),
    }[grouping]
    return `SELECT ${items.join(', ')} FROM ${from}${where === undefined ? '' : ` WHERE ${where}`} GROUP BY ${by}`
  })

const SPOILING = fc.constantFrom<(model: string) => string>(
  (model) => `${model} HAVING count(*) > 1`,
  (model) => `${model} ORDER BY 1`,
  (model) => `${model} LIMIT 3`,
  (model) => `${model} UNION ALL ${model}`,
  (model) => `SELECT * FROM (${model})`,
  (model) => `WITH m AS (${model}) FROM m`,
  (model) => model.replace('SELECT ', 'SELECT DISTINCT '),
  (model) => model.replace('SELECT ', 'SELECT count(DISTINCT r.kind) AS people, '),
  (model) => model.replace('SELECT ', 'SELECT sum(r.heat) AS warmth, '),
  (model) => model.replace('SELECT ', 'SELECT max(r.seen_at - now()) AS late, '),
  (model) => model.replace('SELECT ', 'SELECT median(r.number) AS middle, '),
  (model) => model.replace('SELECT ', 'SELECT row_number() OVER () AS place, '),
  (model) => model.replace('SELECT ', 'SELECT (SELECT 1) AS one, '),
  (model) => model.replace(' FROM ', ' FROM others, '),
)

let models: ReadModels

beforeAll(async () => {
  models = await ReadModels.open()
})

afterAll(() => models.close())

test(
  'however a model is put together from what is kept, it equals its SELECT',
  async () => {
    await fc.assert(
      fc.asyncProperty(
        MODEL,
        fc.integer({ min: 1, max: 9999 }),
        fc.integer({ min: 1, max: 80 }),
        async (text, seed, rows) => {
          const model = await models.read(text)
          await models.fill(rows, 3, seed)
          expect(await models.difference(model, 3, false), text).toEqual([])
          expect(await models.difference(model, 3, true), text).toEqual([])
        },
      ),
      { numRuns: RUNS },
    )
  },
  5_000 * RUNS,
)

test(
  'one piece that is not kept makes the whole refused',
  async () => {
    await fc.assert(
      fc.asyncProperty(MODEL, SPOILING, async (text, spoil) => {
        // GROUP BY 2 would name another column.
        const spoilt = spoil(text.replace(/GROUP BY \d.*$/, 'GROUP BY ALL'))
        const refusal = await models.refusal(spoilt)
        expect(refusal?.code, spoilt).toBe('LAKE_SQL_INVALID')
        expect(refusal?.message, spoilt).toMatch(/^sql\/live\/counted\.sql line 1, column \d+: /)
      }),
      { numRuns: RUNS },
    )
  },
  5_000 * RUNS,
)
