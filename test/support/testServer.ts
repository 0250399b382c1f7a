import { onTestFinished } from 'vitest'
import type { PanelFile } from '../../src/lake/config/resolveLive.ts'
import { openDashboard } from '../../src/server/dashboard.ts'
import { EVERYTHING, type Grant } from '../../src/server/grant.ts'
import { type Listening, listen } from '../../src/server/listen.ts'
import { openLog } from '../../src/server/log.ts'
import { panelOf } from '../../src/server/panels/panelFile.ts'
import { DEFAULT_PANEL_LIMITS, type PanelLimits } from '../../src/server/panels/panelValues.ts'
import type { Guard, ServerParts, ServerRoute } from '../../src/server/parts.ts'
import { type Presentation, presentationOf } from '../../src/server/presentation.ts'
import type { ServingReader } from '../../src/serving/reader.ts'
import { systemClock } from '../../src/stream/clock.ts'

/** A panel's file as a lake has it. */
export function panelFile(name: string, keys: readonly string[], select: string): PanelFile {
  const header = [
    `-- ${name}.sql: what ${name} counts; one row a group.`,
    '--',
    '-- in   live.sales   rows',
    '-- out  columns',
    '--',
  ]
  const text = [...header, ...keys.map((key) => `-- ${key}`), select, ''].join('\n')
  return {
    name: `sql/panels/${name}.sql`,
    text,
    inputs: ['live.sales'],
    called: name,
    dialects: new Map(),
    variants: new Map(),
  }
}

/** Sales by minute and shop, three of them in three minutes. */
export const SALES = `
CREATE TABLE live.sales AS
FROM (VALUES (TIMESTAMPTZ '2026-11-22 10:00:00Z', 'north', 3), (TIMESTAMPTZ '2026-11-22 10:01:00Z', 'south', 5),
  (TIMESTAMPTZ '2026-11-22 10:02:00Z', 'north', 7)) AS sales(minute, shop, items)`

export const SALES_PANEL = panelFile(
  'sales',
  [
    'title: Sales',
    'kind: line',
    'x: minute',
    'y: items',
    'series: shop',
    'unit: items',
    'grain: 1 minute',
    'filters: shop VARCHAR',
  ],
  `SELECT minute, shop, items FROM live.sales
WHERE minute >= $from AND minute < $to AND ($shop IS NULL OR shop = ANY($shop)) ORDER BY ALL`,
)

export interface TestServerOptions {
  readonly reader: ServingReader
  readonly panels?: readonly PanelFile[]
  readonly limits?: Partial<PanelLimits>
  readonly grant?: Grant | undefined
  readonly guard?: Guard
  readonly routes?: readonly ServerRoute[]
  readonly waiting?: ServerParts['waiting']
  readonly clock?: ServerParts['clock']
  readonly presentation?: Presentation
}

/** What a config says that says nothing of a dashboard. */
const PLAIN_SERVER = {
  dashboard: {
    title: 'Lakeweir',
    panels: undefined,
    range: 3 * 3_600_000,
    presets: [3_600_000, 'today'],
    catchingUpAfterMs: 60_000,
    disconnectedAfterMs: 30_000,
  },
  staleAfterMs: 60_000,
} as const

export interface TestServer extends Listening {
  readonly parts: ServerParts
  /** The lines of its log. */
  readonly logged: Record<string, unknown>[]
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
}

/** A server on a free port of this machine, until the test ends. */
export async function testServer(options: TestServerOptions): Promise<TestServer> {
  const { reader, panels = [SALES_PANEL], limits, clock = systemClock } = options
  const grant = 'grant' in options ? options.grant : EVERYTHING
  const logged: Record<string, unknown>[] = []
  const granting: Guard = {
    middleware: [
      async (context, next) => {
        context.set('grant', grant)
        await next()
      },
    ],
  }
  const read = panels.map((file) => panelOf(file, 'duckdb'))
  const dashboard = await openDashboard({
    reader,
    panels: read,
    presentation: options.presentation ?? presentationOf(PLAIN_SERVER, read),
    limits: { ...DEFAULT_PANEL_LIMITS, ...limits },
    waiting: options.waiting ?? (() => undefined),
    staleAfterMs: 60_000,
    guard: options.guard ?? granting,
    routes: options.routes ?? [],
    log: openLog(
      'debug',
      (line) => logged.push(JSON.parse(line)),
      () => clock.nowMs(),
    ),
    clock,
  })
  const listening = await listen(dashboard.app, { host: '127.0.0.1', port: 0 }, systemClock)
  onTestFinished(async () => {
    // On a clock that stands still it waits until its clients are cut off.
    const closed = dashboard.parts.hub.close()
    await listening.close(0)
    await closed
    await dashboard.close()
    await reader.close()
  })
  const get: TestServer['get'] = (path, headers = {}) => fetch(new URL(path, listening.url), { headers })
  return { ...listening, parts: dashboard.parts, logged, get }
}
