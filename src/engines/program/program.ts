import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable, Writable } from 'node:stream'
import { LakeError, messageOf } from '../../errors.ts'
import { fittingJson, isObject } from '../../files/json.ts'
import { LogFile } from '../../files/logFile.ts'
import { isGroupAlive, killGroup } from '../../files/processGroup.ts'
import type { Clock } from '../../stream/clock.ts'
import { type Ended, howItEnded, lastWords } from './ended.ts'
import { Lines } from './lines.ts'

/** How a program is run. */
export interface ProgramSpec {
  /** What messages call it. */
  readonly name: string
  /** The program and its arguments. */
  readonly command: readonly string[]
  /** Where it runs; relative paths in the command begin there. */
  readonly folder: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where its stderr goes, in a folder that exists. */
  readonly logFile: string
  readonly clock: Clock
}

/** An object that a program wrote. */
export type Said = Readonly<Record<string, unknown>>

/**
 * Runs the program given as arguments, as the shell of its process group. Descriptor 3 is a pipe that nobody writes to:
 * it ends when our process does, however that happens, and then the whole group is killed, whatever it is doing.
 */
const WATCHED = `
(read -r _ <&3; kill -KILL 0) >/dev/null 2>&1 </dev/null &
watch=$!
"$@" 3<&-
status=$?
kill -KILL "$watch" 2>/dev/null
exit "$status"`

/** How long a program may take to end once its stdin has. */
const END_MS = 15_000

/** How long to wait for what a program has written, once all processes of its group have been killed. */
const DRAIN_MS = 1_000

/** How often it is looked whether a killed group has gone, and how long that may take. */
const GONE_CHECK_MS = 5
const GONE_MS = 30_000

interface Question {
  readonly onRemark: (said: Said) => void
  readonly resolve: (answer: Said) => void
  readonly reject: (error: unknown) => void
}

/**
 * A program that answers a line of JSON with a line of JSON, in a process group of its own. Once it has failed to, it
 * is killed: nobody knows what it would say next.
 */
export class Program {
  readonly #spec: ProgramSpec
  readonly #log: LogFile
  readonly #process: ChildProcess
  readonly #stdin: Writable
  readonly #lines = new Lines((line) => this.#hear(line))
  /** Resolved once it has ended and all that it wrote has been read. */
  readonly #ended: Promise<Ended>
  #question: Question | undefined
  #hasEnded = false
  /** What it has done wrong; nothing is asked any more. */
  #fault: LakeError | undefined

  private constructor(spec: ProgramSpec, log: LogFile) {
    this.#spec = spec
    this.#log = log
    this.#process = spawn('/bin/sh', ['-c', WATCHED, 'lakeweir', ...spec.command], {
      cwd: spec.folder,
      env: spec.env,
      stdio: ['pipe', 'pipe', log.descriptor, 'pipe'],
      detached: true,
    })
    const { stdin, stdout } = this.#process
    if (stdin === null || stdout === null) throw new RangeError('a program is run with pipes')
    this.#stdin = stdin
    stdin.on('error', () => undefined) // told by its end
    stdout.on('data', (bytes: Buffer) => this.#lines.add(bytes))
    this.#ended = this.#endOf(stdout)
    void this.#ended.then((ended) => this.#noteEnd(ended))
  }

  /** @throws the system's error if there is no shell or no such folder */
  static async start(spec: ProgramSpec): Promise<Program> {
    const log = LogFile.open(spec.logFile)
    try {
      const program = new Program(spec, log)
      await new Promise((resolve, reject) => program.#process.once('spawn', resolve).once('error', reject))
      return program
    } finally {
      log.close()
    }
  }

  /** The id of its process group; for as long as it has not ended, some process has it. */
  get group(): number {
    return this.#process.pid ?? 0
  }

  get logFile(): string {
    return this.#log.path
  }

  /** The end of its log, as lines below a sentence. */
  lastWords(): string {
    return lastWords(this.#log)
  }

  get hasEnded(): boolean {
    return this.#hasEnded
  }

  /** Whether it can be asked. */
  get isReady(): boolean {
    return !this.#hasEnded && this.#fault === undefined && this.#question === undefined
  }

  /**
   * Asks, and waits for the answer.
   * @param onRemark  called with each line before it that is not an answer; if it throws, so does this
   * @throws LakeError LAKE_ENGINE_FAILED if it ends first; LAKE_VALUE_UNEXPECTED if it says something that is no line
   * of the contract
   */
  async answerTo(plan: object, onRemark: (said: Said) => void): Promise<Said> {
    if (this.#fault !== undefined) throw this.#fault
    this.#log.shorten()
    return new Promise((resolve, reject) => {
      this.#question = { onRemark, resolve, reject }
      if (this.#hasEnded) void this.#ended.then((ended) => this.#noteEnd(ended))
      else this.#stdin.write(`${JSON.stringify(plan)}\n`)
    })
  }

  /** Kills the program with all that it has started, and waits until none of that can write any more. */
  async kill(): Promise<void> {
    const { clock } = this.#spec
    if (this.#process.pid === undefined) return
    for (const startMs = clock.monotonicMs(); isGroupAlive(this.group); await clock.sleep(GONE_CHECK_MS)) {
      killGroup(this.group)
      if (clock.monotonicMs() - startMs > GONE_MS) {
        // Such as one that waits for a disk that does not answer: what it writes after that, nobody knows.
        throw new LakeError('LAKE_ENGINE_FAILED', `${this.#spec.name} was killed, but has not ended.`, {
          state: `A process of group ${this.group} may still write to the staging folder of its batch.`,
          remedy: 'Find out what it waits for, such as a disk that does not answer, before you start again.',
        })
      }
    }
    await this.#ended
  }

  /** Lets the program end, and kills it where it does not. */
  async end(): Promise<void> {
    const timer = this.#spec.clock.after(END_MS, () => killGroup(this.group))
    this.#stdin.end()
    await this.#ended
    timer.cancel()
    await this.kill() // it may have started others
  }

  async #endOf(stdout: Readable): Promise<Ended> {
    const ended = await new Promise<Ended>((resolve) => {
      this.#process.once('exit', (code, signal) => resolve({ code, signal }))
      this.#process.once('error', () => resolve({ code: null, signal: null })) // thrown by `start`
    })
    if (this.#process.pid === undefined) return ended
    killGroup(this.group)
    // A process that has left the group may hold the pipe open.
    const stop = this.#spec.clock.after(DRAIN_MS, () => stdout.destroy())
    if (!stdout.closed) await new Promise((resolve) => stdout.once('close', resolve))
    stop.cancel()
    return ended
  }

  #noteEnd(ended: Ended): void {
    this.#hasEnded = true
    const { name, command } = this.#spec
    const question = this.#take()
    if (question === undefined) return
    const rest = this.#lines.rest === '' ? 'without an answer' : 'in the middle of a line'
    question.reject(howItEnded({ name, command, ended, rest, words: this.lastWords() }))
  }

  #hear(line: string): void {
    if (this.#fault !== undefined) return
    try {
      this.#understand(line)
    } catch (error) {
      const question = this.#take()
      this.#fault = error instanceof LakeError ? error : this.#faultOf(messageOf(error), error)
      killGroup(this.group)
      question?.reject(this.#fault)
    }
  }

  #understand(line: string): void {
    const said = fittingJson(line, isObject)
    if (said === undefined) throw this.#faultOf(`said ${shownLine(line)}, which is not a JSON object`)
    if (isRemark(said)) {
      this.#question?.onRemark(said)
      return
    }
    const question = this.#take()
    if (question === undefined) throw this.#faultOf(`answered ${shownLine(line)} without having been asked`)
    question.resolve(said)
  }

  #faultOf(what: string, cause?: unknown): LakeError {
    return new LakeError('LAKE_VALUE_UNEXPECTED', `${this.#spec.name} ${what}.`, {
      cause,
      state: 'Nothing was published.',
      remedy: 'A program may write only its answers and its progress to stdout, a line each: all else goes to stderr.',
    })
  }

  #take(): Question | undefined {
    const question = this.#question
    this.#question = undefined
    return question
  }
}

/** Whether a line only tells something, and the answer is still to come. */
function isRemark(said: Said): boolean {
  return !('version' in said) && ('progress' in said || 'engine' in said)
}

const SHOWN_CHARACTERS = 80

function shownLine(line: string): string {
  return JSON.stringify(line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line)
}
