import { expect, test } from 'vitest'
import { matchColumns } from '../../src/sources/foreignColumns.ts'

const DECLARED = { id: 'BIGINT', at: 'TIMESTAMPTZ' }

test('every declared column is matched in its own order, wherever it stands in the file', () => {
  const found = [
    { name: 'AT', type: 'TIMESTAMP_NS' },
    { name: 'more', type: 'NESTED' },
    { name: 'Id', type: 'INTEGER' },
  ]
  expect(matchColumns(DECLARED, found)).toEqual({
    columns: [
      { name: 'id', type: 'BIGINT', found: { name: 'Id', type: 'INTEGER' } },
      { name: 'at', type: 'TIMESTAMPTZ', found: { name: 'AT', type: 'TIMESTAMP_NS' } },
    ],
    extra: ['more'],
  })
})

/** Which types may become which; the rest keeps a file out. */
const CASTS: Readonly<Record<string, { takes: readonly string[]; refuses: readonly string[] }>> = {
  BIGINT: {
    takes: ['TINYINT', 'UBIGINT', 'BIGINT'],
    refuses: ['HUGEINT', 'DOUBLE', 'VARCHAR', 'BOOLEAN', 'DECIMAL(9,0)', 'TIMESTAMP'],
  },
  TINYINT: { takes: ['BIGINT', 'UTINYINT'], refuses: ['FLOAT', 'VARCHAR'] },
  DOUBLE: { takes: ['FLOAT', 'INTEGER', 'DECIMAL(9,2)'], refuses: ['VARCHAR', 'BOOLEAN'] },
  FLOAT: { takes: ['FLOAT'], refuses: ['DOUBLE', 'INTEGER'] },
  'DECIMAL(9,2)': {
    takes: ['DECIMAL(4,1)', 'DECIMAL(18,2)', 'INTEGER'],
    refuses: ['DECIMAL(9,3)', 'DOUBLE', 'VARCHAR'],
  },
  VARCHAR: { takes: ['VARCHAR'], refuses: ['BLOB', 'INTEGER', 'DATE', 'NESTED', 'UUID'] },
  DATE: { takes: ['DATE'], refuses: ['TIMESTAMP', 'VARCHAR', 'INTEGER'] },
  TIMESTAMPTZ: {
    takes: ['TIMESTAMP', 'TIMESTAMP_NS', 'TIMESTAMP_MS', 'TIMESTAMP_S', 'TIMESTAMP WITH TIME ZONE', 'DATE'],
    refuses: ['TIME', 'BIGINT', 'VARCHAR'],
  },
  BOOLEAN: { takes: ['BOOLEAN'], refuses: ['INTEGER', 'VARCHAR'] },
  BLOB: { takes: ['BLOB'], refuses: ['VARCHAR'] },
}

for (const [type, { takes, refuses }] of Object.entries(CASTS)) {
  test(`${type} is made of ${takes.join(', ')}, and not of ${refuses.join(', ')}`, () => {
    for (const from of takes)
      expect(matchColumns({ x: type }, [{ name: 'x', type: from }]), from).toHaveProperty('columns')
    for (const from of refuses) {
      expect(matchColumns({ x: type }, [{ name: 'x', type: from }]), from).toEqual({
        reason: `column x is ${from}, the table wants ${type}`,
      })
    }
  })
}
