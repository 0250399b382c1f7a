import { extname, resolve } from 'node:path'
import type { CommandModule } from 'yargs'
import { LakeError, messageOf } from '../../errors.ts'
import type { Console } from '../console.ts'
import { plural } from '../format.ts'
import { type ResultFormat, renderResult } from '../result.ts'
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
        .option('json', { type: 'boolean', describe: 'one JSON object a row' })
        .option('csv', { type: 'boolean', describe: 'CSV with a header' })
        .option('output', { type: 'string', describe: 'write to this file; .json and .csv choose the form' })
        .conflicts('json', 'csv')
        .example('$0 report sales-by-day', 'a table')
        .example('$0 report sales-by-day --output sales.csv', 'a file'),
    handler: async (argv) => {
      await withLake(argv, async (lake) => {
        if (argv.name === undefined) {
          for (const name of lake.resolved.reports.keys()) console.data(name)
          return
        }
        await writeResult(await lake.report(argv.name), argv, console)
      })
      exit(0)
    },
  }
}

/** Prints a result, or writes it to a file. */
export async function writeResult(
  result: Parameters<typeof renderResult>[0],
  argv: ResultArguments,
  console: Console,
): Promise<void> {
  const lines = renderResult(result, formatOf(argv), console.isTerminal && argv.output === undefined)
  if (argv.output === undefined) {
    for (const line of lines) console.data(line)
    return
  }
  const { writeOutput } = await import('../../files/output.ts')
  const path = resolve(argv.output)
  try {
    await writeOutput(path, lines.map((line) => `${line}\n`).join(''))
  } catch (cause) {
    throw new LakeError('LAKE_DISK_FAILED', `${path} cannot be written: ${messageOf(cause)}`, { cause })
  }
  console.note(`${plural(result.rows.length, 'row')} in ${argv.output}`)
}

function formatOf({ json, csv, output }: ResultArguments): ResultFormat {
  if (json === true) return 'json'
  if (csv === true) return 'csv'
  const extension = output === undefined ? '' : extname(output).toLowerCase()
  if (['.json', '.ndjson', '.jsonl'].includes(extension)) return 'json'
  return extension === '.csv' ? 'csv' : 'table'
}
