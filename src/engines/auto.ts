import { sizeText } from '../size.ts'
import type { CheckPlan, Engine, StagePlan, StageResult } from '../tables/engine.ts'
import { bytesOf } from './inputBytes.ts'

/** The engine for batches that read much. */
export interface LargeEngine {
  /** What a person calls it. */
  readonly name: string
  /** Batches that read more bytes than this are for it. */
  readonly overBytes: number
  /** What can be checked before it is started, which may never be. */
  readonly checkFirst: (plan: CheckPlan) => Promise<void>
  readonly open: () => Promise<Engine>
}

/** Chooses one of two engines for each batch, by how much the batch reads. The large one is started only then. */
export class AutoEngine implements Engine {
  readonly #small: Engine
  readonly #large: LargeEngine
  #opened: Engine | undefined
  #check: CheckPlan | undefined

  constructor(small: Engine, large: LargeEngine) {
    this.#small = small
    this.#large = large
  }

  get name(): string {
    return this.#small.name
  }

  async check(plan: CheckPlan, signal?: AbortSignal): Promise<void> {
    this.#check = plan
    await this.#small.check(plan, signal)
    await this.#large.checkFirst(plan)
  }

  async stage(plan: StagePlan, signal: AbortSignal, onProgress?: (text: string) => void): Promise<StageResult> {
    const { name, overBytes } = this.#large
    const inputBytes = await bytesOf(plan.input)
    if (inputBytes <= overBytes) return this.#small.stage(plan, signal, onProgress)
    const engineReason = `its input has ${sizeText(inputBytes)}, more than ${sizeText(overBytes)}`
    if (this.#opened === undefined) onProgress?.(`starting ${name}: ${engineReason}`)
    const engine = await this.#openLarge(signal, onProgress)
    const result = await engine.stage(plan, signal, onProgress)
    return { ...result, engine: result.engine ?? engine.name, engineReason }
  }

  async close(): Promise<void> {
    await this.#small.close()
    await this.#opened?.close()
  }

  async #openLarge(signal: AbortSignal, onProgress?: (text: string) => void): Promise<Engine> {
    if (this.#opened !== undefined) return this.#opened
    const engine = await this.#large.open()
    try {
      if (this.#check !== undefined) await engine.check(this.#check, signal, onProgress)
    } catch (error) {
      await engine.close()
      throw error
    }
    this.#opened = engine
    return engine
  }
}
