/** A number and the unit behind it, which may be smaller. */
export interface Amount {
  readonly value: string
  readonly unit: string
}

/** What units of time are called. */
export interface TimeUnits {
  readonly ms: string
  readonly s: string
  readonly min: string
  readonly h: string
  readonly days: string
}

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const HOUR_MS = 3_600_000
const DAY_MS = 86_400_000

/** From here on no language has a short name for a power of ten. */
const LEAST_WITHOUT_NAME = 1e15

/** Numbers and times as the reader writes them, in a locale and a time zone. */
export class Numbers {
  readonly locale: string
  readonly timeZone: string
  readonly #units: TimeUnits
  readonly #formats = new Map<string, Intl.NumberFormat>()
  readonly #times = new Map<string, Intl.DateTimeFormat>()

  constructor(locale: string, timeZone: string, units: TimeUnits) {
    this.locale = locale
    this.timeZone = timeZone
    this.#units = units
  }

  /** 1,273,904. A whole number beyond 2^53 comes as its digits, and none of them is lost. */
  whole(value: number | bigint): string {
    return this.#number(value, { maximumFractionDigits: 0 })
  }

  /** 41.5k, 124k: where there is no room. */
  short(value: number): string {
    const notation = Math.abs(value) < LEAST_WITHOUT_NAME ? 'compact' : 'scientific'
    const options = { notation, maximumSignificantDigits: 3 } as const
    return this.#number(value, options).replace(/K$/, 'k')
  }

  /** 41.5k, 40.0k, 124k: where there is no room, in numbers that stand below each other. */
  shortInColumn(value: number): string {
    const size = Math.abs(value)
    if (size < 1_000 || size >= LEAST_WITHOUT_NAME) return size < 1_000 ? this.whole(value) : this.short(value)
    const leading = size / 1_000 ** Math.floor(Math.log10(size) / 3)
    const digits = leading < 99.95 ? 1 : 0
    const options = { notation: 'compact', minimumFractionDigits: digits, maximumFractionDigits: digits } as const
    return this.#number(value, options).replace(/K$/, 'k')
  }

  /** A number that was written with all its digits, with all of them: 9,007,199,254,740,993.50. */
  exact(digits: string): string {
    const [, fraction = ''] = digits.split('.')
    const options = { minimumFractionDigits: fraction.length, maximumFractionDigits: fraction.length }
    return this.#number(digits as `${number}`, options)
  }

  /** 4.15, with so many digits behind the point at least, and at most. */
  decimal(value: number, digits: number, minDigits = digits): string {
    return this.#number(value, { minimumFractionDigits: minDigits, maximumFractionDigits: digits })
  }

  /** 13.8%, of 0.138. */
  share(share: number, digits = 1): string {
    const options = { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits } as const
    return this.#number(share, options)
  }

  /** +4.2%, of 0.042. */
  signedShare(share: number, digits = 1): string {
    const options = { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits } as const
    return this.#number(share, { ...options, signDisplay: 'exceptZero' })
  }

  /** +17 */
  signed(value: number | bigint, digits = 0): string {
    const options = { minimumFractionDigits: digits, maximumFractionDigits: digits } as const
    return this.#number(value, { ...options, signDisplay: 'exceptZero' })
  }

  /** A lag: 0.8 s, 42 s, 4:12 min, 61 min, 3 h 10 min, 12 days. */
  lag(lagMs: number): readonly Amount[] {
    const { s, min } = this.#units
    if (lagMs < 9_950) return [{ value: lagMs === 0 ? '0' : this.decimal(lagMs / SECOND_MS, 1), unit: s }]
    if (lagMs < MINUTE_MS - 500) return [{ value: this.whole(lagMs / SECOND_MS), unit: s }]
    const seconds = Math.round(lagMs / SECOND_MS)
    if (seconds < 600) {
      return [{ value: `${this.whole(Math.floor(seconds / 60))}:${this.#twoDigits(seconds % 60)}`, unit: min }]
    }
    if (lagMs < 100 * MINUTE_MS) return [{ value: this.whole(lagMs / MINUTE_MS), unit: min }]
    return this.#parts(lagMs)
  }

  /** For how long: 8 s, 6 min 20 s, 3 h 10 min, 12 days. */
  duration(durationMs: number): string {
    return this.#parts(durationMs)
      .map(({ value, unit }) => `${value}\u00a0${unit}`)
      .join('\u00a0')
  }

  /** 18 ms */
  milliseconds(durationMs: number): string {
    return `${this.whole(durationMs)}\u00a0${this.#units.ms}`
  }

  /** 14:32 */
  time(timeMs: number): string {
    return this.#time(timeMs, { hour: '2-digit', minute: '2-digit' })
  }

  /** 14:32:07 */
  timeWithSeconds(timeMs: number): string {
    return this.#time(timeMs, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
  }

  /** Wed 25 Nov 2026 */
  date(timeMs: number): string {
    return this.#time(timeMs, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' })
  }

  /** 25 Nov 2026 */
  shortDate(timeMs: number): string {
    return this.#time(timeMs, { day: 'numeric', month: 'short', year: 'numeric' })
  }

  /** 25 Nov */
  dayAndMonth(timeMs: number): string {
    return this.#time(timeMs, { day: 'numeric', month: 'short' })
  }

  /** 25 Nov, 14:32 */
  dateAndTime(timeMs: number): string {
    return this.#time(timeMs, { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
  }

  /** 25 Nov, 14:32:07 */
  dateAndTimeWithSeconds(timeMs: number): string {
    const clock = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const
    return this.#time(timeMs, { day: 'numeric', month: 'short', ...clock })
  }

  /** Wed 25 Nov 2026, of a day that is one in UTC. */
  utcDate(timeMs: number): string {
    const day = { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' } as const
    return this.#time(timeMs, { ...day, timeZone: 'UTC' })
  }

  /** Wed 25 Nov, of a day that is one in UTC, as the server's are. */
  utcDay(timeMs: number): string {
    return this.#time(timeMs, { weekday: 'short', day: 'numeric', month: 'short', timeZone: 'UTC' })
  }

  /** Whether two times are on the same day, for the reader. */
  isSameDay(oneMs: number, otherMs: number): boolean {
    return this.date(oneMs) === this.date(otherMs)
  }

  /** UTC+01:00, as it is at this time. */
  zone(timeMs: number): string {
    const parts = this.#format({ timeZoneName: 'longOffset' }).formatToParts(timeMs)
    const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
    return name.replace('GMT', 'UTC').replace(/[+−-]00:00$/, '')
  }

  /** The two largest units of a time span. */
  #parts(durationMs: number): readonly Amount[] {
    const { s, min, h, days } = this.#units
    const amount = (value: number, unit: string): Amount => ({ value: this.whole(value), unit })
    if (durationMs < MINUTE_MS) return [amount(Math.round(durationMs / SECOND_MS), s)]
    if (durationMs >= 2 * DAY_MS) return [amount(Math.round(durationMs / DAY_MS), days)]
    const isLong = durationMs >= HOUR_MS
    const [largeMs, smallMs] = isLong ? [HOUR_MS, MINUTE_MS] : [MINUTE_MS, SECOND_MS]
    const small = Math.floor((durationMs % largeMs) / smallMs)
    const large = amount(Math.floor(durationMs / largeMs), isLong ? h : min)
    return small === 0 ? [large] : [large, amount(small, isLong ? min : s)]
  }

  #twoDigits(value: number): string {
    return this.#number(value, { minimumIntegerDigits: 2 })
  }

  #number(value: number | bigint | `${number}`, options: Intl.NumberFormatOptions): string {
    const key = JSON.stringify(options)
    const format = this.#formats.get(key) ?? new Intl.NumberFormat(this.locale, options)
    this.#formats.set(key, format)
    return format.format(value).replace('-', '−')
  }

  #time(timeMs: number, options: Intl.DateTimeFormatOptions): string {
    // A date is read with fewer commas: Wed 25 Nov 2026.
    return this.#format({ hourCycle: 'h23', ...options }).format(timeMs)
  }

  #format(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = JSON.stringify(options)
    const format = this.#times.get(key) ?? new Intl.DateTimeFormat(this.locale, { timeZone: this.timeZone, ...options })
    this.#times.set(key, format)
    return format
  }
}
