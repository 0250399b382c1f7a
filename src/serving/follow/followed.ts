import { relative } from 'node:path'
import { PLAIN_FEATURES } from '../../delta/features.ts'
import type { TableRef } from '../../delta/snapshot.ts'
import type { Session } from '../../duckdb/session.ts'
import { LakeError } from '../../errors.ts'
import type { Disk } from '../../files/disk.ts'
import { differenceOf, type TailedTable } from '../../tables/logTail.ts'
import type { Target } from '../../tables/target.ts'
import type { TracedStream } from './traced.ts'

/** A stream whose batches are followed, and with what. */
export interface Followed {
  /** The stream that follows, as a person runs it. */
  readonly follower: string
  /** The stream that is followed. No other stream writes its tables. */
  readonly stream: TracedStream
  readonly tables: readonly Target[]
  readonly lakeFolder: string
  /** The column whose latest value is how new the rows are; undefined: not known. */
  readonly eventTime: string | undefined
  readonly disk: Disk
  /** Opens a session, which is closed again soon. Needed to replay logs. */
  readonly connect: () => Promise<Session>
}

/** A data file of a followed table. */
export interface DataFile {
  /** The path below the table's folder, as it is on disk. */
  readonly path: string
  /** The whole path. */
  readonly file: string
  /** As the log says; undefined if its writer left that out. */
  readonly rows: number | undefined
  readonly bytes: number
}

/** Table → files. */
export type DataFiles = ReadonlyMap<string, readonly DataFile[]>

export function refOf({ lakeFolder }: Followed, { name, log }: Target): TableRef {
  return { name, folder: relative(lakeFolder, log.tableFolder), stream: null }
}

/** The table as its log is followed. */
export function tailedTable(followed: Followed, target: Target): TailedTable {
  return {
    name: target.name,
    log: target.log,
    features: PLAIN_FEATURES,
    differenceIn: (found) => differenceOf(target, found),
    changed: (how) => changedError(followed, `table ${target.name}: ${how}`),
    mismatched: (what) => mismatchError(followed, target.name, what),
  }
}

const STATE = 'The models stay as they were before that change.'

/** The error for tables of which more happened than that batches were added. @param how  without its full stop */
export function changedError({ follower, stream }: Followed, how: string): LakeError {
  return new LakeError('LAKE_SOURCE_CHANGED', `what ${follower} follows, stream ${stream.name}, was changed: ${how}.`, {
    state: STATE,
    remedy:
      `If the tables are as they should be, build the models again from what is there now: ` +
      `lakeweir run ${follower} --rebuild`,
  })
}

export function mismatchError({ follower }: Followed, table: string, what: string): LakeError {
  return new LakeError('LAKE_TABLE_MISMATCH', `table ${table}, which ${follower} follows: ${what}.`, {
    state: STATE,
    remedy: 'Declare the table in the config as it is now and start again, or build it again with --fresh.',
  })
}
