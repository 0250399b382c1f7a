import type { Faker } from '@faker-js/faker'

/** Values to draw from, made again from the seed at each start. */
export interface Pool {
  readonly size: number
  readonly fill: (faker: Faker) => string
}

export interface GeneratedConfig {
  readonly kind: 'generated'
  /** 1 by default. */
  readonly rowsPerSecond?: number
  readonly pools?: Readonly<Record<string, Pool>>
}

/** Rows for demos and tests: `value` counts up, `timestamp` follows it, and the stream's SELECT draws the rest. */
export function generated(options: { rowsPerSecond?: number; pools?: Record<string, Pool> } = {}): GeneratedConfig {
  return { ...options, kind: 'generated' }
}

/**
 * A pool of `size` values, each made by `fill` from a seeded faker. The SELECT reads them from the variable with the
 * pool's name, and their number from the variable `<name>_size`.
 */
export function pool(size: number, fill: (faker: Faker) => string): Pool {
  return { size, fill }
}

/** The options of a run that are for generators. */
export interface GeneratedRunOptions {
  readonly generate?: GenerateOptions
}

/** How a run generates rows. */
export interface GenerateOptions {
  readonly rowsPerSecond?: number
  /** Make this many rows as fast as possible, then stop. */
  readonly rows?: number
  readonly seed?: number
  /** Milliseconds since 1970: the time of row 0. */
  readonly startTimeMs?: number
}
