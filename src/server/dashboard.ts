import type { Hono } from 'hono'
import type { Logger } from 'pino'
import { versionOf } from '../files/version.ts'
import type { ServingReader } from '../serving/reader.ts'
import type { Clock } from '../stream/clock.ts'
import { createApp } from './app.ts'
import { BatchFigures } from './figures/batchFigures.ts'
import { ServerMetrics } from './metrics.ts'
import type { Panel } from './panels/panel.ts'
import { PanelAnswers } from './panels/panelAnswers.ts'
import type { PanelLimits } from './panels/panelValues.ts'
import type { Guard, ServerEnv, ServerParts, ServerRoute } from './parts.ts'
import { PositionWatch } from './positionWatch.ts'
import type { Presentation } from './presentation.ts'
import { StreamHub } from './stream/hub.ts'
import { countStreams } from './stream/streamMetrics.ts'
import type { Waiting } from './waiting.ts'

/** What is served, and to whom. */
export interface DashboardSettings {
  readonly reader: ServingReader
  readonly panels: readonly Panel[]
  readonly presentation: Presentation
  readonly limits: PanelLimits
  /** How many streams may be open with one token; 20 where left out. */
  readonly clientsPerToken?: number
  readonly waiting: () => Waiting | undefined
  readonly staleAfterMs: number
  readonly guard: Guard
  readonly routes: readonly ServerRoute[]
  readonly log: Logger
  readonly clock: Clock
}

/** All that answers, put together. It listens nowhere yet. */
export interface Dashboard {
  readonly app: Hono<ServerEnv>
  readonly parts: ServerParts
  /**
   * Ends what it follows and keeps; its reader stays open. Streams have no end of their own: tell their clients by
   * `parts.hub.close()` before waiting for the answers that are under way.
   */
  close(): Promise<void>
}

/** Puts a server together from what it serves, and prepares its panels. */
export async function openDashboard(settings: DashboardSettings): Promise<Dashboard> {
  const { reader, panels, limits, log, clock } = settings
  const watch = await PositionWatch.open(reader)
  const answers = await PanelAnswers.open({ reader, watch, panels, limits, clock })
  for (const { name, problem } of answers.heads()) {
    if (problem !== null) log.info({ panel: name, problem }, 'a panel cannot be answered')
  }
  const metrics = new ServerMetrics(() => watch.current, clock)
  const figures = new BatchFigures(reader, metrics.registry, clock)
  let isTold = false // once: the figures are asked for every few seconds
  metrics.onAsked(() =>
    figures.look().catch((err: unknown) => {
      log[isTold ? 'debug' : 'warn']({ err }, 'batches could not be counted')
      isTold = true
    }),
  )
  const { presentation, waiting, staleAfterMs, guard, routes, clientsPerToken = 20 } = settings
  const onError = (err: unknown): void => log.error({ err }, 'a panel failed in a stream')
  const hub = new StreamHub({ watch, clock, clientsPerToken, waiting, onError })
  countStreams(metrics.registry, hub)
  const asked = { reader, watch, answers, hub, waiting, staleAfterMs }
  const parts = { ...asked, presentation, version: versionOf(), guard, routes, log, metrics, clock }
  return {
    app: createApp(parts),
    parts,
    close: async () => {
      await hub.close()
      answers.close()
      watch.close()
    },
  }
}
