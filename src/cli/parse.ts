import yargs from 'yargs'
import { LakeError } from '../errors.ts'
import { suggestion } from '../words.ts'
import { COMMON_OPTIONS, type Command, type CommonArguments, type Options } from './command.ts'
import { COMMANDS, UNNAMED } from './commands/index.ts'

/** What can be asked of every command instead of running it. */
const ASKING = {
  help: { type: 'boolean', describe: 'Show help' },
  version: { type: 'boolean', describe: 'Show version number' },
} as const satisfies Options

/** The options of all commands: yargs must know which of them take a value before it can find the command. */
const ALL_OPTIONS: Options = Object.assign({}, COMMON_OPTIONS, ASKING, ...COMMANDS.map(({ options }) => options))

/** The names of all options of all commands, for suggestions. */
export const OPTION_NAMES: readonly string[] = Object.keys(ALL_OPTIONS)

const SWITCHES = OPTION_NAMES.filter((name) => ALL_OPTIONS[name]?.type === 'boolean')
const VALUED = OPTION_NAMES.filter((name) => ALL_OPTIONS[name]?.type === 'string')

/** A command line as yargs reads it, not yet checked. */
export interface ReadLine {
  readonly typed: readonly string[]
  readonly command: Command
  /** All options that the command takes, also those of every command. */
  readonly options: Options
  /** The words after the command's name. One that looks like an option is not an option of any command. */
  readonly words: readonly string[]
  /** The words after `--`, which are never options. */
  readonly plainWords: readonly string[]
  /** The values of each option, one for each time that it was given. It may be an option that no command has. */
  readonly given: ReadonlyMap<string, readonly unknown[]>
  /** An option without the value that it needs, or with a value that it does not take. */
  readonly misused: string | undefined
  /** What was asked for instead of running the command. */
  readonly asks: 'help' | 'version' | undefined
}

/** @throws LakeError LAKE_USAGE if the first word is not a command */
export function readLine(typed: readonly string[]): ReadLine {
  const { words, plainWords, given, misused } = readByYargs(typed)
  // `lakeweir help run` and `lakeweir run help` are `lakeweir run --help`.
  const helpWord = words[0] === 'help' ? words.shift() : words.at(-1) === 'help' ? words.pop() : undefined
  const isSlip = words[0] !== undefined && looksLikeOption(words[0])
  const command = isSlip ? UNNAMED : takeCommand(words.length > 0 ? words : plainWords)
  return {
    typed,
    command,
    options: { ...COMMON_OPTIONS, ...ASKING, ...command.options },
    words,
    plainWords,
    given,
    misused,
    asks: helpWord !== undefined || given.has('help') ? 'help' : given.has('version') ? 'version' : undefined,
  }
}

const HELP_LETTER = 'h'

interface ReadWords extends Pick<ReadLine, 'given' | 'misused'> {
  readonly words: string[]
  readonly plainWords: string[]
}

function readByYargs(typed: readonly string[]): ReadWords {
  let misused: string | undefined
  const parser = yargs()
    .locale('en')
    // yargs names the option only in the text of these errors, so the text is made the name and nothing else.
    .updateStrings({ 'Not enough arguments following: %s': '%s', 'Argument unexpected for: %s': '%s' })
    .fail((name) => {
      misused = name === HELP_LETTER ? 'help' : name
    })
    .help(false)
    .version(false)
    .alias('help', HELP_LETTER)
    // A switch given twice is noticed, `--json=maybe` is an error, and a `true` after --json stays a word.
    .count(SWITCHES)
    .nargs(Object.fromEntries(SWITCHES.map((name) => [name, 0])))
    // `-1s` is a value, `--json` is not.
    .string(VALUED)
    .nargs(Object.fromEntries(VALUED.map((name) => [name, 1])))
    .parserConfiguration({
      'boolean-negation': false,
      'camel-case-expansion': false,
      'dot-notation': false,
      'parse-numbers': false,
      'parse-positional-numbers': false,
      'populate--': true,
      'strip-aliased': true,
      'unknown-options-as-args': true, // SQL may begin with a comment
    })
  const { _: words, '--': plainWords, $0: _program, ...options } = parser.parseSync(typed)
  const times = Object.entries(options).map(([name, value]) => [name, timesGiven(value)] as const)
  return {
    words: words.map(String),
    plainWords: Array.isArray(plainWords) ? plainWords.map(String) : [],
    given: new Map(times.filter(([, values]) => values.length > 0)),
    misused,
  }
}

/** Takes the command's name off the words. */
function takeCommand(words: string[]): Command {
  const [first] = words
  if (first === undefined) return UNNAMED
  words.shift()
  const command = COMMANDS.find(({ name }) => name === first)
  if (command !== undefined) return command
  const names = COMMANDS.map(({ name }) => name)
  throw new LakeError('LAKE_USAGE', `there is no command "${first}".`, { remedy: suggestion(first, names) })
}

/** yargs has a number for a switch, and an array for a value that was given more than once. */
function timesGiven(value: unknown): readonly unknown[] {
  if (typeof value === 'number') return Array.from({ length: value }, () => true)
  return Array.isArray(value) ? value : [value]
}

/** `-` alone does not, nor does SQL that begins with a comment. */
export function looksLikeOption(word: string): boolean {
  return /^--?[^\s-]/.test(word)
}

/** The arguments for the command of a line that was checked. */
export function argumentsOf({ command, options, given, words, plainWords }: ReadLine): CommonArguments {
  const argv: Record<string, unknown> = Object.fromEntries(
    [...given].map(([name, values]) => [name, options[name]?.isMany === true ? values : values[0]]),
  )
  if (command.plainWordsApart === true) argv.plainWords = plainWords
  if (command.words !== undefined) {
    const all = command.plainWordsApart === true ? words : [...words, ...plainWords]
    argv[command.words.name] = command.words.isMany === true ? all : all[0]
  }
  return argv
}
