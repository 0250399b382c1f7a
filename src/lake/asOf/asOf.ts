import type { TableRef } from '../../delta/snapshot.ts'
import { LakeError } from '../../errors.ts'
import type { LakeTable } from '../../tables/table.ts'

/** When a lake is looked at: a time, or a batch of a stream, after which its tables and its source are shown. */
export type AsOf = Date | { readonly stream: string; readonly batch: number }

/** What a query as of then reads of a table. */
export type TableThen =
  | { readonly kind: 'version'; readonly version: number; readonly leftOut?: LeftOut }
  /** It was not made yet. */
  | { readonly kind: 'not yet' }
  /** @see why  a clause without its full stop, which follows the table's name */
  | { readonly kind: 'unknown'; readonly why: string }

/** Files of a version that a stream had not read, because a batch may take a part of one. */
export type LeftOut =
  /** Those that come after this path, in name order. */
  { readonly after: string } | { readonly paths: readonly string[] }

/** A state of the lake's tables. */
export interface Moment {
  /** In words, for messages: `silver=12`. */
  readonly name: string
  /** Each table of the lake. */
  readonly tables: ReadonlyMap<LakeTable, TableThen>
}

/** Table → the oldest version of which all data files are still there, as far as that was looked at. */
export type Floors = ReadonlyMap<LakeTable, number>

/** The tables that are known as of then, for a snapshot. */
export function refsThen(moment: Moment, refs: readonly TableRef[]): TableRef[] {
  const versions = new Map([...moment.tables].map(([{ name }, then]) => [name, then] as const))
  return refs.flatMap((ref) => {
    const then = versions.get(ref.name)
    return then?.kind === 'version' ? [{ ...ref, asOf: then.version }] : []
  })
}

/** The error for a moment that is no longer, or not yet, or never was. */
export function noMoment(what: string, remedy: string): LakeError {
  return new LakeError('LAKE_ARGUMENT_INVALID', what, { state: 'Nothing was run.', remedy })
}
