import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { HttpBindings } from '@hono/node-server'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Clock } from '../../stream/clock.ts'
import { EVERYTHING, type Grant } from '../grant.ts'
import type { Guard, ServerEnv } from '../parts.ts'
import { ProblemError } from '../problem.ts'
import { healthRoute, readyRoute } from '../routes/health.ts'
import { metricsRoute } from '../routes/metrics.ts'
import { crossOriginHeaders, preflightHeaders, safetyHeaders } from './headers.ts'
import { Holders } from './holders.ts'
import { isHostAllowed, isLoopback, type ServerNames } from './hosts.ts'
import type { TokenKeys } from './keys.ts'
import { type Asker, askerOf } from './origins.ts'
import { misshapenRequest } from './requests.ts'
import { TokenRefused, type VerifiedToken, verifiedToken } from './token.ts'

/** Who may ask a server, and from where. */
export interface GuardSettings {
  readonly names: Pick<ServerNames, 'host' | 'hosts'>
  /** The websites whose pages may ask. */
  readonly origins: readonly string[]
  /** Without any, requests from this machine need no token, and all others are refused. */
  readonly keys: TokenKeys
  /** What `/metrics` may be read with once there are keys, besides a token for everything. */
  readonly metricsSecret: string | undefined
  /** What processes of the same lake may ask for everything with, because they read its files anyway. */
  readonly localKey: string | undefined
  /** The longest that a token may be valid, from its issue on. */
  readonly tokenLifeMs: number
  readonly requestsPerToken: number
  /** The scripts that every page may load. */
  readonly scriptPath: RegExp
  readonly clock: Pick<Clock, 'nowMs'>
}

/** What a request is for, by its path. Whatever has `/api/` in its path needs a grant. */
type Purpose = 'probe' | 'metrics' | 'data' | 'page'

/** In the order in which they run: what an outer one sets on an answer, a refusal of an inner one has too. */
export function guardOf(settings: GuardSettings): Guard {
  return { middleware: [answeringSafely(settings), askedProperly(settings), granting(settings)] }
}

function purposeOf(path: string): Purpose {
  if (/\/api(?:\/|$)/.test(path)) return 'data'
  if (path.endsWith(metricsRoute.path)) return 'metrics'
  return path.endsWith(healthRoute.path) || path.endsWith(readyRoute.path) ? 'probe' : 'page'
}

/** Sets what the browser must know of each answer, also of those that refuse. */
function answeringSafely({ origins, scriptPath }: GuardSettings) {
  return createMiddleware<ServerEnv>(async (context, next) => {
    await next()
    const { headers } = context.res
    const isPage = headers.get('Content-Type')?.startsWith('text/html') === true
    const kind = scriptPath.test(context.req.path) ? 'script' : isPage ? 'page' : 'answer'
    for (const [name, value] of Object.entries(safetyHeaders(kind, origins))) headers.set(name, value)
    if (kind === 'script') return
    headers.append('Vary', 'Origin')
    const origin = context.req.header('Origin')
    if (origin === undefined || !origins.includes(origin) || context.req.method === 'OPTIONS') return
    for (const [name, value] of Object.entries(crossOriginHeaders(origin))) headers.set(name, value)
  })
}

/** Refuses what is no plain request, what asks for another server, and pages of websites that are not listed. */
function askedProperly({ names, origins, scriptPath }: GuardSettings) {
  return createMiddleware<ServerEnv>(async (context, next) => {
    const { method, path } = context.req
    const header = (name: string): string | undefined => context.req.header(name)
    const incoming = incomingOf(context)
    const misshapen = misshapenRequest({
      method,
      target: incoming?.url ?? context.req.url.replace(/^[a-z]+:\/\/[^/]*/, ''),
      headerCount: (incoming?.rawHeaders.length ?? 0) / 2,
      contentLength: header('Content-Length'),
      transferEncoding: header('Transfer-Encoding'),
    })
    if (misshapen !== undefined) throw misshapenError(misshapen)
    const purpose = purposeOf(path)
    // Whoever supervises the process asks by an address that nobody lists, and learns nothing but whether it is well.
    if (purpose === 'probe') return next()
    if (!isHostAllowed(header('Host'), names)) {
      throw new ProblemError(421, 'This server does not have the name that it was asked by.', {
        detail: 'Its names are those of server.hosts in the config.',
      })
    }
    const asker = askerFor(context, origins)
    if (method === 'OPTIONS') return preflight(context, asker)
    const isForAll = purpose === 'page' && (scriptPath.test(path) || header('Sec-Fetch-Mode') === 'navigate')
    if (asker === 'foreign' && !isForAll) {
      throw new ProblemError(403, 'Pages of this website may not ask here.', {
        detail: 'Its origin would have to be in server.origins of the config.',
      })
    }
    return next()
  })
}

function misshapenError({ status, title }: { readonly status: number; readonly title: string }): ProblemError {
  const headers = status === 405 ? { Allow: 'GET, HEAD' } : { Connection: 'close' }
  return new ProblemError(status, title, { headers })
}

function askerFor(context: Context<ServerEnv>, origins: readonly string[]): Asker {
  const asking = {
    origin: context.req.header('Origin'),
    host: context.req.header('Host'),
    fetchSite: context.req.header('Sec-Fetch-Site'),
    fetchDest: context.req.header('Sec-Fetch-Dest'),
  }
  return askerOf(asking, origins)
}

/** A browser asks whether a page may ask. It never sends a token with that. */
function preflight(context: Context<ServerEnv>, asker: Asker): Response {
  const origin = context.req.header('Origin')
  const isPreflight = context.req.header('Access-Control-Request-Method') !== undefined
  if (origin === undefined || !isPreflight) {
    throw new ProblemError(405, 'Only GET and HEAD are answered.', { headers: { Allow: 'GET, HEAD' } })
  }
  if (asker !== 'listed') throw new ProblemError(403, 'Pages of this website may not ask here.')
  return context.body(null, 204, preflightHeaders(origin))
}

/** Sets what whoever asks may see, and refuses those who may see nothing. */
function granting(settings: GuardSettings) {
  const requests = new Holders(settings.requestsPerToken)
  return createMiddleware<ServerEnv>(async (context, next) => {
    const purpose = purposeOf(context.req.path)
    if (purpose === 'probe' || purpose === 'page') return next()
    const grant = await grantFor(context, settings, purpose)
    context.set('grant', grant)
    if (grant.holder === EVERYTHING.holder) return next()
    const end = requests.enter(grant.holder)
    if (end === undefined) {
      throw new ProblemError(429, `This token has ${settings.requestsPerToken} requests at once already.`, {
        headers: { 'Retry-After': '1' },
      })
    }
    try {
      return await next()
    } finally {
      end()
    }
  })
}

/** @throws ProblemError 401 or 403 */
async function grantFor(context: Context<ServerEnv>, settings: GuardSettings, purpose: Purpose): Promise<Grant> {
  const { keys, metricsSecret, localKey, tokenLifeMs, clock } = settings
  const authorization = context.req.header('Authorization')
  const hasKeys = keys.secrets.length + keys.publicKeys.length > 0
  if (!hasKeys && authorization === undefined) return grantNearby(context)
  const token = /^Bearer +([\w.~+/=-]+) *$/i.exec(authorization ?? '')?.[1]
  if (token === undefined) {
    throw unauthorized('This needs a token.', 'Send it in the header Authorization: Bearer …', 'Bearer')
  }
  if (localKey !== undefined && isSame(token, localKey)) return EVERYTHING
  if (purpose === 'metrics' && metricsSecret !== undefined && isSame(token, metricsSecret)) return EVERYTHING
  const verified = await verifiedToken(token, keys, { nowMs: clock.nowMs(), maxLifeMs: tokenLifeMs }).catch(refuse)
  const origin = context.req.header('Origin')
  if (verified.origins !== undefined && origin !== undefined && !verified.origins.includes(origin)) {
    throw new ProblemError(403, 'This token is for pages of another website.')
  }
  const grant = grantOfToken(token, verified)
  if (purpose === 'metrics' && !grant.mayReadModels) {
    throw new ProblemError(403, 'This token does not allow to read the metrics.')
  }
  return grant
}

function refuse(error: unknown): never {
  if (!(error instanceof TokenRefused)) throw error
  throw unauthorized('The token is not accepted.', error.message, 'Bearer error="invalid_token"')
}

function unauthorized(title: string, detail: string, scheme: string): ProblemError {
  return new ProblemError(401, title, { detail, headers: { 'WWW-Authenticate': scheme } })
}

/** Where nobody has to show a token, only programs of this machine may ask, and no proxy that speaks for others. */
function grantNearby(context: Context<ServerEnv>): Grant {
  const address = incomingOf(context)?.socket.remoteAddress
  const isForwarded = PROXY_HEADERS.some((name) => context.req.header(name) !== undefined)
  if (address !== undefined && isLoopback(address) && !isForwarded) return EVERYTHING
  throw new ProblemError(403, 'Without a secret in the config, only programs of this machine may ask.', {
    detail: 'Set server.secrets in the config, and send a token.',
  })
}

const PROXY_HEADERS: readonly string[] = ['Forwarded', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Real-IP', 'Via']

function grantOfToken(token: string, { panels, fixed, rows, expiresMs }: VerifiedToken): Grant {
  return {
    holder: createHash('sha256').update(token).digest('base64url'),
    expiresMs,
    panels,
    fixed,
    // A model is all of its rows: nothing in it can be narrowed.
    mayReadModels: panels === 'all' && fixed.size === 0,
    rows,
  }
}

/** Compares hashes, which takes as long for a wrong secret as for the right one. */
function isSame(given: string, secret: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(given), hash(secret))
}

/** Node's own request; undefined where the app is called without a server. */
function incomingOf(context: Context<ServerEnv>): IncomingMessage | undefined {
  return (context.env as Partial<HttpBindings> | undefined)?.incoming
}
