import { basename, dirname, extname, resolve } from 'node:path'
import type { CommandModule } from 'yargs'
import type { Result } from '../../duckdb/session.ts'
import { LakeError, messageOf, systemCodeOf } from '../../errors.ts'
import type { Lake } from '../../lake/lake.ts'
import type { Console } from '../console.ts'
import { plural } from '../format.ts'
import { OPTIONS } from '../options.ts'
import { assertPresent } from '../presence.ts'
import type { ResultFormat } from '../result.ts'
import { type CommonArguments, withLake } from '../session.ts'

/** The options by which a result is shaped. */
export interface ResultArguments extends CommonArguments {
  readonly json: boolean | undefined
  readonly csv: boolean | undefined
  readonly output: string | undefined
}

interface ReportArguments extends ResultArguments {
  readonly name: string | undefined
}

export function reportCommand(
  console: Console,
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
        .example('$0 report sales-by-day --output sales.csv', 'a file'),
    handler: async (argv) => {
      const format = formatOf(argv)
      await withLake(argv, async (lake) => {
        if (argv.name === undefined) return writeResult(listOf(lake), format, argv, console)
        await assertPresent(lake, argv)
        await writeResult(await lake.report(argv.name), format, argv, console)
      })
      exit(0)
    },
  }
}

/** The reports, each with the sentence that its file begins with. */
function listOf(lake: Lake): Result {
  const rows = [...lake.resolved.reports].map(([name, { text }]) => {
    const [, sentence = ''] = /^-- [^:\n]+: (.*)/.exec(text) ?? []
    return [name, sentence]
  })
  return { columns: ['report', 'rows'], types: ['VARCHAR', 'VARCHAR'], rows }
}

/** Prints a result, or writes it to a file. */
export async function writeResult(
  result: Result,
  format: ResultFormat,
  argv: ResultArguments,
  console: Console,
): Promise<void> {
  const { renderResult } = await import('../result.ts')
  const lines = renderResult(result, format, argv.output === undefined ? console.dataWidth : undefined)
  if (argv.output === undefined) {
    for (const line of lines) console.data(line)
    if (result.rows.length === 0 && result.columns.length > 0 && console.dataWidth !== undefined)
      console.note('no rows')
    return
  }
  const { writeOutput } = await import('../../files/output.ts')
  const path = resolve(argv.output)
  try {
    await writeOutput(path, lines.map((line) => `${line}\n`).join(''))
  } catch (cause) {
    if (systemCodeOf(cause) === 'ENOENT') {
      throw new LakeError('LAKE_USAGE', `there is no folder ${dirname(path)} to write ${basename(path)} to.`, { cause })
    }
    throw new LakeError('LAKE_DISK_FAILED', `${path} cannot be written: ${messageOf(cause)}`, {
      cause,
      state: 'What stood there before still does, and the lake is as it was.',
      remedy: 'Free space there, or write elsewhere: --output FILE',
    })
  }
  console.note(`${plural(result.rows.length, 'row')} in ${argv.output}`)
}

const FORM_OF_EXTENSION: Readonly<Record<string, ResultFormat>> = {
  '.csv': 'csv',
  '.json': 'json',
  '.jsonl': 'json',
  '.ndjson': 'json',
}

/** The form of a result. @throws LakeError LAKE_USAGE where the options contradict */
export function formatOf({ json, csv, output }: ResultArguments): ResultFormat {
  const ofFile = output === undefined ? undefined : FORM_OF_EXTENSION[extname(output).toLowerCase()]
  const asked: { form: ResultFormat; by: string }[] = []
  if (json === true) asked.push({ form: 'json', by: '--json' })
  if (csv === true) asked.push({ form: 'csv', by: '--csv' })
  if (ofFile !== undefined) asked.push({ form: ofFile, by: `--output ${output}` })
  const [first, ...others] = asked
  const rival = others.find(({ form }) => form !== first?.form)
  if (first === undefined || rival === undefined) return first?.form ?? 'table'
  throw new LakeError('LAKE_USAGE', `${first.by} and ${rival.by} contradict: a result has one form.`, {
    remedy: 'Leave one of them out.',
  })
}
