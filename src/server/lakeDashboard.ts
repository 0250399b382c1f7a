import { tmpdir } from 'node:os'
import type { Logger } from 'pino'
import { statOf } from '../files/read.ts'
import type { ResolvedLive } from '../lake/config/resolve.ts'
import { rejectedFiles } from '../lake/leftFiles.ts'
import type { OpenedLive } from '../lake/live/openLive.ts'
import { lookForWaiting } from '../lake/live/waiting.ts'
import { WaitingWatch } from '../lake/live/waitingWatch.ts'
import type { OpenLake } from '../lake/openLake.ts'
import type { ServingReader } from '../serving/reader.ts'
import { type Dashboard, type DashboardSettings, openDashboard } from './dashboard.ts'
import { type LiveFacts, showLiveFacts } from './figures/liveFigures.ts'
import { type GuardedPlace, guardSettings } from './guard/configured.ts'
import { guardOf } from './guard/guard.ts'
import { lakePanels } from './panels/lakePanels.ts'
import { DEFAULT_PANEL_LIMITS } from './panels/panelValues.ts'
import { presentationOf } from './presentation.ts'
import { rowsRoute } from './rows/rowsRoute.ts'
import { ShownTables, shownParts } from './rows/shownTables.ts'

/** Where the dashboard of a lake is served, and where its log goes. */
export interface DashboardPlace extends GuardedPlace {
  readonly log: Logger
}

/**
 * Puts together what answers for a lake whose live aggregates are open in this process.
 * @throws LakeError LAKE_CONFIG_INVALID, LAKE_SQL_INVALID for a panel whose header has a mistake
 */
export async function lakeDashboard(
  lake: OpenLake,
  live: ResolvedLive,
  opened: OpenedLive,
  place: DashboardPlace,
): Promise<Dashboard> {
  const shown = new ShownTables(shownParts(lake.config, lake.layout, tmpdir()))
  const { reader } = opened.store
  const settings = await settingsOf(lake, { reader, dialect: 'duckdb' }, place)
  let watch: WaitingWatch | undefined
  const routes = shown.names.length === 0 ? [] : [rowsRoute(shown)]
  const dashboard = await openDashboard({ ...settings, waiting: () => watch?.current, routes })
  // Only now: it looks again and again until it is closed.
  watch = new WaitingWatch({
    clock: lake.clock,
    look: async () => lookForWaiting(lake, live, await reader.position()),
    onError: (err) => place.log.warn({ err }, 'nobody can see what waits'),
  })
  showLiveFacts(dashboard.parts.metrics.registry, factsOf(lake, live, opened))
  return {
    ...dashboard,
    close: async () => {
      await Promise.all([dashboard.close(), watch?.close(), shown.close()])
    },
  }
}

/** What answers panels, and in which SQL it is asked. */
export interface DialectReader {
  readonly reader: ServingReader
  /** As in the names of panels' files: `NAME.postgres.sql`. */
  readonly dialect: string
}

/**
 * Puts together what answers from a copy of a lake's live aggregates; the lake itself may be on another machine.
 * @throws LakeError LAKE_CONFIG_INVALID, LAKE_SQL_INVALID for a panel whose header has a mistake
 */
export async function copyDashboard(lake: OpenLake, copy: DialectReader, place: DashboardPlace): Promise<Dashboard> {
  return openDashboard({ ...(await settingsOf(lake, copy, place)), waiting: () => undefined, routes: [] })
}

async function settingsOf(
  { clock, config, environment }: OpenLake,
  { reader, dialect }: DialectReader,
  { log, ...guarded }: DashboardPlace,
): Promise<Omit<DashboardSettings, 'waiting' | 'routes'>> {
  const { limits, staleAfterMs } = config.server
  const panels = lakePanels(config, dialect)
  return {
    reader,
    panels,
    presentation: presentationOf(config.server, panels),
    limits: { ...DEFAULT_PANEL_LIMITS, maxRows: limits.panelRows, timeoutMs: limits.panelTimeMs },
    clientsPerToken: limits.clientsPerToken,
    staleAfterMs,
    guard: guardOf(await guardSettings(config.server, guarded, environment, clock)),
    log,
    clock,
  }
}

function factsOf(lake: OpenLake, live: ResolvedLive, opened: OpenedLive): LiveFacts {
  return {
    rejectedFiles: async () => {
      const streams = (await rejectedFiles(lake)).map(({ stream }) => stream)
      return new Map([...new Set(streams)].map((name) => [name, streams.filter((other) => other === name).length]))
    },
    storeBytes: async () => (await statOf(live.store))?.size,
    relations: () => opened.store.relations,
  }
}
