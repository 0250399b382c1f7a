import type { TableShape } from '../columns.ts'
import type { DeltaLog } from '../delta/log.ts'

/** One of the tables that a stream writes, with its log. */
export interface Target extends TableShape {
  readonly log: DeltaLog
}
