import yargs, { type Argv } from 'yargs'
import { versionOf } from '../files/version.ts'
import { COMMON_OPTIONS, type Command } from './command.ts'
import { COMMANDS, UNNAMED } from './commands/index.ts'

const EPILOGUE = `Streams, tables and reports are those of lakeweir.config.ts.
Exit codes: 0 ok · 1 ran and found failures · 2 usage or config · 4 another process has the stream · 130, 143 signal`

const MAX_WIDTH = 110

/** The help text of a command, or of the whole program for the command without a name. */
export async function helpOf(command: Command, columns: number): Promise<string> {
  const help = yargs(command.name === '' ? [] : [command.name])
    .locale('en') // else yargs writes its own words in the shell's language, among our English ones
    .scriptName('lakeweir')
    .usage('$0 [command]\n\nA DuckDB-backed lakehouse: streams into Delta tables, exactly once.')
    .options(COMMON_OPTIONS)
    .example('$0 run produce --for 10s', 'make some messages')
    .example('$0 run --available-now', 'take what there is')
    .epilogue(EPILOGUE)
    .version(versionOf())
    .alias('help', 'h')
    .wrap(Math.min(MAX_WIDTH, columns))
  for (const each of [UNNAMED, ...COMMANDS]) {
    help.command(shownAs(each), each.describe, (builder) => describe(each, builder))
  }
  return await help.getHelp()
}

function shownAs({ name, words }: Command): string {
  const taken = words === undefined ? [] : [`[${words.name}${words.isMany === true ? '..' : ''}]`]
  return [name === '' ? '$0' : name, ...taken].join(' ')
}

function describe({ words, options, examples }: Command, builder: Argv): Argv {
  if (words !== undefined) {
    const many = words.isMany === true ? { array: true, default: [], defaultDescription: words.default } : {}
    builder.positional(words.name, { type: 'string', describe: words.describe, ...many })
  }
  builder.options(options)
  for (const [line, what] of examples) builder.example(`$0 ${line}`, what)
  return builder
}
