import type { DeltaFile } from '../../../stream/input.ts'
import { bitmapOf, RUN_OF_TEN } from '../bitmap.ts'
import type { KitCase } from '../kitCase.ts'
import { selectOf, shapeOf, type Trial, tableOf } from '../trial.ts'

const ID = { id: 'BIGINT' }

function whole(file: string, partitionValues: DeltaFile['partitionValues'] = {}): DeltaFile {
  return { file, partitionValues, deleted: null }
}

const deltaInput: readonly KitCase[] = [
  {
    key: 'input.storedAs',
    does: 'reads columns by their names in the files, and NULL where a file lacks one',
    input: 'delta',
    async run(trial) {
      const columns = { ...ID, k: 'VARCHAR', 'a b': 'DOUBLE' }
      const older = await trial.parquet('older [1].parquet', { 'col-1': 'INTEGER', id: 'VARCHAR' }, [[1, 'no id']])
      const newer = await trial.parquet('newer.parquet', { 'col-3': 'FLOAT', 'col-2': 'VARCHAR', 'col-1': 'BIGINT' }, [
        [0.5, 'k', 2],
      ])
      const staged = await trial.stage(
        shapeOf(columns, {
          tables: [tableOf('t', { ...ID, k: 'VARCHAR', x: 'DOUBLE' })],
          select: selectOf('SELECT id, k, "a b" AS x FROM input_rows'),
        }),
        {
          kind: 'delta',
          files: [whole(older), whole(newer)],
          columns,
          partitionBy: [],
          storedAs: { id: 'col-1', k: 'col-2', 'a b': 'col-3' },
        },
      )
      await trial.expect(staged, {
        t: [
          [1, null, null],
          [2, 'k', 0.5],
        ],
      })
    },
  },
  {
    key: 'input.files[].partitionValues',
    does: 'takes the values of columns from the plan',
    input: 'delta',
    run: givenValues,
  },
  {
    key: 'input.files[].deleted',
    does: 'leaves out the rows at the positions of a bitmap',
    input: 'delta',
    run: deletedRows,
  },
]

/** Type → a value as the Delta protocol writes it, and as it is read. */
const LOGGED: readonly (readonly [type: string, logged: string | null, value: string | null])[] = [
  ['VARCHAR', 'a=b/c %20 ü', 'a=b/c %20 ü'],
  ['VARCHAR', '', null],
  ['VARCHAR', '007', '007'],
  ['BOOLEAN', 'true', 'true'],
  ['TINYINT', '-128', '-128'],
  ['SMALLINT', '32767', '32767'],
  ['INTEGER', '-5', '-5'],
  ['BIGINT', '9223372036854775807', '9223372036854775807'],
  ['FLOAT', '0.1', '0.1'],
  ['DOUBLE', '1.7976931348623157E308', '1.7976931348623157E308'],
  ['DECIMAL(12,5)', '-2342342.23423', '-2342342.23423'],
  ['DATE', '0001-01-01', '0001-01-01'],
  ['TIMESTAMPTZ', '2021-11-18 02:30:00.123456', '2021-11-18 02:30:00.123456+00'],
  ['TIMESTAMPTZ', '2021-11-18T02:30:00.5Z', '2021-11-18 02:30:00.5+00'],
  ['BIGINT', null, null],
]

async function givenValues(trial: Trial): Promise<void> {
  // Columns that the files have too: what the plan says counts.
  const types = LOGGED.map(([type], index) => [`p${index}`, type] as const)
  const columns = { ...ID, ...Object.fromEntries(types) }
  const values = Object.fromEntries(LOGGED.map(([, logged], index) => [`p${index}`, logged]))
  const nulls = Object.fromEntries(types.map(([name]) => [name, null]))
  const one = await trial.parquet('one.parquet', { ...ID, p0: 'VARCHAR' }, [[1, 'not this']])
  const two = await trial.parquet('two.parquet', ID, [[2], [3]])
  const staged = await trial.stage(shapeOf(columns), {
    kind: 'delta',
    files: [whole(one, values), whole(two, nulls)],
    columns,
    partitionBy: types.map(([name]) => name),
    storedAs: {},
  })
  const none = LOGGED.map(() => null)
  await trial.expect(staged, {
    t: [
      [1, ...LOGGED.map(([, , value]) => value)],
      [2, ...none],
      [3, ...none],
    ],
  })
}

const MANY_ROWS = 150_000

async function deletedRows(trial: Trial): Promise<void> {
  const many = await trial.counted('a [b] *.parquet', 'id', MANY_ROWS)
  const few = await trial.counted('few.parquet', 'id', 30)
  const none = await trial.counted('none.parquet', 'id', 2)
  // Two containers are lists, and the one in between is a bitmap.
  const gone = [
    0,
    1,
    65_535,
    131_072,
    MANY_ROWS - 1,
    ...Array.from({ length: 9_000 }, (_, index) => 65_536 + 7 * index),
  ]
  const files = [
    { file: many, partitionValues: {}, deleted: bitmapOf(gone) },
    { file: few, partitionValues: {}, deleted: RUN_OF_TEN },
    { file: none, partitionValues: {}, deleted: bitmapOf([0, 1]) },
  ]
  const left = Array.from({ length: MANY_ROWS }, (_, id) => id)
  const isGone = new Set(gone)
  const staged = await trial.stage(shapeOf(ID), { kind: 'delta', files, columns: ID, partitionBy: [], storedAs: {} })
  const rows = [...left.filter((id) => !isGone.has(id)), ...left.slice(0, 10), ...left.slice(20, 30)]
  await trial.expect(staged, { t: rows.map((id) => [id]) })
}

const foreignInput: readonly KitCase[] = [
  {
    key: 'input.groups',
    does: 'turns the columns of other programs into those that are declared, and a missing one into NULL',
    input: 'foreign',
    async run(trial) {
      const columns = { ...ID, k: 'VARCHAR' }
      const small = await trial.parquet('small [1].parquet', { ID: 'INTEGER', k: 'VARCHAR' }, [[1, 'a']])
      const without = await trial.parquet('without.parquet', { id: 'BIGINT' }, [[2]])
      const staged = await trial.stage(shapeOf(columns), {
        kind: 'foreign',
        groups: [
          {
            files: [small],
            columns: [
              {
                name: 'id',
                type: 'BIGINT',
                found: { name: 'ID', type: { kind: 'integer', bits: 32, isSigned: true } },
              },
              { name: 'k', type: 'VARCHAR', found: { name: 'k', type: { kind: 'text' } } },
            ],
          },
          {
            files: [without],
            columns: [
              {
                name: 'id',
                type: 'BIGINT',
                found: { name: 'id', type: { kind: 'integer', bits: 64, isSigned: true } },
              },
              { name: 'k', type: 'VARCHAR' },
            ],
          },
        ],
      })
      await trial.expect(staged, {
        t: [
          [1, 'a'],
          [2, null],
        ],
      })
    },
  },
  {
    key: 'input.groups',
    does: 'makes no file of no group',
    input: 'foreign',
    run: async (trial) => trial.expect(await trial.stage(shapeOf(ID), { kind: 'foreign', groups: [] }), {}),
  },
]

const generatedInput: readonly KitCase[] = [
  {
    key: 'input.first',
    does: 'counts values and times, and lets the SELECT read the variables',
    input: 'generated',
    async run(trial) {
      const columns = { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' }
      const shape = shapeOf(columns, {
        select: selectOf(`SELECT value, "timestamp", CAST(getvariable('word') AS VARCHAR) AS word FROM input_rows`),
        tables: [tableOf('t', { ...columns, word: 'VARCHAR' })],
      })
      await trial.check(shape, 'generated', { word: '' })
      for (const word of ["O'Brien", 'é; "']) {
        const staged = await trial.stage(shape, {
          kind: 'generated',
          first: 5,
          endExclusive: 7,
          firstMicros: -1,
          stepMicros: 2,
          variables: { word },
        })
        await trial.expect(staged, {
          t: [
            [5, '1969-12-31 23:59:59.999999+00', word],
            [6, '1970-01-01 00:00:00.000001+00', word],
          ],
        })
      }
    },
  },
]

const SPOOLED = {
  id: 'BIGINT',
  k: 'VARCHAR',
  bytes: 'BLOB',
  price: 'DECIMAL(38,2)',
  day: 'DATE',
  at: 'TIMESTAMPTZ',
  isNew: 'BOOLEAN',
} as const

const spooledInput: readonly KitCase[] = [
  {
    key: 'input.format',
    does: 'reads files of Parquet',
    input: 'spooled',
    async run(trial) {
      const file = await trial.parquet('spooled [1].parquet', { k: 'VARCHAR', id: 'BIGINT' }, [['a', 1]])
      const columns = { id: 'BIGINT', k: 'VARCHAR' }
      const staged = await trial.stage(shapeOf(columns), { kind: 'spooled', format: 'parquet', files: [file], columns })
      await trial.expect(staged, { t: [[1, 'a']] })
    },
  },
  {
    key: 'input.format',
    does: 'reads files of JSON lines: no digit is lost, a missing value is NULL, another column is ignored',
    input: 'spooled',
    async run(trial) {
      const file = await trial.text(
        'spooled [1].ndjson',
        [
          '{"id": 9223372036854775807, "k": "é\\n\\"", "bytes": "AP8=", "isNew": true, "other": [1],',
          ' "price": "-99999999999999999999999999999999999.01", "day": "2026-11-22",',
          ' "at": "2026-11-22T10:00:00.123456Z"}\n',
          '{"k": "", "id": "-9223372036854775808"}\n',
        ].join(''),
      )
      const staged = await trial.stage(shapeOf(SPOOLED), {
        kind: 'spooled',
        format: 'ndjson',
        files: [file],
        columns: SPOOLED,
      })
      await trial.expect(staged, {
        t: [
          [
            '9223372036854775807',
            'é\n"',
            '\\x00\\xFF',
            '-99999999999999999999999999999999999.01',
            '2026-11-22',
            '2026-11-22 10:00:00.123456+00',
            'true',
          ],
          ['-9223372036854775808', '', null, null, null, null, null],
        ],
      })
    },
  },
  {
    key: 'input.files',
    does: 'makes no file of no file',
    input: 'spooled',
    async run(trial) {
      for (const format of ['ndjson', 'parquet'] as const) {
        const staged = await trial.stage(shapeOf(ID), { kind: 'spooled', format, files: [], columns: ID })
        await trial.expect(staged, {})
      }
    },
  },
  {
    key: 'error',
    does: 'fails for a value of JSON lines that does not fit its type',
    input: 'spooled',
    async run(trial) {
      for (const [index, value] of ['"x"', '1.5', '9223372036854775808', '[1]'].entries()) {
        const file = await trial.text(`${index}.ndjson`, `{"id": 1}\n{"id": ${value}}\n`)
        await trial.expectFailure(
          trial.stage(shapeOf(ID), { kind: 'spooled', format: 'ndjson', files: [file], columns: ID }),
        )
      }
    },
  },
]

/** The cases of the other kinds of input. */
export const otherInputs: readonly KitCase[] = [...deltaInput, ...foreignInput, ...generatedInput, ...spooledInput]
