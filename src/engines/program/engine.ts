import { basename, dirname } from 'node:path'
import type { Session } from '../../duckdb/session.ts'
import { LakeError } from '../../errors.ts'
import type { Disk } from '../../files/disk.ts'
import { ensureFolder } from '../../files/folders.ts'
import type { Clock } from '../../stream/clock.ts'
import {
  type CheckPlan,
  CONTRACT_VERSION,
  type Engine,
  type QueryAnswer,
  type QueryPlan,
  type StagePlan,
  type StageResult,
} from '../../tables/engine.ts'
import { answerFault, assertAnswered, checkedQueryAnswer } from '../../tables/engineAnswer.ts'
import { Program, type ProgramSpec, type Said } from './program.ts'
import { assertSpoken } from './spoken.ts'
import { stagedFilesOf } from './stagedFiles.ts'

/** A program that is an engine. */
export interface ProgramEngineOptions {
  /** A new session of the lake's DuckDB, which reads the footers of the files that the program writes. */
  readonly connect: () => Promise<Session>
  readonly disk: Disk
  readonly clock: Clock
  readonly lakeFolder: string
  /** Where its stderr goes; the folder is made. */
  readonly logFile: string
  /** What it is called until it says so itself; the file name of the program where left out. */
  readonly name?: string
  /** The program and its arguments. */
  readonly command: readonly string[]
  /** Where it runs. */
  readonly folder: string
  /** Its environment; that of this process where left out. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Called with a line in which it says its name; what this throws is why it is not used. */
  readonly onGreeting?: (said: Said) => void
}

const NOTHING = (): void => undefined

/**
 * An engine that is a program of its own. It is started for the first plan, stays for those that follow, and is started
 * again where it has ended in between. It ends with this process, however that ends.
 */
export class ProgramEngine implements Engine {
  readonly #options: ProgramEngineOptions
  readonly #session: Session
  #name: string
  #program: Program | undefined

  private constructor(options: ProgramEngineOptions, session: Session) {
    this.#options = options
    this.#session = session
    this.#name = options.name ?? basename(options.command[0] ?? '')
  }

  static async open(options: ProgramEngineOptions): Promise<ProgramEngine> {
    return new ProgramEngine(options, await options.connect())
  }

  /** As the program calls itself, once it has. */
  get name(): string {
    return this.#name
  }

  /** The id of the process group of the program that runs; undefined if none does. */
  get group(): number | undefined {
    return this.#program?.hasEnded === false ? this.#program.group : undefined
  }

  async check(plan: CheckPlan, signal: AbortSignal = new AbortController().signal): Promise<void> {
    await this.#answerTo(plan, signal, NOTHING)
  }

  async stage(
    plan: StagePlan,
    signal: AbortSignal,
    onProgress: (text: string) => void = NOTHING,
  ): Promise<StageResult> {
    const answer = await this.#answerTo(plan, signal, onProgress)
    assertSpoken(this.#name, answer)
    const files = await stagedFilesOf(this.#session, this.#name, plan, answer.files)
    return { version: CONTRACT_VERSION, engine: this.#name, references: answer.references ?? {}, files }
  }

  async query(plan: QueryPlan, signal: AbortSignal): Promise<QueryAnswer> {
    return checkedQueryAnswer(this.#name, await this.#answerTo(plan, signal, NOTHING))
  }

  async close(): Promise<void> {
    try {
      await this.#program?.end()
    } finally {
      this.#session.close()
    }
  }

  /** Asks the program, and leaves none behind that may still write after a failure. */
  async #answerTo(plan: object, signal: AbortSignal, onProgress: (text: string) => void): Promise<Said> {
    if (signal.aborted) throw abortedError(this.#name)
    const program = await this.#running()
    const kill = (): void => void program.kill().catch(NOTHING) // awaited below
    signal.addEventListener('abort', kill, { once: true })
    if (signal.aborted) kill()
    try {
      const answer = await program.answerTo(plan, (said) => this.#remark(said, onProgress))
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

  #remark(said: Said, onProgress: (text: string) => void): void {
    if (typeof said.engine === 'string') {
      this.#options.onGreeting?.(said)
      this.#name = said.engine
    }
    if (said.progress === undefined) return
    if (typeof said.progress !== 'string') throw answerFault(`${this.#name} told of progress that is no text`)
    onProgress(said.progress)
  }

  async #running(): Promise<Program> {
    if (this.#program?.isReady === true) return this.#program
    await this.#program?.kill() // what it has started may be left
    this.#program = undefined
    this.#program = await Program.start(await this.#spec())
    return this.#program
  }

  async #spec(): Promise<ProgramSpec> {
    const { disk, clock, lakeFolder, logFile, command, folder, env = process.env } = this.#options
    await ensureFolder(disk, lakeFolder, dirname(logFile))
    return { name: this.#name, command, folder, env, logFile, clock }
  }
}

/** Whether the program itself is at fault, or lacks something: another one is started for the next plan. */
function cannotGoOn(error: unknown): boolean {
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
  return new LakeError('LAKE_ENGINE_FAILED', `${engine} was told to stop, and has ended without an answer.`, {
    cause,
    state: 'Nothing was published.',
    canRetry: true,
  })
}
