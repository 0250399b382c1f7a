import type { JsonValue } from '../../duckdb/values.ts'
import type { ServedPosition } from '../../serving/reader.ts'

// What a page may follow, and what the hub knows of it.

/** A panel with its values, as a page asked for it. */
export interface StreamedPanel {
  readonly name: string
  /** Two with the same key have the same rows. */
  readonly key: string
  /** Its rows as they are now. It is asked again after each commit, and while time alone may change them. */
  answer(): Promise<StreamedAnswer>
}

export interface StreamedAnswer {
  readonly position: ServedPosition
  /** All that a client is told of it besides rows and position. */
  readonly head: object
  readonly rows: readonly (readonly JsonValue[])[]
}

/** A panel as it was shown: its texts, made once for all who look at it. */
export interface PanelVersion {
  /** The same as long as head and rows are the same. */
  readonly digest: string
  /** Undefined for an error. */
  readonly position: ServedPosition | undefined
  /** As an event's part, whole. */
  readonly whole: string
  /** As a part that changes one version into this one; undefined if the whole is shorter. */
  readonly change: { readonly from: string; readonly text: string } | undefined
}
