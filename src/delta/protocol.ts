import { LakeError } from '../errors.ts'
import { dropStatement, legacyFeatures, legacyReaderFeatures, PLAIN_FEATURES, WRITTEN_FEATURES } from './features.ts'

/** What a reader and a writer of a table must support. */
export interface Protocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
  /** Named from reader version 3 and writer version 7 on; a lower version implies its features. */
  readonly readerFeatures?: readonly string[]
  readonly writerFeatures?: readonly string[]
}

/** What we write: plain appends, no features. */
export const PROTOCOL: Protocol = { minReaderVersion: 1, minWriterVersion: 2 }

/** The newest versions that exist; from them on, features are named. */
const NEWEST_READER = 3
const NEWEST_WRITER = 7

/**
 * @param known  the features that whoever reads the table can apply
 * @throws LakeError LAKE_PROTOCOL_UNSUPPORTED
 */
export function assertReadable(
  where: string,
  { minReaderVersion, readerFeatures = [] }: Protocol,
  known: ReadonlySet<string> = PLAIN_FEATURES,
): void {
  if (minReaderVersion > NEWEST_READER) {
    const ours = `Lakeweir reads versions up to ${NEWEST_READER}`
    throw unsupportedProtocol(`${where} needs Delta reader version ${minReaderVersion}; ${ours}`)
  }
  const unknown = unknownFeatures({ minReaderVersion, readerFeatures }, known)
  if (unknown.length === 0) return
  throw unsupportedProtocol(`${where} has ${named(unknown)}, which Lakeweir does not read`, unknown)
}

/** The features that whoever reads a table must know, apart from those that it does. */
export function unknownFeatures(
  { minReaderVersion, readerFeatures = [] }: Pick<Protocol, 'minReaderVersion' | 'readerFeatures'>,
  known: ReadonlySet<string> = PLAIN_FEATURES,
): string[] {
  const needed = minReaderVersion < NEWEST_READER ? legacyReaderFeatures(minReaderVersion) : readerFeatures
  return needed.filter((name) => !known.has(name))
}

/** @throws LakeError LAKE_PROTOCOL_UNSUPPORTED */
export function assertAppendable(where: string, { minWriterVersion, writerFeatures = [] }: Protocol): void {
  if (minWriterVersion > NEWEST_WRITER) {
    const ours = `Lakeweir writes versions up to ${NEWEST_WRITER}`
    throw unsupportedProtocol(`${where} needs Delta writer version ${minWriterVersion}; ${ours}`)
  }
  const needed = minWriterVersion < NEWEST_WRITER ? legacyFeatures(minWriterVersion) : writerFeatures
  const unkept = needed.filter((name) => !WRITTEN_FEATURES.has(name))
  if (unkept.length === 0) return
  throw unsupportedProtocol(`${where} has ${named(unkept)}, which Lakeweir does not keep when it writes`, unkept)
}

/** The features of a table, also those that a lower version implies, in the order of their names. */
export function featuresOf({ minWriterVersion, readerFeatures = [], writerFeatures = [] }: Protocol): string[] {
  const legacy = minWriterVersion < NEWEST_WRITER ? legacyFeatures(minWriterVersion) : []
  return [...new Set([...legacy, ...readerFeatures, ...writerFeatures])].sort()
}

function named(features: readonly string[]): string {
  return `the Delta feature${features.length > 1 ? 's' : ''} ${features.join(', ')}`
}

/** The error for a table that another writer has changed to need a newer reader or writer. */
export function unsupportedProtocol(what: string, features: readonly string[] = [], cause?: unknown): LakeError {
  const ways = features.map(dropStatement)
  return new LakeError('LAKE_PROTOCOL_UNSUPPORTED', what, {
    ...(cause === undefined ? {} : { cause }),
    state: 'Nothing was changed. Another Delta writer raised the protocol; that alone damages no rows.',
    remedy:
      ways.length === 0
        ? 'Use a newer Lakeweir, or copy the rows into a table of an older protocol.'
        : `Take it away with the writer that added it, such as Spark (T stands for the table): ${ways.join('; ')}`,
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
