/** What a suite works with. */
export interface SuiteContext {
  /** A temporary folder, removed after the suite. */
  readonly folder: string
  /** Fewer samples: for a quick look, not for published figures. */
  readonly isQuick: boolean
}
