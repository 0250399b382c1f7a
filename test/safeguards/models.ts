import type { Safeguard } from './safeguard.ts'

const TREE = 'src/duckdb/parseTree.ts'
const FUNCTIONS = 'src/duckdb/functionKinds.ts'
const EXPRESSIONS = 'src/serving/models/expressions.ts'
const FROM = 'src/serving/models/from.ts'
const WRITTEN = 'src/serving/models/writtenModel.ts'
const models = 'test/serving/models.test.ts'
const refused = 'test/serving/models.refused.test.ts'
const firstTest = 'test/serving/firstRelation.test.ts'

export const liveModels: readonly Safeguard[] = [
  {
    name: 'a live model that DuckDB writes back otherwise is refused',
    file: TREE,
    takes: 'return meaningOf(written?.node) === meaningOf(query) ? statement : undefined',
    leaves: 'return statement',
    tests: [refused],
  },
  {
    name: 'a number in a live model keeps all its digits',
    file: TREE,
    takes: `token.startsWith('"') || String(Number(token)) === token ? token : JSON.stringify(DIGITS + token),`,
    leaves: 'token,',
    tests: [models],
  },
  {
    name: 'a live model calls no function that reads the clock',
    file: EXPRESSIONS,
    takes: 'if (!functions.isStable(name)) {',
    leaves: 'if (false) {',
    tests: [refused],
  },
  {
    name: 'a live model calls no function that DuckDB wrongly calls consistent',
    file: FUNCTIONS,
    takes: 'if (READ_SURROUNDINGS.has(name)) return false',
    leaves: '',
    tests: [refused],
  },
  {
    name: 'a live model calls no macro that reads the clock by a name without brackets',
    file: FUNCTIONS,
    takes: 'readsOnly(body, parameters) &&',
    leaves: '',
    tests: [refused],
  },
  {
    name: 'a live model has one GROUP BY',
    file: 'src/serving/models/groups.ts',
    takes: 'if (sets.length === 1 && Array.isArray(set) && set.length === given.length) return',
    leaves: 'return',
    tests: [refused],
  },
  {
    name: 'a live model adds up no distinct values',
    file: 'src/serving/models/aggregates.ts',
    takes: 'if (call.distinct === true && !isExtreme) {',
    leaves: 'if (false) {',
    tests: [refused],
  },
  {
    name: 'a live model groups by values that are the same if they are equal',
    file: 'src/serving/models/types.ts',
    takes: 'if (isGroupType(type)) return const remedy',
    leaves: 'if (true) return; const remedy',
    tests: [refused],
  },
  {
    name: 'a live model has NULL for the sum of no value',
    file: 'src/duckdb/sql/liveModels.ts',
    takes: `CASE WHEN \${rows} > 0 THEN CAST(\${value} AS \${typeSql(type)}) END`,
    leaves: `CAST(\${value} AS \${typeSql(type)})`,
    tests: [models],
  },
  {
    name: 'a live model averages small numbers as DuckDB does',
    file: WRITTEN,
    takes: "return type === 'TINYINT' || type === 'SMALLINT' ? 'double' : rounding",
    leaves: 'return rounding',
    tests: [models],
  },
  {
    name: 'groups of a live model that are computed anew are joined to its whole FROM',
    file: FROM,
    takes: "...(isCross ? { ref_type: 'REGULAR', condition: ALWAYS } : {}),",
    leaves: '',
    tests: [models],
  },
  {
    name: 'no join of a live model leaves rows of its relation to a reference',
    file: FROM,
    takes: 'if (reference === undefined && !isKept) {',
    leaves: 'if (false) {',
    tests: [refused],
  },
  {
    name: 'a live model reads the columns of its USING',
    file: 'src/serving/models/columns.ts',
    takes: 'const read = new Set(this.#merged)',
    leaves: 'const read = new Set<string>()',
    tests: [models],
  },
  {
    name: 'a panel may take an INTERVAL from a moment that is not given yet',
    file: 'src/duckdb/typedParameters.ts',
    takes: "TIMESTAMPTZ: '1970-01-01T00:00:00Z',",
    leaves: '',
    tests: ['test/sql/panelsInStore.test.ts'],
  },
  {
    name: 'a view of first rows that drops rows before is refused',
    file: 'src/serving/models/firstRelation.ts',
    takes: 'if (!isDefault(where)) {',
    leaves: 'if (false) {',
    tests: [firstTest],
  },
]
