import { engineRunOptions } from '../engines/runOptions.ts'
import { LakeError } from '../errors.ts'
import type { ResolvedLake } from '../lake/config/resolve.ts'
import { type ChosenEngine, enginesIn } from '../lake/config/resolveEngines.ts'
import type { RunOptions } from '../lake/runOptions.ts'
import type { Options } from './command.ts'
import { usage } from './optionValues.ts'

// Engines on the command line: which one makes the files, and what it is told. Which options an engine has, and whether
// it takes the words after --, it says itself.

const ENGINES = Object.entries(engineRunOptions)

const GROUP = 'For engines:'

/** The options of every command that has an engine. */
export const ENGINE_OPTIONS: Options = {
  engine: {
    type: 'string',
    describe: `what does the work, where it can: duckdb, ${ENGINES.map(([word]) => word).join(', ')} or auto`,
    example: 'auto',
    group: GROUP,
  },
  ...Object.fromEntries(
    ENGINES.flatMap(([, { options }]) =>
      Object.entries(options).map(([name, { describe, example }]) => [
        name,
        { type: 'string', describe, example, group: GROUP } as const,
      ]),
    ),
  ),
}

/** What a help says of the words after `--`. */
export const ENGINE_WORDS = ENGINES.flatMap(([word, { words }]) =>
  words === undefined ? [] : [`with --engine ${word}, ${words.describe}`],
).join('; ')

/** The engines that take the words after `--`. */
export const WORDED = ENGINES.flatMap(([word, { words }]) => (words === undefined ? [] : [word])).join(' or ')

type Given = Readonly<Record<string, unknown>>

export type AskedEngine = Pick<RunOptions, 'engine' | 'engines'>

/** What a line says of engines. @param words  those after `--` that are for an engine */
export function askedEngine(argv: object, words: readonly string[]): AskedEngine {
  const given = argv as Given
  const engines: Record<string, Record<string, unknown>> = {}
  for (const [word, { options, words: taken }] of ENGINES) {
    const settings: Record<string, unknown> = {}
    for (const [name, { setting }] of Object.entries(options)) {
      if (given[name] !== undefined) settings[setting] = given[name]
    }
    if (taken !== undefined && words.length > 0) settings[taken.setting] = words
    if (Object.keys(settings).length > 0) engines[word] = settings
  }
  return {
    ...(given.engine === undefined ? {} : { engine: given.engine as NonNullable<RunOptions['engine']> }),
    ...(Object.keys(engines).length === 0 ? {} : { engines: engines as NonNullable<RunOptions['engines']> }),
  }
}

/** Whether one of the engines takes the words after `--`. */
export function takesWords(chosen: readonly ChosenEngine[]): boolean {
  return chosen.flatMap(enginesIn).some(({ kind }) => engineRunOptions[kind.word]?.words !== undefined)
}

/** @throws LakeError LAKE_USAGE for an option of an engine that is not among those chosen */
export function assertEngineOptionsFit(argv: object, chosen: readonly ChosenEngine[], what: string): void {
  const words = chosen.flatMap(enginesIn).map(({ kind }) => kind.word)
  for (const [word, { name, options }] of ENGINES) {
    const given = Object.keys(options).find((option) => (argv as Given)[option] !== undefined)
    if (given === undefined || words.includes(word)) continue
    throw usage(`--${given} is for ${name}, ${what}.`, `Add --engine ${word}, or leave it out.`)
  }
}

/** Does work whose refusals name settings, and says them as they were typed. */
export function asTypedSettings<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof LakeError && error.code === 'LAKE_ARGUMENT_INVALID')) throw error
    throw usage(typedPlace(error.message), error.remedy ?? 'See: lakeweir run --help')
  }
}

function typedPlace(message: string): string {
  for (const [word, { options, words }] of ENGINES) {
    for (const [name, { setting }] of Object.entries(options)) {
      const place = `engines.${word}.${setting} `
      if (message.startsWith(place)) return `--${name} ${message.slice(place.length)}`
    }
    const place = `engines.${word}.${words?.setting}`
    if (words !== undefined && message.startsWith(place)) return message.replace(place, 'what stands after --')
  }
  return message.startsWith('engine ') ? `--${message}` : message
}

/** The engine that needs no word: batches on it do not say so. */
export function usualEngine({ engines }: ResolvedLake): string {
  return engines.kinds[0].word
}
