import type { Fail } from '../../sources/kind.ts'
import { suggestion } from '../../words.ts'
import { durationMsIn } from './configError.ts'
import type { CheckedConfig } from './schema.ts'

/** A length of time in milliseconds, or the present day, in UTC. */
export type DashboardRange = number | 'today'

/** A panel on the dashboard, as configured. */
export interface DashboardPanel {
  readonly name: string
  /** Of 12 columns; undefined where its kind says how wide it is. */
  readonly width: number | undefined
  readonly wallWidth: number | undefined
  readonly alarm: number | undefined
}

/** What the dashboard of a lake shows, checked. A lake whose config says nothing of it has the defaults. */
export interface ResolvedDashboard {
  readonly title: string
  /** In order; undefined: all. */
  readonly panels: readonly DashboardPanel[] | undefined
  readonly range: DashboardRange
  readonly presets: readonly DashboardRange[]
  readonly catchingUpAfterMs: number
  readonly disconnectedAfterMs: number
}

/** @param panels  the names of those that there are */
export function resolveDashboard(
  dashboard: CheckedConfig['server']['dashboard'],
  { panels, configFile }: { readonly panels: readonly string[]; readonly configFile: string },
  fail: Fail,
): ResolvedDashboard {
  const place = 'server.dashboard'
  const durationMs = (key: string, text: string): number => {
    const spanMs = durationMsIn(configFile, `${place}.${key}`, text)
    return spanMs > 0 ? spanMs : fail(`${place}.${key}`, `is ${text}, which is no time.`)
  }
  const rangeOf = (key: string, text: string): DashboardRange => (text === 'today' ? text : durationMs(key, text))
  const shown = dashboard.panels === undefined ? undefined : Object.entries(dashboard.panels)
  for (const [name] of shown ?? []) {
    if (panels.includes(name)) continue
    fail(`${place}.panels`, `names "${name}", which is not a panel.`, suggestion(name, panels))
  }
  return {
    title: dashboard.title,
    panels: shown?.map(([name, { width, wallWidth, alarm }]) => ({ name, width, wallWidth, alarm })),
    range: rangeOf('range', dashboard.range),
    presets: dashboard.presets.map((text, index) => rangeOf(`presets.${index}`, text)),
    catchingUpAfterMs: durationMs('catchingUpAfter', dashboard.catchingUpAfter),
    disconnectedAfterMs: durationMs('disconnectedAfter', dashboard.disconnectedAfter),
  }
}
