import { LakeError } from '../../errors.ts'
import type { ResolvedLake } from '../../lake/config/resolve.ts'
import { type Answer, type AnswerRows, writeAnswer } from '../answer.ts'
import { AS_OF_OPTION, asOfOption } from '../asOf.ts'
import { type Arguments, defineCommand } from '../command.ts'
import {
  type AskedEngine,
  askedEngine,
  assertEngineOptionsFit,
  asTypedSettings,
  ENGINE_OPTIONS,
} from '../engineOptions.ts'
import { usage } from '../optionValues.ts'
import { assertPresent } from '../presence.ts'
import { RESULT_OPTIONS, resultForm } from '../resultForm.ts'
import { withLake } from '../session.ts'
import { answerQuery } from './sql.ts'

const REPORT_OPTIONS = { ...RESULT_OPTIONS, ...AS_OF_OPTION, ...ENGINE_OPTIONS }
const REPORT_WORDS = { name: 'name', describe: 'a file of the reports folder, with dashes' } as const

export const report = defineCommand({
  name: 'report',
  describe: 'run a report of the lake; without a name, list them',
  words: REPORT_WORDS,
  options: REPORT_OPTIONS,
  plainWordsApart: true,
  examples: [
    ['report sales-by-day', 'a table'],
    ['report sales-by-day --output sales.parquet', 'a file'],
    ['report sales-by-day --engine spark', 'the same, computed by Spark'],
  ],
  run: async (argv, terminal) => {
    const form = resultForm(argv)
    const { name, asked } = namedWords(argv)
    return withLake(argv, async (lake, open) => {
      if (name === undefined) {
        await writeAnswer(listOf(open.config), form, terminal)
        return 0
      }
      const { askedEngine: chosenBy } = await import('../../lake/runEngines.ts') // only now, as the whole lake
      const chosen = asTypedSettings(() => chosenBy(open.config.engines, asked))
      assertEngineOptionsFit(argv, chosen === undefined ? [] : [chosen], 'and the report does not run on it')
      const asOf = asOfOption(argv, open.config)
      await assertPresent(open, argv)
      return answerQuery(lake, lake.reportQuery(name), { form, asOf, asked }, terminal)
    })
  },
})

/** The report that is named, and what is said of engines: without an engine, a word after `--` is the name. */
function namedWords(argv: Arguments<typeof REPORT_OPTIONS, typeof REPORT_WORDS>): {
  readonly name: string | undefined
  readonly asked: AskedEngine
} {
  const { name, plainWords = [] } = argv
  const [first, ...others] = plainWords
  const words = name === undefined ? others : plainWords
  const asked = askedEngine(argv, words)
  if (words.length > 0 && asked.engine === undefined) {
    throw usage(`"${words[0]}" is a word too many for report.`, 'Words after -- are for an engine: add --engine spark.')
  }
  return { name: name ?? first, asked }
}

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
