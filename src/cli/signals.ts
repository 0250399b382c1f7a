import type { Terminal } from './terminal.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Exit codes by the shell's custom: 128 + the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** What a running command knows of the wish to stop it. */
export interface Interruption {
  readonly signal: AbortSignal
  /** The exit code to leave with, once a signal has come. */
  readonly exitCode: () => number | undefined
  /** Stops without a signal: nobody reads any more. */
  readonly abort: () => void
  readonly release: () => void
}

/** What a run says at the first signal. */
export const STOPPING = 'stopping after this batch; Ctrl-C again stops at once (nothing is lost)'

/**
 * The first signal lets a batch end or be abandoned, or interrupts a query; the second ends the process at once, which
 * loses nothing.
 * @param note  what is said at the first
 */
export function listenForSignals(terminal: Terminal, note: string | undefined): Interruption {
  const controller = new AbortController()
  let exitCode: number | undefined
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) {
      release()
      process.kill(process.pid, signal)
      return
    }
    exitCode = signal === 'SIGTERM' ? EXIT_CODES.SIGTERM : EXIT_CODES.SIGINT
    terminal.afterKey()
    controller.abort() // first, so that a line which is drawn again below the note knows
    if (note !== undefined) terminal.note(note)
  }
  const release = (): void => {
    for (const name of SIGNALS) process.removeListener(name, onSignal)
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  return { signal: controller.signal, exitCode: () => exitCode, abort: () => controller.abort(), release }
}
