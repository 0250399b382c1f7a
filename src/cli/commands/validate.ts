import type { Validation } from '../../lake/validate.ts'
import { defineCommand } from '../command.ts'
import { count, plural } from '../format.ts'
import { assertPresent, firstCommand } from '../presence.ts'
import { withLake } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import { cut, visible } from '../text.ts'

export const validate = defineCommand({
  name: 'validate',
  describe: 'check that every row that came in went out, counted from the data files; exit 1 if not',
  options: {
    deep: { type: 'boolean', describe: 'compare the rows too, by running each SELECT again' },
    json: { type: 'boolean', describe: 'one JSON object on stdout' },
  },
  examples: [
    ['validate', 'is every row that came in where it belongs?'],
    ['validate --deep --json', 'rows compared, for a script'],
  ],
  run: async (argv, terminal) => {
    const [validation, first] = await withLake(argv, async (lake, open) => {
      await assertPresent(open, argv)
      return [await lake.validate({ deep: argv.deep === true }), firstCommand(open.config, argv)] as const
    })
    if (argv.json === true) terminal.data(JSON.stringify(asJson(validation)))
    else print(validation, first, terminal)
    return validation.ok ? 0 : 1
  },
})

/** The result, and until the next version the keys of the last; a table with the name of a key gives way to it. */
function asJson({ rows, ...validation }: Validation): object {
  const { rejectedFiles, notCompared } = validation
  return { ...rows, rejected_files: rejectedFiles, not_compared: notCompared, ...validation }
}

const MIN_VALUE_WIDTH = 12

function print(validation: Validation, first: string, terminal: Terminal): void {
  const { tables, pending, rejectedFiles, ok, problems, streams } = validation
  const models = Object.fromEntries(
    (validation.live ?? []).flatMap(({ name, rows }) => (rows === undefined ? [] : [[`live.${name}`, rows]])),
  )
  const { colors } = terminal
  const values = [...Object.values({ ...tables, ...models }), pending, rejectedFiles].map(
    (value) => count(value).length,
  )
  const names = [...Object.keys({ ...tables, ...models }), 'rejected files'].map((name) => name.length)
  const room = terminal.dataWidth ?? Number.POSITIVE_INFINITY
  const gap = '  '
  // On a narrow terminal the padding goes first, then the ends of names; a number is never cut.
  const valueWidth = Math.max(...values, Math.min(MIN_VALUE_WIDTH, room - Math.max(...names) - gap.length))
  const nameWidth = Math.min(Math.max(...names), Math.max(1, room - valueWidth - gap.length))
  const line = (name: string, value: string): void =>
    terminal.data(`${cut(name, nameWidth).padEnd(nameWidth)}${gap}${value.padStart(valueWidth)}`)
  for (const [name, rows] of Object.entries({ ...tables, ...models })) line(name, count(rows))
  line('pending', count(pending))
  line('rejected files', count(rejectedFiles))
  for (const sentence of [...validation.differences, ...validation.foreignCommits, ...validation.notCompared])
    terminal.note(`validate: ${visible(sentence)}`)
  for (const problem of problems) terminal.error(`validate: ${visible(problem)}`)
  const isEmpty = pending === 0 && Object.values(tables).every((tableRows) => tableRows === 0)
  if (ok && isEmpty) terminal.note(`validate: the lake is empty; rows come with: ${first}`)
  else if (ok && streams.some(({ rowRule }) => rowRule === 'any')) terminal.note(colors.green('validate: no problem'))
  else if (ok) terminal.note(colors.green('validate: every row is accounted for'))
  else terminal.note(`validate: ${plural(problems.length, 'problem')}`)
}
