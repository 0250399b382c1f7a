import { constants } from 'node:os'
import { LakeError } from '../../errors.ts'
import type { LogFile } from '../../files/logFile.ts'

/** How a process ended: the shell of its group passes on how the program did. */
export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Ending {
  readonly name: string
  readonly command: readonly string[]
  readonly ended: Ended
  /** What it left undone. */
  readonly rest: string
  /** The end of its log. */
  readonly words: string
}

/** The exit codes of a shell that did not find a program, or may not run it. */
const NOT_FOUND = 127
const NOT_ALLOWED = 126
/** A shell adds the number of the signal that ended a program to this. */
const SIGNALLED = 128

/** The error for a program that ended before it answered. */
export function howItEnded({ name, command, ended, rest, words }: Ending): LakeError {
  const { code } = ended
  const [program = ''] = command
  if (code === NOT_FOUND || code === NOT_ALLOWED) {
    const what = code === NOT_FOUND ? 'was not found' : 'may not be run'
    return new LakeError('LAKE_PACKAGE_MISSING', `${name} needs the program ${program}, which ${what}.${words}`, {
      state: 'Nothing was changed.',
      remedy: 'Install it, or write where it is into the config.',
    })
  }
  const signal = ended.signal ?? signalOf(code)
  const how = signal === undefined ? `with exit code ${code}` : `by ${signal}`
  return new LakeError('LAKE_ENGINE_FAILED', `${name} ended ${how} ${rest}.${words}`, {
    state: 'Nothing was published.',
    remedy:
      signal === 'SIGKILL'
        ? 'Somebody killed it: often the system, because memory ran out. It is started again for the next batch.'
        : 'It is started again for the next batch.',
    canRetry: true,
  })
}

function signalOf(code: number | null): string | undefined {
  if (code === null || code <= SIGNALLED) return undefined
  return Object.entries(constants.signals).find(([, number]) => number === code - SIGNALLED)?.[0]
}

const MAX_LINES = 8
const MAX_LINE_CHARACTERS = 240

/** What a program wrote last, and where the rest is: lines to follow a sentence. Frames of stacks are left out. */
export function lastWords(log: LogFile): string {
  const lines = log
    .tail()
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^\s+(at |\.\.\. \d+ more)/.test(line))
    .slice(-MAX_LINES)
  if (lines.length === 0) return ` It wrote nothing to its log, ${log.path}.`
  const shown = lines.map((line) =>
    line.length > MAX_LINE_CHARACTERS ? `${line.slice(0, MAX_LINE_CHARACTERS)}…` : line,
  )
  return [` Its log, ${log.path}, ends with:`, ...shown].join('\n  ')
}
