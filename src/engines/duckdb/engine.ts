import { relative } from 'node:path'
import type { Columns, ColumnValues, TableShape, VariableValue } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { copyToParquet, rowsWith, selectedRows, strayValue } from '../../duckdb/sql/batch.ts'
import { emptyRelation } from '../../duckdb/sql/literals.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import {
  allRows,
  createTempTable,
  createTempView,
  dropTable,
  duckdbVersion,
  script,
  setVariable,
  setVariables,
} from '../../duckdb/sql/statements.ts'
import { type Row, requiredText, safeInteger } from '../../duckdb/values.ts'
import { LakeError, messageOf } from '../../errors.ts'
import type { Disk } from '../../files/disk.ts'
import {
  BATCH_TIME,
  type CheckPlan,
  CONTRACT_VERSION,
  DESTINATION,
  type Engine,
  type StagedFile,
  type StagePlan,
  type StageResult,
  type StreamShape,
} from '../../tables/engine.ts'
import { loadReference } from '../../tables/loadReference.ts'
import { nearestWord } from '../../words.ts'
import { columnValuesOf, entriesOf } from './columnValues.ts'
import { selectOf, tablesOf, variablesOf } from './input.ts'
import { partitionValue, shown, tooLongError, tooLongFolders } from './partitions.ts'
import { assertRowsKept } from './rowsKept.ts'
import { assertSelectFits } from './select.ts'

export interface DuckdbEngineOptions {
  /** The engine's own; the engine closes it. */
  readonly session: Session
  readonly disk: Disk
}

/** Tables that one COPY can write together: they have the same columns and the same partition keys. */
interface CopyGroup {
  readonly tables: readonly TableShape[]
  readonly columns: Columns
  readonly partitionBy: readonly string[]
}

/** A stream that the session is ready for. */
interface Prepared {
  readonly shape: StreamShape
  /** The shape as JSON: a shape that another process has sent is never the same object. */
  readonly json: string
  readonly groups: readonly CopyGroup[]
}

/** Runs a stream's SELECT in the DuckDB of this process. */
export class DuckdbEngine implements Engine {
  readonly name: string
  readonly #session: Session
  readonly #disk: Disk
  readonly #hashes = new Map<string, string>()
  #prepared: Prepared | undefined
  /** The SELECT of the view that the stream's SQL reads; undefined while that is not certain. */
  #inputView: string | undefined

  private constructor({ session, disk }: DuckdbEngineOptions, version: string) {
    this.name = `duckdb ${version}`
    this.#session = session
    this.#disk = disk
  }

  static async open(options: DuckdbEngineOptions): Promise<DuckdbEngine> {
    const [about] = await options.session.rows(duckdbVersion)
    return new DuckdbEngine(options, requiredText(about?.version, 'version'))
  }

  async check({ version, shape, variables }: CheckPlan): Promise<void> {
    assertVersion(version)
    await this.#prepare(shape, variables)
  }

  async stage(plan: StagePlan, signal: AbortSignal): Promise<StageResult> {
    assertVersion(plan.version)
    // Repeated until the stage has ended: DuckDB forgets an interruption that comes between two queries.
    const stop = this.#session.interruptOn(signal)
    try {
      const prepared = this.#preparedFor(plan.shape) ?? (await this.#prepare(plan.shape, await variablesOf(plan.input)))
      const references = await this.#loadReferences(plan.shape)
      const files = await this.#stageFiles(plan, prepared)
      return { version: CONTRACT_VERSION, references, files }
    } finally {
      stop()
    }
  }

  async close(): Promise<void> {
    this.#session.close()
  }

  #preparedFor(shape: StreamShape): Prepared | undefined {
    const prepared = this.#prepared
    if (prepared?.shape === shape || prepared?.json === JSON.stringify(shape)) return prepared
    return undefined
  }

  /** Checks the SELECT, and keeps it for every batch. @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID */
  async #prepare(shape: StreamShape, variables: Readonly<Record<string, VariableValue>>): Promise<Prepared> {
    const session = this.#session
    this.#prepared = undefined
    this.#inputView = undefined
    this.#hashes.clear()
    // Sample values give the SELECT its types.
    await session.run(script(setVariables({ ...variables, [BATCH_TIME]: new Date(0).toISOString() })))
    await this.#loadReferences(shape)
    const { relation, columns, references, tables, rows } = shape
    await session.run(createTempView(relation, emptyRelation(columns)))
    const select = shape.select ?? { name: relation, text: allRows(relation) }
    await assertSelectFits(session, select, [relation, ...references.map(({ name }) => name)], tables)
    if (shape.select !== null && rows === 'kept') {
      await assertRowsKept(session, select, relation, references)
    }
    await session.setVariable('select', select.text)
    this.#prepared = { shape, json: JSON.stringify(shape), groups: groupsOf(tables) }
    return this.#prepared
  }

  async #loadReferences({ references }: StreamShape): Promise<Record<string, string>> {
    const hashes: Record<string, string> = {}
    for (const reference of references) {
      const { name } = reference
      const loaded = this.#hashes.get(name)
      this.#hashes.delete(name) // a load that fails may leave another table
      hashes[name] = await loadReference(this.#session, reference, loaded)
      this.#hashes.set(name, hashes[name])
    }
    return hashes
  }

  async #stageFiles(plan: StagePlan, { groups }: Prepared): Promise<StagedFile[]> {
    const { shape } = plan
    const input = selectOf(plan.input, shape.columns, shape.select === null ? 'copied' : 'queried')
    const prelude = [
      setVariable(BATCH_TIME, plan.batchTime),
      ...setVariables(await variablesOf(plan.input)),
      ...tablesOf(plan.input),
    ]
    if (input !== this.#inputView) prelude.push(createTempView(shape.relation, input))
    this.#inputView = undefined // until all of the prelude has run
    const [only] = groups
    const isOneCopy = groups.length === 1 && only !== undefined
    const staged = isOneCopy
      ? await this.#copy(plan, only, selectedRows, { prelude, below: '' })
      : await this.#copyByGroup(plan, groups, prelude)
    this.#inputView = input
    return staged
  }

  /** For tables of several shapes: the SELECT runs once, then its rows are written group by group. */
  async #copyByGroup(plan: StagePlan, groups: readonly CopyGroup[], prelude: readonly Sql[]): Promise<StagedFile[]> {
    const session = this.#session
    const selected = 'selected_rows'
    await session.run(script([...prelude, createTempTable(selected, selectedRows)]))
    try {
      const known = plan.shape.tables.map(({ name }) => name)
      const [found] = await session.rows(strayValue(selected, DESTINATION, known))
      if (found !== undefined) throw strayError(plan.shape, typeof found.stray === 'string' ? found.stray : null)
      const staged: StagedFile[] = []
      for (const [index, group] of groups.entries()) {
        const names = group.tables.map(({ name }) => name)
        await this.#disk.makeFolder(`${plan.stagingFolder}/${index}`)
        const rows = rowsWith(selected, DESTINATION, names)
        staged.push(...(await this.#copy(plan, group, rows, { prelude: [], below: `${index}/` })))
      }
      return staged
    } finally {
      await session.run(dropTable(selected))
    }
  }

  /** @param prelude  statements to run first, in the same call: each call of its own would wait for a thread */
  async #copy(
    plan: StagePlan,
    group: CopyGroup,
    rows: Sql,
    { prelude, below }: { readonly prelude: readonly Sql[]; readonly below: string },
  ): Promise<StagedFile[]> {
    const session = this.#session
    const byDestination = plan.shape.tables.length > 1 ? [DESTINATION] : []
    const partitionBy = [...byDestination, ...group.partitionBy]
    const folder = `${plan.stagingFolder}/${below}`
    const copy = copyToParquet({
      rows,
      columns: [...byDestination, ...Object.keys(group.columns)],
      types: Object.values(group.columns),
      partitionBy,
      target: partitionBy.length === 0 ? `${folder}${plan.filePrefix}-0.parquet` : folder,
      fileName: `${plan.filePrefix}-{uuid}`,
      footer: plan.footer,
    })
    const written = await session.rows(script([...prelude, copy])).catch((cause: unknown) => {
      throw pathError(plan.shape, cause, folder) ?? rowError(plan.shape, cause)
    })
    const files = written.filter((file) => safeInteger(file.count, 'rows of a file') > 0)
    const values = await columnValuesOf(session, files, group.columns)
    return files.map((file) => stagedFile(plan, group, file, values))
  }
}

/** A plan may come from another process, and that may be of another version. */
function assertVersion(version: number): void {
  if (version === CONTRACT_VERSION) return
  throw new Error(`a plan of version ${version}: this engine knows version ${CONTRACT_VERSION} of the contract`)
}

function stagedFile(
  { shape, stagingFolder }: StagePlan,
  group: CopyGroup,
  file: Row,
  values: ReadonlyMap<string, Readonly<Record<string, ColumnValues>>>,
): StagedFile {
  const name = requiredText(file.filename, 'filename')
  const keys = new Map(entriesOf(file.partition_keys))
  const [only] = group.tables
  const destination = shape.tables.length > 1 ? keys.get(DESTINATION) : only?.name
  const table = group.tables.find(({ name }) => name === destination)
  if (table === undefined) throw strayError(shape, typeof destination === 'string' ? destination : null)
  return {
    table: table.name,
    path: relative(stagingFolder, name),
    partitionValues: Object.fromEntries(
      group.partitionBy.map((column) => [column, partitionValue(table, column, keys.get(column))]),
    ),
    rows: safeInteger(file.count, 'rows of a file'),
    bytes: safeInteger(file.file_size_bytes, 'bytes of a file'),
    columns: values.get(name) ?? {},
  }
}

/** The error for a COPY that failed because it could not name a folder after a value. */
function pathError(shape: StreamShape, cause: unknown, folder: string): LakeError | undefined {
  const folders = tooLongFolders(cause, folder)
  if (folders === undefined) return undefined
  const { tables } = shape
  const [first, ...others] = folders
  if (tables.length === 1) return tooLongError(tables[0]?.name ?? '', folders, cause)
  const table = tables.find(({ name }) => name === first?.value)
  return table === undefined ? strayError(shape, first?.value ?? null) : tooLongError(table.name, others, cause)
}

/** A failure on a row, by the name of the user's file: the line that DuckDB shows is one of our own statement. */
function rowError({ select }: StreamShape, cause: unknown): unknown {
  const [reason, shownLine] = messageOf(cause).split('\n\nLINE ')
  if (select === null || shownLine === undefined) return cause
  return new Error(`${select.name}: ${reason}`, { cause })
}

function strayError({ tables, select }: StreamShape, destination: string | null): LakeError {
  const names = tables.map(({ name }) => name)
  const found = destination === null ? 'NULL' : shown(destination)
  const near = destination === null ? undefined : nearestWord(destination.slice(0, 100), names)
  const hint = destination === null ? 'NULL meets neither a condition nor its NOT; use coalesce.' : 'Fix its CASE.'
  return new LakeError('LAKE_SPLIT_FAILED', `${select?.name} returns a row with the destination ${found}.`, {
    remedy: `Every row needs one of: ${names.join(', ')}. ${near === undefined ? hint : `Did you mean "${near}"?`}`,
  })
}

function groupsOf(tables: readonly TableShape[]): CopyGroup[] {
  const groups = new Map<string, { tables: TableShape[]; columns: Columns; partitionBy: readonly string[] }>()
  for (const table of tables) {
    const key = JSON.stringify([Object.entries(table.columns), table.partitionBy])
    const group = groups.get(key) ?? { tables: [], columns: table.columns, partitionBy: table.partitionBy }
    group.tables.push(table)
    groups.set(key, group)
  }
  return [...groups.values()]
}
