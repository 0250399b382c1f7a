import type { ServedPosition } from '../reader.ts'

// A copy of the models somewhere else, for many web nodes: PostgreSQL, or a warehouse. The store always computes; a
// copy takes what has changed since its own position, whole transactions only, and so may be away for any time.

/** How far a copy is. */
export interface CopyPosition {
  /** Which lake it is a copy of. */
  readonly lake: string
  /** The store that it was made from; another one may have counted its batches anew. */
  readonly generation: string
  readonly batch: number
  /** Model → which building of it the copy has. */
  readonly models: ReadonlyMap<string, string>
}

/** What a copy lacks, as of one moment of the store. */
export interface CopyChanges {
  readonly lake: string
  readonly position: ServedPosition
  /** All models of the lake that are built; what else the copy has goes. */
  readonly models: readonly ModelChanges[]
  /**
   * Models that are being made anew. What the copy has of them stays until they come whole, so that nothing is lost
   * that others have made of it, but it must not be shown as current.
   */
  readonly building: readonly string[]
}

export interface ModelChanges {
  readonly name: string
  /** New whenever the model is made anew: what a copy has of another building cannot be continued. */
  readonly build: string
  /** Column → DuckDB's name of its type. */
  readonly columns: Readonly<Record<string, string>>
  /** Whether these are all rows, in place of what the copy has, or only those that have changed. */
  readonly isWhole: boolean
  /** Read once. */
  rows(): AsyncIterable<readonly ChangedRow[]>
}

/** One group of a model as it is now. */
export interface ChangedRow {
  /** The group as 32 hexadecimal digits: unlike its values, never NULL, and equal only for the same group. */
  readonly key: string
  /** The batch that changed it last. */
  readonly batch: number
  /** Whether the group has no rows any more. */
  readonly isGone: boolean
  /** In the order of the columns, as text (see `copyText`). */
  readonly values: readonly (string | null)[]
}

/** The store, as a copy reads it. */
export interface CopySource {
  /**
   * What a copy at this position lacks; undefined while there is nothing newer. `use` runs on one snapshot of the
   * store, which stays as it is until that has ended.
   */
  changesSince<T>(position: CopyPosition | undefined, use: (changes: CopyChanges) => Promise<T>): Promise<T | undefined>
  /** Calls the listener after each commit. @returns a function that ends this */
  onCommit(listener: () => void): () => void
}

/** Where a copy is kept. */
export interface CopyTarget {
  /** As messages name it, without a password. */
  readonly name: string
  /**
   * Refuses models that it cannot hold. Called before anything is read.
   * @throws LakeError LAKE_CONFIG_INVALID
   */
  assertFits(model: Pick<ModelChanges, 'name' | 'columns'>): void
  /**
   * Becomes the only one that writes there.
   * @throws LakeError LAKE_COPY_HELD if another process does, LAKE_COPY_FAILED if it cannot be reached
   */
  open(): Promise<CopyWriter>
  /** Cuts the connection of its writer, if it has one: what that waits for fails, also where nothing answers. */
  cut(): void
}

/** The only writer of a copy, until it is closed or loses its connection. */
export interface CopyWriter {
  /** How far the copy is; undefined while it is empty. */
  position(): Promise<CopyPosition | undefined>
  /**
   * Takes changes and the new position in one transaction: all or nothing, and not twice.
   * @throws LakeError LAKE_COPY_FAILED; what the copy has is then found out by opening it again
   */
  write(changes: CopyChanges): Promise<void>
  close(): Promise<void>
}
