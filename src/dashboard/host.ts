import type { OtherWords } from './words.ts'

/** What a website sees of the dashboard: `<lakeweir-dashboard>`. */
export interface LakeweirDashboardElement extends HTMLElement {
  /** Where the server is; by default, where the script came from. Attribute `url`. */
  url: string | undefined
  /** A token, or a function that returns one whenever a new one is needed. */
  token:
    | string
    | ((about: { readonly isRefused: boolean }) => string | undefined | Promise<string | undefined>)
    | undefined
  /** Words in place of the English ones. */
  words: OtherWords
}

declare global {
  interface HTMLElementTagNameMap {
    'lakeweir-dashboard': LakeweirDashboardElement
  }
}
