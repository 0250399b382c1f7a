import type { StreamShape } from '../../../tables/engine.ts'
import type { KitCase } from '../kitCase.ts'
import type { Cells } from '../rows.ts'
import { RELATION, type Staged, selectOf, shapeOf, type Trial, tableOf } from '../trial.ts'

/** Texts that a path cannot have as they are, or that a reader of paths takes for something else. */
const TEXTS = ['a b', 'x/y', '%41', '..', 'a=b', "'", 'new\nline', 'NULL', 'null', '007', 'ü😀', 'c:d*?"<>|#', '{}[]^~']

/** Stages rows into folders of the columns, and compares them. */
async function staged(
  trial: Trial,
  columns: Readonly<Record<string, string>>,
  partitionBy: readonly string[],
  rows: Cells,
): Promise<Staged> {
  const shape = shapeOf(columns, { tables: [tableOf('t', columns, partitionBy)] })
  const files = [await trial.parquet('rows.parquet', columns, rows)]
  return trial.stage(shape, { kind: 'table', files, columns, partitionBy: [] })
}

const MANY_FOLDERS = 300

/** The cases of the folders that tables have for values. */
export const folders: readonly KitCase[] = [
  {
    key: 'shape.tables[].partitionBy',
    does: 'names folders after any text',
    input: 'table',
    async run(trial) {
      const rows = TEXTS.map((text, id) => [id, text])
      await trial.expect(await staged(trial, { id: 'INTEGER', k: 'VARCHAR' }, ['k'], rows), { t: rows })
    },
  },
  {
    key: 'files[].partitionValues',
    does: 'says null for NULL and for empty text, and keeps the rows of both',
    input: 'table',
    async run(trial) {
      const columns = { id: 'INTEGER', k: 'VARCHAR' }
      const rows = [
        [1, null],
        [2, ''],
        [3, 'k'],
      ]
      await trial.expect(await staged(trial, columns, ['k'], rows), { t: rows.map(([id, k]) => [id ?? 0, k || null]) })
    },
  },
  {
    key: 'shape.tables[].partitionBy',
    does: 'names folders after dates and integers, the first column outermost',
    input: 'table',
    async run(trial) {
      const columns = { id: 'INTEGER', n: 'BIGINT', day: 'DATE', tiny: 'TINYINT', small: 'SMALLINT', whole: 'INTEGER' }
      const rows = [
        [1, '-9223372036854775808', '0001-01-01', -128, -32_768, -2_147_483_648],
        [2, '9223372036854775807', '9999-12-31', 127, 32_767, 2_147_483_647],
        [3, 0, '1582-10-10', 0, 0, 0],
        [4, null, null, null, null, null],
      ]
      await trial.expect(await staged(trial, columns, ['day', 'n', 'whole', 'small', 'tiny'], rows), { t: rows })
    },
  },
  {
    key: 'shape.tables[].partitionBy',
    does: `writes ${MANY_FOLDERS} folders in a batch`,
    input: 'table',
    async run(trial) {
      const rows = Array.from({ length: 3 * MANY_FOLDERS }, (_, id) => [id, id % MANY_FOLDERS])
      await trial.expect(await staged(trial, { id: 'INTEGER', k: 'INTEGER' }, ['k'], rows), { t: rows })
    },
  },
]

const SOURCE = { id: 'INTEGER', word: 'VARCHAR' } as const

/** Rows for the tables that their word names. */
const GIVEN: Cells = [
  [1, 'one'],
  [2, 'two'],
  [3, 'one'],
  [4, 'three'],
]

async function stageTo(trial: Trial, shape: StreamShape, rows: Cells): Promise<Staged> {
  const files = [await trial.parquet('rows.parquet', SOURCE, rows)]
  return trial.stage(shape, { kind: 'table', files, columns: SOURCE, partitionBy: [] })
}

const ALIKE = shapeOf(SOURCE, {
  select: selectOf(`SELECT id, word AS k, word AS destination FROM ${RELATION}`),
  tables: ['one', 'two', 'three'].map((name) => tableOf(name, { id: 'INTEGER', k: 'VARCHAR' }, ['k'])),
})

const UNLIKE = shapeOf(SOURCE, {
  select: selectOf(`SELECT word AS destination, id, CAST(id AS BIGINT) AS n, word AS k FROM ${RELATION}`),
  tables: [
    tableOf('one', { k: 'VARCHAR', id: 'INTEGER' }, ['k']),
    tableOf('two', { n: 'BIGINT' }),
    tableOf('three', { id: 'INTEGER', k: 'VARCHAR', n: 'BIGINT' }, ['n', 'id']),
  ],
})

function strayRows(shape: StreamShape, tables: string): KitCase[] {
  return [null, 'elsewhere', '', 'ONE', '__HIVE_DEFAULT_PARTITION__'].map((word) => ({
    key: 'error.code',
    does: `fails for the destination ${word === null ? 'NULL' : `'${word}'`}, ${tables}`,
    input: 'table',
    run: async (trial) => {
      await trial.expectFailure(stageTo(trial, shape, [...GIVEN, [5, word]]), ['LAKE_SPLIT_FAILED'])
    },
  }))
}

/** The cases of streams with several tables, and of SELECTs that change the number of rows. */
export const tables: readonly KitCase[] = [
  {
    key: 'shape.tables',
    does: 'sends each row to the table that the column destination names',
    input: 'table',
    async run(trial) {
      await trial.check(ALIKE, 'table')
      await trial.expect(await stageTo(trial, ALIKE, GIVEN), {
        one: [
          [1, 'one'],
          [3, 'one'],
        ],
        two: [[2, 'two']],
        three: [[4, 'three']],
      })
    },
  },
  {
    key: 'shape.tables',
    does: 'writes tables of different columns and folders',
    input: 'table',
    async run(trial) {
      await trial.check(UNLIKE, 'table')
      await trial.expect(await stageTo(trial, UNLIKE, GIVEN), {
        one: [
          ['one', 1],
          ['one', 3],
        ],
        two: [[2]],
        three: [[4, 'three', 4]],
      })
    },
  },
  ...[...strayRows(ALIKE, 'with tables alike'), ...strayRows(UNLIKE, 'with tables of different columns')],
  {
    key: 'shape.rows',
    does: 'lets a SELECT drop rows, all of them too, and make several of one, where it may',
    input: 'table',
    async run(trial) {
      const columns = { id: 'INTEGER' }
      const dropping = shapeOf(SOURCE, {
        rows: 'any',
        select: selectOf(`SELECT id FROM ${RELATION} WHERE id > 2`),
        tables: [tableOf('t', columns)],
      })
      await trial.check(dropping, 'table')
      await trial.expect(await stageTo(trial, dropping, GIVEN), { t: [[3], [4]] })
      await trial.expect(await stageTo(trial, dropping, GIVEN.slice(0, 2)), {})
      const doubling = selectOf(`SELECT id FROM ${RELATION} UNION ALL SELECT -id AS id FROM ${RELATION}`)
      const doubled = await stageTo(trial, { ...dropping, select: doubling }, GIVEN.slice(0, 2))
      await trial.expect(doubled, { t: [[1], [2], [-1], [-2]] })
    },
  },
]
