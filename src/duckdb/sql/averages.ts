// The average of whole numbers from their sum and their count, to the last digit what avg() returns.
import { identifier, listed } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/**
 * How avg() of INTEGER and BIGINT divides, which depends on the machine's long double. `twice`: sum and quotient are
 * rounded to 64 bits, the quotient then to the 53 of a DOUBLE. `once`: to those 53 alone. `double`: the sum as well.
 */
export const roundings = ['twice', 'once', 'double'] as const

export type AverageRounding = (typeof roundings)[number]

/** One row: two averages that tell these apart. 41 / 2067 lies next to the middle of two doubles. */
export const averageProbe: Sql = clauses(
  sql`SELECT avg(CASE WHEN i = 0 THEN 41 ELSE 0 END) <> CAST(41 AS DOUBLE) / 2067 AS rounds_twice,`,
  sql`avg(CASE WHEN i = 0 THEN 9007199254740993 ELSE 0 END) FILTER (WHERE i < 3) = 3002399751580331 AS keeps_sum`,
  sql`FROM range(2067) AS r(i)`,
)

export interface Average {
  readonly name: string
  /** Columns with a HUGEINT and a BIGINT. */
  readonly sum: string
  readonly count: string
}

/** Where a sum and a count are no larger than this, every way to round has the same result. */
const PLAIN_ROWS = 1024
const PLAIN_SUM = sql`9007199254740992`

/** The rows with a column for each average: NULL where nothing was counted. */
export function withAverages(rows: Sql, averages: readonly Average[], rounding: AverageRounding): Sql {
  if (averages.length === 0) return rows
  const steps: readonly ((average: Average) => Sql)[] =
    rounding === 'double'
      ? [({ name, sum, count }) => sql`${plain(sum, count)} AS ${identifier(name)}`]
      : stepsOf(rounding)
  return steps.reduce((given, step) => sql`(SELECT *, ${listed(averages.map(step))} FROM ${given})`, rows)
}

function plain(sum: string, count: string): Sql {
  return sql`CAST(${identifier(sum)} AS DOUBLE) / nullif(${identifier(count)}, 0)`
}

/** Each step adds columns that the next ones read. Numbers have 128 bits: nothing is lost before it is meant to be. */
function stepsOf(rounding: 'twice' | 'once'): readonly ((average: Average) => Sql)[] {
  const part = (name: string, what: string): Sql => identifier(`${name} ${what}`)
  return [
    ({ name, sum, count }) => {
      const [total, rows] = [identifier(sum), identifier(count)]
      const isLarge = sql`${rows} > ${PLAIN_ROWS} OR ${total} NOT BETWEEN -${PLAIN_SUM} AND ${PLAIN_SUM}`
      const size = sql`CASE WHEN ${total} <> 0 AND (${isLarge}) THEN CAST(abs(${total}) AS UHUGEINT) END`
      return sql`${size} AS ${part(name, 'size')}`
    },
    ({ name }) =>
      rounding === 'twice'
        ? sql`greatest(${bits(part(name, 'size'))} - 64, 0) AS ${part(name, 'cut')}`
        : sql`0 AS ${part(name, 'cut')}`,
    ({ name }) => sql`${rounded(part(name, 'size'), part(name, 'cut'), sql`false`)} AS ${part(name, 'kept')}`,
    ({ name }) => sql`127 - ${bits(part(name, 'kept'))} AS ${part(name, 'shift')}`,
    ({ name, count }) => {
      const dividend = sql`(${part(name, 'kept')} << CAST(${part(name, 'shift')} AS UHUGEINT))`
      const divisor = sql`CAST(${identifier(count)} AS UHUGEINT)`
      const rest = sql`${dividend} % ${divisor} > 0 AS ${part(name, 'rest')}`
      return sql`${dividend} // ${divisor} AS ${part(name, 'quotient')}, ${rest}`
    },
    ({ name }) => sql`${bits(part(name, 'quotient'))} - 64 AS ${part(name, 'more')}`,
    ({ name, sum, count }) => {
      const [quotient, more, rest] = ['quotient', 'more', 'rest'].map((what) => part(name, what))
      const args = [quotient ?? sql``, more ?? sql``, rest ?? sql``] as const
      const digits = rounding === 'twice' ? rounded(...args) : markedIfCut(...args)
      const exponent = sql`${part(name, 'cut')} + ${part(name, 'more')} - ${part(name, 'shift')}`
      const value = sql`sign(${identifier(sum)}) * CAST(${digits} AS DOUBLE) * pow(2, ${exponent})`
      const isPlain = sql`${part(name, 'size')} IS NULL`
      return sql`CASE WHEN ${isPlain} THEN ${plain(sum, count)} ELSE ${value} END AS ${identifier(name)}`
    },
  ]
}

function bits(value: Sql): Sql {
  return sql`length(bin(${value}))`
}

/** A number without its last bits, rounded to the nearest, or to the even one of two; `more`: whether more follows. */
function rounded(value: Sql, cut: Sql, more: Sql): Sql {
  const [high, low] = [sql`(${value} >> ${unsigned(cut)})`, lowBits(value, cut)]
  const half = sql`(CAST(1 AS UHUGEINT) << ${unsigned(sql`greatest(${cut} - 1, 0)`)})`
  const isUp = sql`${low} > ${half} OR (${low} = ${half} AND (${more} OR ${high} % 2 = 1))`
  return sql`CASE WHEN ${cut} > 0 AND (${isUp}) THEN ${high} + CAST(1 AS UHUGEINT) ELSE ${high} END`
}

/** A number without its last bits, with the last one of the others set if anything was lost: it rounds as before. */
function markedIfCut(value: Sql, cut: Sql, more: Sql): Sql {
  const high = sql`(${value} >> ${unsigned(cut)})`
  return sql`(${high} | CAST(${more} OR ${lowBits(value, cut)} > 0 AS UHUGEINT))`
}

function lowBits(value: Sql, cut: Sql): Sql {
  return sql`(${value} - ((${value} >> ${unsigned(cut)}) << ${unsigned(cut)}))`
}

function unsigned(value: Sql): Sql {
  return sql`CAST(${value} AS UHUGEINT)`
}
