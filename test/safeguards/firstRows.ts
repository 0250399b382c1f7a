import type { Safeguard } from './safeguard.ts'

const INDEX = 'src/serving/relations/keyIndex.ts'
const LOOK_UP = 'src/serving/relations/lookUp.ts'
const RELATION = 'src/serving/relations/firstRows.ts'
const SQL = 'src/duckdb/sql/firstRows.ts'
const indexTest = 'test/serving/keyIndex.test.ts'
const lookUpTest = 'test/serving/lookUp.test.ts'
const rowsTest = 'test/serving/firstRows.test.ts'
const propertyTest = 'test/serving/firstRows.property.test.ts'

export const firstRows: readonly Safeguard[] = [
  {
    name: 'keys of first rows are told apart by their whole hash',
    file: INDEX,
    takes: 'for (let word = 0; word < 4; word++) if (piece[own + word] !== hashes[at + word]) return false',
    leaves: '',
    tests: [indexTest],
  },
  {
    name: 'a row that another has replaced is no first row any more',
    file: SQL,
    takes: '#notReplaced(): Sql {',
    leaves: '#notReplaced(): Sql {\n    if (this.#rows.keys.length > 0) return this.#state',
    tests: [rowsTest],
  },
  {
    name: 'new rows of a key that come as early as each other are compared whole',
    file: LOOK_UP,
    takes: 'if (isTied || rows.length > 1) found',
    leaves: 'if (isTied) found',
    tests: [lookUpTest],
  },
  {
    name: 'a new row that comes as early as the one that is kept is compared with it whole',
    file: LOOK_UP,
    takes: 'const isTied = entry !== -1 && leads[row] === index.leadOf(entry)',
    leaves: 'const isTied = false',
    tests: [lookUpTest],
  },
  {
    name: 'a portion of first rows that was rolled back leaves nothing in the index',
    file: RELATION,
    takes: 'rolledBack(): void {\n    this.#pending = undefined',
    leaves: 'rolledBack(): void {\n    this.committed()',
    tests: [propertyTest],
  },
  {
    name: 'an index of first rows that was given up for one that was not committed is loaded again',
    file: RELATION,
    takes: 'if (this.#isStale) {',
    leaves: 'if (false) {',
    tests: [rowsTest],
  },
  {
    name: 'a new row is compared with those that are not yet in the state',
    file: SQL,
    takes: 'return unionAll([this.#rowsInState(whereIn(ID, settled)), ...others])',
    leaves: 'return this.#rowsInState(whereIn(ID, ids))',
    tests: [propertyTest],
  },
  {
    name: 'a row that was written into the state later replaces there what it replaced',
    file: RELATION,
    takes: 'replaced[place] = index.put(',
    leaves: 'index.put(',
    tests: [propertyTest],
  },
  {
    name: 'a new row that another comes before is not written into the state with those of its portion',
    file: SQL,
    takes: 'const where = isGained === undefined ?',
    leaves: 'const where = slot >= 0 ?',
    tests: [propertyTest],
  },
  {
    name: 'others read what was read for first rows only while all of it is there',
    file: RELATION,
    takes: 'read: isWhole ?',
    leaves: 'read: table !== undefined ?',
    tests: [rowsTest],
  },
  {
    name: 'a join over first rows reads those that were not yet in the state',
    file: RELATION,
    takes: 'statements.add(...this.settle(), ...this.#sql.joinGained(slot))',
    leaves: 'statements.add(...this.#sql.joinGained(slot))',
    tests: [rowsTest, propertyTest],
  },
  {
    name: 'an index of first rows that has outgrown its memory is given up',
    file: RELATION,
    takes: 'if (!canGoOn) this.#index = undefined',
    leaves: '',
    tests: [rowsTest],
  },
  {
    name: 'first rows that another version of DuckDB has kept are made anew',
    file: RELATION,
    takes: 'duckdb: running?.version',
    leaves: '',
    tests: [rowsTest],
  },
  {
    name: 'which of two rows that are equal in the order is kept does not depend on which came first',
    file: SQL,
    takes: '...others.map((column) => ({ column, isDescending: false, areNullsFirst: false }))',
    leaves: '',
    tests: [rowsTest],
  },
  {
    name: 'infinite times come before and after all others among first rows',
    file: SQL,
    takes: `sql\`CASE \${value} WHEN 'infinity' THEN 'Infinity'::DOUBLE WHEN '-infinity' THEN '-Infinity'::DOUBLE END\`,`,
    leaves: '',
    tests: [rowsTest],
  },
  {
    name: 'keys of few bytes are hashed as those of many are',
    file: SQL,
    takes: ", '', 'ASC NULLS LAST'))`",
    leaves: '))`',
    tests: [propertyTest],
  },
]
