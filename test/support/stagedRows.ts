import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Columns } from '../../src/columns.ts'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { exactPath, text } from '../../src/duckdb/sql/literals.ts'
import type { Row } from '../../src/duckdb/values.ts'
import type { BoundEngine } from '../../src/engines/kind.ts'
import type { Input } from '../../src/stream/input.ts'
import {
  type CheckPlan,
  CONTRACT_VERSION,
  type Engine,
  type Reference,
  type Rows,
  type StagePlan,
  type StreamShape,
} from '../../src/tables/engine.ts'
import { checkedResult } from '../../src/tables/engineAnswer.ts'
import type { RecordedFile } from '../../src/tables/record.ts'
import { recordedFiles } from '../../src/tables/recordedFiles.ts'
import { engineMeans } from './engineMeans.ts'
import { duckdbThroughJson } from './jsonEngine.ts'
import { rawSql } from './sql.ts'
import { temporaryFolder } from './temporaryFolder.ts'

export interface EngineOptions {
  /** The columns of the relation `input_rows`. */
  readonly columns: Columns
  /** Undefined: rows go through as they are. */
  readonly select?: string
  /** `kept` where left out. */
  readonly rows?: Rows
  readonly tables: readonly {
    readonly name: string
    readonly columns: Columns
    readonly partitionBy?: readonly string[]
  }[]
  readonly references?: readonly Omit<Reference, 'file'>[]
  /** Reference name → its text. */
  readonly referenceTexts?: Readonly<Record<string, string>>
  /** What the input brings beside its rows, with values of the same types. */
  readonly variables?: CheckPlan['variables']
  /** DuckDB's where left out. */
  readonly engine?: Pick<BoundEngine, 'open'>
}

/** An engine with rows to split and a folder to stage them in. */
export class TestEngine {
  readonly folder: string
  readonly session: Session
  readonly #engine: Engine
  readonly #shape: StreamShape
  #batch = 0

  private constructor(folder: string, session: Session, engine: Engine, shape: StreamShape) {
    this.folder = folder
    this.session = session
    this.#engine = engine
    this.#shape = shape
  }

  static async open(folder: string, options: EngineOptions): Promise<TestEngine> {
    const database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder: join(folder, '.temp') })
    const session = await database.connect()
    const kind = options.engine ?? duckdbThroughJson
    const engine = await kind.open(engineMeans(database, folder))
    onTestFinished(async () => {
      session.close()
      await engine.close()
      database.close()
    })
    const shape: StreamShape = {
      relation: 'input_rows',
      columns: options.columns,
      select: options.select === undefined ? null : { name: 'route.sql', text: options.select },
      rows: options.rows ?? 'kept',
      references: (options.references ?? []).map((reference) => ({
        ...reference,
        file: join(folder, `${reference.name}.csv`),
      })),
      tables: options.tables.map((table) => ({ partitionBy: [], ...table })),
    }
    await engine.check({ version: CONTRACT_VERSION, shape, inputKind: 'table', variables: options.variables ?? {} })
    return new TestEngine(folder, session, engine, shape)
  }

  /** Stages one batch of the rows of a SELECT. */
  async stage(rows: string): Promise<readonly RecordedFile[]> {
    const files = [await this.written(rows)]
    return this.stageInput({ kind: 'table', files, columns: this.#shape.columns, partitionBy: [] })
  }

  /** Writes the rows of a SELECT for the next batch. @returns the file */
  async written(rows: string): Promise<string> {
    const file = join(this.folder, `input ${this.#batch + 1}.parquet`)
    await this.session.run(rawSql`COPY (${rows}) TO ${text(file)} (FORMAT parquet)`)
    return file
  }

  /** Stages one batch of any input. */
  async stageInput(input: Input, signal: AbortSignal = new AbortController().signal): Promise<readonly RecordedFile[]> {
    const plan = this.planOf(input)
    const { files } = checkedResult(this.#engine.name, plan, await this.#engine.stage(plan, signal))
    return Object.values(recordedFiles(this.#shape.tables, files)).flat()
  }

  /** The plan of the next batch, whose staging folder is there. */
  planOf(input: Input): StagePlan {
    this.#batch += 1
    mkdirSync(this.stagingFolder())
    return {
      version: CONTRACT_VERSION,
      shape: this.#shape,
      batch: this.#batch,
      batchTime: new Date(0).toISOString(),
      input,
      stagingFolder: this.stagingFolder(),
      filePrefix: `route-${this.#batch}`,
      footer: { 'lakeweir.batch': String(this.#batch) },
      limits: { threads: 2, memory: '1GB' },
    }
  }

  stagingFolder(): string {
    return join(this.folder, `staging-${this.#batch}`)
  }

  /** The rows of staged files, their partition columns as DuckDB reads them from folder names. */
  async rowsIn(files: readonly RecordedFile[], columns: string): Promise<Row[]> {
    const rows: Row[] = []
    for (const { stagedPath } of files) {
      const path = text(exactPath(join(this.stagingFolder(), stagedPath)))
      rows.push(
        ...(await this.session.rows(
          rawSql`SELECT ${columns} FROM read_parquet(${path}, hive_partitioning = true, hive_types_autocast = false)`,
        )),
      )
    }
    return rows
  }
}

/** Opens an engine in a folder of this test's own. */
export async function openEngine(options: EngineOptions): Promise<TestEngine> {
  const folder = temporaryFolder()
  for (const [name, csv] of Object.entries(options.referenceTexts ?? {})) writeReference(folder, name, csv)
  return TestEngine.open(folder, options)
}

/** Writes a reference file, or writes it anew. */
export function writeReference(folder: string, name: string, csv: string): void {
  writeFileSync(join(folder, `${name}.csv`), csv)
}
