import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { serve } from '@hono/node-server'
import { Hono } from 'hono'
import { describe, expect, onTestFinished, test } from 'vitest'
import { dashboardHandler, mountDashboard } from '../../src/server/index.ts'
import type { LiveLake } from '../support/liveLake.ts'
import { servedLake, shopsOnceThey } from '../support/servedLake.ts'

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function filledLake(): Promise<LiveLake> {
  const lake = await servedLake()
  await lake.drop('1.parquet', "(1, 'a', 5, 0), (2, 'b', 7, 1)")
  await lake.run(['land', 'split'])
  return lake
}

/** How a server hands requests to a handler. */
const servers: readonly [name: string, path: string | undefined, (handler: RequestListener) => RequestListener][] = [
  [
    'one that leaves the path in the address, such as Fastify',
    '/numbers',
    (handler) => (request, response) => {
      if (request.url?.startsWith('/numbers')) handler(request, response)
      else response.end('the website')
    },
  ],
  [
    'one that takes the path away, such as Express',
    undefined,
    (handler) => (request, response) => {
      const { url = '/' } = request
      if (!url.startsWith('/numbers')) return response.end('the website')
      const rest = url.slice('/numbers'.length)
      Object.assign(request, { originalUrl: url, url: rest.startsWith('/') ? rest : `/${rest}` } satisfies Partial<
        IncomingMessage & { originalUrl: string }
      >)
      return handler(request, response)
    },
  ],
]

describe('dashboardHandler', () => {
  test.each(servers)('answers in %s', async (_, path, mounted) => {
    const lake = await filledLake()
    const handler = await dashboardHandler(lake.lake, path === undefined ? {} : { path })
    onTestFinished(() => handler.close())
    const site = await listening(mounted(handler))
    expect(await (await fetch(`${site}/about`)).text()).toBe('the website')
    expect(await shopsOnceThey(`${site}/numbers/`, (rows) => rows.length === 2)).toEqual([
      ['a', 1, 5],
      ['b', 1, 7],
    ])
    // A page asks for its files beside itself, so its address ends with a slash.
    const page = await fetch(`${site}/numbers?x=1`, { redirect: 'manual' })
    expect([page.status, page.headers.get('Location')]).toEqual([308, '/numbers/?x=1'])
    expect(await (await fetch(`${site}/numbers`)).text()).toContain('assets/page.js')
    expect((await fetch(`${site}/numbers/assets/page.js`)).status).toBe(200)
  })

  test('keeps the live aggregates until it is closed, and what it was asked meanwhile follows', async () => {
    const lake = await filledLake()
    const logged: string[] = []
    const handler = await dashboardHandler(lake.lake, { onLog: (line) => logged.push(line) })
    const site = await listening(handler)
    await shopsOnceThey(`${site}/`, (rows) => rows.length === 2)
    await lake.drop('2.parquet', "(4, 'b', 2, 4)")
    await lake.run(['land', 'split'])
    await shopsOnceThey(`${site}/`, ([, b]) => JSON.stringify(b) === '["b",2,9]')
    await handler.close()
    await handler.ended
    await handler.close()
    expect(logged.map((line) => JSON.parse(line).path)).toContain('/api/stream')
    // Nobody has the store any more.
    expect(await lake.run(['live'])).toEqual([])
  })

  test('of a lake without live aggregates is refused', async () => {
    const lake = await servedLake()
    const { config } = lake.open
    Object.assign(config, { live: undefined })
    await expect(dashboardHandler(lake.lake)).rejects.toMatchObject({
      code: 'LAKE_CONFIG_INVALID',
      message: `${config.configFile} has no live aggregates that could be served.`,
    })
  })

  test('beside a process that keeps them is refused', async () => {
    const lake = await filledLake()
    const handler = await dashboardHandler(lake.lake)
    onTestFinished(() => handler.close())
    await expect(dashboardHandler(lake.lake)).rejects.toMatchObject({ code: 'LAKE_STREAM_HELD' })
  })
})

describe('mountDashboard', () => {
  test('answers below a path of a hono app', async () => {
    const lake = await filledLake()
    const app = new Hono()
    app.get('/about', (context) => context.text('the website'))
    const dashboard = await mountDashboard(app, lake.lake, { path: '/numbers' })
    onTestFinished(() => dashboard.close())
    const port = await new Promise<number>((resolve) => {
      const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1', overrideGlobalObjects: false }, (at) =>
        resolve(at.port),
      )
      onTestFinished(() => void server.close())
    })
    const site = `http://127.0.0.1:${port}`
    expect(await (await fetch(`${site}/about`)).text()).toBe('the website')
    expect(await shopsOnceThey(`${site}/numbers/`, (rows) => rows.length === 2)).toHaveLength(2)
    expect((await fetch(`${site}/numbers`, { redirect: 'manual' })).headers.get('Location')).toBe('/numbers/')
    expect(await (await fetch(`${site}/numbers/`)).text()).toContain('assets/page.js')
  })
})
