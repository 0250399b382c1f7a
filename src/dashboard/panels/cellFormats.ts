import type { Value } from '../../client/index.ts'
import { type Exact, exactOf, isNumeric, shapeOf } from '../values.ts'

const MINUS = '−'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

const LENGTHS = [
  [DAY_MS, 'day'],
  [3_600_000, 'hour'],
  [MINUTE_MS, 'minute'],
  [1_000, 'second'],
] as const

/** How values of any type are written for a reader. */
export class CellFormats {
  readonly #locale: string
  readonly #timeZone: string
  /** By decimal places. */
  readonly #fixed = new Map<number, Intl.NumberFormat>()
  readonly #small: Intl.NumberFormat
  readonly #short: Intl.NumberFormat
  readonly #shortWithTenths: Intl.NumberFormat
  readonly #plain: Intl.NumberFormat
  readonly #share: Intl.NumberFormat
  readonly #clock: Intl.DateTimeFormat
  readonly #day: Intl.DateTimeFormat
  readonly #dayOfYear: Intl.DateTimeFormat
  readonly #moment: Intl.DateTimeFormat
  readonly #momentToMinute: Intl.DateTimeFormat
  readonly #minute: Intl.DateTimeFormat

  constructor(locale: string, timeZone: string) {
    this.#locale = locale
    this.#timeZone = timeZone
    this.#small = new Intl.NumberFormat(locale, { maximumSignificantDigits: 3 })
    this.#short = new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 0 })
    const tenths = { minimumFractionDigits: 1, maximumFractionDigits: 1 }
    this.#shortWithTenths = new Intl.NumberFormat(locale, { notation: 'compact', ...tenths })
    this.#plain = new Intl.NumberFormat(locale, { useGrouping: false, maximumFractionDigits: 20 })
    this.#share = new Intl.NumberFormat(locale, {
      style: 'percent',
      minimumFractionDigits: 1,
      maximumFractionDigits: 1,
    })
    const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const
    const day = { weekday: 'short', day: 'numeric', month: 'short' } as const
    this.#clock = new Intl.DateTimeFormat(locale, { ...clock, second: '2-digit', timeZone })
    this.#minute = new Intl.DateTimeFormat(locale, { ...clock, timeZone })
    this.#day = new Intl.DateTimeFormat(locale, { ...day, timeZone: 'UTC' })
    this.#dayOfYear = new Intl.DateTimeFormat(locale, { ...day, year: 'numeric', timeZone: 'UTC' })
    const date = { day: 'numeric', month: 'short' } as const
    this.#momentToMinute = new Intl.DateTimeFormat(locale, { ...clock, ...date, timeZone })
    this.#moment = new Intl.DateTimeFormat(locale, {
      ...clock,
      second: '2-digit',
      day: 'numeric',
      month: 'short',
      timeZone,
    })
  }

  /** Whether these are the formats of a reader. */
  isOf(locale: string, timeZone: string): boolean {
    return this.#locale === locale && this.#timeZone === timeZone
  }

  /** With all digits, separated: 1,273,904. */
  number(value: Exact): string {
    const [, fraction = ''] = String(value).split('.')
    if (typeof value === 'string') return this.#digits(value, fraction.length)
    if (Number.isInteger(value)) return this.#digits(value, 0)
    return Math.abs(value) < 0.01 ? minus(this.#small.format(value)) : this.#digits(value, 2)
  }

  /** A measure with its unit: 37.4%, 38 ms, 12 €. */
  measure(value: Exact, unit: string | null): string {
    if (unit === null) return this.number(value)
    if (unit === '%') return this.share(Number(value) / 100)
    const isTime = unit === 'ms' || unit === 's'
    return `${isTime ? this.#digits(Number(value), 0) : this.number(value)}\u00a0${unit}`
  }

  /** Where there is no room: 41.5k, 124k. */
  short(value: number): string {
    const size = Math.abs(value)
    if (size < 1_000) return this.number(Math.round(value))
    const leading = size / 1_000 ** Math.floor(Math.log10(size) / 3)
    return minus((leading < 99.95 ? this.#shortWithTenths : this.#short).format(value)).replace(/K$/, 'k')
  }

  /** Of 1: 13.8%. */
  share(share: number): string {
    return minus(this.#share.format(share))
  }

  /** Without separators, as it is copied: 48213. */
  identifier(value: Exact): string {
    if (typeof value === 'string') return minus(value)
    return minus(this.#plain.format(value))
  }

  /** With its sign, also of nothing: +17, −5, ±0. */
  change(value: Exact, unit: string | null): string {
    const amount = Number(value)
    const sign = amount > 0 ? '+' : amount < 0 ? MINUS : '±'
    const size = typeof value === 'string' ? value.replace(/^-/, '') : Math.abs(value)
    return `${sign}${unit === '%' ? this.#digits(Number(size), 1) : this.number(size)}`
  }

  /** 14:31:46 */
  clock(timeMs: number): string {
    return this.#clock.format(timeMs)
  }

  /** 14:31 */
  minute(timeMs: number): string {
    return this.#minute.format(timeMs)
  }

  /** How long something took: 42 s, 6 min, 3 h, 12 days. */
  length(lengthMs: number): string {
    const [size, unit] = LENGTHS.find(([ms]) => lengthMs >= 2 * ms) ?? [1, 'millisecond']
    const format = new Intl.NumberFormat(this.#locale, {
      style: 'unit',
      unit,
      unitDisplay: 'short',
      maximumFractionDigits: 0,
    })
    return format.format(lengthMs / size)
  }

  /** A moment: its time alone if it is of the same day as another one. */
  moment(timeMs: number, nowMs: number): string {
    return this.#isSameDay(timeMs, nowMs) ? this.clock(timeMs) : this.#moment.format(timeMs)
  }

  #isSameDay(oneMs: number, otherMs: number): boolean {
    return Math.abs(otherMs - oneMs) < DAY_MS && this.#dayIn(oneMs) === this.#dayIn(otherMs)
  }

  #dayIn(timeMs: number): string {
    return this.#moment
      .formatToParts(timeMs)
      .flatMap(({ type, value }) => (type === 'day' ? [value] : []))
      .join()
  }

  /** The beginning of a grain: without seconds if all grains begin at a whole minute. */
  grain(time: string, grainMs: number, nowMs: number): string {
    const timeMs = Date.parse(time)
    if (Number.isNaN(timeMs)) return time
    if (grainMs % MINUTE_MS !== 0) return this.moment(timeMs, nowMs)
    return this.#isSameDay(timeMs, nowMs) ? this.minute(timeMs) : this.#momentToMinute.format(timeMs)
  }

  /** A day of the calendar, which has no zone: Wed 25 Nov, with its year unless it is that of now. */
  day(date: string, nowMs: number): string {
    const timeMs = Date.parse(`${date}T00:00:00Z`)
    if (Number.isNaN(timeMs)) return date
    const isThisYear = new Date(timeMs).getUTCFullYear() === new Date(nowMs).getUTCFullYear()
    return (isThisYear ? this.#day : this.#dayOfYear).format(timeMs).replaceAll(',', '')
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

  #digits(value: Exact, places: number): string {
    let format = this.#fixed.get(places)
    if (format === undefined) {
      const digits = { minimumFractionDigits: places, maximumFractionDigits: places }
      format = new Intl.NumberFormat(this.#locale, digits)
      this.#fixed.set(places, format)
    }
    // Digits beyond those of a JavaScript number are written from their text.
    return minus(format.format(value as number))
  }
}

function minus(text: string): string {
  return text.replace(/^-/, MINUS)
}
