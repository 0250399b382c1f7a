import type { DashboardHead, PanelAnswer, PanelHead } from '../../src/client/index.ts'

/** A panel's head as a server sends it, with nothing said that is not said here. */
export function panelHead(head: Partial<PanelHead> & Pick<PanelHead, 'name'>): PanelHead {
  return {
    title: head.name,
    note: null,
    describes: 'a row a group',
    kind: 'area',
    x: null,
    y: [],
    series: null,
    group: null,
    before: null,
    compared: null,
    order: [],
    unit: null,
    units: {},
    headings: {},
    labels: [],
    alarm: null,
    spark: null,
    brush: null,
    coarser: null,
    rows: null,
    over: null,
    grain: null,
    grainMs: null,
    rangeMs: null,
    filters: [],
    columns: [],
    problem: null,
    ...head,
  }
}

/** The same of a dashboard of these panels, each as wide as the page. */
export function dashboardHead(panels: readonly PanelHead[], head: Partial<DashboardHead> = {}): DashboardHead {
  return {
    title: 'Sales',
    version: '1.0.0',
    serverTime: '2026-11-25T14:32:08.000Z',
    position: null,
    layout: panels.map(({ name }) => ({ panel: name, width: 12, wallWidth: 12 })),
    panels,
    settings: {
      catchingUpAfterMs: 60_000,
      staleAfterMs: 60_000,
      disconnectedAfterMs: 30_000,
      range: 10_800_000,
      presets: [900_000, 3_600_000, 10_800_000, 'today', 604_800_000],
    },
    newest: null,
    fixed: {},
    ...head,
  }
}

/** An answer with these rows. */
export function panelAnswer(
  columns: Readonly<Record<string, string>>,
  rows: PanelAnswer['rows'],
  more: Partial<PanelAnswer> = {},
): PanelAnswer {
  return {
    panel: 'sales',
    range: null,
    isWidened: false,
    completeTo: null,
    filters: {},
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    rows,
    records: [],
    isCut: false,
    position: null,
    ...more,
  }
}
