import { Fault } from '../fault.ts'
import type { KitCase } from '../kitCase.ts'
import { BATCH_TIME, RELATION, selectOf, shapeOf, type Trial, tableOf } from '../trial.ts'

const ID = { id: 'BIGINT' }

async function inputOf(trial: Trial, rows = 3) {
  const files = [await trial.counted(`${rows}.parquet`, 'id', rows)]
  return { kind: 'table', files, columns: ID, partitionBy: [] } as const
}

/** A plan of a version, and keys, that a later Lakeweir may have. */
const LATER_VERSION = 1_000_000
const LATER_KEYS = { somethingNew: { of: ['a', 'later', 'version'] } }

const KILLED_ROWS = 3_000_000
const KILLED_TIMES = 2

/** The cases of plans as such: what is in them, and in which order they come. */
export const plans: readonly KitCase[] = [
  {
    key: 'version',
    does: 'answers a plan of a version that it does not know with a failure, and stages nothing',
    input: 'table',
    async run(trial) {
      const input = await inputOf(trial)
      await trial.expectFailure(trial.stage(shapeOf(ID), input, { version: LATER_VERSION }))
      await trial.expect(await trial.stage(shapeOf(ID), input), { t: [[0], [1], [2]] })
    },
  },
  {
    key: 'version',
    does: 'ignores keys that the contract does not have',
    input: 'table',
    async run(trial) {
      const staged = await trial.stage(shapeOf(ID), await inputOf(trial), { unknownKeys: LATER_KEYS })
      await trial.expect(staged, { t: [[0], [1], [2]] })
    },
  },
  {
    key: 'shape',
    does: 'stages without an earlier check, and a changed shape after another one',
    input: 'table',
    async run(trial) {
      const input = await inputOf(trial)
      const wide = { ...ID, twice: 'BIGINT' }
      const select = selectOf(`SELECT id, 2 * id AS twice FROM ${RELATION}`)
      const doubled = shapeOf(ID, { select, tables: [tableOf('t', wide)] })
      const negative = shapeOf(ID, { select: selectOf(`SELECT -id AS id FROM ${RELATION}`) })
      for (let times = 0; times < 2; times++) {
        await trial.expect(await trial.stage(doubled, input), {
          t: [
            [0, 0],
            [1, 2],
            [2, 4],
          ],
        })
        await trial.expect(await trial.stage(negative, input), { t: [[0], [-1], [-2]] })
        await trial.expect(await trial.stage(shapeOf(ID), await inputOf(trial, 1)), { t: [[0]] })
      }
    },
  },
  {
    key: 'batchTime',
    does: "has the batch's own time in the variable batch_time",
    input: 'table',
    async run(trial) {
      const columns = { ...ID, batch_time: 'VARCHAR' }
      const shape = shapeOf(ID, {
        select: selectOf(`SELECT id, getvariable('batch_time') AS batch_time FROM ${RELATION}`),
        tables: [tableOf('t', columns)],
      })
      for (const batchTime of [BATCH_TIME, '1970-01-01T00:00:00.001Z']) {
        const staged = await trial.stage(shape, await inputOf(trial, 1), { batchTime })
        await trial.expect(staged, { t: [[0, batchTime]] })
      }
    },
  },
  {
    key: 'stagingFolder',
    does: 'has ended all its writing when it is killed, and stages the same batch again in another folder',
    input: 'table',
    async run(trial) {
      const input = await inputOf(trial, KILLED_ROWS)
      // Some work for each row, so that it is killed while it writes.
      const select = selectOf(`SELECT id, CAST(id AS STRING) AS word FROM ${RELATION}`)
      const shape = shapeOf(ID, { select, tables: [tableOf('t', { ...ID, word: 'VARCHAR' })] })
      const left = []
      for (let times = 0; times < KILLED_TIMES; times++) left.push(await trial.abandon(shape, input))
      const { result } = await trial.stage(shape, input)
      const rows = result.files.reduce((sum, file) => sum + file.rows, 0)
      if (rows !== KILLED_ROWS) throw new Fault(`it staged ${rows} rows of ${KILLED_ROWS} after it was killed`)
      for (const folder of left) trial.assertSame(folder)
    },
  },
]

const WRONG_SELECTS: readonly (readonly [does: string, text: string])[] = [
  ['that does not parse', `SELECT FROM WHERE ${RELATION}`],
  ['that reads a relation that is not there', 'SELECT id FROM other_rows'],
  ['that reads a column that is not there', `SELECT other AS id FROM ${RELATION}`],
  ['without a column of its table', `SELECT id AS other FROM ${RELATION}`],
  ['with a column of another type', `SELECT CAST(id AS STRING) AS id FROM ${RELATION}`],
]

/** The cases of what is wrong with a stream. */
export const failures: readonly KitCase[] = [
  ...WRONG_SELECTS.map(
    ([does, text]): KitCase => ({
      key: 'shape.select',
      does: `refuses a SELECT ${does}, at the check and where it stages without one`,
      input: 'table',
      async run(trial) {
        const shape = shapeOf(ID, { select: selectOf(text) })
        await trial.expectFailure(trial.check(shape, 'table'), ['LAKE_SQL_INVALID'])
        await trial.expectFailure(trial.stage(shape, await inputOf(trial)), ['LAKE_SQL_INVALID'])
      },
    }),
  ),
  {
    key: 'error',
    does: 'fails for a row that its SELECT cannot compute, and goes on with the next batch',
    input: 'table',
    async run(trial) {
      const columns = { word: 'VARCHAR' }
      const shape = shapeOf(columns, {
        select: selectOf(`SELECT CAST(word AS BIGINT) AS id FROM ${RELATION}`),
        tables: [tableOf('t', ID)],
      })
      const stage = async (name: string, word: string) => {
        const files = [await trial.parquet(name, columns, [['1'], [word]])]
        return trial.stage(shape, { kind: 'table', files, columns, partitionBy: [] })
      }
      await trial.expectFailure(stage('wrong.parquet', 'two'))
      await trial.expect(await stage('right.parquet', '2'), { t: [[1], [2]] })
    },
  },
]
