import type { Disk } from '../../files/disk.ts'
import type { Checkpoint } from '../../tables/checkpoint.ts'
import type { AfterCommit } from './config.ts'

/** Where the claims of a landing stream come from, are kept and go. */
export interface ClaimPlaces {
  readonly disk: Disk
  readonly lakeFolder: string
  /** The landing folder. */
  readonly folder: string
  readonly checkpoint: Checkpoint
  /** What happens to a file once its rows are in the table. */
  readonly afterCommit: AfterCommit
}
