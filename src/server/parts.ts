import type { ServerResponse } from 'node:http'
import type { Context, MiddlewareHandler } from 'hono'
import type { Logger } from 'pino'
import type { z } from 'zod'
import type { ServingReader } from '../serving/reader.ts'
import type { Clock } from '../stream/clock.ts'
import type { Grant } from './grant.ts'
import type { ServerMetrics } from './metrics.ts'
import type { PanelAnswers } from './panels/panelAnswers.ts'
import type { PositionWatch } from './positionWatch.ts'
import type { Presentation } from './presentation.ts'
import type { StreamHub } from './stream/hub.ts'
import type { Waiting } from './waiting.ts'

/** What a request carries on its way. */
export interface ServerEnv {
  readonly Bindings: {
    /** Node's own answer; undefined where the app does not run on Node's server. */
    readonly outgoing?: ServerResponse
  }
  readonly Variables: {
    readonly requestId: string
    /** Set by the guard; a route that finds none refuses. */
    grant: Grant | undefined
    /** The route that answers, as it is written; undefined where none does. */
    route: string | undefined
  }
}

/** Who may ask, and for what. Runs before every route, in order; the last sets the grant, or throws a ProblemError. */
export interface Guard {
  readonly middleware: readonly MiddlewareHandler<ServerEnv>[]
}

/** What the server is put together from. */
export interface ServerParts {
  readonly reader: ServingReader
  readonly watch: PositionWatch
  readonly answers: PanelAnswers
  readonly hub: StreamHub
  /** As the lake was last looked at; undefined where there is no lake, or nobody has looked yet. */
  readonly waiting: () => Waiting | undefined
  /** How long files may wait without a commit before the server says that it is not ready. */
  readonly staleAfterMs: number
  readonly presentation: Presentation
  /** Of the Lakeweir that serves. */
  readonly version: string
  readonly guard: Guard
  /** Routes besides those that every server has. */
  readonly routes: readonly ServerRoute[]
  readonly log: Logger
  readonly metrics: ServerMetrics
  readonly clock: Clock
}

export interface RouteParameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly describes: string
  readonly schema: z.ZodType
  readonly isRequired?: true
}

export interface RouteAnswer {
  readonly describes: string
  /** Media type → what it holds; undefined: any text. */
  readonly content?: Readonly<Record<string, z.ZodType | undefined>>
}

/** One address of the server, and all that is said of it to clients. */
export interface ServerRoute {
  /** As hono writes it: `/api/panels/:name`. */
  readonly path: string
  readonly summary: string
  readonly parameters?: readonly RouteParameter[]
  /** Status → what it means. */
  readonly answers: Readonly<Record<number, RouteAnswer>>
  handle(context: Context<ServerEnv>, parts: ServerParts): Response | Promise<Response>
}
