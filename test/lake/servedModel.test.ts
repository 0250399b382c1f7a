import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { attachServed } from '../../src/duckdb/sql/servedRows.ts'
import type { ModelServer } from '../../src/lake/live/modelServer.ts'
import { loadModel, modelOfServer } from '../../src/lake/live/servedModel.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { rawSql } from '../support/sql.ts'

// Whole models come from another process, whose answers may be anything.

interface Answer {
  readonly status?: number
  readonly body: string
}

async function serverOf({ status = 200, body }: Answer): Promise<ModelServer & { readonly asked: string[] }> {
  const asked: string[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`)
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const { port } = server.address() as AddressInfo
  return { processId: 7, address: `http://127.0.0.1:${port}`, key: 'the key', asked }
}

/** The rows of a model as a query over it sees them. */
async function loaded(server: ModelServer): Promise<string[]> {
  return inDuckdb(async (session) => {
    await session.run(attachServed)
    await loadModel(session, await modelOfServer(server, 'sums', new AbortController().signal))
    const rows = await session.rows(rawSql`SELECT to_json(s)::VARCHAR AS row FROM live.sums AS s`)
    return rows.map(({ row }) => String(row))
  })
}

function answer(columns: Readonly<Record<string, string>>, rows: readonly unknown[][], end: unknown): string {
  const position = { generation: 'g', batch: 3 }
  return [{ model: 'sums', columns, position }, ...rows, end].map((line) => `${JSON.stringify(line)}\n`).join('')
}

test('a model of every type is what it was, and the key is sent along', async () => {
  const columns = {
    minute: 'TIMESTAMP WITH TIME ZONE',
    kind: 'VARCHAR',
    is: 'BOOLEAN',
    n: 'HUGEINT',
    total: 'DECIMAL(38,2)',
    mean: 'DOUBLE',
    day: 'DATE',
    files: 'VARCHAR[]',
    rows: 'MAP(VARCHAR, BIGINT)',
    pair: 'STRUCT(a BIGINT, b VARCHAR)',
  }
  const rows = [
    [
      '2026-11-22 10:00:00+00',
      'é "x"',
      true,
      '170141183460469231731687303715884105727',
      '1.50',
      'NaN',
      '2026-11-22',
      ['a', 'b, c'],
      [{ key: 'messages', value: '3' }],
      { a: '1', b: 'x' },
    ],
    [null, null, null, null, null, null, null, null, null, null],
  ]
  const server = await serverOf({ body: answer(columns, rows, { rows: 2 }) })
  expect(await loaded(server)).toEqual([
    '{"minute":"2026-11-22 10:00:00+00","kind":"é \\"x\\"","is":true,"n":170141183460469231731687303715884105727,' +
      '"total":1.50,"mean":NaN,"day":"2026-11-22","files":["a","b, c"],"rows":{"messages":3},"pair":{"a":1,"b":"x"}}',
    '{"minute":null,"kind":null,"is":null,"n":null,"total":null,"mean":null,"day":null,"files":null,"rows":null,' +
      '"pair":null}',
  ])
  expect(server.asked).toEqual(['/api/models/sums Bearer the key'])
})

const N = { n: 'BIGINT' }

test.each([
  { name: 'is cut off', body: answer(N, [[1]], [2]), says: 'it ended after 2 rows' },
  { name: 'has other rows than it says', body: answer(N, [[1], [2]], { rows: 3 }), says: 'it ended after 2 rows' },
  { name: 'is a refusal', status: 401, body: '{"title":"No","detail":"no token"}', says: 'no token' },
  { name: 'is an error of something else', status: 502, body: '<html>', says: 'it answered with status 502' },
])('an answer that $name is an error, and nothing of it is shown', async ({ says, ...given }) => {
  const server = await serverOf(given)
  const error = await loaded(server).catch((cause: unknown) => cause)
  expect(error).toMatchObject({
    code: 'LAKE_QUERY_FAILED',
    message: `live.sums cannot be read from process 7, which runs live, at ${server.address}: ${says}.`,
    canRetry: true,
  })
})

test.each([['hello'], ['{}\n'], [answer({ n: 'BIGINT); DROP TABLE x; --' }, [], { rows: 0 })]])(
  'an answer that no server of ours gives is an error: %j',
  async (body) => {
    await expect(loaded(await serverOf({ body }))).rejects.toMatchObject({ code: 'LAKE_VALUE_UNEXPECTED' })
  },
)

test('a server that is gone is named', async () => {
  const gone = { processId: 7, address: 'http://127.0.0.1:1', key: '' }
  await expect(loaded(gone)).rejects.toMatchObject({ code: 'LAKE_QUERY_FAILED' })
})
