import type { TableHead } from '../delta/snapshot.ts'
import type { Disk } from '../files/disk.ts'
import type { Clock } from '../stream/clock.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { Engine, EngineLimits, StreamShape } from './engine.ts'
import type { Target } from './target.ts'

/** What is needed to write a stream's batches to Delta tables. */
export interface TableParts {
  readonly stream: string
  readonly lakeFolder: string
  readonly sourceKind: string
  readonly engine: Engine
  /** What the engine makes of the rows. */
  readonly shape: StreamShape
  /** What the engine may use. */
  readonly limits: EngineLimits
  /** The tables of its shape with their logs. */
  readonly targets: readonly Target[]
  readonly checkpoint: Checkpoint
  /** Hash of the stream's SELECT. */
  readonly sqlHash: string
  readonly disk: Disk
  readonly clock: Clock
  /** Called with how far the engine is with a batch. */
  readonly onProgress: (text: string) => void
  /** Whether an import writes the batch: else the stream does not run while one has not ended. */
  readonly isImport: boolean
  /** Reads the logs of the stream's tables. */
  readonly loadHeads: () => Promise<ReadonlyMap<string, TableHead>>
}
