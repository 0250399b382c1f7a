import { LakeError, systemCodeOf } from '../../errors.ts'
import { answerFault, assertAnswered } from '../../tables/engineAnswer.ts'
import { Program, type ProgramSpec, type Said } from './program.ts'
import { Turns } from './turns.ts'

/** An engine that uses a program. */
export interface ProgramUser {
  /** How the program is started where it does not run when this user asks. */
  spec(): Promise<Omit<ProgramSpec, 'name'>>
  /** Called with a line in which the program says its name; what this throws is why it is not used. */
  readonly onGreeting: (said: Said) => void
}

/** What a user asks. */
export interface ProgramQuestion {
  readonly plan: object
  /** Once it is aborted, the question fails soon, and the program is killed if it works on that. */
  readonly signal: AbortSignal
  /** Called with what the program says of how far it is, and if it works on something else first. */
  readonly onProgress: (text: string) => void
}

/**
 * A program that is started for the first question, stays for those that follow, and is started again where it has
 * ended in between. Several engines may use it. It works on one question at a time, in the order in which they came:
 * whoever gives up a question that waits kills nothing, and if the program is killed, the questions that wait go to the
 * next one. It ends when its last user leaves, and with this process, however that ends.
 */
export class KeptProgram {
  readonly #users = new Set<ProgramUser>()
  readonly #turns = new Turns()
  #name: string
  #program: Program | undefined

  /** @param name  what it is called until it says so itself */
  constructor(name: string) {
    this.#name = name
  }

  /** As the program calls itself, once it has. */
  get name(): string {
    return this.#name
  }

  /** The id of the process group of the program that runs; undefined if none does. */
  get group(): number | undefined {
    return this.#program?.hasEnded === false ? this.#program.group : undefined
  }

  join(user: ProgramUser): void {
    this.#users.add(user)
  }

  /** Ends the program where nobody uses it any more. What was still asked then fails: nobody waits for it. */
  async leave(user: ProgramUser): Promise<void> {
    this.#users.delete(user)
    if (this.#users.size > 0) return
    const program = this.#program
    this.#program = undefined // whoever joins while it ends gets another
    await program?.end()
  }

  /** Asks once its turn has come, and leaves no program behind that may still write after a failure. */
  async answerTo(user: ProgramUser, question: ProgramQuestion): Promise<Said> {
    const { signal, onProgress } = question
    if (signal.aborted) throw abortedError(this.#name)
    const endTurn = await this.#turns.take(signal, () => onProgress(`waits until ${this.#name} is free`))
    if (endTurn === undefined) throw waitedError(this.#name)
    try {
      return await this.#answerNow(user, question)
    } finally {
      endTurn()
    }
  }

  async #answerNow(user: ProgramUser, { plan, signal, onProgress }: ProgramQuestion): Promise<Said> {
    if (signal.aborted) throw abortedError(this.#name)
    const program = await this.#running(user)
    const kill = (): void => void program.kill().catch(() => undefined) // awaited below
    signal.addEventListener('abort', kill, { once: true })
    if (signal.aborted) kill()
    try {
      const answer = await program.answerTo(plan, (said) => this.#remark(said, user, onProgress))
      if (typeof answer.engine === 'string') this.#name = answer.engine
      try {
        assertAnswered(this.#name, answer)
      } catch (error) {
        throw withLog(error, program)
      }
      return answer
    } catch (error) {
      if (!program.isReady || signal.aborted || cannotGoOn(error)) {
        this.#program = undefined
        await program.kill()
      }
      throw signal.aborted ? abortedError(this.#name, error) : error
    } finally {
      signal.removeEventListener('abort', kill)
    }
  }

  #remark(said: Said, { onGreeting }: ProgramUser, onProgress: (text: string) => void): void {
    if (typeof said.engine === 'string') {
      onGreeting(said)
      this.#name = said.engine
    }
    if (said.progress === undefined) return
    if (typeof said.progress !== 'string') throw answerFault(`${this.#name} told of progress that is no text`)
    onProgress(said.progress)
  }

  async #running(user: ProgramUser): Promise<Program> {
    if (this.#program?.isReady === true) return this.#program
    await this.#program?.kill() // what it has started may be left
    this.#program = undefined
    const program = await Program.start({ ...(await user.spec()), name: this.#name })
    if (this.#users.size === 0) {
      await program.kill() // nobody would end it any more
      throw abortedError(this.#name)
    }
    this.#program = program
    return program
  }
}

/** The programs of one lake that several engines use. */
export class SharedPrograms {
  readonly #kept = new Map<string, KeptProgram>()

  /**
   * The one program for a key.
   * @param key  says all in which programs differ that do not do the same
   * @param name  what it is called until it says so itself
   */
  of(key: string, name: string): KeptProgram {
    const kept = this.#kept.get(key) ?? new KeptProgram(name)
    this.#kept.set(key, kept)
    return kept
  }
}

/** Whether the program itself is at fault, or lacks something: another one is started for the next plan. */
function cannotGoOn(error: unknown): boolean {
  if (systemCodeOf(error) === 'ENOMEM') return true // it may be ending by itself
  return error instanceof LakeError && (error.code === 'LAKE_ENGINE_FAILED' || error.code === 'LAKE_PACKAGE_MISSING')
}

/** Adds to a failure that a program told where to read more about it, unless all of it is told. */
function withLog(error: unknown, program: Program): unknown {
  if (!(error instanceof LakeError)) {
    // With its code, by which it is known what to do about it.
    if (error instanceof Error) error.message += `\nIts log: ${program.logFile}`
    return error
  }
  if (error.code !== 'LAKE_ENGINE_FAILED') return error
  const { code, message, state = 'Nothing was published.', remedy } = error
  const more = remedy === undefined ? {} : { remedy }
  return new LakeError(code, message + program.lastWords(), { cause: error, state, ...more, canRetry: true })
}

function abortedError(engine: string, cause?: unknown): LakeError {
  return stoppedError(`${engine} was told to stop, and has ended without an answer.`, cause)
}

function waitedError(engine: string): LakeError {
  return stoppedError(`${engine} works on something else, and the wait for it was stopped.`)
}

function stoppedError(message: string, cause?: unknown): LakeError {
  return new LakeError('LAKE_ENGINE_FAILED', message, { cause, state: 'Nothing was published.', canRetry: true })
}
