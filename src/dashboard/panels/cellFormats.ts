import type { Value } from '../../client/index.ts'
import type { Numbers } from '../numbers.ts'
import { type Exact, exactOf, isNumeric, shapeOf } from '../values.ts'

const MINUS = '−'
const MINUTE_MS = 60_000

/** How values of any type of DuckDB are written for a reader. */
export class CellFormats {
  readonly #numbers: Numbers

  constructor(numbers: Numbers) {
    this.#numbers = numbers
  }

  /** With all digits, separated: 1,273,904. */
  number(value: Exact): string {
    if (typeof value === 'string') return this.#numbers.exact(value)
    if (Number.isInteger(value)) return this.#numbers.whole(value)
    return this.#numbers.decimal(value, Math.abs(value) < 0.01 ? 6 : 2, 2)
  }

  /** A measure with its unit: 37.4%, 38 ms, 12 €. */
  measure(value: Exact, unit: string | null): string {
    if (unit === null) return this.number(value)
    if (unit === '%') return this.#numbers.share(Number(value) / 100)
    if (unit === 'ms') return this.#numbers.milliseconds(Number(value))
    return `${unit === 's' ? this.#numbers.whole(Number(value)) : this.number(value)}\u00a0${unit}`
  }

  /** Where there is no room: 41.5k, 124k. */
  short(value: number): string {
    return this.#numbers.shortInColumn(value)
  }

  /** Of 1: 13.8%. */
  share(share: number): string {
    return this.#numbers.share(share)
  }

  /** Without separators, as it is copied: 48213. */
  identifier(value: Exact): string {
    return String(value).replace(/^-/, MINUS)
  }

  /** With its sign, also of nothing: +17, −5, ±0. */
  change(value: Exact, unit: string | null): string {
    const amount = Number(value)
    const sign = amount > 0 ? '+' : amount < 0 ? MINUS : '±'
    const size = typeof value === 'string' ? value.replace(/^-/, '') : Math.abs(value)
    return `${sign}${unit === '%' ? this.#numbers.decimal(Number(size), 1) : this.number(size)}`
  }

  /** 14:31:46 */
  clock(timeMs: number): string {
    return this.#numbers.timeWithSeconds(timeMs)
  }

  /** 14:31 */
  minute(timeMs: number): string {
    return this.#numbers.time(timeMs)
  }

  /** How long something took: 42 s, 6 min 20 s, 12 days. */
  length(lengthMs: number): string {
    return this.#numbers.duration(lengthMs)
  }

  /** A moment: its time alone if it is of the same day as another one. */
  moment(timeMs: number, nowMs: number): string {
    return this.#isSameDay(timeMs, nowMs) ? this.clock(timeMs) : this.#numbers.dateAndTimeWithSeconds(timeMs)
  }

  /** The beginning of a grain: without seconds if all grains begin at a whole minute. */
  grain(time: string, grainMs: number, nowMs: number): string {
    const timeMs = Date.parse(time)
    if (Number.isNaN(timeMs)) return time
    if (grainMs % MINUTE_MS !== 0) return this.moment(timeMs, nowMs)
    return this.#isSameDay(timeMs, nowMs) ? this.minute(timeMs) : this.#numbers.dateAndTime(timeMs)
  }

  /** A day of the calendar, which has no zone: Wed 25 Nov, with its year unless it is that of now. */
  day(date: string, nowMs: number): string {
    const timeMs = Date.parse(`${date}T00:00:00Z`)
    if (Number.isNaN(timeMs)) return date
    const isThisYear = new Date(timeMs).getUTCFullYear() === new Date(nowMs).getUTCFullYear()
    return isThisYear ? this.#numbers.utcDay(timeMs) : this.#numbers.utcDate(timeMs)
  }

  /** A value of a type as it is read. Numbers are names here: measures are written by `measure`. */
  value(value: Value, type: string, nowMs: number): string {
    if (value === null) return ''
    const shape = shapeOf(type)
    const exact = isNumeric(shape) ? exactOf(value) : undefined
    if (exact !== undefined) return this.identifier(exact)
    if (shape === 'date' && typeof value === 'string') return this.day(value, nowMs)
    const timeMs = shape === 'moment' ? Date.parse(String(value)) : Number.NaN
    if (!Number.isNaN(timeMs)) return this.moment(timeMs, nowMs)
    return typeof value === 'object' ? this.#nested(value) : String(value)
  }

  #isSameDay(timeMs: number, nowMs: number): boolean {
    return !Number.isNaN(nowMs) && this.#numbers.isSameDay(timeMs, nowMs)
  }

  /** Lists and structs as people write them, as deep as they go. */
  #nested(value: Value): string {
    if (value === null) return 'NULL'
    if (typeof value === 'number') return this.identifier(value)
    if (typeof value !== 'object') return String(value)
    if (Array.isArray(value)) return (value as readonly Value[]).map((one) => this.#entry(one)).join(', ')
    return this.#fields(value as Readonly<Record<string, Value>>)
  }

  /** An entry of a map is a struct of key and value. */
  #entry(value: Value): string {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return this.#nested(value)
    const fields = value as Readonly<Record<string, Value>>
    const isPair = Object.keys(fields).join() === 'key,value'
    if (isPair) return `${this.#nested(fields.key ?? null)}: ${this.#nested(fields.value ?? null)}`
    return `(${this.#fields(fields)})`
  }

  #fields(fields: Readonly<Record<string, Value>>): string {
    return Object.entries(fields)
      .map(([name, value]) => `${name}: ${this.#entry(value)}`)
      .join(', ')
  }
}
