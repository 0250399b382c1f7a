// The table features of the Delta protocol: which of them a reader must know, which we keep as a writer, and how each
// is taken away again. Names as the protocol spells them, under "Valid Feature Names in Table Features".

/**
 * Features that readers must know, and that change nothing about how files are read: by the names of the columns, the
 * folders of partitions, and every row. `snapshot.sql` has the same list.
 */
export const PLAIN_FEATURES: ReadonlySet<string> = new Set([
  'timestampNtz',
  'typeWidening',
  'typeWidening-preview',
  'vacuumProtocolCheck',
  // They only allow columns of types that we do not have: such a column is refused where one is read.
  'variantType',
  'variantType-preview',
  'variantShredding',
  'variantShredding-preview',
])

/** All features that our sources read tables with: those that `deltaFolder` and `deltaTable` know how to apply, too. */
export const READ_FEATURES: ReadonlySet<string> = new Set([
  ...PLAIN_FEATURES,
  'columnMapping',
  'deletionVectors',
  'v2Checkpoint',
])

/** What a writer must do for these, an append of ours does. */
export const WRITTEN_FEATURES: ReadonlySet<string> = new Set(['appendOnly', 'invariants'])

/** What each writer version below 7 adds to the one before. */
const LEGACY: readonly (readonly [version: number, features: readonly string[]])[] = [
  [2, ['appendOnly', 'invariants']],
  [3, ['checkConstraints']],
  [4, ['changeDataFeed', 'generatedColumns']],
  [5, ['columnMapping']],
  [6, ['identityColumns']],
]

/** The features that a writer version below 7 implies. */
export function legacyFeatures(writerVersion: number): string[] {
  return LEGACY.flatMap(([version, features]) => (version <= writerVersion ? features : []))
}

/** The features that a reader version below 3 implies. */
export function legacyReaderFeatures(readerVersion: number): string[] {
  return readerVersion === 2 ? ['columnMapping'] : []
}

/** What must be done before a feature can be dropped: `T` stands for the table. */
const FIRST: Readonly<Record<string, string>> = {
  deletionVectors:
    `ALTER TABLE T SET TBLPROPERTIES ('delta.enableDeletionVectors' = 'false'); ` + 'REORG TABLE T APPLY (PURGE)',
  columnMapping: `ALTER TABLE T SET TBLPROPERTIES ('delta.columnMapping.mode' = 'none')`,
  changeDataFeed: `ALTER TABLE T SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'false')`,
  rowTracking: `ALTER TABLE T SET TBLPROPERTIES ('delta.enableRowTracking' = 'false')`,
  inCommitTimestamp: `ALTER TABLE T SET TBLPROPERTIES ('delta.enableInCommitTimestamps' = 'false')`,
  typeWidening: `ALTER TABLE T SET TBLPROPERTIES ('delta.enableTypeWidening' = 'false')`,
  checkConstraints: 'ALTER TABLE T DROP CONSTRAINT NAME for each constraint',
  clustering: 'ALTER TABLE T CLUSTER BY NONE',
}

/** The statements by which Spark and Databricks take a feature away from a table `T`. */
export function dropStatement(feature: string): string {
  const first = FIRST[feature.replace(/-preview$/, '')]
  const drop = `ALTER TABLE T DROP FEATURE ${feature.includes('-') ? `\`${feature}\`` : feature}`
  return first === undefined ? drop : `${first}; ${drop}`
}
