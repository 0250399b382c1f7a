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

/** What is said of a panel in the list of them. */
export interface PanelHead {
  readonly name: string
  readonly title: string
  /** What a row is. */
  readonly describes: string
  readonly kind: string
  readonly x: string | null
  readonly y: readonly string[]
  readonly series: string | null
  readonly unit: string | null
  readonly grain: string | null
  readonly filters: readonly Column[]
  readonly columns: readonly Column[]
  /** Why it cannot be answered; it is tried again. */
  readonly problem: string | null
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
