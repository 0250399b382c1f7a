import type { Value } from '../../../client/index.ts'
import type { Text } from '../../text.ts'
import { type Exact, exactOf } from '../../values.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const DAY_MS = 24 * HOUR_MS

/** How the values and times of one chart are written. */
export class ChartText {
  readonly text: Text
  readonly #unit: string | null
  readonly #grainMs: number | undefined
  readonly #hasDates: boolean
  readonly #digits: number

  /** @param about  what its values have behind them, how long its buckets and its range are, and a step of its scale */
  constructor(
    text: Text,
    about: {
      readonly unit: string | null
      readonly grainMs: number | undefined
      readonly rangeMs: number
      readonly step: number
    },
  ) {
    this.text = text
    this.#unit = about.unit
    this.#grainMs = about.grainMs
    this.#hasDates = about.rangeMs > DAY_MS
    // A tenth of what a step shows: more digits could not be seen in the chart, and fewer would hide what can.
    this.#digits = Math.max(0, Math.min(MOST_DIGITS, 1 - Math.floor(Math.log10(about.step))))
  }

  /** A value to be read, with all its digits. */
  value(value: Value | undefined): string {
    const exact = exactOf(value)
    if (exact !== undefined) return withUnit(writtenExact(this.text, exact, this.#digits), this.#unit)
    return value === null || value === undefined ? this.text.words.panel.none : String(value)
  }

  /** A value beside a line of the grid: one of those that the scale has. */
  tick(value: number): string {
    const { numbers } = this.text
    const number = Math.abs(value) < 1_000 ? numbers.decimal(value, MOST_DIGITS, 0) : numbers.short(value)
    return this.#unit === '%' ? withUnit(number, '%') : number
  }

  /** When a bucket begins: `14:31`, `25 Nov, 14:00`, `Wed 25 Nov`. The days of the server are those of UTC. */
  bucket(startMs: number): string {
    const { numbers } = this.text
    if (this.isOfDays) return numbers.utcDay(startMs)
    if (this.#hasDates) return numbers.dateAndTime(startMs)
    return this.#isFine ? numbers.timeWithSeconds(startMs) : numbers.time(startMs)
  }

  /** A moment of the axis. */
  moment(timeMs: number, isDay: boolean): string {
    const { numbers } = this.text
    if (this.isOfDays) return numbers.utcDay(timeMs)
    if (isDay && this.#hasDates) return numbers.dayAndMonth(timeMs)
    return timeMs % MINUTE_MS === 0 ? numbers.time(timeMs) : numbers.timeWithSeconds(timeMs)
  }

  /** What a bucket is called. */
  get grainName(): string {
    const { words } = this.text
    if (this.#grainMs === MINUTE_MS) return words.chart.minute
    if (this.#grainMs === HOUR_MS) return words.chart.hour
    return this.#grainMs === DAY_MS ? words.chart.day : words.chart.interval
  }

  get isOfDays(): boolean {
    return this.#grainMs !== undefined && this.#grainMs >= DAY_MS
  }

  get #isFine(): boolean {
    return this.#grainMs !== undefined && this.#grainMs % MINUTE_MS !== 0
  }
}

/** A number with its unit; a per cent sign belongs to the number. */
export function withUnit(number: string, unit: string | null): string {
  if (unit === null) return number
  return unit === '%' ? `${number}%` : `${number}\u00a0${unit}`
}

const MOST_DIGITS = 6
const LONGEST_NUMBER = 15

/** A whole number with every digit, any other with so many behind the point. */
export function writtenExact({ numbers }: Text, exact: Exact, digits: number): string {
  const text = String(exact)
  if (/^-?\d+$/.test(text))
    return typeof exact === 'number' && digits > 0 ? numbers.decimal(exact, digits) : numbers.whole(BigInt(text))
  // A decimal of more digits than a JavaScript number has stays as the server writes it.
  return text.length > LONGEST_NUMBER && typeof exact === 'string'
    ? text.replace('-', '−')
    : numbers.decimal(Number(exact), digits)
}
