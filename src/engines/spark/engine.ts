import { join } from 'node:path'
import type { Session } from '../../duckdb/session.ts'
import type { Disk } from '../../files/disk.ts'
import { systemClock } from '../../stream/clock.ts'
import type { CheckPlan, Engine, QueryAnswer, QueryPlan, StagePlan, StageResult } from '../../tables/engine.ts'
import type { EngineMeans } from '../kind.ts'
import { ProgramEngine } from '../program/engine.ts'
import { assertOwnProgram, commandOf, type SparkLaunch, sessionKey } from './launch.ts'
import { queryOnSpark } from './query.ts'
import { referenceFiles, sideFiles } from './sideFiles.ts'

/** The folder in a staging folder with what DuckDB has prepared for Spark. */
const SIDE_FOLDER = 'inputs'

/**
 * Runs a stream's SELECT on Spark. A program in Python is Spark's driver. All streams and reports of a lake with the
 * same settings have one: a second would take as much memory again, and wait for the same cores. DuckDB prepares what
 * only it reads as it should be read, and checks what Spark has written.
 */
export class SparkEngine implements Engine {
  readonly #program: ProgramEngine
  readonly #session: Session
  readonly #disk: Disk
  /** Of the references that the session has as tables. */
  readonly #hashes = new Map<string, string>()

  private constructor(program: ProgramEngine, session: Session, disk: Disk) {
    this.#program = program
    this.#session = session
    this.#disk = disk
  }

  static async open(means: EngineMeans, launch: SparkLaunch): Promise<SparkEngine> {
    const { connect, disk, lakeFolder, logFile, configFolder, programs } = means
    const program = await ProgramEngine.open({
      connect,
      disk,
      clock: systemClock,
      lakeFolder,
      logFile,
      program: programs.of(sessionKey(launch, means), 'spark'),
      command: commandOf(launch, means),
      folder: configFolder,
      onGreeting: assertOwnProgram,
    })
    return new SparkEngine(program, await connect(), disk)
  }

  get name(): string {
    return this.#program.name
  }

  /** The process group that Spark's driver runs in. */
  get group(): number | undefined {
    return this.#program.group
  }

  check(plan: CheckPlan, signal?: AbortSignal, onProgress?: (text: string) => void): Promise<void> {
    return this.#program.check(plan, signal, onProgress)
  }

  async stage(plan: StagePlan, signal: AbortSignal, onProgress?: (text: string) => void): Promise<StageResult> {
    const folder = join(plan.stagingFolder, SIDE_FOLDER)
    await this.#disk.makeFolder(folder)
    const input = await sideFiles(this.#session, this.#disk, plan.input, folder)
    const references = await referenceFiles(this.#session, plan.shape.references, folder, this.#hashes)
    return this.#program.stage({ ...plan, spark: { input, references } } as StagePlan, signal, onProgress)
  }

  query(plan: QueryPlan, signal: AbortSignal, onProgress?: (text: string) => void): Promise<QueryAnswer> {
    const means = { program: this.#program, session: this.#session, disk: this.#disk }
    return queryOnSpark(means, plan, signal, onProgress)
  }

  async close(): Promise<void> {
    try {
      await this.#program.close()
    } finally {
      this.#session.close()
    }
  }
}
