/** Numbers and times in a locale and a time zone. */
export class Numbers {
  readonly locale: string
  readonly timeZone: string
  readonly #whole: Intl.NumberFormat

  constructor(locale: string, timeZone: string) {
    this.locale = locale
    this.timeZone = timeZone
    this.#whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  }

  /** 1,273,904 */
  whole(value: number): string {
    return this.#whole.format(value)
  }
}
