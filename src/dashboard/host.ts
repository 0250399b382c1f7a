import type { OtherWords } from './words.ts'

/** Returns a token, or undefined where none is needed. Asked for the first one, and when one was refused or expired. */
export type DashboardToken = (about: {
  readonly isRefused: boolean
}) => string | undefined | Promise<string | undefined>

/** What a website sees of the dashboard: `<lakeweir-dashboard>`. */
export interface LakeweirDashboardElement extends HTMLElement {
  /** Where the server is; by default, where the script came from. Attribute `url`. */
  url: string | undefined
  /** A token, or a function that returns one whenever a new one is needed. */
  token: string | DashboardToken | undefined
  /** What stands above it, in place of the server's title; empty for nothing. Attribute `heading`. */
  heading: string | undefined
  /** `light`, `dark`, or `host` for the `color-scheme` of the page around it. Attribute `theme`. */
  theme: 'light' | 'dark' | 'host'
  /** Whether readers can choose the theme. Attribute `theme-switch`. */
  themeSwitch: boolean
  /** How numbers and times are written, such as `de-AT`; by default as the browser says. Attribute `locale`. */
  locale: string | undefined
  /** Such as `Europe/Vienna`; by default the reader's. Attribute `time-zone`. */
  timeZone: string | undefined
  /** Words in place of the English ones. */
  words: OtherWords
  /** Before each key in the page's address: two dashboards on a page need two. Attribute `address-prefix`. */
  addressPrefix: string
  /** Whether the page's address is left alone. Attribute `no-address`. */
  noAddress: boolean
  /** As in full screen: made to be seen from afar, without anything to click. Attribute `wall`. */
  wall: boolean
  /** What to type where no row has come yet. Attribute `start-command`. */
  startCommand: string | undefined
}

declare global {
  interface HTMLElementTagNameMap {
    'lakeweir-dashboard': LakeweirDashboardElement
  }
}
