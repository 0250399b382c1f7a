import type { Faker } from '@faker-js/faker'

/** Values to draw from, made anew from the seed at each start. */
export interface Pool {
  readonly size: number
  readonly fill: (faker: Faker) => string
}

export interface GeneratedConfig {
  readonly kind: 'generated'
  /** 1 where left out. */
  readonly rowsPerSecond?: number
  readonly pools?: Readonly<Record<string, Pool>>
}

/** Rows made here, for demos and tests: `value` counts up, `timestamp` follows, the stream's SELECT draws the rest. */
export function generated(options: { rowsPerSecond?: number; pools?: Record<string, Pool> } = {}): GeneratedConfig {
  return { ...options, kind: 'generated' }
}

/**
 * `size` values for the variable of the pool's name, each made by `fill` from a seeded faker; the variable
 * `<name>_size` holds their number.
 */
export function pool(size: number, fill: (faker: Faker) => string): Pool {
  return { size, fill }
}

/** What a run says to generators. */
export interface GeneratedRunOptions {
  readonly generate?: GenerateOptions
}

/** For streams whose rows are generated. */
export interface GenerateOptions {
  readonly rowsPerSecond?: number
  /** Make so many rows as fast as possible, then stop. */
  readonly rows?: number
  readonly seed?: number
  /** Milliseconds since 1970: the time of row 0. */
  readonly startTimeMs?: number
}
