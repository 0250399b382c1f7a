import { LakeError } from '../errors.ts'
import { nearestWord, suggestion } from '../words.ts'
import { COMMANDS, COMMON_OPTIONS, type Command, MAX_WORDS, OPTIONS, type Option } from './options.ts'

/** What every command understands besides its options. */
const ASKING: Readonly<Record<string, Option>> = {
  help: { type: 'boolean', describe: '' },
  version: { type: 'boolean', describe: '' },
}

/** Every option of every command by name, for words that are near one. */
export const OPTION_NAMES: readonly string[] = [
  ...new Set([...Object.keys(COMMON_OPTIONS), ...Object.keys(ASKING), ...COMMANDS.flatMap(namesOf)]),
]

/**
 * Checks the words of a command line and joins each option to its value. A parser would guess here: it takes `-1s` in
 * `--for -1s` for two flags, `maybe` in `--json=maybe` for false, and an option of another command for a slip.
 * @throws LakeError LAKE_USAGE that says what was probably meant
 */
export function checkedArguments(argv: readonly string[]): string[] {
  const command = commandOf(argv)
  const options = new Map<string, string>()
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === END_OF_OPTIONS) {
      words.push(...argv.slice(index + 1))
      break
    }
    if (!isOption(word)) {
      words.push(word)
      continue
    }
    const [name, joined] = splitOption(word)
    const option = optionOf(command, name, word)
    if (options.has(name)) throw usage(`--${name} is given more than once.`)
    if (option.type === 'boolean') {
      if (joined !== undefined) throw usage(`--${name} takes no value.`, `Write --${name}, or leave it out.`)
      options.set(name, `--${name}`)
      continue
    }
    if (joined === undefined) index += 1
    options.set(name, `--${name}=${joined ?? valueAfter(name, option, argv[index])}`)
    if (options.get(name)?.trim() !== `--${name}=`) continue
    throw usage(`--${name} is empty.`, 'Perhaps a variable in your shell is not set.')
  }
  const [first, ...others] = words
  const surplus = command === undefined ? undefined : others[MAX_WORDS[command]]
  if (command !== undefined && surplus !== undefined) throw tooManyWords(command, surplus)
  // SQL may begin with a comment, which must not look like an option; and of `-` alone yargs makes nothing.
  const plain = others.map((word) => (word.startsWith('--') || word === STDIN_WORD ? ` ${word}` : word))
  return [...(first === undefined ? [] : [first]), ...plain, ...options.values()]
}

const END_OF_OPTIONS = '--'

/** Stands for SQL that comes from stdin. */
export const STDIN_WORD = '-'

/** The options of the command of a line, the common ones among them. */
export function optionsFor(argv: readonly string[]): Readonly<Record<string, Option>> {
  const command = commandOf(argv)
  return { ...COMMON_OPTIONS, ...(command === undefined ? {} : OPTIONS[command]) }
}

/** `lakeweir help run` asks what `lakeweir run --help` does. */
export function withoutHelpCommand(argv: readonly string[]): readonly string[] {
  const [first, ...others] = argv
  return first === 'help' ? [...others, '--help'] : argv
}

/** The command of a line: its first word that is neither an option nor the value of one. */
function commandOf(argv: readonly string[]): Command | undefined {
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === END_OF_OPTIONS) continue
    if (!isOption(word)) {
      const command = COMMANDS.find((name) => name === word)
      if (command === undefined) throw usage(`there is no command "${word}".`, suggestion(word, COMMANDS))
      return command
    }
    const [name, value] = splitOption(word)
    const option = someOption(name)
    if (option === undefined) return undefined // which word it takes along, nobody knows
    if (value === undefined && option.type === 'string') index += 1
  }
  return undefined
}

/** `-` alone is a word, SQL from stdin, and so is SQL that begins with a comment. */
function isOption(word: string): boolean {
  return /^--?[^\s-]/.test(word)
}

function splitOption(word: string): [name: string, value: string | undefined] {
  const [dashed = '', ...values] = word.split('=')
  const name = dashed === '-h' ? 'help' : dashed.replace(/^--/, '')
  return [name, word.includes('=') ? values.join('=') : undefined]
}

function namesOf(command: Command): string[] {
  return Object.keys(OPTIONS[command])
}

/** An option of this name, of whatever command. */
function someOption(name: string): Option | undefined {
  const all: Readonly<Record<string, Option>> = Object.assign({}, COMMON_OPTIONS, ASKING, ...Object.values(OPTIONS))
  return Object.hasOwn(all, name) ? all[name] : undefined
}

function optionOf(command: Command | undefined, name: string, word: string): Option {
  const known: Readonly<Record<string, Option>> = {
    ...COMMON_OPTIONS,
    ...ASKING,
    ...(command === undefined ? {} : OPTIONS[command]),
  }
  const option = Object.hasOwn(known, name) ? known[name] : undefined
  if (option !== undefined) return option
  const [dashed = ''] = word.split('=')
  const owners = COMMANDS.filter((owner) => namesOf(owner).includes(name))
  if (owners.length > 0) {
    throw usage(`${command ?? 'lakeweir'} has no option ${dashed}.`, `It is an option of ${owners.join(', ')}.`)
  }
  const nearest = nearestWord(name, Object.keys(known)) ?? nearestWord(name, OPTION_NAMES)
  const remedy = nearest === undefined ? `See: lakeweir ${[command, '--help'].filter(Boolean).join(' ')}` : undefined
  throw usage(`there is no option ${dashed}.`, remedy ?? `Did you mean "--${nearest}"?`)
}

/** The word after an option that wants a value; a negative number is one, another option is none. */
function valueAfter(name: string, option: Option, word: string | undefined): string {
  if (word !== undefined && (!isOption(word) || /^-\d/.test(word))) return word
  throw usage(`--${name} needs a value.`, `For example: --${name} ${option.example}`)
}

function tooManyWords(command: Command, word: string): LakeError {
  const remedy = command === 'sql' ? 'Put the query in quotes: lakeweir sql "SELECT 1"' : undefined
  return usage(`"${word}" is a word too many for ${command}.`, remedy ?? `See: lakeweir ${command} --help`)
}

function usage(what: string, remedy?: string): LakeError {
  return new LakeError('LAKE_USAGE', what, remedy === undefined ? {} : { remedy })
}
