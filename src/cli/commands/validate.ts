import type { CommandModule } from 'yargs'
import type { Validation } from '../../lake/validate.ts'
import type { Console } from '../console.ts'
import { count, plural } from '../format.ts'
import { type CommonArguments, withLake } from '../session.ts'

interface ValidateArguments extends CommonArguments {
  readonly deep: boolean | undefined
  readonly json: boolean | undefined
}

export function validateCommand(
  console: Console,
  exit: (code: number) => void,
): CommandModule<CommonArguments, ValidateArguments> {
  return {
    command: 'validate',
    describe: 'check that every row that came in went out, counted from the data files; exit 1 if not',
    builder: (yargs) =>
      yargs
        .option('deep', { type: 'boolean', describe: 'compare the rows too, by running each SELECT again' })
        .option('json', { type: 'boolean', describe: 'one JSON object on stdout' })
        .example('$0 validate', 'is every row that came in where it belongs?')
        .example('$0 validate --deep --json', 'rows compared, for a script'),
    handler: async (argv) => {
      const validation = await withLake(argv, (lake) => lake.validate({ deep: argv.deep === true }))
      if (argv.json === true) console.data(JSON.stringify(asJson(validation)))
      else print(validation, console)
      exit(validation.ok ? 0 : 1)
    },
  }
}

function asJson({ rows, pending, rejectedFiles, ok, problems, notCompared }: Validation): Record<string, unknown> {
  return { ...rows, pending, rejected_files: rejectedFiles, ok, problems, not_compared: notCompared }
}

function print({ rows, pending, rejectedFiles, ok, problems, notCompared }: Validation, console: Console): void {
  const { colors } = console
  const width = Math.max(...Object.keys(rows).map((name) => name.length), 'rejected files'.length)
  const line = (name: string, value: string): void => console.data(`${name.padEnd(width)}  ${value.padStart(12)}`)
  for (const [table, tableRows] of Object.entries(rows)) line(table, count(tableRows))
  line('pending', count(pending))
  line('rejected files', count(rejectedFiles))
  for (const sentence of notCompared) console.note(`validate: ${sentence}`)
  for (const problem of problems) console.error(`validate: ${problem}`)
  if (ok) console.note(colors.green('validate: every row is accounted for'))
  else console.note(`validate: ${plural(problems.length, 'problem')}`)
}
