import type { Columns, VariableValue } from '../../duckdb/sql/literals.ts'
import { LakeError } from '../../errors.ts'
import { isCount, isNumber, isRecordOf } from '../../files/json.ts'
import type { BatchMoment, Input, Limits, Offset, Plan, Range, Source } from '../../stream/source.ts'
import { type CommitRecord, endOf } from '../../tables/record.ts'

/** The columns that a generator makes. */
export const GENERATED_COLUMNS: Columns = { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' }

/** A place in a generator: the rows made so far, and the seed that they were drawn with. */
export interface GeneratedOffset extends Offset {
  readonly rows: number
  readonly seed: number
}

const isGeneratedOffset = isRecordOf({ rows: isCount, seed: isNumber })

export interface GeneratedOptions {
  /** Rows a second, as time goes by; undefined: as fast as they are taken. */
  readonly rowsPerSecond: number
  /** How many rows this run makes, as fast as they are taken; undefined: at `rowsPerSecond`, without end. */
  readonly rows: number | undefined
  /** The seed of a new stream, or one to go on with instead of the old. */
  readonly seed: number | undefined
  /** Drawn for a new stream that no seed was given for. */
  readonly freshSeed: number
  /** The `timestamp` of row 0 in microseconds since 1970, the others at `rowsPerSecond` after it; undefined: now. */
  readonly startMicros: number | undefined
  /** Fills the pools that the SQL draws from; equal seeds make equal pools. */
  readonly fillPools: (seed: number) => Readonly<Record<string, readonly string[]>>
}

const MICROS_PER_SECOND = 1_000_000
const MICROS_PER_MS = 1_000

/** Makes rows out of nothing but their number: `value` counts up, `timestamp` follows; the SQL draws the rest. */
export class GeneratedSource implements Source {
  readonly kind = 'generated'
  readonly relation = 'generated'
  readonly columns = GENERATED_COLUMNS
  readonly watched = { kind: 'log', folders: [] } as const
  readonly #options: GeneratedOptions
  /** Rows that were there when this run began, which may start its stream more than once. */
  #firstRow: number | undefined
  #pools: { readonly seed: number; readonly pools: Readonly<Record<string, readonly string[]>> } | undefined

  constructor(options: GeneratedOptions) {
    this.#options = options
  }

  async recover(last: CommitRecord | undefined): Promise<void> {
    this.#firstRow ??= last === undefined ? 0 : endOf<GeneratedOffset>(last, isGeneratedOffset).rows
  }

  async plan(after: Offset | null, limits: Limits, moment: BatchMoment): Promise<Plan> {
    const { rowsPerSecond, rows } = this.#options
    const made = rowsOf(after)
    const firstRow = this.#firstRow ?? 0
    const due = firstRow + (rows ?? rowsDue(moment.elapsedMs, rowsPerSecond))
    const end = Math.min(due, made + limits.maxRows)
    if (end <= made) {
      const nextRowMs = ((made + 1 - firstRow) * 1000) / rowsPerSecond - moment.elapsedMs
      return { range: undefined, recheckMs: rows === undefined ? Math.max(1, Math.ceil(nextRowMs)) : undefined }
    }
    const seed = this.#options.seed ?? seedOf(after) ?? this.#options.freshSeed
    const offset: GeneratedOffset = { rows: end, seed }
    return { range: { start: after, end: offset, detail: {}, fileCount: 0 } }
  }

  /** Its rows come by the clock or by their number, and either ends. */
  async pin(): Promise<void> {}

  inputOf(range: Range, moment: BatchMoment): Input {
    const first = rowsOf(range.start)
    const { rows: endExclusive, seed } = range.end as GeneratedOffset
    return {
      kind: 'generated',
      first,
      endExclusive,
      variables: generatorVariables(seed, this.#poolsOf(seed)),
      ...this.#timesOf(first, endExclusive - first, moment),
    }
  }

  /** The seed and the numbers stand in the record: nothing else is needed to make the rows again. */
  async hold(range: Range): Promise<number> {
    return rowsOf(range.end) - rowsOf(range.start)
  }

  async finish(): Promise<void> {}

  async hasNews(): Promise<boolean> {
    return false
  }

  async refuse(): Promise<boolean> {
    return false
  }

  /** The limits of the next plan are all that it takes. */
  async spare(): Promise<boolean> {
    return false
  }

  #timesOf(first: number, rows: number, moment: BatchMoment): { firstMicros: number; stepMicros: number } {
    const { startMicros, rowsPerSecond } = this.#options
    const paceMicros = Math.round(MICROS_PER_SECOND / rowsPerSecond)
    if (startMicros !== undefined) {
      const firstMicros = startMicros + first * paceMicros
      assertKnownTime(firstMicros)
      assertKnownTime(firstMicros + (rows - 1) * paceMicros)
      return { firstMicros, stepMicros: paceMicros }
    }
    // Without a start, rows end now: at their pace, or a microsecond apart where they come as fast as they can.
    const stepMicros = this.#options.rows === undefined ? paceMicros : 1
    return { firstMicros: moment.nowMs * MICROS_PER_MS - (rows - 1) * stepMicros, stepMicros }
  }

  #poolsOf(seed: number): Readonly<Record<string, readonly string[]>> {
    if (this.#pools?.seed !== seed) this.#pools = { seed, pools: this.#options.fillPools(seed) }
    return this.#pools.pools
  }
}

/** The years that a Delta table knows, in microseconds since 1970. */
const FIRST_MICROS = Date.parse('0001-01-01T00:00:00Z') * MICROS_PER_MS
const END_MICROS = Date.UTC(10_000, 0, 1) * MICROS_PER_MS

/** @throws LakeError LAKE_ARGUMENT_INVALID for a time that the tables after this one could not hold */
function assertKnownTime(micros: number): void {
  if (micros >= FIRST_MICROS && micros < END_MICROS) return
  throw new LakeError('LAKE_ARGUMENT_INVALID', 'a row would have a timestamp outside of the years 1 to 9999.', {
    state: 'Nothing of its batch was made.',
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

function rowsOf(offset: Offset | null): number {
  return offset === null ? 0 : (offset as GeneratedOffset).rows
}

function seedOf(offset: Offset | null): number | undefined {
  return offset === null ? undefined : (offset as GeneratedOffset).seed
}
