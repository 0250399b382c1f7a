import type { Safeguard } from './safeguard.ts'

const ENGINE = 'src/engines/duckdb/engine.ts'
const REFERENCE = 'src/engines/duckdb/reference.ts'
const PARTITIONS = 'src/engines/duckdb/partitions.ts'
const PROOF = 'src/engines/duckdb/rowsKept.ts'
const STATS = 'src/delta/stats.ts'
const engineTest = 'test/engines/duckdb.test.ts'
const refused = 'test/engines/rowsKept.refused.test.ts'
const statsTest = 'test/engines/stats.test.ts'

export const engines: readonly Safeguard[] = [
  {
    name: 'an input that may not have been made is made again',
    file: ENGINE,
    takes: 'this.#inputView = undefined // until it is sure that all of the prelude was run',
    leaves: '',
    tests: ['test/engines/input.test.ts'],
  },
  {
    name: 'a reference whose load failed is loaded again',
    file: ENGINE,
    takes: 'this.#hashes.delete(name) // a load that fails may leave another table',
    leaves: '',
    tests: [engineTest],
  },
  {
    name: 'a SELECT that has to keep rows is proved to',
    file: ENGINE,
    takes: "if (shape.select !== null && rows === 'kept') {",
    leaves: 'if (false) {',
    tests: ['test/lake/split.test.ts', engineTest, 'test/lake/badLakes.split.test.ts'],
  },
  {
    name: 'a SELECT is checked against its tables before any batch',
    file: ENGINE,
    takes: 'await assertSelectFits(session, select, [relation, ...references.map(({ name }) => name)], tables)',
    leaves: '',
    tests: ['test/lake/badLakes.split.test.ts', 'test/lake/config.select.test.ts'],
  },
  {
    name: 'a row of no table fails its batch',
    file: ENGINE,
    takes: "if (table === undefined) throw strayError(shape, typeof destination === 'string' ? destination : null)",
    leaves: 'if (table === undefined) return { rows: 0 } as unknown as StagedFile',
    tests: ['test/lake/split.test.ts', engineTest],
  },
  {
    name: 'a row of no table fails its batch where tables differ in shape',
    file: ENGINE,
    takes:
      "if (found !== undefined) throw strayError(plan.shape, typeof found.stray === 'string' ? found.stray : null)",
    leaves: '',
    tests: ['test/lake/split.test.ts', engineTest],
  },
  {
    name: 'a file without rows is no file of a batch',
    file: ENGINE,
    takes: "written.filter((file) => safeInteger(file.count, 'rows of a file') > 0)",
    leaves: 'written',
    tests: [engineTest, 'test/lake/anyRows.test.ts'],
  },
  {
    name: 'a reference that changed is read again',
    file: REFERENCE,
    takes: 'if (hash === loaded) return hash',
    leaves: 'if (loaded !== undefined) return loaded',
    tests: [engineTest],
  },
  {
    name: 'the hash of a reference is of the bytes that were read',
    file: REFERENCE,
    takes: 'if (hashOfBytes(await readReferenceBytes(reference)) !== hash) continue',
    leaves: '',
    tests: ['test/engines/reference.test.ts'],
  },
  {
    name: 'a reference with a key twice, or with none, is refused',
    file: REFERENCE,
    takes: 'if (bad.length === 0) return undefined',
    leaves: 'return undefined',
    tests: [engineTest, 'test/lake/badLakes.references.test.ts'],
  },
  {
    name: 'a folder for the text NULL is not read as NULL',
    file: 'src/tables/staged.ts',
    takes: 'if (value === null || !NULL_FOLDER.test(name)) return step',
    leaves: 'return step',
    tests: [engineTest],
  },
  {
    name: 'a date that Delta does not know is no partition',
    file: PARTITIONS,
    takes: "if (table.columns[column] !== 'DATE' || isTableDate(value)) return value",
    leaves: 'return value',
    tests: ['test/lake/badLakes.partitions.test.ts', 'test/lake/badRows.test.ts'],
  },
  {
    name: 'WHERE is refused where rows are kept',
    file: PROOF,
    takes: 'if (where !== undefined) {',
    leaves: 'if (false) {',
    tests: [refused],
  },
  {
    name: 'a join on less than a key is refused where rows are kept',
    file: PROOF,
    takes: 'if (!using.includes(keyed.key) && !conjunctsOf(condition).some((part) => isOnKey(part, keyed, merged))) {',
    leaves: 'if (false) {',
    tests: [refused],
  },
  {
    name: 'another join than a LEFT JOIN is refused where rows are kept',
    file: PROOF,
    takes: 'if (fault !== undefined) refuse(proof, start, fault, remedy)',
    leaves: '',
    tests: [refused],
  },
  {
    name: 'a second read of the source is refused where rows are kept',
    file: PROOF,
    takes: 'if (readsSource(proof, right, scope)) {',
    leaves: 'if (false) {',
    tests: [refused],
  },
  {
    name: 'what DuckDB may say beyond what is known is refused where rows are kept',
    file: 'src/engines/duckdb/rowsKept/proof.ts',
    takes: 'if (unknown === undefined) return',
    leaves: 'return',
    tests: ['test/engines/rowsKept.proof.test.ts'],
  },
  {
    name: 'a WITH that hides the source is refused where rows are kept',
    file: 'src/engines/duckdb/rowsKept/proof.ts',
    takes: 'if (hidden !== undefined) {',
    leaves: 'if (false) {',
    tests: [refused],
  },
  {
    name: 'a column with NaN has no bounds',
    file: STATS,
    takes: 'if (min === undefined || max === undefined) return rowsAlone',
    leaves: "if (false) return ''",
    tests: [statsTest],
  },
  {
    name: 'bounds that DuckDB does not tell are read from the files',
    file: 'src/engines/duckdb/columnValues.ts',
    takes: 'if (paths.length === 0) return new Map()',
    leaves: 'if (paths.length >= 0) return new Map()',
    tests: [statsTest],
  },
  {
    name: 'the maximum of times is rounded up',
    file: STATS,
    takes: "side === 'min' ? Math.floor(micros / 1000) : Math.ceil(micros / 1000)",
    leaves: 'Math.floor(micros / 1000)',
    tests: [statsTest, 'test/engines/stats.readers.test.ts'],
  },
  {
    name: 'the maximum of long texts comes after all of them',
    file: STATS,
    takes: "if (side === 'max') {",
    leaves: 'if (false) {',
    tests: [statsTest, 'test/engines/stats.readers.test.ts'],
  },
  {
    name: 'a log that lacks batches which records know is told',
    file: 'src/lake/behind.sql',
    takes: 'WHERE NOT has_log OR found < published',
    leaves: 'WHERE false',
    tests: ['test/lake/logBehind.test.ts'],
  },
  {
    name: 'a log that lacks versions which streams have read is told',
    file: 'src/lake/behind.sql',
    takes: 'WHERE version IS NULL OR version < source_version OR hash <> source_hash',
    leaves: 'WHERE version IS NULL OR hash <> source_hash',
    tests: ['test/lake/logBehind.test.ts'],
  },
  {
    name: 'a log whose last read version is another commit is told',
    file: 'src/lake/behind.sql',
    takes: 'WHERE version IS NULL OR version < source_version OR hash <> source_hash',
    leaves: 'WHERE version IS NULL OR version < source_version',
    tests: ['test/lake/logBehind.test.ts'],
  },
  {
    name: 'a batch that is committed and not yet published is no loss',
    file: 'src/lake/committed.sql',
    takes: 'c.batch - CASE WHEN s.folder IS NULL THEN 0 ELSE 1 END AS published',
    leaves: 'c.batch AS published',
    tests: ['test/lake/logBehind.test.ts'],
  },
  {
    name: 'whoever reads a log that is behind stops',
    file: 'src/lake/notBehind.sql',
    takes: 'WHERE lacks IS NOT NULL',
    leaves: 'WHERE false',
    tests: ['test/lake/logBehind.test.ts'],
  },
  {
    name: 'validate compares the rows that came in with those that are there',
    file: 'src/lake/validate.ts',
    takes: 'if (freedom === undefined && difference !== undefined) problems.push(difference)',
    leaves: '',
    tests: ['test/lake/validate.finds.test.ts'],
  },
  {
    name: 'validate compares the rows themselves when it is asked to look deep',
    file: 'src/lake/validate.ts',
    takes: 'if (expected.hash === found.hash && expected.rows === found.rows) continue',
    leaves: 'continue',
    tests: ['test/lake/validate.finds.test.ts'],
  },
]
