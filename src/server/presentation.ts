import type { DashboardRange } from '../lake/config/resolveDashboard.ts'
import type { ResolvedServer } from '../lake/config/resolveServer.ts'
import type { Panel, PanelKind } from './panels/panel.ts'

/** A panel's place on the dashboard. */
export interface PlacedPanel {
  readonly panel: string
  /** Of 12 columns. */
  readonly width: number
  /** The same on a very wide page. */
  readonly wallWidth: number
}

/** How panels are put together to a dashboard. */
export interface Presentation {
  readonly title: string
  /** In order. */
  readonly layout: readonly PlacedPanel[]
  readonly range: DashboardRange
  readonly presets: readonly DashboardRange[]
  readonly catchingUpAfterMs: number
  readonly staleAfterMs: number
  readonly disconnectedAfterMs: number
}

/** Kind → how wide such a panel is; where the config names none, they come in this order. */
const WIDTHS: Readonly<Record<PanelKind, number>> = {
  number: 3,
  area: 12,
  line: 12,
  heat: 6,
  bar: 6,
  table: 6,
  batches: 6,
}

const ORDER = Object.keys(WIDTHS)

export function presentationOf(
  { dashboard, staleAfterMs }: Pick<ResolvedServer, 'dashboard' | 'staleAfterMs'>,
  panels: readonly Panel[],
): Presentation {
  const { panels: configured = everyPanel(panels), ...settings } = dashboard
  const layout = configured.map(({ name, width, wallWidth }): PlacedPanel => {
    const kind = panels.find((panel) => panel.name === name)?.kind ?? 'table'
    const usual = width ?? WIDTHS[kind]
    return { panel: name, width: usual, wallWidth: wallWidth ?? usual }
  })
  return { ...settings, layout, staleAfterMs }
}

/** All but those that are a part of another one. */
function everyPanel(panels: readonly Panel[]): NonNullable<ResolvedServer['dashboard']['panels']> {
  const parts = new Set(panels.flatMap(({ spark, brush, coarser }) => [spark, brush, coarser?.panel]))
  return panels
    .filter(({ name }) => !parts.has(name))
    .toSorted((one, other) => ORDER.indexOf(one.kind) - ORDER.indexOf(other.kind))
    .map(({ name }) => ({ name, width: undefined, wallWidth: undefined, alarm: undefined }))
}
