import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { BoundEngine } from '../../src/engines/kind.ts'
import type { CheckPlan, Engine, StagePlan, StageResult } from '../../src/tables/engine.ts'
import { assertAnswered, checkedResult } from '../../src/tables/engineAnswer.ts'

const JITI = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url))
const PROGRAM = fileURLToPath(new URL('./engineProgram.ts', import.meta.url))

/** An engine that is a program, which knows nothing but what the contract says. */
export const programEngine: Pick<BoundEngine, 'open'> = { open: async () => new ProgramEngine() }

export class ProgramEngine implements Engine {
  readonly name = 'program 1'
  #program: Program | undefined

  async check(plan: CheckPlan): Promise<void> {
    assertAnswered(this.name, await this.#running().answerTo(plan))
  }

  async stage(plan: StagePlan, signal: AbortSignal): Promise<StageResult> {
    const program = this.#running()
    const kill = (): void => {
      this.#program = undefined
      void program.kill()
    }
    signal.addEventListener('abort', kill, { once: true })
    try {
      return checkedResult(this.name, plan, await program.answerTo(plan))
    } finally {
      signal.removeEventListener('abort', kill)
    }
  }

  async close(): Promise<void> {
    await this.#program?.end()
  }

  /** The program that runs; undefined before the first plan, and once it was killed. */
  get processId(): number | undefined {
    return this.#program?.processId
  }

  #running(): Program {
    this.#program ??= new Program()
    return this.#program
  }
}

class Program {
  readonly #process: ChildProcessByStdio<Writable, Readable, null>
  readonly #lines: AsyncIterator<string>
  readonly #ended: Promise<unknown>

  constructor() {
    this.#process = spawn(process.execPath, [JITI, PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] })
    this.#process.stdin.on('error', () => undefined) // told by the end of its answers
    this.#lines = createInterface(this.#process.stdout)[Symbol.asyncIterator]()
    this.#ended = new Promise((resolve) => this.#process.once('close', resolve))
  }

  get processId(): number | undefined {
    return this.#process.pid
  }

  /** @throws Error once the program has ended, if it ends without an answer */
  async answerTo(plan: CheckPlan | StagePlan): Promise<unknown> {
    this.#process.stdin.write(`${JSON.stringify(plan)}\n`)
    const { value, done } = await this.#lines.next()
    if (done !== true) return JSON.parse(value)
    await this.#ended
    throw new Error('the engine has ended without an answer')
  }

  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#ended
  }

  async end(): Promise<void> {
    this.#process.stdin.end()
    await this.#ended
  }
}
