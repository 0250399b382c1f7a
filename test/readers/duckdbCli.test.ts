import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { duckdbCli } from '../support/duckdbCli.ts'
import { describeWith } from '../support/optionalTool.ts'
import { deltaExtension, hasPython, PYTHON_NEED } from '../support/python.ts'
import { differences, type Question, questionsOf, quoted, ReadersLake } from '../support/readersLake.ts'

const LIMIT_MS = 300_000

/** A question as DuckDB's SQL asks it. */
function conditionOf({ column, sign, type, text }: Question): string {
  if (text === null) return `${quoted(column)} ${sign}`
  const value = type === 'BLOB' ? `unhex('${text}')` : `CAST('${text.replaceAll("'", "''")}' AS ${type})`
  return `${quoted(column)} ${sign} ${value}`
}

describeWith(hasPython, PYTHON_NEED, "a lake that our commands made is read by DuckDB's command line", () => {
  let lake: ReadersLake
  let load: string

  beforeAll(async () => {
    lake = await ReadersLake.make()
    mkdirSync(join(lake.folder, 'rows'))
    load = `LOAD '${await deltaExtension()}'; SET TimeZone = 'UTC';`
  }, LIMIT_MS)

  afterAll(() => lake.remove())

  test(
    'by its delta extension and by a glob, row for row',
    async () => {
      for (const table of lake.tables) {
        const { name, folder, partitionBy } = table
        const kind = partitionBy.map((column) => `${column}: ${table.columns[column]}`).join(', ')
        const hive = kind === '' ? 'hive_partitioning = false' : `hive_types = {${kind}}`
        // A folder of the log has Parquet files too: its checkpoints.
        const files = partitionBy.length === 0 ? '*.parquet' : `${partitionBy.join()}=*/*.parquet`
        const ways = {
          extension: `delta_scan('${folder}')`,
          glob: `read_parquet('${folder}/${files}', ${hive})`,
        }
        for (const [way, from] of Object.entries(ways)) {
          const file = join(lake.folder, 'rows', `${name}-${way}.parquet`)
          await duckdbCli({ args: ['-c', `${load} COPY (FROM ${from}) TO '${file}' (FORMAT parquet)`] })
          expect(await differences(lake, table, file), `${name} by ${way}`).toEqual([])
        }
      }
    },
    LIMIT_MS,
  )

  test(
    'with filters on every column, by its delta extension',
    async () => {
      const questions = await questionsOf(lake)
      const asked = questions.map((question, index) => {
        const { folder } = lake.tables.find(({ name }) => name === question.table) ?? { folder: '' }
        const condition = conditionOf(question)
        return `SELECT ${index} AS question, list(id ORDER BY id) AS ids FROM delta_scan('${folder}') WHERE ${condition};`
      })
      const file = join(lake.folder, 'questions.sql')
      writeFileSync(file, `${load}\n${asked.join('\n')}\n`)
      const printed = await duckdbCli({ args: ['-jsonlines', '-f', file] })
      const answers = printed.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Answer]))
      expect(answers).toHaveLength(questions.length)
      const wrong = answers.filter(({ question, ids }) => String(ids ?? '') !== String(questions[question]?.ids))
      expect(wrong.map(({ question, ids }) => ({ ...questions[question], found: ids }))).toEqual([])
    },
    LIMIT_MS,
  )
})

interface Answer {
  readonly question: number
  readonly ids: readonly number[] | null
}
