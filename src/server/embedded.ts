import type { IncomingMessage, ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { LakeError } from '../errors.ts'
import { Lake } from '../lake/lake.ts'
import { openLive } from '../lake/live/openLive.ts'
import { runStreams } from '../lake/run.ts'
import type { RunOptions } from '../lake/runOptions.ts'
import { lakeDashboard } from './lakeDashboard.ts'
import { type LogLevel, openLog } from './log.ts'

// The dashboard of a lake as a part of somebody else's server. What is exported speaks of Node's types and our own.

export interface DashboardOptions extends Pick<RunOptions, 'onNote' | 'onFailure'> {
  /**
   * Where the server has it, such as `/dashboard`, if the server leaves that in the address: `app.use(path, …)` of
   * Express takes it away itself.
   */
  readonly path?: string
  /** Takes each line of the log, one JSON object with its line break. */
  readonly onLog?: (line: string) => void
  /** What is logged; `info` where left out. */
  readonly logLevel?: 'debug' | 'info' | 'warn' | 'error' | 'silent'
}

/** A dashboard that answers: the live aggregates of its lake are kept by this process until it is closed. */
export interface Dashboard {
  /** Resolves once it is closed. Rejects if the live aggregates cannot be kept any longer; they are still served. */
  readonly ended: Promise<void>
  /** Ends the streams of clients, finishes the batch, and closes the live aggregates. Do this before `lake.close()`. */
  close(): Promise<void>
}

/** A listener of `node:http`, which Express, Fastify and others take as well. */
export interface DashboardHandler extends Dashboard {
  (request: IncomingMessage, response: ServerResponse): void
}

/** What is used of a hono app. */
export interface MountingApp {
  mount(path: string, handler: (request: Request, environment: object) => Response | Promise<Response>): unknown
}

/**
 * Opens the dashboard of a lake for a server of Node's.
 * @throws LakeError LAKE_CONFIG_INVALID if it has no live aggregates, LAKE_STREAM_HELD if another process keeps them
 */
export async function dashboardHandler(lake: Lake, options: DashboardOptions = {}): Promise<DashboardHandler> {
  const { path = '' } = options
  const { fetch, ...dashboard } = await openEmbedded(lake, options)
  // Request and Response of the process stay as they are: it is not ours.
  const listener = getRequestListener((request, environment) => fetch(request, environment), {
    overrideGlobalObjects: false,
  })
  const handler = (request: IncomingMessage, response: ServerResponse): void => {
    const place = placeOf(request, path)
    if (place.slashed !== undefined) response.writeHead(308, { Location: place.slashed }).end()
    else {
      request.url = place.url
      void listener(request, response)
    }
  }
  return Object.assign(handler, dashboard)
}

/**
 * Opens the dashboard of a lake in a hono app.
 * @throws LakeError LAKE_CONFIG_INVALID if it has no live aggregates, LAKE_STREAM_HELD if another process keeps them
 */
export async function mountDashboard(
  app: MountingApp,
  lake: Lake,
  options: DashboardOptions & { readonly path: string },
): Promise<Dashboard> {
  const { fetch, ...dashboard } = await openEmbedded(lake, options)
  app.mount(options.path, (request, environment) => {
    const incoming = 'incoming' in environment ? (environment.incoming as IncomingMessage | undefined) : undefined
    const slashed = incoming === undefined ? undefined : placeOf(incoming, options.path).slashed
    return slashed === undefined
      ? fetch(request, environment)
      : new Response(null, { status: 308, headers: { Location: slashed } })
  })
  return dashboard
}

/** Where a request is for below the path of the dashboard, and where it should be for if a slash is missing. */
function placeOf(
  request: IncomingMessage,
  path: string,
): { readonly url: string; readonly slashed: string | undefined } {
  const { url = '/' } = request
  const isBelow = path !== '' && (url === path || url.startsWith(`${path}/`) || url.startsWith(`${path}?`))
  const rest = isBelow ? url.slice(path.length) : url
  const below = rest.startsWith('/') ? rest : `/${rest}`
  // What Express has taken away before; without its slash, a page would look for its files one folder too high.
  const { originalUrl = url } = request as IncomingMessage & { readonly originalUrl?: string }
  const [asked = '', query] = originalUrl.split('?', 2)
  const isSlashMissing = /^\/(?:\?|$)/.test(below) && !asked.endsWith('/')
  return { url: below, slashed: isSlashMissing ? `${asked}/${query === undefined ? '' : `?${query}`}` : undefined }
}

interface Embedded extends Dashboard {
  readonly fetch: (request: Request, environment: object) => Response | Promise<Response>
}

async function openEmbedded(lake: Lake, options: DashboardOptions): Promise<Embedded> {
  const open = Lake.opened(lake)
  const { config, clock } = open
  const { live } = config
  if (live === undefined) {
    throw new LakeError('LAKE_CONFIG_INVALID', `${config.configFile} has no live aggregates that could be served.`, {
      state: 'Nothing was started.',
      remedy: "Add them: live: { follows: 'STREAM', models: 'sql/live', panels: 'sql/panels' }",
    })
  }
  const level: LogLevel = options.onLog === undefined ? 'silent' : (options.logLevel ?? 'info')
  const log = openLog(
    level,
    (line) => options.onLog?.(line),
    () => clock.nowMs(),
  )
  const opened = await openLive(open, live, 'continue')
  const place = { host: config.server.host, localKey: undefined, log }
  const dashboard = await lakeDashboard(open, live, opened, place).catch(async (error: unknown) => {
    await opened.close()
    throw error
  })
  const stop = new AbortController()
  const { onNote, onFailure } = options
  const run = runStreams(
    open,
    {
      streams: ['live'],
      signal: stop.signal,
      ...(onNote === undefined ? {} : { onNote }),
      ...(onFailure === undefined ? {} : { onFailure }),
    },
    opened,
  )
  run.catch((err: unknown) => log.error({ err }, 'the live aggregates are no longer kept'))
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    stop.abort()
    await Promise.all([dashboard.close(), run.catch(() => undefined)]) // whoever waits for its end is told
    await opened.close()
  }
  return {
    fetch: (request, environment) => dashboard.app.fetch(request, environment),
    ended: run,
    close: () => {
      closed ??= close()
      return closed
    },
  }
}
