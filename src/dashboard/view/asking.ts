import type { DashboardHead, PanelHead } from '../../client/index.ts'
import { durationText, isoText } from './address.ts'
import { boundsOf, DAY_MS, startOfDay, type ViewFilters, type ViewRange } from './view.ts'

// Which panel is asked, and for what, to show what is looked at.

/** A panel of the server with its parameters. */
export interface Asked {
  readonly head: PanelHead
  readonly parameters: Readonly<Record<string, string | readonly string[]>>
}

/** What is needed to ask. */
export interface Asking {
  readonly panels: readonly PanelHead[]
  readonly range: ViewRange
  readonly filters: ViewFilters
  /** The server's clock. */
  readonly nowMs: number
}

export function headNamed(panels: readonly PanelHead[], name: string | null): PanelHead | undefined {
  return name === null ? undefined : panels.find((panel) => panel.name === name)
}

/** The panel, or the one that shows ranges of this length in its place. */
export function headFor(head: PanelHead, { panels, range, nowMs }: Asking): PanelHead {
  const { fromMs, toMs } = boundsOf(range, nowMs)
  const seen = new Set<string>()
  let shown = head
  while (shown.coarser !== null && toMs - fromMs > shown.coarser.beyondMs && !seen.has(shown.name)) {
    seen.add(shown.name)
    const coarser = headNamed(panels, shown.coarser.panel)
    if (coarser === undefined) return shown
    shown = coarser
  }
  return shown
}

/** A panel is asked for what it can be narrowed to; the others are as they are. */
export function asked(head: PanelHead, asking: Asking): Asked {
  const shown = headFor(head, asking)
  const filters = shown.filters.flatMap(({ name }): [string, readonly string[]][] => {
    const values = asking.filters[name]
    return values === undefined || values.length === 0 ? [] : [[name, values]]
  })
  return { head: shown, parameters: { ...timesFor(shown, asking.range), ...Object.fromEntries(filters) } }
}

/** A range that goes on with now is left to the server's clock, also over midnight. */
function timesFor({ over }: PanelHead, range: ViewRange): Readonly<Record<string, string>> {
  if (over === null) return {}
  if (range.kind !== 'fixed') {
    const view: Readonly<Record<string, string>> =
      range.kind === 'today' ? { from: 'day' } : { range: durationText(range.lengthMs) }
    return { view, day: { from: 'day' }, 'full-day': { from: 'day', to: 'day' }, range: {} }[over]
  }
  const { fromMs, toMs } = range
  const dayMs = startOfDay(toMs - 1)
  return {
    view: { from: isoText(fromMs), to: isoText(toMs) },
    day: { from: isoText(dayMs), to: isoText(toMs) },
    'full-day': { from: isoText(dayMs), to: isoText(dayMs + DAY_MS) },
    range: { to: isoText(toMs) },
  }[over]
}

/** What belongs to a panel of the layout: its own rows, and those of its line of the day. */
export interface AskedPanel {
  /** The name in the layout, under which it is known whatever shows it. */
  readonly name: string
  readonly shown: Asked
  readonly spark: Asked | undefined
}

export function askedPanels({ layout }: Pick<DashboardHead, 'layout'>, asking: Asking): readonly AskedPanel[] {
  return layout.flatMap(({ panel }): AskedPanel[] => {
    const head = headNamed(asking.panels, panel)
    if (head === undefined) return []
    const shown = asked(head, asking)
    const spark = headNamed(asking.panels, head.spark ?? head.brush)
    return [{ name: panel, shown, spark: spark === undefined ? undefined : asked(spark, asking) }]
  })
}

/** The same for the same question, so that nothing is asked twice. */
export function keyOf({ head, parameters }: Asked): string {
  return JSON.stringify([head.name, Object.entries(parameters).sort(([one], [other]) => (one < other ? -1 : 1))])
}
