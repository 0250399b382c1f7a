/** What a suite works with. */
export interface SuiteContext {
  /** A temporary folder, removed after the suite. */
  readonly folder: string
  /** Fewer samples: for a look, not for the record. */
  readonly isQuick: boolean
}
