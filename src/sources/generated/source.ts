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

const isGeneratedOffset = isRecordOf<GeneratedOffset>({ rows: isCount, seed: isNumber })

/** When rows are, by their number. */
export interface GeneratedTimes {
  /** Rows a second, as time goes by; undefined: as fast as they are taken. */
  readonly rowsPerSecond: number
  /** The `timestamp` of row 0 in microseconds since 1970, the others at `rowsPerSecond` after it; undefined: now. */
  readonly startMicros: number | undefined
}

export interface GeneratedOptions extends GeneratedTimes {
  /** How many rows this run makes, as fast as they are taken; undefined: at `rowsPerSecond`, without end. */
  readonly rows: number | undefined
  /** The seed of a new stream, or one to go on with instead of the old. */
  readonly seed: number | undefined
  /** Drawn for a new stream that no seed was given for. */
  readonly freshSeed: number
  /** Fills the pools that the SQL draws from; equal seeds make equal pools. */
  readonly fillPools: (seed: number) => Readonly<Record<string, readonly string[]>>
}

const MICROS_PER_SECOND = 1_000_000
const MICROS_PER_MS = 1_000

type Pools = Readonly<Record<string, readonly string[]>>

/** Makes rows out of nothing but their number: `value` counts up, `timestamp` follows; the SQL draws the rest. */
export class GeneratedSource implements Source {
  readonly kind = 'generated'
  readonly #options: GeneratedOptions
  /** Rows that were there when this run began, which may resume its source more than once. */
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

  /** Its rows come by the clock or by their number, and either ends. */
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
      // The seed and the numbers stand in the record: nothing else is needed to make the rows again.
      secure: async () => rows,
      finish: async () => {
        this.#after = end
      },
      // There is no other portion, and the limits of the next call are all that makes one smaller.
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
  // Without a start, rows end now: at their pace, or a microsecond apart where they come as fast as they can.
  const stepMicros = wanted === undefined ? paceMicros : 1
  return { firstMicros: moment.nowMs * MICROS_PER_MS - (rows - 1) * stepMicros, stepMicros }
}

function paceOf(rowsPerSecond: number): number {
  return Math.round(MICROS_PER_SECOND / rowsPerSecond)
}

/** The years that a Delta table knows, in microseconds since 1970. */
const FIRST_MICROS = Date.parse('0001-01-01T00:00:00Z') * MICROS_PER_MS
const END_MICROS = Date.UTC(10_000, 0, 1) * MICROS_PER_MS

/**
 * @param state  what is left where they are refused
 * @throws LakeError LAKE_ARGUMENT_INVALID for rows of a time that the tables after this one could not hold
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
    remedy: 'Begin at another time: --start-time 2026-11-22',
  })
}

/** Rows that a pace asks for in a time. A row that is due but for the rounding of a floating point clock is due. */
function rowsDue(elapsedMs: number, rowsPerSecond: number): number {
  return Math.floor((elapsedMs * rowsPerSecond) / 1000 + 1e-6)
}

/**
 * The variables of a generator's SELECT: the seed, each pool, and each pool's size beside it. `len()` of a variable
 * would count the list again for every row, which made messages ten times slower.
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
