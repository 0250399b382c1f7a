import type { TableShape } from '../../columns.ts'
import type { DatabaseLimits, Reachable } from '../../duckdb/session.ts'
import type { Disk } from '../../files/disk.ts'
import type { Clock } from '../../stream/clock.ts'
import type { Position } from '../../stream/source.ts'
import type { LiveModel } from '../model.ts'

/** What a store of live aggregates needs. */
export interface StoreParts {
  /** The stream that keeps it, as errors and positions name it. */
  readonly stream: string
  /** The file, absolute. Its folder is made if it is missing. */
  readonly file: string
  readonly lakeFolder: string
  /** The stream whose batches it takes. */
  readonly follows: string
  /** The kind of source that hands them over. */
  readonly sourceKind: string
  /** The tables of that stream. */
  readonly tables: readonly TableShape[]
  readonly models: readonly LiveModel[]
  /** What is read besides the store: the folders of the tables, and reference files. */
  readonly readable: Reachable
  /** What its DuckDB may use, with all panels that it answers. */
  readonly limits: DatabaseLimits
  /** Where its DuckDB spills what does not fit. */
  readonly spillFolder: string
  /** What the indexes of its relations may use beside that. */
  readonly indexBytes: number
  readonly disk: Disk
  readonly clock: Clock
  /**
   * The files of the followed tables as of a position, so that a model can be built alone; undefined where they cannot
   * be told any more.
   */
  readonly filesUpTo: (position: Position) => Promise<ReadonlyMap<string, readonly string[]> | undefined>
}

/** How a store is opened. `rebuild`: made anew, also in the place of a damaged one. */
export type StoreStart = 'continue' | 'rebuild'
