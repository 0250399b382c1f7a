import type { CommandModule } from 'yargs'
import type { Validation } from '../../lake/validate.ts'
import type { Console } from '../console.ts'
import { count, plural } from '../format.ts'
import { OPTIONS } from '../options.ts'
import { assertPresent, firstCommand } from '../presence.ts'
import { type CommonArguments, withLake } from '../session.ts'
import { cut, visible } from '../text.ts'

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
        .options(OPTIONS.validate)
        .example('$0 validate', 'is every row that came in where it belongs?')
        .example('$0 validate --deep --json', 'rows compared, for a script'),
    handler: async (argv) => {
      const [validation, first] = await withLake(argv, async (lake) => {
        await assertPresent(lake, argv)
        return [await lake.validate({ deep: argv.deep === true }), firstCommand(lake, argv)] as const
      })
      if (argv.json === true) console.data(JSON.stringify(asJson(validation)))
      else print(validation, first, console)
      exit(validation.ok ? 0 : 1)
    },
  }
}

/** The result with the keys that it had before, which go with the next version: a table of any name gives way. */
function asJson({ rows, ...validation }: Validation): object {
  const { rejectedFiles, notCompared } = validation
  return { ...rows, rejected_files: rejectedFiles, not_compared: notCompared, ...validation }
}

const MIN_VALUE_WIDTH = 12

function print(validation: Validation, first: string, console: Console): void {
  const { tables, pending, rejectedFiles, ok, problems, notCompared, differences, streams } = validation
  const { colors } = console
  const values = [...Object.values(tables), pending, rejectedFiles].map((value) => count(value).length)
  const names = [...Object.keys(tables), 'rejected files'].map((name) => name.length)
  const room = console.dataWidth ?? Number.POSITIVE_INFINITY
  const gap = '  '
  // On a narrow terminal the padding goes first, then the ends of names; a number is never cut.
  const valueWidth = Math.max(...values, Math.min(MIN_VALUE_WIDTH, room - Math.max(...names) - gap.length))
  const nameWidth = Math.min(Math.max(...names), Math.max(1, room - valueWidth - gap.length))
  const line = (name: string, value: string): void =>
    console.data(`${cut(name, nameWidth).padEnd(nameWidth)}${gap}${value.padStart(valueWidth)}`)
  for (const [table, tableRows] of Object.entries(tables)) line(table, count(tableRows))
  line('pending', count(pending))
  line('rejected files', count(rejectedFiles))
  for (const sentence of [...differences, ...notCompared]) console.note(`validate: ${visible(sentence)}`)
  for (const problem of problems) console.error(`validate: ${visible(problem)}`)
  const isEmpty = pending === 0 && Object.values(tables).every((tableRows) => tableRows === 0)
  if (ok && isEmpty) console.note(`validate: the lake is empty; rows come with: ${first}`)
  else if (ok && streams.some(({ rowRule }) => rowRule === 'any')) console.note(colors.green('validate: no problem'))
  else if (ok) console.note(colors.green('validate: every row is accounted for'))
  else console.note(`validate: ${plural(problems.length, 'problem')}`)
}
