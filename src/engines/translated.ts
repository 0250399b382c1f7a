import type { CheckPlan, Engine, SqlFile, StagePlan, StageResult, StreamShape } from '../tables/engine.ts'

/** What an engine that reads another SQL than DuckDB is given. */
export interface Translation {
  /** The file that is for this engine alone, in the place of the stream's own. */
  readonly own: SqlFile | undefined
  /** Checks the stream's own SELECT first, before the engine is asked. */
  readonly checkFirst: (plan: CheckPlan) => Promise<void>
}

/**
 * An engine that reads another SQL. The stream's SELECT stays the one that DuckDB reads, also in its records: only here
 * another file takes its place.
 */
export class TranslatedEngine implements Engine {
  readonly #engine: Engine
  readonly #translation: Translation
  /** A shape, and what became of it: one object for one object, because engines compare them. */
  #last: { readonly shape: StreamShape; readonly translated: StreamShape } | undefined

  constructor(engine: Engine, translation: Translation) {
    this.#engine = engine
    this.#translation = translation
  }

  get name(): string {
    return this.#engine.name
  }

  async check(plan: CheckPlan, signal?: AbortSignal, onProgress?: (text: string) => void): Promise<void> {
    await this.#translation.checkFirst(plan)
    await this.#engine.check({ ...plan, shape: this.#translated(plan.shape) }, signal, onProgress)
  }

  stage(plan: StagePlan, signal: AbortSignal, onProgress?: (text: string) => void): Promise<StageResult> {
    return this.#engine.stage({ ...plan, shape: this.#translated(plan.shape) }, signal, onProgress)
  }

  close(): Promise<void> {
    return this.#engine.close()
  }

  #translated(shape: StreamShape): StreamShape {
    const { own } = this.#translation
    if (own === undefined || shape.select === null) return shape
    if (this.#last?.shape !== shape) this.#last = { shape, translated: { ...shape, select: own } }
    return this.#last.translated
  }
}
