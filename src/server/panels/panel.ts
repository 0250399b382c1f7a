import type { ServedQuery } from '../../serving/reader.ts'

/** What a panel is drawn as. `batches` is the system's own panel of them. */
export const PANEL_KINDS = ['number', 'line', 'area', 'bar', 'heat', 'table', 'batches'] as const

export type PanelKind = (typeof PANEL_KINDS)[number]

/**
 * Which range a page asks a panel for: the one that is looked at, the UTC day in which that ends up to its end, the
 * whole of that day, or the panel's own range up to its end.
 */
export const PANEL_SPANS = ['view', 'day', 'full-day', 'range'] as const

export type PanelSpan = (typeof PANEL_SPANS)[number]

/** A parameter that narrows a panel to some values of a column. */
export interface PanelFilter {
  readonly name: string
  /** DuckDB's name of the type of each value. */
  readonly type: string
}

/** The time that a panel shows. */
export interface PanelTime {
  /** As its file says it: `1 minute`. */
  readonly grain: string
  /** A range is widened to whole ones, counted from 1970, UTC. */
  readonly grainMs: number
  /** How long the range is where nobody says when it begins. */
  readonly rangeMs: number
  readonly over: PanelSpan
}

/** How a panel is drawn, as its header says it. Columns are those of its result. */
export interface PanelLook {
  readonly title: string
  /** What stands beside the title. */
  readonly note: string | undefined
  readonly kind: PanelKind
  readonly x: string | undefined
  readonly y: readonly string[]
  readonly series: string | undefined
  /** The column that makes groups of rows. */
  readonly group: string | undefined
  /** The column of the same measure a day earlier. */
  readonly before: string | undefined
  /** The column that `before` is compared with, where that is not the first of `y`. */
  readonly compared: string | undefined
  /** The values of the series that have a fixed place and colour. */
  readonly order: readonly string[]
  readonly unit: string | undefined
  /** Column → unit. */
  readonly units: Readonly<Record<string, string>>
  /** Column → what it is called. */
  readonly headings: Readonly<Record<string, string>>
  /** What values of x, series and group are called; null is NULL. */
  readonly labels: readonly PanelLabel[]
  /** Above it a value is bad. */
  readonly alarm: number | undefined
}

export interface PanelLabel {
  readonly value: string | null
  readonly label: string
}

/** What else of a lake a panel leads to. */
export interface PanelLinks {
  /** The panel of the line below a number. */
  readonly spark: string | undefined
  /** The panel of a day in which a range is picked. */
  readonly brush: string | undefined
  /** The panel that shows ranges longer than that instead. */
  readonly coarser: { readonly panel: string; readonly beyondMs: number } | undefined
  /** The table whose rows may be looked at. */
  readonly rows: string | undefined
}

/** What a header names, and where. */
export interface NamedInHeader {
  readonly key: string
  readonly name: string
  readonly line: number
}

/** All that a header names, to be looked for where it should be. */
export interface PanelNames {
  readonly columns: readonly NamedInHeader[]
  readonly panels: readonly NamedInHeader[]
  readonly tables: readonly NamedInHeader[]
}

/** A query that people may look at the result of: a .sql file, and what its header says of it. */
export interface Panel extends PanelLook, PanelLinks {
  readonly name: string
  /** The first sentence of its file: what a row is. */
  readonly describes: string
  /** Undefined if it has no range. */
  readonly time: PanelTime | undefined
  readonly filters: readonly PanelFilter[]
  readonly query: ServedQuery
  /** What its header says that it reads: `live.NAME`. */
  readonly reads: readonly string[]
  /** The file with the header, as errors name it. */
  readonly file: string
  readonly names: PanelNames
}
