import { LakeError } from '../errors.ts'
import { nearestWord } from '../words.ts'
import type { Command } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { looksLikeOption, OPTION_NAMES, type ReadLine } from './parse.ts'

/** @throws LakeError LAKE_USAGE with what was probably meant, if a line has what its command does not take */
export function assertNoSlip(line: ReadLine): void {
  const { typed, command, options, words, plainWords, given, misused } = line
  const [option] = words.filter(looksLikeOption)
  if (option !== undefined) throw noOption(line, dashedName(option))
  const names = [...given.keys(), ...(misused === undefined ? [] : [misused])]
  const [unknown] = names.filter((name) => !Object.hasOwn(options, name))
  if (unknown !== undefined) throw noOption(line, optionAsTyped(unknown, typed))
  if (misused !== undefined) throw misuse(line, misused)
  for (const [name, value] of valuesOf(line)) {
    if (typeof value !== 'string') continue
    if (value.trim() === '') throw usage(`--${name} is empty.`, 'Perhaps a variable in your shell is not set.')
    // yargs takes an unknown option for the value, and does not tell whether `=` joined it to this one.
    const isNext = looksLikeOption(value) && !/^-\d/.test(value) && !typed.includes(`--${name}=${value}`)
    if (isNext) throw misuse(line, name)
  }
  const { words: taken } = command
  // A command that tells the words after -- apart knows itself what they are for.
  const all = command.plainWordsApart === true ? words : [...words, ...plainWords]
  const surplus = taken?.isMany === true ? undefined : all[taken === undefined ? 0 : 1]
  if (surplus === undefined) return
  const remedy = taken?.surplusRemedy ?? seeHelpOf(command)
  throw usage(`"${surplus}" is a word too many for ${command.name}.`, remedy)
}

/** Every value of every option, with its name. */
function valuesOf({ options, given }: ReadLine): (readonly [string, unknown])[] {
  return [...given].flatMap(([name, values]) => {
    if (values.length > 1 && options[name]?.isMany !== true) throw usage(`--${name} is given more than once.`)
    return values.map((value) => [name, value] as const)
  })
}

function misuse({ options }: ReadLine, name: string): LakeError {
  const option = options[name]
  return option?.type === 'boolean'
    ? usage(`--${name} takes no value.`, `Write --${name}, or leave it out.`)
    : usage(`--${name} needs a value.`, `For example: --${name} ${option?.example}`)
}

function noOption({ command, options }: ReadLine, dashed: string): LakeError {
  const name = dashed.replace(/^--/, '')
  const owners = COMMANDS.filter((owner) => Object.hasOwn(owner.options, name)).map((owner) => owner.name)
  if (owners.length > 0) {
    const whose = command.name === '' ? 'lakeweir' : command.name
    return usage(`${whose} has no option ${dashed}.`, `It is an option of ${owners.join(', ')}.`)
  }
  const nearest = nearestWord(name, Object.keys(options)) ?? nearestWord(name, OPTION_NAMES)
  const remedy = nearest === undefined ? seeHelpOf(command) : `Did you mean "--${nearest}"?`
  return usage(`there is no option ${dashed}.`, remedy)
}

/** An unknown option as it was typed: yargs reads `-json` as the options j, s, o and n. */
function optionAsTyped(name: string, typed: readonly string[]): string {
  const begins = name.length === 1 ? /^-[^-]/ : /^--/
  return typed.map(dashedName).find((word) => begins.test(word) && word.includes(name)) ?? `--${name}`
}

function dashedName(option: string): string {
  return option.split('=', 1)[0] ?? option
}

function seeHelpOf({ name }: Command): string {
  return `See: lakeweir ${name === '' ? '' : `${name} `}--help`
}

function usage(what: string, remedy?: string): LakeError {
  return new LakeError('LAKE_USAGE', what, remedy === undefined ? {} : { remedy })
}
