import type { Columns, VariableValue } from '../../columns.ts'
import { LakeError } from '../../errors.ts'
import { isCount, isNumber, isRecordOf } from '../../files/json.ts'
import { endOf } from '../../stream/position.ts'
import type { Feed, Idle, Limits, Moment, Offset, Portion, Position, Source, Watch } from '../../stream/source.ts'

/** The columns that a generator makes. */
export const GENERATED_COLUMNS: Columns = { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' }

/** A place in a generator: the rows made so far, and the seed that they were drawn with. */
export interface GeneratedOffset extends Offset {
  readonly rows: number
  readonly seed: number
}

export const isGeneratedOffset = isRecordOf<GeneratedOffset>({ rows: isCount, seed: isNumber })

/** What decides the `timestamp` of each row. */
export interface GeneratedTimes {
  /** How many rows are made per second. */
  readonly rowsPerSecond: number
  /** The `timestamp` of row 0, in microseconds since 1970; the others follow at `rowsPerSecond`. Undefined: now. */
  readonly startMicros: number | undefined
}

export interface GeneratedOptions extends GeneratedTimes {
  /** How many rows this run makes, as fast as it can; undefined: `rowsPerSecond`, without end. */
  readonly rows: number | undefined
  /** The seed of a new stream, or a new seed for an old one. */
  readonly seed: number | undefined
  /** The seed of a new stream if none is given. */
  readonly freshSeed: number
  /** Fills the pools that the SELECT draws from; the same seed makes the same pools. */
  readonly fillPools: (seed: number) => Readonly<Record<string, readonly string[]>>
}

const MICROS_PER_SECOND = 1_000_000
const MICROS_PER_MS = 1_000

type Pools = Readonly<Record<string, readonly string[]>>

/** Makes rows from nothing but their number: `value` counts up, `timestamp` follows it, the SELECT draws the rest. */
export class GeneratedSource implements Source {
  readonly kind = 'generated'
  readonly #options: GeneratedOptions
  /** How many rows there were when the run began. Kept, because the run may resume the source more than once. */
  #firstRow: number | undefined
  #filled: { readonly seed: number; readonly pools: Pools } | undefined

  constructor(options: GeneratedOptions) {
    this.#options = options
  }

  async resume(last: Position | undefined): Promise<Feed> {
    const after = last === undefined ? null : endOf(last, isGeneratedOffset)
    this.#firstRow ??= rowsOf(after)
    return new GeneratedFeed(this.#options, this.#firstRow, after, (seed) => this.#poolsOf(seed))
  }

  #poolsOf(seed: number): Pools {
    if (this.#filled?.seed !== seed) this.#filled = { seed, pools: this.#options.fillPools(seed) }
    return this.#filled.pools
  }
}

class GeneratedFeed implements Feed {
  readonly #options: GeneratedOptions
  /** The first row of this run. */
  readonly #firstRow: number
  readonly #poolsOf: (seed: number) => Pools
  #after: GeneratedOffset | null

  constructor(
    options: GeneratedOptions,
    firstRow: number,
    after: GeneratedOffset | null,
    poolsOf: (seed: number) => Pools,
  ) {
    this.#options = options
    this.#firstRow = firstRow
    this.#after = after
    this.#poolsOf = poolsOf
  }

  async next(limits: Limits, moment: Moment): Promise<Portion | Idle> {
    const { rowsPerSecond, rows } = this.#options
    const first = rowsOf(this.#after)
    const due = this.#firstRow + (rows ?? rowsDue(moment.elapsedMs, rowsPerSecond))
    const endExclusive = Math.min(due, first + limits.maxRows)
    if (endExclusive > first) return this.#portionOf(first, endExclusive, moment)
    const nextRowMs = ((first + 1 - this.#firstRow) * 1000) / rowsPerSecond - moment.elapsedMs
    const recheckMs = rows === undefined ? Math.max(1, Math.ceil(nextRowMs)) : undefined
    return { kind: 'idle', recheckMs, notes: [] }
  }

  /** Nothing to do: the clock or the number of rows ends a run anyway. */
  async pin(): Promise<void> {}

  async watch(): Promise<Watch> {
    return { recheckMs: undefined, notes: [], close: async () => {} }
  }

  async close(): Promise<void> {}

  #portionOf(first: number, endExclusive: number, moment: Moment): Portion {
    const seed = this.#options.seed ?? this.#after?.seed ?? this.#options.freshSeed
    const end: GeneratedOffset = { rows: endExclusive, seed }
    const rows = endExclusive - first
    return {
      kind: 'portion',
      range: { start: this.#after, end, detail: {}, fileCount: 0 },
      input: {
        kind: 'generated',
        first,
        endExclusive,
        variables: generatorVariables(seed, this.#poolsOf(seed)),
        ...timesOf(this.#options, first, rows, moment),
      },
      notes: [],
      // The record has the seed and the numbers: nothing else is needed to make the same rows again.
      secure: async () => rows,
      finish: async () => {
        this.#after = end
      },
      // There are no other rows to offer; the limits of the next call make the portion smaller.
      refuse: async () => false,
    }
  }
}

function timesOf(
  { startMicros, rowsPerSecond, rows: wanted }: GeneratedOptions,
  first: number,
  rows: number,
  moment: Moment,
): { firstMicros: number; stepMicros: number } {
  const paceMicros = paceOf(rowsPerSecond)
  if (startMicros !== undefined) {
    assertTimesKnown({ startMicros, rowsPerSecond }, first, rows, 'Nothing of its batch was made.')
    return { firstMicros: startMicros + first * paceMicros, stepMicros: paceMicros }
  }
  // Without a start time, the last row is of now: the rows are a step of the pace apart, or a microsecond at full
  // speed.
  const stepMicros = wanted === undefined ? paceMicros : 1
  return { firstMicros: moment.nowMs * MICROS_PER_MS - (rows - 1) * stepMicros, stepMicros }
}

function paceOf(rowsPerSecond: number): number {
  return Math.round(MICROS_PER_SECOND / rowsPerSecond)
}

/** The years that a Delta table can hold, in microseconds since 1970. */
const FIRST_MICROS = Date.parse('0001-01-01T00:00:00Z') * MICROS_PER_MS
const END_MICROS = Date.UTC(10_000, 0, 1) * MICROS_PER_MS

/**
 * @param state  what is left if they are refused, for the error
 * @throws LakeError LAKE_ARGUMENT_INVALID for rows with a time that no table could hold
 */
export function assertTimesKnown(
  { startMicros, rowsPerSecond }: GeneratedTimes,
  first: number,
  rows: number,
  state?: string,
): void {
  if (startMicros === undefined) return
  const firstMicros = startMicros + first * paceOf(rowsPerSecond)
  const lastMicros = firstMicros + (rows - 1) * paceOf(rowsPerSecond)
  if (firstMicros >= FIRST_MICROS && lastMicros < END_MICROS) return
  throw new LakeError('LAKE_ARGUMENT_INVALID', 'a row would have a timestamp outside the years 1 to 9999.', {
    ...(state === undefined ? {} : { state }),
    remedy: 'Start at another time: --start-time 2026-11-22',
  })
}

/** How many rows are due after a time. The small addend makes up for rounding errors of the clock. */
function rowsDue(elapsedMs: number, rowsPerSecond: number): number {
  return Math.floor((elapsedMs * rowsPerSecond) / 1000 + 1e-6)
}

/**
 * The variables of a generator's SELECT: the seed, each pool, and each pool's size. Calling `len()` on a variable
 * counts the list again for every row, which made messages ten times slower.
 */
export function generatorVariables(
  seed: number,
  pools: Readonly<Record<string, readonly string[]>>,
): Record<string, VariableValue> {
  const sizes = Object.entries(pools).map(([name, items]) => [sizeVariable(name), items.length])
  return { seed, ...pools, ...Object.fromEntries(sizes) }
}

/** The variable that holds the size of a pool. */
export function sizeVariable(pool: string): string {
  return `${pool}_size`
}

function rowsOf(offset: GeneratedOffset | null): number {
  return offset === null ? 0 : offset.rows
}
