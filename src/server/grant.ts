/** What whoever asks may see. */
export interface Grant {
  /** Whose limits it counts against: `anyone`, or what stands for a token. */
  readonly holder: string
  /** When it ends, in milliseconds since 1970; undefined: never. */
  readonly expiresMs: number | undefined
  readonly panels: 'all' | ReadonlySet<string>
  /** Filter → the values that every panel is narrowed to. */
  readonly fixed: ReadonlyMap<string, readonly string[]>
  readonly mayReadModels: boolean
  /** The tables whose rows may be looked at. */
  readonly rows: 'all' | ReadonlySet<string>
}

/** The holder of no token. */
export const ANYONE = 'anyone'

/** The grant of whoever works on this machine. */
export const EVERYTHING: Grant = {
  holder: ANYONE,
  expiresMs: undefined,
  panels: 'all',
  fixed: new Map(),
  mayReadModels: true,
  rows: 'all',
}
