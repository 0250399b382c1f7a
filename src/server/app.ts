import { type Context, Hono } from 'hono'
import { createMiddleware } from 'hono/factory'
import { type RequestIdVariables, requestId } from 'hono/request-id'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { suggestion } from '../words.ts'
import { ANYONE } from './grant.ts'
import type { ServerEnv, ServerParts, ServerRoute } from './parts.ts'
import { asProblem, PROBLEM_TYPE, ProblemError } from './problem.ts'
import { dashboardRoute } from './routes/dashboard.ts'
import { healthRoute, readyRoute } from './routes/health.ts'
import { metricsRoute } from './routes/metrics.ts'
import { modelRoute } from './routes/model.ts'
import { openApiRoute } from './routes/openApi.ts'
import { pageRoutes } from './routes/page.ts'
import { panelRoute } from './routes/panel.ts'
import { panelsRoute, panelTypesRoute } from './routes/panels.ts'
import { streamRoute } from './routes/stream.ts'

/** The routes that every server has. */
const ROUTES: readonly ServerRoute[] = [
  dashboardRoute,
  panelsRoute,
  panelTypesRoute,
  panelRoute,
  modelRoute,
  streamRoute,
  ...pageRoutes,
  healthRoute,
  readyRoute,
  metricsRoute,
]

/** The server as a function of its parts: it opens nothing, and closes nothing. */
export function createApp(parts: ServerParts): Hono<ServerEnv> {
  const app = new Hono<ServerEnv>()
  const routes: readonly ServerRoute[] = [...ROUTES, openApiRoute(() => routes), ...parts.routes]
  app.use(requestId() as ReturnType<typeof createMiddleware<ServerEnv & { Variables: RequestIdVariables }>>)
  app.use(observed(parts))
  for (const middleware of parts.guard.middleware) app.use(middleware)
  for (const route of routes) {
    app.get(route.path, (context) => {
      context.set('route', route.path)
      return route.handle(context, parts)
    })
    app.all(route.path, (context) => {
      context.set('route', route.path)
      throw new ProblemError(405, `${context.req.method} is not understood here.`, { headers: { Allow: 'GET, HEAD' } })
    })
  }
  app.notFound((context) => {
    const detail = suggestion(
      context.req.path,
      routes.map(({ path }) => path),
    )
    return answerProblem(context, new ProblemError(404, 'There is nothing at this address.', { detail }))
  })
  app.onError((error, context) => answerProblem(context, asProblem(error)))
  return app
}

/** Through the context, which knows the headers that were set on the way. */
function answerProblem(context: Context<ServerEnv>, problem: ProblemError): Response {
  const headers = { 'Content-Type': PROBLEM_TYPE, 'Cache-Control': 'no-store', ...problem.headers }
  const isInside = context.get('grant')?.holder === ANYONE
  const body = JSON.stringify((isInside ? problem.toldInside() : problem).body(context.get('requestId')))
  return context.body(body, problem.status as ContentfulStatusCode, headers)
}

/** Logs and counts each request once the head of its answer is known. */
function observed({ log, metrics, clock }: ServerParts) {
  return createMiddleware<ServerEnv>(async (context, next) => {
    const startedMs = clock.monotonicMs()
    await next()
    const durationMs = clock.monotonicMs() - startedMs
    const { status } = context.res
    const route = context.get('route')
    metrics.requested(route ?? 'none', status, durationMs)
    const { method, path } = context.req
    const entry = { requestId: context.get('requestId'), method, path, status, durationMs: Math.round(durationMs) }
    const { error } = context
    const isFailure = status >= 500 && !(error instanceof ProblemError && error.isNotYet)
    if (isFailure) log.error({ ...entry, ...(error === undefined ? {} : { err: error }) }, 'a request failed')
    else if (status >= 400) log.info({ ...entry, reason: error?.message }, 'a request was refused')
    else log[isProbe(route) ? 'debug' : 'info'](entry, 'a request was answered')
  })
}

/** Programs ask these every few seconds. */
function isProbe(route: string | undefined): boolean {
  return route === healthRoute.path || route === readyRoute.path || route === metricsRoute.path
}
