import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Columns, TableShape } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { LakeError, messageOf, systemCodeOf } from '../../errors.ts'
import type { Disk } from '../../files/disk.ts'
import type { Clock } from '../../stream/clock.ts'
import type { Input } from '../../stream/input.ts'
import {
  CONTRACT_VERSION,
  type Engine,
  type StagePlan,
  type StageResult,
  type StreamShape,
} from '../../tables/engine.ts'
import { checkedResult } from '../../tables/engineAnswer.ts'
import { Fault } from './fault.ts'
import { assertRows, type Cells, writeCounted, writeRows } from './rows.ts'
import { assertFiles } from './stagedFiles.ts'

/** What a trial works with. */
export interface TrialMeans {
  readonly engine: Engine
  /** A DuckDB of the kit's own. */
  readonly session: Session
  readonly disk: Disk
  /** Absolute; exists, and is empty. */
  readonly folder: string
  readonly clock: Clock
  /** How long the engine may take for one answer, in milliseconds. */
  readonly patienceMs: number
}

/** What was staged. */
export interface Staged {
  readonly plan: StagePlan
  readonly result: StageResult
}

/** What a plan to stage has besides its shape and its input. */
export interface PlanParts {
  readonly batchTime?: string
  /** Keys that the contract does not know, at each level of the plan. */
  readonly unknownKeys?: Readonly<Record<string, unknown>>
  readonly version?: number
}

/** How often it is looked whether something has been staged, in milliseconds. */
const LOOK_MS = 5

export const RELATION = 'input_rows'

export const BATCH_TIME = '2026-11-22T10:00:00.000Z'

/** A shape whose rows stay as they are, in one table without partitions, but for what is said. */
export function shapeOf(columns: Columns, parts: Partial<StreamShape> = {}): StreamShape {
  return {
    relation: RELATION,
    columns,
    select: null,
    rows: 'kept',
    references: [],
    tables: [tableOf('t', columns)],
    ...parts,
  }
}

export function tableOf(name: string, columns: Columns, partitionBy: readonly string[] = []): TableShape {
  return { name, columns, partitionBy }
}

export function selectOf(text: string): StreamShape['select'] {
  return { name: 'kit.sql', text }
}

/** One case of the kit: a folder with inputs and staging folders, and the engine that is asked. */
export class Trial {
  readonly #means: TrialMeans
  #batch = 0

  constructor(means: TrialMeans) {
    this.#means = means
  }

  /** The absolute path of a file of the case; its folder is made. */
  async path(name: string): Promise<string> {
    const path = join(this.#means.folder, 'input', name)
    await this.#makeFolders(dirname(path))
    return path
  }

  /** Writes rows to a Parquet file. @returns its path */
  async parquet(name: string, columns: Columns, rows: Cells): Promise<string> {
    const path = await this.path(name)
    await writeRows(this.#means.session, path, columns, rows)
    return path
  }

  /** Writes the numbers below `rows` to a Parquet file. @returns its path */
  async counted(name: string, column: string, rows: number): Promise<string> {
    const path = await this.path(name)
    await writeCounted(this.#means.session, path, column, rows)
    return path
  }

  /** Writes a text file, or writes it anew. @returns its path */
  async text(name: string, text: string): Promise<string> {
    const path = await this.path(name)
    await this.#means.disk.removeFile(path)
    await this.#means.disk.writeFile(path, text)
    return path
  }

  /** Gives a file another name. */
  async link(file: string, name: string): Promise<string> {
    const path = await this.path(name)
    await this.#means.disk.link(file, path)
    return path
  }

  async check(shape: StreamShape, inputKind: Input['kind'], variables = {}): Promise<void> {
    await this.#inTime(() => this.#means.engine.check({ version: CONTRACT_VERSION, shape, inputKind, variables }))
  }

  /** Stages a batch, checks the result against the files, and that nothing else has changed. */
  async stage(shape: StreamShape, input: Input, parts: PlanParts = {}): Promise<Staged> {
    const { engine, session } = this.#means
    const plan = await this.#planOf(shape, input, parts)
    const before = this.#otherFiles(plan)
    const answer = await this.#inTime((signal) => engine.stage(plan, signal))
    this.#assertUnchanged(before, this.#otherFiles(plan))
    const result = checkedResult(engine.name, plan, answer)
    await assertFiles(session, plan, result)
    return { plan, result }
  }

  /** Begins to stage a batch and gives it up: from then on, nothing may write to its folder. */
  async abandon(
    shape: StreamShape,
    input: Input,
  ): Promise<{ readonly folder: string; readonly names: readonly string[] }> {
    const plan = await this.#planOf(shape, input, {})
    const abort = new AbortController()
    let hasEnded = false
    const staged = this.#inTime(() => this.#means.engine.stage(plan, abort.signal)).catch((error: unknown) => {
      if (error instanceof Fault) throw error
    })
    const ended = staged.finally(() => {
      hasEnded = true
    })
    while (!hasEnded && namesBelow(plan.stagingFolder).length === 0) await this.#means.clock.sleep(LOOK_MS)
    abort.abort()
    await ended
    return { folder: plan.stagingFolder, names: namesBelow(plan.stagingFolder) }
  }

  /** Whether a folder has just what it had. */
  assertSame({ folder, names }: { readonly folder: string; readonly names: readonly string[] }): void {
    if (namesBelow(folder).join('\n') === names.join('\n')) return
    throw new Fault('after it was killed, something went on writing into the staging folder')
  }

  /** Asserts that the tables have just these rows; a table that is not named has none. */
  async expect({ plan, result }: Staged, rows: Readonly<Record<string, Cells>>): Promise<void> {
    for (const table of plan.shape.tables) {
      const files = result.files.filter((file) => file.table === table.name)
      await assertRows(this.#means.session, table, plan.stagingFolder, files, rows[table.name] ?? [])
    }
  }

  /**
   * Asserts that what is asked for is answered by a failure.
   * @param codes  those that the contract has for it; without one, any will do
   */
  async expectFailure(asked: Promise<unknown>, codes: readonly string[] = []): Promise<Error> {
    const failure = await asked.then(
      () => undefined,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
    if (failure === undefined) throw new Fault('it answered with a result, not with a failure')
    if (failure instanceof Fault || isOwnFault(failure)) throw failure
    const code = systemCodeOf(failure)
    if (codes.length > 0 && !codes.includes(code ?? '')) {
      throw new Fault(`its failure has the code ${code ?? 'null'}, not ${codes.join(' or ')}: ${messageOf(failure)}`)
    }
    return failure
  }

  async #planOf(shape: StreamShape, input: Input, parts: PlanParts): Promise<StagePlan> {
    const { disk, folder } = this.#means
    this.#batch += 1
    const batch = this.#batch
    const stagingFolder = join(folder, 'staging', String(batch))
    await this.#makeFolders(dirname(stagingFolder))
    await disk.makeFolder(stagingFolder)
    const { unknownKeys = {}, batchTime = BATCH_TIME, version = CONTRACT_VERSION } = parts
    const attempt = String(batch).padStart(8, '0')
    return {
      version: version as StagePlan['version'],
      shape: { ...shape, ...unknownKeys },
      batch,
      batchTime,
      input: { ...input, ...unknownKeys },
      stagingFolder,
      filePrefix: `kit-${String(batch).padStart(10, '0')}-${attempt}`,
      footer: { 'lakeweir.stream': 'kit', 'lakeweir.batch': String(batch), 'lakeweir.attempt': attempt },
      limits: { threads: 2, memory: '1GB' },
      ...unknownKeys,
    }
  }

  async #makeFolders(path: string): Promise<void> {
    if (path.length > this.#means.folder.length) await this.#makeFolders(dirname(path))
    await this.#means.disk.makeFolder(path)
  }

  /** Every file of the case that is not in the staging folder of a plan, with its size and its time. */
  #otherFiles({ stagingFolder }: StagePlan): Map<string, string> {
    const { folder } = this.#means
    const files = namesBelow(folder).filter((name) => !join(folder, name).startsWith(`${stagingFolder}/`))
    return new Map(
      files.map((name) => {
        const { size, mtimeMs, ino, isDirectory } = describedFile(join(folder, name))
        return [name, isDirectory ? 'folder' : `${ino} ${size} ${mtimeMs}`]
      }),
    )
  }

  #assertUnchanged(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): void {
    const made = [...after.keys()].find((name) => !before.has(name))
    if (made !== undefined) throw new Fault(`it wrote ${made}, which is not in its staging folder`)
    const gone = [...before.keys()].find((name) => !after.has(name))
    if (gone !== undefined) throw new Fault(`it removed ${gone}, which is not in its staging folder`)
    const changed = [...before].find(([name, state]) => after.get(name) !== state)
    if (changed !== undefined) throw new Fault(`it changed ${changed[0]}, which is not in its staging folder`)
  }

  /** @throws LateFault  if the engine's answer does not come in time */
  async #inTime<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { clock, patienceMs } = this.#means
    const abort = new AbortController()
    return new Promise((resolve, reject) => {
      const timer = clock.after(patienceMs, () => {
        abort.abort()
        reject(new LateFault(`it did not answer in ${patienceMs / 1_000} seconds`))
      })
      ask(abort.signal)
        .then(resolve, reject)
        .finally(() => timer.cancel())
    })
  }
}

/** An engine that does not answer: it is started anew for the next case. */
export class LateFault extends Fault {}

/** Failures that are no answer of the engine: it answered something else, or ended. */
export function isOwnFault(error: unknown): boolean {
  return error instanceof LakeError && ['LAKE_ENGINE_FAILED', 'LAKE_VALUE_UNEXPECTED'].includes(error.code)
}

/** The bytes of a text file. */
export function bytesOf(file: string): Buffer {
  return readFileSync(file)
}

function namesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
}

function describedFile(path: string): { size: number; mtimeMs: number; ino: number; isDirectory: boolean } {
  const stats = lstatSync(path)
  return { size: stats.size, mtimeMs: stats.mtimeMs, ino: stats.ino, isDirectory: stats.isDirectory() }
}
