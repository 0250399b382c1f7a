import yargs from 'yargs'
import { LakeError } from '../errors.ts'
import { suggestion } from '../words.ts'
import { COMMON_OPTIONS, type Command, type CommonArguments, type Options } from './command.ts'
import { COMMANDS, UNNAMED } from './commands/index.ts'

/** What every command understands besides its options. */
const ASKING = {
  help: { type: 'boolean', describe: 'Show help' },
  version: { type: 'boolean', describe: 'Show version number' },
} as const satisfies Options

/** The options of all commands: which of them take a value must be known before the command is found. */
const ALL_OPTIONS: Options = Object.assign({}, COMMON_OPTIONS, ASKING, ...COMMANDS.map(({ options }) => options))

/** Every option of every command by name, for words that are near one. */
export const OPTION_NAMES: readonly string[] = Object.keys(ALL_OPTIONS)

const SWITCHES = OPTION_NAMES.filter((name) => ALL_OPTIONS[name]?.type === 'boolean')
const VALUED = OPTION_NAMES.filter((name) => ALL_OPTIONS[name]?.type === 'string')

/** A command line as yargs reads it, before anybody asks whether it makes sense. */
export interface ReadLine {
  readonly typed: readonly string[]
  readonly command: Command
  /** What the command takes, what every one does included. */
  readonly options: Options
  /** The words after the command's name. One that looks like an option is none of any command. */
  readonly words: readonly string[]
  /** The words after `--`, of which none is meant as an option. */
  readonly plainWords: readonly string[]
  /** What each option was given, as often as it was. A name may be one that no command knows. */
  readonly given: ReadonlyMap<string, readonly unknown[]>
  /** The option that has no value and needs one, or has one and takes none. */
  readonly misused: string | undefined
  /** What is asked instead of running the command. */
  readonly asks: 'help' | 'version' | undefined
}

/** @throws LakeError LAKE_USAGE where the first word is no command */
export function readLine(typed: readonly string[]): ReadLine {
  const { words, plainWords, given, misused } = readByYargs(typed)
  const isAskedFirst = words[0] === 'help' // `lakeweir help run` asks what `lakeweir run --help` does
  if (isAskedFirst) words.shift()
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
    asks: isAskedFirst || given.has('help') ? 'help' : given.has('version') ? 'version' : undefined,
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
    // The text of these errors is all that tells which option it is: so it is the option's name alone.
    .updateStrings({ 'Not enough arguments following: %s': '%s', 'Argument unexpected for: %s': '%s' })
    .fail((name) => {
      misused = name === HELP_LETTER ? 'help' : name
    })
    .help(false)
    .version(false)
    .alias('help', HELP_LETTER)
    .count(SWITCHES) // so that one which is there twice shows
    .nargs(Object.fromEntries(SWITCHES.map((name) => [name, 0]))) // neither `--json=maybe` nor the `true` after it
    .string(VALUED)
    .nargs(Object.fromEntries(VALUED.map((name) => [name, 1]))) // also `-1s`, which begins like an option
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

/** Takes the command's name from the words. */
function takeCommand(words: string[]): Command {
  const [first] = words
  if (first === undefined) return UNNAMED
  words.shift()
  const command = COMMANDS.find(({ name }) => name === first)
  if (command !== undefined) return command
  const names = COMMANDS.map(({ name }) => name)
  throw new LakeError('LAKE_USAGE', `there is no command "${first}".`, { remedy: suggestion(first, names) })
}

/** yargs counts the switches, and has an array of what is there more than once. */
function timesGiven(value: unknown): readonly unknown[] {
  if (typeof value === 'number') return Array.from({ length: value }, () => true)
  return Array.isArray(value) ? value : [value]
}

/** `-` alone is a word, and so is SQL that begins with a comment. */
export function looksLikeOption(word: string): boolean {
  return /^--?[^\s-]/.test(word)
}

/** The arguments of a line that has no slip: what its command's options and words say, by which it was read. */
export function argumentsOf({ command, given, words, plainWords }: ReadLine): CommonArguments {
  const argv: Record<string, unknown> = Object.fromEntries([...given].map(([name, [value]]) => [name, value]))
  if (command.words !== undefined) {
    const all = [...words, ...plainWords]
    argv[command.words.name] = command.words.isMany === true ? all : all[0]
  }
  return argv
}
