import type { KitCase } from '../kitCase.ts'
import type { Cells } from '../rows.ts'
import { shapeOf, type Trial, tableOf } from '../trial.ts'

const ID = { id: 'BIGINT' }

/** Names that a pattern would match other files by, or that a URI would say differently. */
const ODD_NAMES = ['a[1].parquet', 'b*.parquet', 'c?.parquet', '{d,e}.parquet', 'f %41#+&.parquet', "g'é.parquet"]
/** Beside them: files that such a pattern matches, and that are not in the plan. */
const DECOYS = ['a1.parquet', 'b2.parquet', 'c3.parquet', 'd.parquet', 'f A.parquet']

/** Writes files with one row each, and says which are to be read, with their rows. */
async function oddFiles(trial: Trial): Promise<{ readonly files: readonly string[]; readonly rows: Cells }> {
  const files: string[] = []
  for (const [index, name] of ODD_NAMES.entries()) files.push(await trial.parquet(name, ID, [[index]]))
  for (const name of DECOYS) await trial.parquet(name, ID, [[-1]])
  return { files, rows: ODD_NAMES.map((_, index) => [index]) }
}

const FOLDERS = 100
const FILES_IN_FOLDER = 100

/** The cases of inputs of Delta tables. */
export const tableInput: readonly KitCase[] = [
  {
    key: 'input.files',
    does: 'reads columns by their names, in whatever order, and NULL where a file lacks one',
    input: 'table',
    async run(trial) {
      const columns = { ...ID, k: 'VARCHAR', at: 'TIMESTAMPTZ' }
      const files = [
        await trial.parquet('one.parquet', columns, [[1, 'a', '2026-11-22 10:00:00.123456+00']]),
        await trial.parquet('two.parquet', { k: 'VARCHAR', id: 'BIGINT' }, [['b', 2]]),
        await trial.parquet('three.parquet', { other: 'DOUBLE', id: 'BIGINT' }, [[0.5, 3]]),
      ]
      const staged = await trial.stage(shapeOf(columns), { kind: 'table', files, columns, partitionBy: [] })
      await trial.expect(staged, {
        t: [
          [1, 'a', '2026-11-22 10:00:00.123456+00'],
          [2, 'b', null],
          [3, null, null],
        ],
      })
    },
  },
  {
    key: 'input.files',
    does: 'takes *, [, ?, { and % in a path for what they are',
    input: 'table',
    async run(trial) {
      const { files, rows } = await oddFiles(trial)
      const staged = await trial.stage(shapeOf(ID), { kind: 'table', files, columns: ID, partitionBy: [] })
      await trial.expect(staged, { t: rows })
    },
  },
  {
    key: 'input.files',
    does: 'makes no file of files without rows',
    input: 'table',
    async run(trial) {
      const files = [await trial.parquet('none.parquet', ID, [])]
      const staged = await trial.stage(shapeOf(ID), { kind: 'table', files, columns: ID, partitionBy: [] })
      await trial.expect(staged, {})
    },
  },
  {
    key: 'input.partitionBy',
    does: 'reads the values of columns from the names of folders',
    input: 'table',
    run: valuesOfFolders,
  },
  {
    key: 'input.files',
    does: `reads ${(FOLDERS * FILES_IN_FOLDER).toLocaleString('en')} files in a batch`,
    input: 'table',
    run: manyFiles,
  },
  {
    key: 'error',
    does: 'fails where a file is missing or is no Parquet file, and goes on with the next batch',
    input: 'table',
    async run(trial) {
      const whole = await trial.parquet('whole.parquet', ID, [[1]])
      const batchOf = (file: string) =>
        trial.stage(shapeOf(ID), { kind: 'table', files: [whole, file], columns: ID, partitionBy: [] })
      await trial.expectFailure(batchOf(await trial.path('missing.parquet')))
      await trial.expectFailure(batchOf(await trial.text('text.parquet', 'this is no Parquet file')))
      await trial.expect(await batchOf(await trial.parquet('more.parquet', ID, [[2]])), { t: [[1], [2]] })
    },
  },
]

const VALUES = {
  id: 'BIGINT',
  k: 'VARCHAR',
  day: 'DATE',
  n: 'INTEGER',
} as const

/** The folders of a file, and the values that they say. */
const PARTITIONS: readonly (readonly [folders: string, k: string | null, day: string | null, n: number | null])[] = [
  ['k=a/day=2026-11-22/n=7', 'a', '2026-11-22', 7],
  ['k=a%20b%2Fc%3Dd%25/day=0001-01-01/n=-2147483648', 'a b/c=d%', '0001-01-01', -2_147_483_648],
  ['k=%C3%BC%F0%9F%98%80/day=9999-12-31/n=2147483647', 'ü😀', '9999-12-31', 2_147_483_647],
  ['k=007/day=1582-10-10/n=0', '007', '1582-10-10', 0],
  ['k=2026-11-22/day=1900-02-28/n=1', '2026-11-22', '1900-02-28', 1],
  [`k=__HIVE_DEFAULT_PARTITION__/day=__HIVE_DEFAULT_PARTITION__/n=__HIVE_DEFAULT_PARTITION__`, null, null, null],
]

async function valuesOfFolders(trial: Trial): Promise<void> {
  const files: string[] = []
  for (const [index, [folders]] of PARTITIONS.entries()) {
    files.push(await trial.parquet(`${folders}/part.parquet`, ID, [[index]]))
  }
  const staged = await trial.stage(shapeOf(VALUES), {
    kind: 'table',
    files,
    columns: VALUES,
    partitionBy: ['k', 'day', 'n'],
  })
  await trial.expect(staged, { t: PARTITIONS.map(([, ...values], index) => [index, ...values]) })
}

async function manyFiles(trial: Trial): Promise<void> {
  const columns = { part: 'INTEGER', ...ID }
  const files: string[] = []
  for (let index = 0; index < FILES_IN_FOLDER; index++) {
    const file = await trial.parquet(`part=0/${index}.parquet`, ID, [[index]])
    files.push(file)
    for (let part = 1; part < FOLDERS; part++) files.push(await trial.link(file, `part=${part}/${index}.parquet`))
  }
  const shape = shapeOf(columns, { tables: [tableOf('t', columns)] })
  const staged = await trial.stage(shape, { kind: 'table', files, columns, partitionBy: ['part'] })
  const all = Array.from({ length: FOLDERS * FILES_IN_FOLDER }, (_, index) => [
    Math.floor(index / FILES_IN_FOLDER),
    index % FILES_IN_FOLDER,
  ])
  await trial.expect(staged, { t: all })
}
