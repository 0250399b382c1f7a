import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import type { TokenClaims } from '../../../src/server/guard/token.ts'
import { rowsRoute } from '../../../src/server/rows/rowsRoute.ts'
import { ShownTables } from '../../../src/server/rows/shownTables.ts'
import { type Answered, ask, bearer, guardedTestServer } from '../../support/guardedTestServer.ts'
import { EVENTS, ShownLake } from '../../support/shownTable.ts'
import { makeTemporaryFolder, removeFolder } from '../../support/temporaryFolder.ts'

const NASTY = '</script><script>alert("x")</script>&amp;\u2028\u2029\u202E'

let folder = ''
let lake: ShownLake

beforeAll(async () => {
  folder = makeTemporaryFolder()
  lake = new ShownLake(folder)
  const kinds = [...NASTY].map((character) => `chr(${character.codePointAt(0)})`).join(' || ')
  await lake.add(`SELECT TIMESTAMPTZ '2026-11-01 00:00:00.5+00' - to_hours(n) AS seen_at,
    CASE n WHEN 0 THEN ${kinds} WHEN 1 THEN NULL ELSE 'kind ' || n % 2 END AS kind, n
    FROM (SELECT CAST(unnest(range(150)) AS INTEGER) AS n)`)
})

afterAll(() => removeFolder(folder))

const ALLOWED: Partial<TokenClaims> = { rows: new Set(['events']) }

async function answered(query: string, claims = ALLOWED, timeoutMs = 30_000, table = 'events'): Promise<Answered> {
  const tables = new ShownTables({
    lakeFolder: lake.root,
    tables: [{ ...EVENTS, columns: ['seen_at', 'kind', 'n', 'raw', 'day'] }],
    limits: { threads: 1, memoryLimit: '256MB' },
    spillBelow: tmpdir(),
    timeoutMs,
  })
  onTestFinished(() => tables.close())
  const server = await guardedTestServer({}, { routes: [rowsRoute(tables)] })
  return ask(server, `/api/rows/${table}${query}`, await bearer(claims))
}

const numbers = ({ text }: Answered): number[] => {
  const { rows } = JSON.parse(text) as { readonly rows: readonly (readonly number[])[] }
  return rows.map((row) => row[2] ?? -1)
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, n) => n)

describe('GET /api/rows/:table', () => {
  test.each<[name: string, query: string, found: readonly number[]]>([
    ['100 rows at most, the newest first', '', upTo(100)],
    ['fewer', '?limit=3', [0, 1, 2]],
    ['those with a value', `?kind=kind%200&limit=2`, [2, 4]],
    ['those with one of two values', '?n=7&n=5&n=149', [5, 7, 149]],
    ['those with NULL', '?null=kind', [1]],
    ['those with NULL or a value', '?null=kind&kind=kind%201&limit=2', [1, 3]],
    ['those of a batch', '?batch=1&limit=2', [0, 1]],
    ['none of a batch that there is not', '?batch=7', []],
    ['those of a range', '?from=2026-10-31T21:00:00Z&to=2026-10-31T23:00:00Z', [2, 3]],
    ['those with a value that is SQL', `?kind=${encodeURIComponent("' OR '1'='1")}`, []],
  ])('returns %s', async (_, query, found) => {
    const answer = await answered(query)
    expect(answer.status).toBe(200)
    expect(numbers(answer)).toEqual(found)
  })

  test("returns a stranger's text as it is, and nothing in the answer is HTML or ends a line of a script", async () => {
    const { headers, text } = await answered('?n=0')
    expect(JSON.parse(text)).toEqual({
      table: 'events',
      version: 1,
      columns: [
        { name: 'seen_at', type: 'TIMESTAMPTZ' },
        { name: 'kind', type: 'VARCHAR' },
        { name: 'n', type: 'INTEGER' },
        { name: 'raw', type: 'BLOB' },
        { name: 'day', type: 'DATE' },
      ],
      rows: [['2026-11-01T00:00:00.5Z', NASTY, 0, expect.stringContaining('alert'), '2026-11-01']],
      isCut: false,
    })
    expect(text).not.toMatch(/[<>&\u2028\u2029]/)
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-security-policy': expect.stringContaining('sandbox'),
    })
  })

  test.each<[name: string, query: string, status: number, says: string]>([
    ['an unknown column', '?kinds=a', 400, 'The table has no column \\"kinds\\".'],
    ['SQL as a column', '?kind"%20OR%20"n=a', 400, 'The table has no column'],
    ['__proto__', '?__proto__=a', 400, 'The table has no column'],
    ['constructor', '?constructor=a', 400, 'The table has no column'],
    ['a text for a number', '?n=1%20OR%20true', 400, 'A value of \\"n\\" is not of the type of its column.'],
    ['NULL of an unknown column', '?null=kinds', 400, 'The table has no column \\"kinds\\".'],
    ['two limits', '?limit=1&limit=2', 400, '\\"limit\\" is given more than once.'],
    ['more than 100 rows', '?limit=101', 400, '\\"limit\\" is not a number of rows.'],
    ['no rows', '?limit=0', 400, '\\"limit\\" is not a number of rows.'],
    ['a limit that is SQL', '?limit=1;DROP', 400, '\\"limit\\" is not a number of rows.'],
    ['a batch that is none', '?batch=last', 400, '\\"batch\\" is not the number of a batch.'],
    ['two batches', '?batch=1&batch=2', 400, '\\"batch\\" is given more than once.'],
    ['two times', '?from=2026-11-01&from=2026-11-02', 400, '\\"from\\" is given more than once.'],
    ['a time that is none', "?to=now()'", 400, '\\"to\\" is not a time.'],
    ['a long value', `?kind=${'a'.repeat(1_001)}`, 400, 'The value of \\"kind\\" is too long.'],
    ['many values', `?${'n=1&'.repeat(101)}`, 400, 'There are 101 values; 100 are the most.'],
  ])('refuses %s', async (_, query, status, says) => {
    const answer = await answered(query)
    expect(answer.status).toBe(status)
    expect(answer.text).toContain(says)
  })

  test('gives up what takes too long, and says so', async () => {
    const answer = await answered('', ALLOWED, 1)
    expect(answer.status).toBe(504)
    expect(answer.text).toContain('The rows were not found in time.')
  })

  test.each(['event', 'EVENTS', '..', 'events.parquet', '__proto__'])('there is no table %s', async (table) => {
    expect((await answered('', ALLOWED, 30_000, table)).status).toBe(table === '..' ? 400 : 404)
  })
})

describe('a token allows rows', () => {
  test.each<[name: string, claims: Partial<TokenClaims>, query: string, status: number, found?: readonly number[]]>([
    ['of no table that it does not name', {}, '', 404],
    ['of no other table', { rows: new Set(['good']) }, '', 404],
    ['that it fixes', { ...ALLOWED, fixed: new Map([['n', ['3', '5']]]) }, '', 200, [3, 5]],
    ['that it fixes, and the client narrows', { ...ALLOWED, fixed: new Map([['n', ['3', '5']]]) }, '?n=5', 200, [5]],
    ['with no other value', { ...ALLOWED, fixed: new Map([['n', ['3']]]) }, '?n=4', 403],
    ['with no further value', { ...ALLOWED, fixed: new Map([['n', ['3']]]) }, '?n=3&n=4', 403],
    ['with no NULL instead', { ...ALLOWED, fixed: new Map([['n', ['3']]]) }, '?null=n', 403],
    ['that can be narrowed', { ...ALLOWED, fixed: new Map([['country', ['DE']]]) }, '', 403],
  ])('%s', async (_, claims, query, status, found = []) => {
    const answer = await answered(query, claims)
    expect(answer.status).toBe(status)
    if (status === 200) expect(numbers(answer)).toEqual(found)
    else expect(answer.text).not.toContain('kind')
  })
})
