import type { WriteStream } from 'node:tty'
import { createColors } from 'picocolors'

/** Where the command line writes: data to stdout, everything said to people to stderr. */
export class Console {
  readonly #stdout: NodeJS.WriteStream
  readonly #stderr: NodeJS.WriteStream
  readonly colors: ReturnType<typeof createColors>
  /** Whether stderr is a terminal on which a line may be drawn again. */
  readonly isLive: boolean
  /** Whether stdout is a terminal. */
  readonly isTerminal: boolean
  #isClosed = false
  #liveText = ''
  /** Why stdout took no more; undefined where its reader just left. */
  failure: Error | undefined
  /** Called when whoever read stdout has gone. */
  onClosed: (() => void) | undefined

  constructor(stdout: NodeJS.WriteStream, stderr: NodeJS.WriteStream, env: NodeJS.ProcessEnv) {
    this.#stdout = stdout
    this.#stderr = stderr
    const isPlain = (env.NO_COLOR ?? '') !== '' || (env.CI ?? '') !== ''
    this.isLive = stderr.isTTY === true && !isPlain
    this.isTerminal = stdout.isTTY === true
    this.colors = createColors(this.isLive)
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.failure ??= error
      this.#isClosed = true
      this.onClosed?.()
    })
    stderr.on('error', () => undefined) // nobody listens; the work goes on
  }

  /** The width of the terminal, or a page's. */
  get columns(): number {
    return (this.#stdout as WriteStream).columns ?? 100
  }

  /** A line of data. */
  data(text: string): void {
    if (!this.#isClosed) this.#stdout.write(`${text}\n`)
  }

  /** Waits until stdout has taken all data, or has failed to. */
  async drained(): Promise<void> {
    await new Promise<void>((resolve) => this.#stdout.write('', () => resolve()))
  }

  /** A line for the reader. */
  note(text: string): void {
    this.#clearLive()
    this.#stderr.write(`${text}\n`)
    this.#drawLive()
  }

  error(text: string): void {
    const [first = '', ...rest] = text.split('\n')
    this.note([this.colors.red(first), ...rest].join('\n'))
  }

  /** The one line at the bottom that is drawn again and again; '' takes it away. Only on a terminal. */
  live(text: string): void {
    if (!this.isLive) return
    this.#clearLive()
    this.#liveText = text
    this.#drawLive()
  }

  #clearLive(): void {
    if (this.#liveText !== '') this.#stderr.write('\r\u001b[2K')
  }

  #drawLive(): void {
    if (this.#liveText !== '') this.#stderr.write(this.#liveText)
  }
}
