import { expect, test } from 'vitest'
import { LakeError } from '../../src/index.ts'
import { panelListBody } from '../../src/server/answers.ts'
import { EVERYTHING } from '../../src/server/grant.ts'
import { problemBody } from '../../src/server/problem.ts'
import type { ServingReader } from '../../src/serving/reader.ts'
import { type MemoryReader, memoryReader } from '../support/memoryReader.ts'
import { panelFile, SALES, SALES_PANEL, testServer } from '../support/testServer.ts'

const HOUR = 'from=2026-11-22T10:00Z&to=2026-11-22T11:00Z'

/** How the log says that what was asked for is not there yet: in one line, without a stack. */
const NOT_YET = { level: 'info', msg: 'a request was refused', status: 503 }

async function filled(): Promise<MemoryReader> {
  const reader = await memoryReader(SALES)
  await reader.commit('')
  return reader
}

test('a panel that the store cannot prepare says why; the others go on, and it does once it can be prepared', async () => {
  const reader = await filled()
  const broken = panelFile('broken', ['title: B', 'kind: number'], 'SELECT count(*) AS n FROM live.returns')
  const server = await testServer({ reader, panels: [broken, SALES_PANEL] })
  const refused = await server.get('/api/panels/broken')
  expect(refused.status).toBe(503)
  expect(problemBody.parse(await refused.json()).detail).toMatch(/sql\/panels\/broken\.sql: .*returns does not exist/)
  expect((await server.get(`/api/panels/sales?${HOUR}`)).status).toBe(200)
  await reader.commit('CREATE TABLE live.returns AS SELECT 1 AS n')
  expect((await server.get('/api/panels/broken')).status).toBe(200)
})

test('why a panel cannot be answered is told on this machine and in the log, and not to who has a token', async () => {
  const reader = await filled()
  const broken = panelFile('broken', ['title: B', 'kind: number'], 'SELECT count(*) AS n FROM live.returns')
  const secret = /returns does not exist/
  const server = await testServer({ reader, panels: [broken], grant: { ...EVERYTHING, holder: 'a token' } })
  const refused = await server.get('/api/panels/broken')
  const problem = problemBody.parse(await refused.json())
  expect(problem).toEqual({
    title: 'Panel broken cannot be answered.',
    status: 503,
    detail: "The server's log says why, under this request's id.",
    requestId: refused.headers.get('X-Request-Id'),
  })
  const line = server.logged.find(({ requestId }) => requestId === problem.requestId)
  expect(JSON.stringify(line)).toMatch(secret)
  const { panels } = panelListBody.parse(await (await server.get('/api/panels')).json())
  expect(panels[0]?.problem).toBe('It cannot be answered. The log of the server says why.')
  for (const path of ['/api/stream?panel=broken', '/api/dashboard', '/api/openapi.json', '/api/panels.d.ts']) {
    const stop = new AbortController()
    const answer = await fetch(new URL(path, server.url), { signal: stop.signal })
    let text = ''
    for await (const bytes of answer.body ?? []) {
      text += new TextDecoder().decode(bytes as Uint8Array)
      if (text.includes('event: snapshot')) break
    }
    stop.abort()
    expect(answer.status, path).toBe(200)
    expect(text, path).not.toMatch(secret)
  }
  const near = await testServer({ reader, panels: [broken] })
  expect(problemBody.parse(await (await near.get('/api/panels/broken')).json()).detail).toMatch(secret)
  expect((await near.get('/api/panels')).status).toBe(200)
})

test('a panel over a model that is being built says so', async () => {
  const reader = await filled()
  const building: ServingReader = {
    ...reader,
    models: reader.models.map((model) => ({ ...model, isBuilt: false })),
    query: async () => {
      throw new LakeError('LAKE_QUERY_FAILED', 'the path of the store', { canRetry: true })
    },
  }
  const server = await testServer({ reader: building })
  const answer = await server.get(`/api/panels/sales?${HOUR}`)
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5'])
  expect(problemBody.parse(await answer.json())).toMatchObject({
    title: 'Panel sales reads a model that is being built.',
    detail: 'Ask again in a while: live.sales is made anew.',
  })
  expect(server.logged).toContainEqual(expect.objectContaining(NOT_YET))
})

test('a panel that is asked for before the first batch is no error in the log', async () => {
  const server = await testServer({ reader: await memoryReader(SALES) })
  const answer = await server.get(`/api/panels/sales?${HOUR}`)
  expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '1'])
  expect(problemBody.parse(await answer.json()).title).toBe('No batch has been taken yet.')
  expect(server.logged).toContainEqual(expect.objectContaining({ ...NOT_YET, reason: 'No batch has been taken yet.' }))
  expect(server.logged).not.toContainEqual(expect.objectContaining({ level: 'error' }))
})

test('a query that takes too long can be asked again, and its reason stays in the log', async () => {
  const reader = await filled()
  const slow: ServingReader = {
    ...reader,
    query: async () => {
      throw new LakeError('LAKE_QUERY_FAILED', 'sales took longer than 5 s.', { canRetry: true })
    },
  }
  const server = await testServer({ reader: slow })
  const answer = await server.get(`/api/panels/sales?${HOUR}`)
  expect(answer.status).toBe(503)
  expect(problemBody.parse(await answer.json()).title).toBe('This cannot be answered now.')
  expect(JSON.stringify(server.logged)).toContain('sales took longer than 5 s.')
})

test.each([
  ['a text', "SELECT repeat('x', 9000000) AS text FROM live.sales LIMIT 1"],
  ['many texts', "SELECT repeat('x', 5000) AS text FROM range(2000)"],
  ['a list', 'SELECT list(n) AS numbers FROM range(2000000) AS counted(n)'],
])('an answer with %s of more than 8 million characters is refused, and not kept', async (_, select) => {
  const large = panelFile('large', ['title: L', 'kind: table'], select)
  const server = await testServer({ reader: await filled(), panels: [large, SALES_PANEL] })
  for (const form of ['', '?format=csv']) {
    const answer = await server.get(`/api/panels/large${form}`)
    expect(answer.status, form).toBe(400)
    expect(problemBody.parse(await answer.json())).toMatchObject({
      title: 'Panel large has an answer of more than 8 million characters.',
      detail: 'Ask for a shorter range, or for fewer values.',
    })
  }
  expect((await server.get(`/api/panels/sales?${HOUR}`)).status).toBe(200)
})
