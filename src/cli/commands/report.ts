import type { CommandModule } from 'yargs'
import { LakeError } from '../../errors.ts'
import type { Lake } from '../../lake/lake.ts'
import { type Answer, type AnswerRows, writeAnswer } from '../answer.ts'
import { OPTIONS } from '../options.ts'
import { assertPresent } from '../presence.ts'
import { type ResultArguments, resultForm } from '../resultForm.ts'
import { type CommonArguments, withLake } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import { answerQuery } from './sql.ts'

interface ReportArguments extends ResultArguments {
  readonly name: string | undefined
}

export function reportCommand(
  terminal: Terminal,
  exit: (code: number) => void,
): CommandModule<CommonArguments, ReportArguments> {
  return {
    command: 'report [name]',
    describe: 'run a report of the lake; without a name, list them',
    builder: (yargs) =>
      yargs
        .positional('name', { type: 'string', describe: 'a file of the reports folder, with dashes' })
        .options(OPTIONS.report)
        .example('$0 report sales-by-day', 'a table')
        .example('$0 report sales-by-day --output sales.parquet', 'a file'),
    handler: async (argv) => {
      const form = resultForm(argv)
      await withLake(argv, async (lake) => {
        if (argv.name === undefined) {
          await writeAnswer(listOf(lake), form, terminal)
          return exit(0)
        }
        await assertPresent(lake, argv)
        exit(await answerQuery(lake, lake.reportQuery(argv.name), form, terminal))
      })
    },
  }
}

/** The reports, each with the sentence that its file begins with. */
function listOf(lake: Lake): Answer {
  const left = [
    [...lake.resolved.reports].map(([name, { text }]) => {
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
