import type { KitCase } from '../kitCase.ts'
import type { Cell } from '../rows.ts'
import { RELATION, selectOf, shapeOf, type Trial } from '../trial.ts'

/** Each type with values at its edges. */
const VALUES: Readonly<Record<string, readonly Cell[]>> = {
  BOOLEAN: ['true', 'false', null],
  TINYINT: ['-128', '0', '127', null],
  SMALLINT: ['-32768', '0', '32767', null],
  INTEGER: ['-2147483648', '0', '2147483647', null],
  BIGINT: ['-9223372036854775808', '9007199254740993', '9223372036854775807', null],
  FLOAT: ['-3.4028235e38', '1e-45', '0.1', '3.4028235e38', null],
  DOUBLE: ['-1.7976931348623157e308', '5e-324', '0.1', '1.7976931348623157e308', null],
  'DECIMAL(4,1)': ['-999.9', '-0.1', '0', '999.9', null],
  'DECIMAL(9,2)': ['-9999999.99', '-0.05', '0', '9999999.99', null],
  'DECIMAL(18,4)': ['-99999999999999.9999', '0.0001', '99999999999999.9999', null],
  'DECIMAL(38,0)': ['-99999999999999999999999999999999999999', '0', '99999999999999999999999999999999999999', null],
  'DECIMAL(38,38)': ['-0.99999999999999999999999999999999999999', '0.00000000000000000000000000000000000001', null],
  VARCHAR: [
    '',
    ' ',
    'NULL',
    "O'Brien",
    'a\nb\tc',
    'a\u0000b',
    'é',
    'e\u0301',
    '😀',
    '\uffff',
    'x'.repeat(100_000),
    null,
  ],
  BLOB: ['', '\\x00', '\\xFF\\xFE', '\\x00\\xC3\\x28\\x00', null],
  DATE: ['0001-01-01', '1582-10-04', '1582-10-10', '1582-10-15', '1969-12-31', '9999-12-31', null],
  TIMESTAMPTZ: [
    '0001-01-01 00:00:00+00',
    '1582-10-10 12:00:00+00',
    '1883-11-18 12:03:57.999999+00',
    '1969-12-31 23:59:59.999999+00',
    '2026-03-29 01:30:00+00',
    '2026-10-25 00:30:00.123456+00',
    '9999-12-31 23:59:59.999999+00',
    null,
  ],
}

/** Values of FLOAT and DOUBLE that have no place in an order. */
const BEYOND: readonly Cell[] = ['NaN', '-Infinity', 'Infinity', '1.5', null]

async function keeps(trial: Trial, type: string, values: readonly Cell[]): Promise<void> {
  const columns = { id: 'INTEGER', x: type }
  const rows = values.map((value, index) => [index, value])
  const files = [await trial.parquet('values.parquet', columns, rows)]
  const input = { kind: 'table', files, columns, partitionBy: [] } as const
  for (const select of [null, selectOf(`SELECT id, x FROM ${RELATION}`)]) {
    await trial.expect(await trial.stage(shapeOf(columns, { select }), input), { t: rows })
  }
}

/** Names that a table may have, besides letters. */
const ODD_NAMES = [
  'a.b',
  'a-b',
  'ü',
  '1st',
  'select',
  '"quoted"',
  '`tick`',
  "it's",
  'a/b',
  'a%20b',
  '$',
  'A?',
  '😀',
  'x:y',
]

/** The cases of types and names of columns. */
export const values: readonly KitCase[] = [
  ...Object.entries(VALUES).map(
    ([type, cells]): KitCase => ({
      key: 'shape.columns',
      does: `keeps every value of ${type}, and NULL`,
      input: 'table',
      run: (trial) => keeps(trial, type, cells),
    }),
  ),
  ...['FLOAT', 'DOUBLE'].map(
    (type): KitCase => ({
      key: 'files[].columns.*.bounds',
      does: `keeps NaN and infinite values of ${type}, for which there are no bounds`,
      input: 'table',
      run: (trial) => keeps(trial, type, BEYOND),
    }),
  ),
  {
    key: 'shape.columns',
    does: 'keeps columns that are NULL in every row',
    input: 'table',
    async run(trial) {
      const types = Object.keys(VALUES).map((type, index) => [`c${index}`, type] as const)
      const columns = { id: 'INTEGER', ...Object.fromEntries(types) }
      const rows = [
        [1, ...types.map(() => null)],
        [2, ...types.map(() => null)],
      ]
      const files = [await trial.parquet('nulls.parquet', columns, rows)]
      const staged = await trial.stage(shapeOf(columns), { kind: 'table', files, columns, partitionBy: [] })
      await trial.expect(staged, { t: rows })
    },
  },
  {
    key: 'shape.columns',
    does: 'takes odd names of columns',
    input: 'table',
    async run(trial) {
      const columns = Object.fromEntries(ODD_NAMES.map((name) => [name, 'INTEGER']))
      const row = ODD_NAMES.map((_, index) => index)
      const files = [await trial.parquet('odd.parquet', columns, [row])]
      const staged = await trial.stage(shapeOf(columns), { kind: 'table', files, columns, partitionBy: [] })
      await trial.expect(staged, { t: [row] })
    },
  },
  {
    key: 'shape.relation',
    does: 'calls the rows as the plan does',
    input: 'table',
    async run(trial) {
      const columns = { id: 'INTEGER' }
      const files = [await trial.parquet('rows.parquet', columns, [[1]])]
      const shape = shapeOf(columns, { relation: 'Other_rows', select: selectOf('SELECT id FROM Other_rows') })
      await trial.expect(await trial.stage(shape, { kind: 'table', files, columns, partitionBy: [] }), { t: [[1]] })
    },
  },
]
