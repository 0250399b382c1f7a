import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ProvedSelects } from '../support/provedSelects.ts'

// SELECTs are put together from pieces around a query Q, which always has the columns id, k and n. Those that keep rows
// may be stacked as high as one likes; one piece of the others makes the whole refused.

const RUNS = Number(process.env.LAKEWEIR_TEST_RUNS ?? 150)

const VALUES = [
  'n + 1',
  "CASE WHEN k = 'a' THEN n ELSE -n END",
  'coalesce(TRY_CAST(k AS INTEGER), n)',
  'abs(n) % 5',
  'len(list_transform([n], lambda i: i + 1))',
  'CAST(n IN (SELECT x FROM ref) AS INTEGER)',
  '(SELECT max(ref.x) FROM ref)',
  '(SELECT count(*) FROM ref WHERE ref.x > n)',
  'CAST(EXISTS (FROM zones WHERE zones.z = k) AS INTEGER)',
]

const JOINS = [
  'LEFT JOIN ref ON ref.k = q.k',
  'LEFT JOIN ref AS r ON q.k = r.k AND r.x > q.n',
  "LEFT JOIN REF AS r ON r.k = lower(q.k || '')",
  'LEFT JOIN zones AS z ON z.z IS NOT DISTINCT FROM q.k',
  'LEFT JOIN ref AS a ON a.k = q.k LEFT JOIN zones AS b ON b.z = a.z',
  "LEFT JOIN (SELECT z AS code FROM zones WHERE label <> 'north') AS z ON z.code = q.k",
]

const KEEPING: fc.Arbitrary<(query: string) => string> = fc.oneof(
  fc.constantFrom<(query: string) => string>(
    (query) => `(${query})`,
    (query) => `FROM (${query})`,
    (query) => `SELECT * FROM (${query}) AS q`,
    (query) => `WITH q AS (${query}) FROM q`,
    (query) => `WITH Q AS MATERIALIZED (${query}), r AS (FROM q) SELECT "R".* FROM r`,
    (query) => `WITH q(a, b, c) AS (SELECT id, k, n FROM (${query})) SELECT c AS n, a AS id, b AS k FROM q`,
    (query) => `SELECT * REPLACE (n * 2 AS n) FROM (${query})`,
    (query) => `SELECT b AS k, a AS id, c AS n FROM (SELECT id AS a, k AS b, n AS c FROM (${query}))`,
    (query) => `SELECT id, q.k, n FROM (${query}) AS q LEFT JOIN ref USING (k)`,
    (query) => `FROM (${query}) ORDER BY k COLLATE nocase, id DESC`,
  ),
  fc.constantFrom(...VALUES).map((value) => (query: string) => `SELECT id, k, ${value} AS n FROM (${query})`),
  fc.constantFrom(...JOINS).map((join) => (query: string) => `SELECT q.id, q.k, q.n FROM (${query}) AS q ${join}`),
)

const CHANGING = fc.constantFrom<(query: string) => string>(
  (query) => `FROM (${query}) WHERE n > 1`,
  (query) => `SELECT DISTINCT ON (k) id, k, n FROM (${query})`,
  (query) => `SELECT max(id) AS id, k, sum(n) AS n FROM (${query}) GROUP BY k`,
  (query) => `SELECT max(id) AS id, max(k) AS k, (SELECT sum(n)) AS n FROM (${query})`,
  (query) => `FROM (${query}) LIMIT 5`,
  (query) => `FROM (${query}) USING SAMPLE 5`,
  (query) => `FROM (${query}) UNION ALL (${query})`,
  (query) => `SELECT id, k, unnest([n, 2]) AS n FROM (${query})`,
  (query) => `SELECT id, k, generate_subscripts([n, 2], 1) AS n FROM (${query})`,
  (query) => `SELECT id, k, n FROM (${query}), range(2)`,
  (query) => `SELECT q.id, q.k, q.n FROM (${query}) AS q JOIN ref USING (k)`,
  (query) => `SELECT q.id, q.k, q.n FROM (${query}) AS q LEFT JOIN ref ON ref.z = 'n'`,
  (query) => `SELECT q.id, q.k, q.n FROM (${query}) AS q LEFT JOIN ref ON ref.k = ref.k`,
  (query) => `SELECT q.id, q.k, q.n FROM (${query}) AS q RIGHT JOIN ref USING (k)`,
  (query) => `FROM (${query}) QUALIFY row_number() OVER (PARTITION BY k ORDER BY id) = 1`,
  (query) => `SELECT id, k, row_number() OVER () AS n FROM (${query})`,
)

let selects: ProvedSelects

beforeAll(async () => {
  selects = await ProvedSelects.open()
})

afterAll(() => selects.close())

function stacked(pieces: readonly ((query: string) => string)[]): string {
  return pieces.reduce((query, piece) => piece(query), 'SELECT id, k, n FROM given')
}

test(
  'however pieces that keep rows are stacked, the SELECT is taken and returns each row once',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(KEEPING, { maxLength: 6 }), async (pieces) => {
        const text = stacked(pieces)
        expect((await selects.prove(text))?.describe(), text).toBeUndefined()
        expect(await selects.returnsEachOnce(text), text).toBe(true)
      }),
      { numRuns: RUNS },
    )
  },
  1_000 * RUNS,
)

test(
  'wherever one piece that changes rows stands, the SELECT is refused with a place',
  async () => {
    const pieces = fc.tuple(fc.array(KEEPING, { maxLength: 3 }), CHANGING, fc.array(KEEPING, { maxLength: 3 }))
    await fc.assert(
      fc.asyncProperty(pieces, async ([before, changing, after]) => {
        const text = stacked([...before, changing, ...after])
        const refusal = await selects.prove(text)
        expect(refusal?.code, text).toBe('LAKE_SQL_INVALID')
        expect(refusal?.message, text).toMatch(/^split\.sql line 1, column \d+: /)
      }),
      { numRuns: RUNS },
    )
  },
  1_000 * RUNS,
)
