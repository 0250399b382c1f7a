import { basename, dirname } from 'node:path'
import type { Session } from '../../duckdb/session.ts'
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
import { checkedQueryAnswer } from '../../tables/engineAnswer.ts'
import { KeptProgram, type ProgramUser } from './keptProgram.ts'
import type { ProgramSpec, Said } from './program.ts'
import { assertSpoken } from './spoken.ts'
import { stagedFilesOf } from './stagedFiles.ts'

/** A program that is an engine. */
export interface ProgramEngineOptions {
  /** A new session of the lake's DuckDB, which reads the footers of the files that the program writes. */
  readonly connect: () => Promise<Session>
  readonly disk: Disk
  readonly clock: Clock
  readonly lakeFolder: string
  /** Where its stderr goes if this engine is the one that starts it; the folder is made. */
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
  /** One that other engines use too; one of its own where left out. */
  readonly program?: KeptProgram
}

const NOTHING = (): void => undefined

/** An engine that is a program of its own. */
export class ProgramEngine implements Engine {
  readonly #session: Session
  readonly #program: KeptProgram
  readonly #user: ProgramUser

  private constructor(options: ProgramEngineOptions, session: Session) {
    const { name, command, program, onGreeting = NOTHING } = options
    this.#session = session
    this.#program = program ?? new KeptProgram(name ?? basename(command[0] ?? ''))
    this.#user = { spec: () => specOf(options), onGreeting }
    this.#program.join(this.#user)
  }

  static async open(options: ProgramEngineOptions): Promise<ProgramEngine> {
    return new ProgramEngine(options, await options.connect())
  }

  /** As the program calls itself, once it has. */
  get name(): string {
    return this.#program.name
  }

  /** The id of the process group of the program that runs; undefined if none does. */
  get group(): number | undefined {
    return this.#program.group
  }

  async check(plan: CheckPlan, signal?: AbortSignal, onProgress?: (text: string) => void): Promise<void> {
    await this.#answerTo(plan, signal, onProgress)
  }

  async stage(plan: StagePlan, signal: AbortSignal, onProgress?: (text: string) => void): Promise<StageResult> {
    const answer = await this.#answerTo(plan, signal, onProgress)
    const { name } = this
    assertSpoken(name, answer)
    const files = await stagedFilesOf(this.#session, name, plan, answer.files)
    return { version: CONTRACT_VERSION, engine: name, references: answer.references ?? {}, files }
  }

  async query(plan: QueryPlan, signal: AbortSignal, onProgress?: (text: string) => void): Promise<QueryAnswer> {
    return checkedQueryAnswer(this.name, await this.#answerTo(plan, signal, onProgress))
  }

  async close(): Promise<void> {
    try {
      await this.#program.leave(this.#user)
    } finally {
      this.#session.close()
    }
  }

  #answerTo(
    plan: object,
    signal: AbortSignal = new AbortController().signal,
    onProgress: (text: string) => void = NOTHING,
  ): Promise<Said> {
    return this.#program.answerTo(this.#user, { plan, signal, onProgress })
  }
}

async function specOf({
  disk,
  clock,
  lakeFolder,
  logFile,
  command,
  folder,
  env = process.env,
}: ProgramEngineOptions): Promise<Omit<ProgramSpec, 'name'>> {
  await ensureFolder(disk, lakeFolder, dirname(logFile))
  return { command, folder, env, logFile, clock }
}
