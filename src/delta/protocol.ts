import { LakeError } from '../errors.ts'

/** What a reader and a writer of a table must support. */
export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
  /** Named from reader version 3 and writer version 7 on; a lower version implies its features. */
  readonly readerFeatures?: readonly string[]
  readonly writerFeatures?: readonly string[]
}

/** What we write, and the newest that we read: plain appends, no features. */
export const PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 }

/** The features that writer version 2 includes. */
const WRITTEN_FEATURES: ReadonlySet<string> = new Set(['appendOnly', 'invariants'])

/** What the writer versions below 7 imply. */
const WRITER_VERSIONS: Readonly<Record<number, string>> = {
  3: 'CHECK constraints',
  4: 'change data feed or generated columns',
  5: 'column mapping',
  6: 'identity columns',
}

/** @throws LakeError LAKE_PROTOCOL_UNSUPPORTED */
export function assertReadable(where: string, { minReaderVersion, readerFeatures = [] }: Protocol): void {
  const ours = PROTOCOL.minReaderVersion
  if (minReaderVersion <= ours) return
  const features = minReaderVersion === 2 ? ['column mapping'] : readerFeatures
  throw unsupportedProtocol(
    `${where} needs Delta reader version ${minReaderVersion}${named(features)}; Lakeweir reads version ${ours}`,
  )
}

/** @throws LakeError LAKE_PROTOCOL_UNSUPPORTED */
export function assertAppendable(where: string, { minWriterVersion, writerFeatures = [] }: Protocol): void {
  const ours = PROTOCOL.minWriterVersion
  if (minWriterVersion <= ours) return
  const legacy = WRITER_VERSIONS[minWriterVersion]
  const features = legacy === undefined ? writerFeatures.filter((name) => !WRITTEN_FEATURES.has(name)) : [legacy]
  const needed = `${minWriterVersion}${named(features)}`
  throw unsupportedProtocol(
    `${where} needs Delta writer version ${needed}; Lakeweir appends to version ${ours} and lower`,
  )
}

function named(features: readonly string[]): string {
  return features.length === 0 ? '' : ` (${features.join(', ')})`
}

/** The error for a table that another writer has changed to need a newer reader or writer. */
export function unsupportedProtocol(what: string, cause?: unknown): LakeError {
  return new LakeError('LAKE_PROTOCOL_UNSUPPORTED', what, {
    ...(cause === undefined ? {} : { cause }),
    state: 'Nothing was changed. Another Delta writer raised the protocol; that alone damages no rows.',
    remedy:
      'Drop the feature with that writer (Spark has DROP FEATURE for it), or copy the rows into a table without it.',
  })
}

/** The error for a log that is not valid, and for what is in it and does not belong there. */
export function logInvalid(what: string, cause?: unknown): LakeError {
  return new LakeError('LAKE_LOG_INVALID', what, {
    ...(cause === undefined ? {} : { cause }),
    state: 'Nothing was changed.',
    remedy: 'Restore the table from a backup, or build it again: lakeweir run STREAM --fresh',
  })
}
