/** What waits to be served. */
export interface Waiting {
  /** Files and batches, of the followed stream and those that feed it, that are not in the models yet. */
  readonly files: number
  /** Since when some have been waiting, in milliseconds since 1970; undefined if none are. */
  readonly sinceMs: number | undefined
  /** The latest event time in them, as far as that is known without reading them. */
  readonly newestEventMs?: number | undefined
}
