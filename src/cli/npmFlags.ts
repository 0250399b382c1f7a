import { LakeError } from '../errors.ts'
import type { Options } from './command.ts'
import type { ReadLine } from './parse.ts'
import type { Terminal } from './terminal.ts'

/**
 * Options that npm has too. They may also come from npm's own settings, which nobody has in mind when typing a command
 * of ours, so they are no reason to refuse it.
 */
const NPMS_OWN: ReadonlySet<string> = new Set(['all', 'json', 'yes'])

/** What npm kept of a command line: in `npm run silver --available-now`, without a `--`, the option is npm's. */
export interface KeptByNpm {
  /** The options as they were meant. */
  readonly options: readonly string[]
  /** The command that passes them on. */
  readonly remedy: string
  /** Whether npm has none of these options, so that they were surely meant for us. */
  readonly isOurs: boolean
}

/**
 * Finds the options that npm took for itself: it leaves each in the environment of the script that it runs.
 * @param script  matches the text of a script that runs us; a program that starts us inherits npm's environment too
 */
export function keptByNpm(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  options: Options,
  script: RegExp,
): KeptByNpm | undefined {
  const { npm_lifecycle_event: event, npm_lifecycle_script: text = '' } = env
  if (event === undefined || !script.test(text)) return undefined
  const kept: string[] = []
  let isOurs = false
  for (const [name, option] of Object.entries(options)) {
    const value = keptValue(name, env)
    if (value === undefined || argv.some((word) => word === `--${name}` || word.startsWith(`--${name}=`))) continue
    isOurs ||= !NPMS_OWN.has(name)
    // npm reads `--rows 20` as a switch and a word, so it does not know the value.
    const shown = value === 'true' ? 'VALUE' : value
    kept.push(option.type === 'boolean' ? `--${name}` : `--${name} ${shown}`)
  }
  if (kept.length === 0) return undefined
  return { options: kept, remedy: `Type: npm run ${event} -- ${kept.join(' ')}`, isOurs }
}

/** npm reads `--no-retry` as a `retry` that is off, and has an empty text for it. */
function keptValue(name: string, env: NodeJS.ProcessEnv): string | undefined {
  const isNegated = name.startsWith('no-')
  const value = env[`npm_config_${name.replace(/^no-/, '').replaceAll('-', '_')}`]
  if (isNegated) return value === '' ? 'true' : undefined
  return value === '' ? undefined : value
}

/** The text of an npm script that runs this program itself. */
const OUR_SCRIPT = /\blakeweir\b|\bcli\/bin\.cjs\b/

/** @throws LakeError LAKE_USAGE if npm kept an option that was surely meant for us; if only perhaps, it is said */
export function noteKeptByNpm({ typed, options }: ReadLine, env: NodeJS.ProcessEnv, terminal: Terminal): void {
  const kept = keptByNpm(typed, env, options, OUR_SCRIPT)
  if (kept?.isOurs === true) throw keptError(kept)
  if (kept !== undefined) terminal.note(keptError(kept).describe())
}

export function keptError({ options, remedy }: KeptByNpm): LakeError {
  const names = options.map((option) => option.split(' ')[0]).join(', ')
  return new LakeError('LAKE_USAGE', `npm kept ${names} for itself: it passes on what stands after --.`, { remedy })
}
