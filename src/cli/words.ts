import { nearestWord } from '../errors.ts'

/** Every command; yargs knows them too and does not tell. */
export const COMMANDS: readonly string[] = ['run', 'validate', 'report', 'sql', 'status']

/** Every option of every command. */
export const OPTIONS: readonly string[] = [
  'config',
  'lake',
  'debug',
  'help',
  'version',
  'json',
  'csv',
  'output',
  'deep',
  'fresh',
  'strict',
  'available-now',
  'for',
  'trigger',
  'poll',
  'max-rows-per-batch',
  'max-files-per-batch',
  'rows',
  'rows-per-second',
  'seed',
  'start-time',
]

/** The command or option that the unknown one in a message of yargs was probably meant to be. */
export function suggestedWord(message: string): string | undefined {
  const word = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(message)?.[1]
  if (word === undefined) return undefined
  const command = nearestWord(word, COMMANDS)
  const option = nearestWord(word, OPTIONS)
  if (command !== undefined && word.length <= command.length + 2) return `Did you mean "${command}"?`
  return option === undefined ? undefined : `Did you mean "--${option}"?`
}
