import type { Terminal } from './terminal.ts'

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Exit codes as shells count them: 128 + the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

/** Tells a running command that it was asked to stop. */
export interface Interruption {
  readonly signal: AbortSignal
  /** The exit code to end with, once a signal has come. */
  readonly exitCode: () => number | undefined
  /** Stops without a signal, because nobody reads the output any more. */
  readonly abort: () => void
  readonly release: () => void
}

/** What a run says at the first signal. */
export const STOPPING = 'stopping after this batch; Ctrl-C again stops at once (nothing is lost)'

/**
 * At the first signal a run ends after its batch, or abandons it, and a query is interrupted. At the second the process
 * ends at once, which loses nothing.
 * @param note  what to say at the first signal
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
    controller.abort() // first, so that the line below the note is drawn for a run that is stopping
    if (note !== undefined) terminal.note(note)
  }
  const release = (): void => {
    for (const name of SIGNALS) process.removeListener(name, onSignal)
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  return { signal: controller.signal, exitCode: () => exitCode, abort: () => controller.abort(), release }
}
