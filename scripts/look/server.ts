import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname, join } from 'node:path'
import type { DashboardHead } from '../../src/client/index.ts'
import { versionOf } from '../../src/files/version.ts'
import { MADE_UP, type MadeUpPanel } from './madeUp.ts'

export interface MadeUpSettings {
  /** How fresh the numbers are: fresh, quiet, catching-up, stale or disconnected. */
  readonly state: string
  /** Without any, all. */
  readonly panels: readonly string[] | undefined
  readonly isStill: boolean
}

const ROOT = join(import.meta.dirname, '../..')
const NOW_MS = Date.parse('2026-11-25T14:32:08Z')
const VERSION = versionOf()
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const UPDATE_EVERY_MS = 250

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html',
  '.svg': 'image/svg+xml',
}

/** A server with the addresses of the real one, and answers that are made up. */
export async function serveMadeUp(settings: MadeUpSettings, port: number): Promise<{ url: string; close(): void }> {
  const startedMs = performance.now()
  const nowMs = (): number => NOW_MS + (settings.isStill ? 0 : performance.now() - startedMs)
  const panels = MADE_UP.filter(({ head }) => settings.panels?.includes(head.name) ?? true)
  const server = createServer((request, response) => {
    answer(request, response).catch((error: Error) => {
      if (!response.headersSent) response.writeHead(404)
      response.end(JSON.stringify({ title: error.message, status: 404 }))
    })
  })
  let streamCount = 0
  let isLost = false
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname === '/api/panels') return json(response, { panels: panels.map(({ head }) => head), position: null })
    if (pathname === '/api/dashboard') return json(response, dashboardBody(panels, nowMs(), settings.state))
    // What is lost comes back only for those who look at another state.
    isLost ||= settings.state === 'disconnected' && pathname === '/api/stream' && streamCount++ > 0
    if (isLost && pathname.startsWith('/api/')) {
      return void response.destroy()
    }
    if (pathname === '/api/stream') return stream(response, searchParams.getAll('panel'), nowMs, settings)
    const panel = MADE_UP.find(({ head }) => pathname === `/api/panels/${head.name}`)
    if (panel !== undefined)
      return json(response, {
        ...answerOf(panel, searchParams, nowMs()),
        position: positionAt(nowMs(), settings.state),
      })
    const name = pathname === '/' ? 'index.html' : pathname.replace('/assets/', '')
    const folder = name.startsWith('lakeweir-dashboard') ? 'dist/dashboard' : 'src/server/page'
    const text = await readFile(join(ROOT, folder, name))
    response.writeHead(200, { 'Content-Type': TYPES[extname(name)] ?? 'text/plain' }).end(text)
  }
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** Panels that stand below others, and not by themselves. */
const WITHIN = new Set(MADE_UP.flatMap(({ head: { spark, brush } }) => [spark, brush]))

/** Of 12 columns, by kind. */
const WIDTHS: Readonly<Record<string, number>> = { number: 3, heat: 6, bar: 3, batches: 6 }

function dashboardBody(panels: readonly MadeUpPanel[], nowMs: number, state: string): DashboardHead {
  const hourMs = 3_600_000
  const shown = panels.filter(({ head }) => !WITHIN.has(head.name))
  return {
    title: 'Messages',
    version: VERSION,
    serverTime: new Date(nowMs).toISOString(),
    position: positionAt(nowMs, state),
    layout: shown.map(({ head: { name, kind } }) => ({ panel: name, width: WIDTHS[kind] ?? 12, wallWidth: 3 })),
    panels: MADE_UP.map(({ head }) => head),
    settings: {
      catchingUpAfterMs: 60_000,
      staleAfterMs: 60_000,
      disconnectedAfterMs: 30_000,
      range: 3 * hourMs,
      presets: [hourMs / 4, hourMs, 3 * hourMs, 'today', 168 * hourMs],
    },
    newest: null,
    fixed: {},
  }
}

function json(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}

/** A time as a panel is asked for it. */
function timeOf(text: string | null, kind: 'from' | 'to', nowMs: number): number | undefined {
  if (text === null) return undefined
  if (text !== 'day') return Date.parse(text)
  return (Math.floor(nowMs / DAY_MS) + (kind === 'to' ? 1 : 0)) * DAY_MS
}

function answerOf({ head, rows }: MadeUpPanel, asked: URLSearchParams, nowMs: number) {
  const minuteMs = 60_000
  const toMs = timeOf(asked.get('to'), 'to', nowMs) ?? Math.ceil(nowMs / minuteMs) * minuteMs
  const [, count = '3', unit = 'h'] = /^(\d+)([mhd])$/.exec(asked.get('range') ?? '') ?? []
  const lengthMs = Number(count) * ({ m: minuteMs, h: HOUR_MS, d: DAY_MS }[unit] ?? HOUR_MS)
  const fromMs = timeOf(asked.get('from'), 'from', nowMs) ?? toMs - lengthMs
  const completeMs = Math.min(toMs, Math.floor(nowMs / minuteMs) * minuteMs)
  const filters = Object.fromEntries(
    head.filters.flatMap(({ name }) => (asked.has(name) ? [[name, asked.getAll(name)]] : [])),
  )
  const columns = head.columns.map(({ name }) => name)
  const all = rows(fromMs, toMs, nowMs).filter((row) =>
    Object.entries(filters).every(([name, values]) => {
      const at = columns.indexOf(name)
      return at < 0 || values.includes(String(row[at]))
    }),
  )
  const isoOf = (timeMs: number): string => new Date(timeMs).toISOString()
  const body = {
    panel: head.name,
    range: { from: isoOf(fromMs), to: isoOf(toMs) },
    isWidened: false,
    filters,
    completeTo: isoOf(completeMs),
  }
  return { ...body, columns: head.columns, rows: all, isCut: false }
}

/** How long ago the last commit was, in each state. */
const AGE_MS: Readonly<Record<string, number>> = {
  fresh: 80,
  quiet: 380_000,
  'catching-up': 300,
  stale: 252_000,
  disconnected: 48_000,
}

function positionAt(nowMs: number, state: string) {
  const batchMs = nowMs - (AGE_MS[state] ?? 0) - (nowMs % 1_000)
  const eventMs = state === 'catching-up' ? nowMs - 61 * 60_000 : batchMs - 800
  return {
    generation: 'made-up',
    batch: Math.floor(batchMs / 1_000) % 100_000,
    batchTime: new Date(batchMs).toISOString(),
    takenTime: new Date(batchMs + 30).toISOString(),
    newestEventTime: new Date(eventMs).toISOString(),
  }
}

function stream(
  response: ServerResponse,
  wishes: readonly string[],
  nowMs: () => number,
  { state, isStill }: MadeUpSettings,
): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  const send = (name: string, data: unknown): void => {
    response.write(`event: ${name}\nid: a:${nowMs()}:a\ndata: ${JSON.stringify(data)}\n\n`)
  }
  const update = (name: 'snapshot' | 'change'): void => {
    const now = nowMs()
    const position = positionAt(now, state)
    const panels = wishes.flatMap((wish, at) => {
      const [called = '', query = ''] = wish.split('?')
      const panel = MADE_UP.find(({ head }) => head.name === called)
      if (panel === undefined) return []
      const { rows, ...answer } = answerOf(panel, new URLSearchParams(query), now)
      return [{ at, digest: String(now), answer, rows }]
    })
    send(name, { position, panels })
    const waits = state === 'stale' || state === 'catching-up'
    const waiting = { files: waits ? 3 : 0, oldestTime: waits ? position.batchTime : null, newestEventTime: null }
    const lagMs = waits ? now - Date.parse(position.batchTime) : 0
    send('freshness', { serverTime: new Date(now).toISOString(), position, lagMs, waiting })
  }
  update('snapshot')
  if (state === 'disconnected') return void setTimeout(() => response.destroy(), 500)
  if (isStill) return
  const timer = setInterval(() => update('change'), UPDATE_EVERY_MS)
  response.on('close', () => clearInterval(timer))
}
