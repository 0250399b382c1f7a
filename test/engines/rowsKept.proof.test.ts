import { expect, test } from 'vitest'
import { SqlText } from '../../src/duckdb/parseTree.ts'
import { assertKnownKeys, type Proof } from '../../src/engines/duckdb/rowsKept/proof.ts'

const proof: Proof = {
  name: 'sql/route.sql',
  sql: new SqlText('FROM given'),
  source: 'given',
  references: [],
  functions: { kindOf: () => 'unknown', isStable: () => false },
}

// No SELECT of today's DuckDB makes such a node.
test('what a newer DuckDB says of a node beyond what is known is refused, by its place and name', () => {
  const node = { type: 'BASE_TABLE', query_location: 5, at_random: true }
  expect(() => assertKnownKeys(proof, node, new Set(['type', 'query_location', 'at_random']))).not.toThrow()
  expect(() => assertKnownKeys(proof, node, new Set(['type', 'query_location']))).toThrow(
    'sql/route.sql line 1, column 6: "at_random" of a BASE_TABLE is not known to keep rows.',
  )
})
