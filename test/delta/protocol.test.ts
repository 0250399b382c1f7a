import { describe, expect, test } from 'vitest'
import { assertAppendable, assertReadable, featuresOf, type Protocol } from '../../src/delta/protocol.ts'
import { LakeError } from '../../src/errors.ts'

function said(work: () => void): string {
  try {
    work()
    return 'taken'
  } catch (error) {
    if (error instanceof LakeError && error.code === 'LAKE_PROTOCOL_UNSUPPORTED') {
      return `${error.message}\n${error.remedy}`
    }
    throw error
  }
}

function ofFeatures(readerFeatures: readonly string[], writerFeatures: readonly string[] = readerFeatures): Protocol {
  return { minReaderVersion: 3, minWriterVersion: 7, readerFeatures, writerFeatures }
}

const BY_THEM = 'Take it away with the writer that added it, such as Spark (T stands for the table):'

describe('reading a table', () => {
  const cases: readonly (readonly [what: string, protocol: Protocol, says: string])[] = [
    ['of the oldest version', { minReaderVersion: 1, minWriterVersion: 1 }, 'taken'],
    ['with features of types', ofFeatures(['timestampNtz', 'typeWidening-preview', 'variantType']), 'taken'],
    ['with features of writers alone', { minReaderVersion: 1, minWriterVersion: 7, writerFeatures: ['x'] }, 'taken'],
    [
      'with a feature that nobody has heard of',
      ofFeatures(['fromTheFuture', 'timestampNtz']),
      `it has the Delta feature fromTheFuture, which Lakeweir does not read
${BY_THEM} ALTER TABLE T DROP FEATURE fromTheFuture`,
    ],
    [
      'with two of them',
      ofFeatures(['catalogManaged', 'other-preview']),
      `it has the Delta features catalogManaged, other-preview, which Lakeweir does not read
${BY_THEM} ALTER TABLE T DROP FEATURE catalogManaged; ALTER TABLE T DROP FEATURE \`other-preview\``,
    ],
    [
      'of a version to come',
      { minReaderVersion: 4, minWriterVersion: 8 },
      `it needs Delta reader version 4; Lakeweir reads versions up to 3
Use a newer Lakeweir, or copy the rows into a table of an older protocol.`,
    ],
  ]
  for (const [what, protocol, says] of cases) {
    test(what, () => expect(said(() => assertReadable('it', protocol))).toBe(says))
  }
})

describe('appending to a table', () => {
  const cases: readonly (readonly [what: string, protocol: Protocol, says: string])[] = [
    ['as Lakeweir makes it', { minReaderVersion: 1, minWriterVersion: 2 }, 'taken'],
    ['whose features are those of writer version 2', ofFeatures([], ['appendOnly', 'invariants']), 'taken'],
    [
      'of writer version 4',
      { minReaderVersion: 1, minWriterVersion: 4 },
      `it has the Delta features checkConstraints, changeDataFeed, generatedColumns, which Lakeweir does not keep when it writes
${BY_THEM} ALTER TABLE T DROP CONSTRAINT NAME for each constraint; ALTER TABLE T DROP FEATURE checkConstraints; \
ALTER TABLE T SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'false'); ALTER TABLE T DROP FEATURE changeDataFeed; \
ALTER TABLE T DROP FEATURE generatedColumns`,
    ],
    [
      'with vectors',
      ofFeatures(['deletionVectors'], ['appendOnly', 'deletionVectors']),
      `it has the Delta feature deletionVectors, which Lakeweir does not keep when it writes
${BY_THEM} ALTER TABLE T SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'false'); REORG TABLE T APPLY (PURGE); \
ALTER TABLE T DROP FEATURE deletionVectors`,
    ],
    [
      'of a version to come',
      { minReaderVersion: 3, minWriterVersion: 8 },
      `it needs Delta writer version 8; Lakeweir writes versions up to 7
Use a newer Lakeweir, or copy the rows into a table of an older protocol.`,
    ],
  ]
  for (const [what, protocol, says] of cases) {
    test(what, () => expect(said(() => assertAppendable('it', protocol))).toBe(says))
  }
})

test('the features of a table are named once, also those that its version implies', () => {
  expect(featuresOf({ minReaderVersion: 1, minWriterVersion: 3 })).toEqual([
    'appendOnly',
    'checkConstraints',
    'invariants',
  ])
  expect(featuresOf(ofFeatures(['timestampNtz'], ['timestampNtz', 'domainMetadata']))).toEqual([
    'domainMetadata',
    'timestampNtz',
  ])
  expect(featuresOf({ minReaderVersion: 1, minWriterVersion: 1 })).toEqual([])
})
