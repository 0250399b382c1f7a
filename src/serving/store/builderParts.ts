import type { Session } from '../../duckdb/session.ts'
import { LakeError } from '../../errors.ts'
import type { Position } from '../../stream/source.ts'
import type { StoreContents } from './contents.ts'
import type { Taken } from './head.ts'
import type { StoreParts } from './parts.ts'
import type { TableFiles } from './tableRows.ts'

/** What those work with that make models and relations beside the batches. */
export interface BuilderParts {
  readonly store: StoreParts
  readonly contents: StoreContents
  /** That of the batches; it may be used only in turn. */
  readonly session: Session
  connect(): Promise<Session>
  /** How far the store has come. */
  taken(): Taken | undefined
  /** Does work between two batches. */
  inTurn<T>(work: () => Promise<T>): Promise<T>
  /** Does work on the store beside the batches, whose failure may be one of the store. */
  noting<T>(work: () => Promise<T>): Promise<T>
  /** Called between two batches, when a model has been made and can be read. */
  readonly onSwitched: (taken: Taken) => void
  readonly onFailure: (error: unknown) => void
}

/**
 * The files of the followed tables as of a position.
 * @param table  the one that is to be read
 */
export async function allFilesUpTo(store: StoreParts, table: string, position: Position): Promise<TableFiles> {
  const files = await store.filesUpTo(position)
  if (files !== undefined) return files
  throw new LakeError('LAKE_SOURCE_CHANGED', `the files of ${table} as of batch ${position.batch} are gone.`, {
    state: 'The models stay as they were, and those that were being built are not there.',
    remedy: 'Start live again: it makes its models anew.',
    canRetry: true,
  })
}
