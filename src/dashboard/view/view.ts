/** What is looked at: a range, narrowed by filters. */
export interface View {
  readonly range: ViewRange
  /** Filter → the values of which a row has one; without any, it is not narrowed. */
  readonly filters: Readonly<Record<string, readonly string[]>>
  /** The server's clock, in milliseconds since 1970. It is not the reader's, which may be wrong. */
  readonly nowMs: number
  /** Whether the range stays where it is, while others end now. */
  readonly isPaused: boolean
  /** How fresh the numbers are; undefined until that is known. */
  readonly freshness: FreshnessState | undefined
  /** Whether it fills a screen that nobody sits at: a list then has no more rows than there is room for. */
  readonly isWall?: boolean
}

export type FreshnessState = 'fresh' | 'quiet' | 'catching-up' | 'stale' | 'disconnected'

/** The last minutes or hours, today (in UTC, as the server's days are), or a range that stays where it is. */
export type ViewRange =
  | { readonly kind: 'last'; readonly lengthMs: number }
  | { readonly kind: 'today' }
  | { readonly kind: 'fixed'; readonly fromMs: number; readonly toMs: number }
