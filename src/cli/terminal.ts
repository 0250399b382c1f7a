import { createColors } from 'picocolors'
import { type Piece, paintedLine, visibleLines } from './text.ts'

const COUNT_MS = 500

const CLEAR_LINE = '\r\u001b[2K'

/** What a terminal needs of a process's stdout or stderr. */
export interface Output {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string, done?: () => void): unknown
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown
}

/** Asks the user at a terminal. @returns what they typed; undefined if they typed Ctrl-C or Ctrl-D */
export type Ask = (question: string) => Promise<string | undefined>

/** What a terminal needs of a process's stdin. */
export interface Input extends AsyncIterable<unknown> {
  readonly isTTY?: boolean
}

/** Where the command line writes, be it a terminal, a pipe or a file: data to stdout, messages for people to stderr. */
export class Terminal {
  readonly #stdout: Output
  readonly #stderr: Output
  readonly #ask: Ask | undefined
  readonly #stdin: (() => Input) | undefined
  /** For how long rows that are not shown are counted, in milliseconds. */
  readonly countMs: number
  /** For what goes to stderr. */
  readonly colors: ReturnType<typeof createColors>
  /** For what goes to stdout; one of the two may be a file. */
  readonly dataColors: ReturnType<typeof createColors>
  /** Whether stderr is a terminal on which a line can be drawn again. */
  readonly isLive: boolean
  #isClosed = false
  #liveText = ''
  /** Why stdout took no more; undefined if its reader only went away. */
  failure: Error | undefined
  /** Called when the reader of stdout has gone. */
  onClosed: (() => void) | undefined

  /**
   * @param reader  how to ask the user, and what to read, if there are such; for how long, in milliseconds, they may
   * wait for a number that is only good to know
   */
  constructor(
    stdout: Output,
    stderr: Output,
    env: NodeJS.ProcessEnv,
    {
      ask,
      stdin,
      countMs = COUNT_MS,
    }: { readonly ask?: Ask | undefined; readonly stdin?: () => Input; readonly countMs?: number } = {},
  ) {
    this.countMs = countMs
    this.#stdin = stdin
    this.#stdout = stdout
    this.#stderr = stderr
    this.#ask = stderr.isTTY === true ? ask : undefined
    const isPlain = (env.NO_COLOR ?? '') !== '' || (env.CI ?? '') !== '' || env.TERM === 'dumb'
    this.isLive = stderr.isTTY === true && !isPlain
    this.colors = createColors(this.isLive)
    this.dataColors = createColors(stdout.isTTY === true && !isPlain)
    stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') this.failure ??= error
      this.#isClosed = true
      this.onClosed?.()
    })
    stderr.on('error', () => undefined) // nobody reads it; the work goes on
  }

  /** Opened when it is first asked for; undefined if there is none. */
  get stdin(): Input | undefined {
    return this.#stdin?.()
  }

  /** The width of the help: the terminal's, or a page's. */
  get columns(): number {
    return this.dataWidth ?? 100
  }

  /** The width of stdout, if it is a terminal. */
  get dataWidth(): number | undefined {
    return terminalWidth(this.#stdout)
  }

  /** The width of stderr; unlimited if it is not a terminal. */
  get noteWidth(): number {
    return terminalWidth(this.#stderr) ?? Number.POSITIVE_INFINITY
  }

  /** Whether stderr is a terminal, so that its lines are read when they are written. */
  get isInteractive(): boolean {
    return this.#stderr.isTTY === true
  }

  /** A line about something that has just happened. Away from a terminal it begins with its time. */
  event(text: string): void {
    this.note(this.isInteractive ? text : `${new Date().toISOString().slice(0, 19)}Z  ${text}`)
  }

  /** A line of data. */
  data(text: string): void {
    if (!this.#isClosed) this.#stdout.write(`${text}\n`)
  }

  /** Writes text as it is, and waits until stdout has taken it. */
  async text(text: string): Promise<void> {
    if (this.#isClosed || text === '') return
    await new Promise<void>((resolve) => this.#stdout.write(text, () => resolve()))
  }

  /** Whether nobody reads stdout any more. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Waits until stdout has taken all data, or has failed. */
  async flushed(): Promise<void> {
    await new Promise<void>((resolve) => this.#stdout.write('', () => resolve()))
  }

  /** A line for the user. */
  note(text: string): void {
    this.#clearLive()
    this.#stderr.write(`${text}\n`)
    this.#drawLive()
  }

  /** Whether there is a user to answer a question. */
  get canAsk(): boolean {
    return this.#ask !== undefined
  }

  /** Asks a question; every answer but yes is a no. */
  async agrees(question: string): Promise<boolean> {
    this.#clearLive()
    const answer = await this.#ask?.(`${question} [y/N] `)
    return /^y(es)?$/i.test(answer?.trim() ?? '')
  }

  /** An error. Its text may quote names and contents from anywhere. */
  error(text: string): void {
    const [first = '', ...rest] = visibleLines(text).split('\n')
    this.note([this.colors.red(first), ...rest].join('\n'))
  }

  /** Draws the one line at the bottom again; without pieces it is removed. Only on a terminal. */
  live(pieces: readonly Piece[]): void {
    // The last place stays free: the cursor after it would be on the next line.
    const text = paintedLine(pieces, this.noteWidth - 1)
    if (!this.isLive || (text === '' && this.#liveText === '')) return
    this.#clearLive()
    this.#liveText = text
    this.#drawLive()
  }

  /** Begins a new line after the ^C that a terminal writes where the cursor is. */
  afterKey(): void {
    if (this.#stderr.isTTY === true && !this.isLive) this.#stderr.write('\n')
  }

  /** Also if we have drawn none: the terminal writes ^C there, and another process its own live line. */
  #clearLive(): void {
    if (this.isLive) this.#stderr.write(CLEAR_LINE)
  }

  #drawLive(): void {
    if (this.#liveText !== '') this.#stderr.write(this.#liveText)
  }
}

/** Undefined also for a terminal that does not know its size, and says 0. */
function terminalWidth({ isTTY, columns = 0 }: Output): number | undefined {
  return isTTY === true && columns > 0 ? columns : undefined
}
