import { LitElement } from 'lit'
import type { DashboardToken, LakeweirDashboardElement } from './host.ts'
import { Numbers } from './numbers.ts'
import { readableLocale, readableZone } from './readers.ts'
import type { Text } from './text.ts'
import { type OtherWords, wordsWith } from './words.ts'

/** The dashboard's properties and attributes: what its host says. */
export abstract class DashboardHost extends LitElement implements LakeweirDashboardElement {
  static override properties = {
    url: { type: String },
    token: { attribute: false },
    heading: { type: String },
    theme: { type: String, reflect: true },
    themeSwitch: { type: Boolean, attribute: 'theme-switch' },
    locale: { type: String },
    timeZone: { type: String, attribute: 'time-zone' },
    words: { attribute: false },
    addressPrefix: { type: String, attribute: 'address-prefix' },
    noAddress: { type: Boolean, attribute: 'no-address' },
    wall: { type: Boolean },
    startCommand: { type: String, attribute: 'start-command' },
  }
  declare url: string | undefined
  declare token: string | DashboardToken | undefined
  declare heading: string | undefined
  declare theme: 'light' | 'dark' | 'host'
  declare themeSwitch: boolean
  declare locale: string | undefined
  declare timeZone: string | undefined
  declare words: OtherWords
  declare addressPrefix: string
  declare noAddress: boolean
  declare wall: boolean
  declare startCommand: string | undefined
  #text: { readonly from: readonly unknown[]; readonly text: Text } | undefined

  constructor() {
    super()
    this.theme = 'host'
    this.themeSwitch = false
    this.words = {}
    this.addressPrefix = ''
    this.noAddress = false
    this.wall = false
  }

  /** The same as long as the host says the same. */
  protected get text(): Text {
    const { locale, timeZone, words } = this
    const from = [locale, timeZone, words]
    if (this.#text === undefined || from.some((each, at) => each !== this.#text?.from[at])) {
      const all = wordsWith(words)
      const numbers = new Numbers(readableLocale(locale, navigator.language), readableZone(timeZone), all.units)
      this.#text = { from, text: { words: all, numbers } }
    }
    return this.#text.text
  }

  /** Whatever the token is by then: a host may set another at any time. */
  protected readonly tokenSource: DashboardToken = (about) => {
    const { token } = this
    if (typeof token === 'function') return token(about)
    return about.isRefused ? undefined : token
  }
}
