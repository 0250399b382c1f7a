import type { ServedQuery } from '../../serving/reader.ts'

/** What a panel is drawn as. */
export const PANEL_KINDS = ['number', 'line', 'area', 'bar', 'heat', 'table'] as const

export type PanelKind = (typeof PANEL_KINDS)[number]

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
}

/** A query that people may look at the result of: a .sql file, and what its header says of it. */
export interface Panel {
  readonly name: string
  /** The first sentence of its file: what a row is. */
  readonly describes: string
  readonly title: string
  readonly kind: PanelKind
  readonly x: string | undefined
  readonly y: readonly string[]
  readonly series: string | undefined
  readonly unit: string | undefined
  /** Undefined if it has no range. */
  readonly time: PanelTime | undefined
  readonly filters: readonly PanelFilter[]
  readonly query: ServedQuery
  /** What its header says that it reads: `live.NAME`. */
  readonly reads: readonly string[]
}
