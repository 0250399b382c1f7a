import { join } from 'node:path'
import type { Session } from '../../duckdb/session.ts'
import { LakeError, messageOf } from '../../errors.ts'
import type { Disk } from '../../files/disk.ts'
import type { Clock } from '../../stream/clock.ts'
import type { Input } from '../../stream/input.ts'
import type { Engine } from '../../tables/engine.ts'
import { kitCases } from './cases/index.ts'
import { Fault } from './fault.ts'
import type { KitCase } from './kitCase.ts'
import { isOwnFault, LateFault, shapeOf, Trial } from './trial.ts'

export interface KitMeans {
  /** A DuckDB session for what the kit writes and compares, which the caller closes. */
  readonly session: Session
  readonly disk: Disk
  readonly clock: Clock
  /** Absolute; exists and is empty. What the cases leave there is removed. */
  readonly folder: string
}

export interface KitOptions {
  /** Only the cases whose key or sentence has this text. */
  readonly only?: string | undefined
  /** How long the engine may take for one answer, in milliseconds. */
  readonly patienceMs: number
  readonly onResult?: ((result: CaseResult) => void) | undefined
}

/** How one case ended. */
export interface CaseResult {
  /** The key of the plan, of the result or of the failure that it tries, as docs/engine.md names it. */
  readonly key: string
  /** What an engine should do, as a sentence without its subject. */
  readonly does: string
  readonly outcome: 'passed' | 'failed' | 'not supported'
  /** What was wrong, or why it is not supported; null if it passed. */
  readonly reason: string | null
}

export interface KitReport {
  /** The engine's name and version. */
  readonly engine: string
  /** Whether no case failed, and any passed. */
  readonly ok: boolean
  readonly passed: number
  readonly failed: number
  readonly notSupported: number
  readonly cases: readonly CaseResult[]
}

/**
 * Runs an engine through the cases of the contract, one after another, as one engine that a stream keeps open.
 * @param open  opens the engine: once, and again after it did not answer in time
 * @throws LakeError LAKE_PACKAGE_MISSING; LAKE_ARGUMENT_INVALID where there is no case to run
 */
export async function tryEngine(open: () => Promise<Engine>, means: KitMeans, options: KitOptions): Promise<KitReport> {
  const { only = '' } = options
  const chosen = kitCases.filter(({ key, does }) => key.includes(only) || does.includes(only))
  if (chosen.length === 0) throw noCase(only)
  const kit = new Kit(open, means, options)
  try {
    const cases: CaseResult[] = []
    for (const kitCase of chosen) {
      const result = await kit.resultOf(kitCase)
      options.onResult?.(result)
      cases.push(result)
    }
    return reportOf(kit.engineName, cases)
  } finally {
    await kit.close()
  }
}

function noCase(only: string): LakeError {
  return new LakeError('LAKE_ARGUMENT_INVALID', `no case has the text "${only}" in its key or its sentence.`, {
    remedy: 'Leave --only out to run all of them.',
  })
}

function reportOf(engine: string, cases: readonly CaseResult[]): KitReport {
  const count = (outcome: CaseResult['outcome']): number => cases.filter((each) => each.outcome === outcome).length
  const [passed, failed, notSupported] = [count('passed'), count('failed'), count('not supported')]
  return { engine, ok: failed === 0 && passed > 0, passed, failed, notSupported, cases }
}

class Kit {
  readonly #open: () => Promise<Engine>
  readonly #means: KitMeans
  readonly #options: KitOptions
  /** Kind of input → why the engine cannot run it; undefined where it can. */
  readonly #refused = new Map<Input['kind'], string | undefined>()
  #engine: Engine | undefined
  #engineName = 'unknown'
  #number = 0

  constructor(open: () => Promise<Engine>, means: KitMeans, options: KitOptions) {
    this.#open = open
    this.#means = means
    this.#options = options
  }

  /** The name by which the engine has called itself last. */
  get engineName(): string {
    return this.#engineName
  }

  async close(): Promise<void> {
    const engine = this.#engine
    this.#engine = undefined
    await engine?.close()
  }

  async resultOf(kitCase: KitCase): Promise<CaseResult> {
    const { key, does } = kitCase
    await this.#running() // an engine that cannot even be opened has no results
    try {
      const refusal = await this.#refusalOf(kitCase.input)
      if (refusal !== undefined) return { key, does, outcome: 'not supported', reason: refusal }
      await this.#inTrial((trial) => kitCase.run(trial))
      return { key, does, outcome: 'passed', reason: null }
    } catch (error) {
      if (error instanceof LakeError && error.code === 'LAKE_PACKAGE_MISSING') throw error
      if (error instanceof LateFault) await this.close()
      const reason = error instanceof Fault ? `${error.message}.` : `it failed: ${reasonOf(error)}`
      return { key, does, outcome: 'failed', reason }
    }
  }

  /** Why the engine cannot run such inputs, as it says itself when it is asked to check a stream that has them. */
  async #refusalOf(kind: Input['kind']): Promise<string | undefined> {
    if (!this.#refused.has(kind)) {
      const refusal = await this.#inTrial((trial) => trial.check(shapeOf({ id: 'BIGINT' }), kind)).then(
        () => undefined,
        (error: unknown) => {
          if (error instanceof Fault || isOwnFault(error) || !(error instanceof Error)) throw error
          if (error instanceof LakeError && error.code === 'LAKE_PACKAGE_MISSING') throw error
          return error.message
        },
      )
      this.#refused.set(kind, refusal)
    }
    return this.#refused.get(kind)
  }

  async #inTrial(work: (trial: Trial) => Promise<void>): Promise<void> {
    const { session, disk, clock, folder } = this.#means
    const engine = await this.#running()
    this.#number += 1
    const own = join(folder, String(this.#number))
    await disk.makeFolder(own)
    try {
      await work(new Trial({ engine, session, disk, clock, folder: own, patienceMs: this.#options.patienceMs }))
    } finally {
      this.#engineName = engine.name
      await disk.removeTree(own)
    }
  }

  async #running(): Promise<Engine> {
    this.#engine ??= await this.#open()
    return this.#engine
  }
}

function reasonOf(error: unknown): string {
  return error instanceof LakeError ? error.describe().split('\n').join(' ') : messageOf(error)
}
