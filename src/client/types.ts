/** A value of a row, as the server writes it: integers beyond 2^53, decimals and times are text. */
export type Value = string | number | boolean | null | readonly Value[] | { readonly [key: string]: Value }

/** What a panel takes and what its rows are. */
export interface PanelType {
  readonly parameters: object
  readonly row: object
}

/** Panel → its type. The server writes it for its panels: GET /api/panels.d.ts. */
export type PanelTypes<Panels> = { readonly [Name in keyof Panels]: PanelType }

/** What a parameter can be: one value, or several of which a row has one. */
export type ParameterValue = string | number | boolean | Date | readonly (string | number | boolean)[] | undefined

/** For a client that knows no panels: any name, parameter and column. */
export interface AnyPanels {
  readonly [name: string]: {
    readonly parameters: Readonly<Record<string, ParameterValue>>
    readonly row: Readonly<Record<string, Value>>
  }
}

/** Up to where the numbers have come; times are ISO 8601 in UTC. */
export interface Position {
  /** Changes when the store is made anew: batches start again then. */
  readonly generation: string
  readonly batch: number
  /** When the batch was written, and when it was counted. */
  readonly batchTime: string
  readonly takenTime: string
  /** The latest event time in it and before; null if that is not known. */
  readonly newestEventTime: string | null
}

export interface Column {
  readonly name: string
  /** DuckDB's name of its type. */
  readonly type: string
}

/** The rows of a panel. */
export interface PanelAnswer<Row = Readonly<Record<string, Value>>> {
  readonly panel: string
  /** The range in whole grains, without its end; null for a panel without one. */
  readonly range: { readonly from: string; readonly to: string } | null
  /** Whether the range is longer than the one asked for. */
  readonly isWidened: boolean
  /**
   * A moment of the range, or its end: every grain before it is complete; from it on they are open, or have not begun.
   * Null for a panel without a range.
   */
  readonly completeTo: string | null
  readonly filters: Readonly<Record<string, readonly string[]>>
  readonly columns: readonly Column[]
  /** The values in the order of the columns. */
  readonly rows: readonly (readonly Value[])[]
  /** The same by the names of the columns. */
  readonly records: readonly Row[]
  /** Whether there were more rows than one answer may have. */
  readonly isCut: boolean
  readonly position: Position | null
}

/** What a panel is drawn as. */
export type PanelKind = 'number' | 'line' | 'area' | 'bar' | 'heat' | 'table' | 'batches'

/**
 * Which range a panel is asked for: the one that is looked at, the UTC day in which that ends up to its end, the whole
 * of that day, or the panel's own range up to its end.
 */
export type PanelSpan = 'view' | 'day' | 'full-day' | 'range'

/** Rows of a table, the newest first. */
export interface TableRows {
  readonly table: string
  /** The version of the table's log; -1 while it has none. */
  readonly version: number
  readonly columns: readonly Column[]
  /** The values in the order of the columns. A long text ends in `…`. */
  readonly rows: readonly (readonly Value[])[]
  /** Whether there are more. */
  readonly isCut: boolean
}

/** What the rows of a table must have in a column: one of some values, of which `null` is one. */
export type RowsParameter = ParameterValue | null | readonly (string | number | boolean | null)[]

/** What is said of a panel in the list of them. */
export interface PanelHead {
  readonly name: string
  readonly title: string
  /** What stands beside the title. */
  readonly note: string | null
  /** What a row is. */
  readonly describes: string
  readonly kind: PanelKind
  readonly x: string | null
  readonly y: readonly string[]
  readonly series: string | null
  /** The column that makes groups of rows: the days of a heat table. */
  readonly group: string | null
  /** The column of the same measure a day earlier; NULL where there was nothing. */
  readonly before: string | null
  /** The column that `before` is compared with; null: the first of y. */
  readonly compared: string | null
  /** The values of the series that have a fixed place and colour, in order. */
  readonly order: readonly string[]
  /** What stands behind all values of y. */
  readonly unit: string | null
  /** Column → what stands behind its values. */
  readonly units: Readonly<Record<string, string>>
  /** Column → what it is called. */
  readonly headings: Readonly<Record<string, string>>
  /** What values of x, series and group are called. */
  readonly labels: readonly { readonly value: string | null; readonly label: string }[]
  /** Above it a value is bad. */
  readonly alarm: number | null
  /** The panel of the line below a number: its x, and its columns with the names of y and before. */
  readonly spark: string | null
  /** The panel of the day from which a range is picked: its x, and its column with the name of y. */
  readonly brush: string | null
  /** The panel that shows longer ranges instead. */
  readonly coarser: { readonly panel: string; readonly beyondMs: number } | null
  /** The table whose rows may be looked at by its values. */
  readonly rows: string | null
  /** Null for a panel without a range. */
  readonly over: PanelSpan | null
  readonly grain: string | null
  readonly grainMs: number | null
  /** How long the range is where nobody asks for another. */
  readonly rangeMs: number | null
  readonly filters: readonly Column[]
  readonly columns: readonly Column[]
  /** Why it cannot be answered; it is tried again. */
  readonly problem: string | null
}

/** A length of time in milliseconds, or the present UTC day. */
export type DashboardRange = number | 'today'

/** What a dashboard is made of. */
export interface DashboardHead {
  readonly title: string
  /** Of the server. */
  readonly version: string
  /** The server's clock. */
  readonly serverTime: string
  /** Null before the first batch. */
  readonly position: Position | null
  /** The panels that are shown, in order; of 12 columns, and of as many on a wall. */
  readonly layout: readonly { readonly panel: string; readonly width: number; readonly wallWidth: number }[]
  /** Those of the layout, and those that they name. */
  readonly panels: readonly PanelHead[]
  readonly settings: {
    /** A longer lag means that it is catching up. */
    readonly catchingUpAfterMs: number
    /** After so long without a commit, while something waits, it is stale. */
    readonly staleAfterMs: number
    /** After so long without a word from the server it is disconnected. */
    readonly disconnectedAfterMs: number
    /** What is looked at first. */
    readonly range: DashboardRange
    readonly presets: readonly DashboardRange[]
  }
  /** The newest range that has rows, of those that may be seen; null if there are none. */
  readonly newest: { readonly from: string; readonly to: string; readonly isToday: boolean } | null
  /** Filter → the values that a token fixes. */
  readonly fixed: Readonly<Record<string, readonly string[]>>
}

/** How fresh the numbers are. */
export interface Freshness {
  /** The server's clock. */
  readonly serverTime: string
  /** Null before the first batch. */
  readonly position: Position | null
  /** How long the oldest of what waits has waited; 0 if nothing does, null if that is not known. */
  readonly lagMs: number | null
  readonly waiting: {
    readonly files: number
    readonly oldestTime: string | null
    readonly newestEventTime: string | null
  } | null
}

/** A panel to be followed. */
export type FollowedPanel<Panels extends PanelTypes<Panels>> = {
  readonly [Name in keyof Panels]: {
    readonly panel: Name
    readonly parameters?: Panels[Name]['parameters'] | undefined
  }
}[keyof Panels]

/** Panels to be followed, each under a name of one's own: the same panel may be followed with several parameters. */
export type FollowedPanels<Panels extends PanelTypes<Panels>> = Readonly<Record<string, FollowedPanel<Panels>>>

/** How the numbers come: as they change, asked for now and then, or not at all at the moment. */
export type Connection = 'streaming' | 'polling' | 'waiting'

/** What is known of the followed panels at a moment. */
export interface Update<Panels extends PanelTypes<Panels>, Followed extends FollowedPanels<Panels>> {
  /** The last answer of each; undefined until the first has come. While a panel has a problem, it stays. */
  readonly panels: {
    readonly [Key in keyof Followed]: PanelAnswer<Panels[Followed[Key]['panel']]['row']> | undefined
  }
  /** Those whose answer or problem is another than in the update before. */
  readonly changed: readonly (keyof Followed)[]
  readonly problems: { readonly [Key in keyof Followed]?: LakeweirError }
  readonly position: Position | null
  /** Undefined until it is known; it is not while polling. */
  readonly freshness: Freshness | undefined
  readonly connection: Connection
  /** Why it waits or polls. */
  readonly reason: unknown
  /** How long from this update on it waits before it connects again; undefined where it does not wait. */
  readonly retryInMs: number | undefined
}

/** The server refused, or could not be understood. */
export class LakeweirError extends Error {
  /** The status of its answer; undefined if there was none. */
  readonly status: number | undefined
  /** What to do about it, if the server said so. */
  readonly detail: string | undefined
  /** How long to wait before asking again, if the server said so. */
  readonly retryAfterMs: number | undefined
  /** By which the server's log names the request. */
  readonly requestId: string | undefined

  constructor(
    message: string,
    about: {
      readonly status?: number | undefined
      readonly detail?: string | undefined
      readonly retryAfterMs?: number | undefined
      readonly requestId?: string | undefined
      readonly cause?: unknown
    } = {},
  ) {
    super(message, about.cause === undefined ? undefined : { cause: about.cause })
    this.name = 'LakeweirError'
    this.status = about.status
    this.detail = about.detail
    this.retryAfterMs = about.retryAfterMs
    this.requestId = about.requestId
  }

  /** Whether the same request may succeed later. */
  get canRetry(): boolean {
    const { status } = this
    return status === undefined || status === 408 || status === 429 || status >= 500
  }
}
