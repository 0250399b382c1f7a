import { LakeError } from '../../errors.ts'
import type { ResolvedLake } from '../../lake/config/resolve.ts'
import { type Answer, type AnswerRows, writeAnswer } from '../answer.ts'
import { AS_OF_OPTION, asOfOption } from '../asOf.ts'
import { defineCommand } from '../command.ts'
import { assertPresent } from '../presence.ts'
import { RESULT_OPTIONS, resultForm } from '../resultForm.ts'
import { withLake } from '../session.ts'
import { answerQuery } from './sql.ts'

export const report = defineCommand({
  name: 'report',
  describe: 'run a report of the lake; without a name, list them',
  words: { name: 'name', describe: 'a file of the reports folder, with dashes' },
  options: { ...RESULT_OPTIONS, ...AS_OF_OPTION },
  examples: [
    ['report sales-by-day', 'a table'],
    ['report sales-by-day --output sales.parquet', 'a file'],
  ],
  run: async (argv, terminal) => {
    const form = resultForm(argv)
    return withLake(argv, async (lake, open) => {
      if (argv.name === undefined) {
        await writeAnswer(listOf(open.config), form, terminal)
        return 0
      }
      const asOf = asOfOption(argv, open.config)
      await assertPresent(open, argv)
      return answerQuery(lake, lake.reportQuery(argv.name), { form, asOf }, terminal)
    })
  },
})

/** The reports, each with the first sentence of its file. */
function listOf({ reports }: ResolvedLake): Answer {
  const left = [
    [...reports].map(([name, { text }]) => {
      const [, sentence = ''] = /^-- [^:\n]+: (.*)/.exec(text) ?? []
      return [name, sentence]
    }),
  ]
  const list: AnswerRows = {
    columns: ['report', 'rows'],
    types: ['VARCHAR', 'VARCHAR'],
    hasRows: true,
    next: async () => left.pop(),
    countRest: async () => ({ rows: 0, isAll: true }),
  }
  return {
    results: async function* () {
      yield list
    },
    writeParquet: () => {
      throw new LakeError('LAKE_USAGE', 'the list of reports is not written as Parquet.', {
        remedy: 'Name a report, or write .csv, .json, .ndjson or .md.',
      })
    },
  }
}
