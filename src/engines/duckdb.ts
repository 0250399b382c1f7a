import { relative } from 'node:path'
import {
  allRows,
  type Columns,
  copyToStaging,
  createTempTable,
  createTempView,
  dropTable,
  emptyRelation,
  exactPath,
  generatedRows,
  readForeignFiles,
  readTableFiles,
  rowsWith,
  selectedRows,
  strayValue,
  unionAll,
  type VariableValue,
} from '../duckdb/render.ts'
import type { Session } from '../duckdb/session.ts'
import { type Row, requiredText, safeInteger } from '../duckdb/values.ts'
import { LakeError, messageOf, nearestWord } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import type { Engine, Input, Reference, SqlFile, StagedFile, StageTask, Target } from '../stream/types.ts'
import { partitionValue, pathInTable, shown, tooLongError, tooLongFolders } from './partitions.ts'
import { loadReference } from './reference.ts'
import { deltaStats, entriesOf } from './stats.ts'

/** The column by which a SELECT with several tables names the table of each row. */
export const DESTINATION = 'destination'

export interface DuckdbEngineOptions {
  readonly session: Session
  readonly disk: Disk
  /** The name and the columns of the rows that come in. */
  readonly relation: string
  readonly relationColumns: Columns
  /** Undefined: rows go through as they are. */
  readonly select: SqlFile | undefined
  readonly references: readonly Reference[]
  /** Variables that the SELECT reads, as they might be: they give it its types before the first batch. */
  readonly variables: Readonly<Record<string, VariableValue>>
  readonly targets: readonly Target[]
}

/** Tables that one COPY can write together: the same columns, by the same keys. */
interface CopyGroup {
  readonly targets: readonly Target[]
  readonly columns: Columns
  readonly partitionBy: readonly string[]
}

/** Runs a stream's SELECT in the DuckDB of this process. */
export class DuckdbEngine implements Engine {
  readonly name: string
  readonly #options: DuckdbEngineOptions
  readonly #groups: readonly CopyGroup[]
  readonly #hashes = new Map<string, string>()
  #inputView = ''

  private constructor(options: DuckdbEngineOptions, version: string) {
    this.name = `duckdb ${version}`
    this.#options = options
    this.#groups = groupsOf(options.targets)
  }

  /**
   * Checks the SELECT against its input and its tables before any batch runs.
   * @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID
   */
  static async open(options: DuckdbEngineOptions): Promise<DuckdbEngine> {
    const [about] = await options.session.rows("SELECT ltrim(version(), 'v') AS version")
    const engine = new DuckdbEngine(options, requiredText(about?.version, 'version'))
    await options.session.setVariables(options.variables)
    await engine.loadReferences()
    await engine.#setInput(emptyRelation(options.relationColumns))
    await engine.#prepareSelect()
    return engine
  }

  async loadReferences(): Promise<Record<string, string>> {
    const hashes: Record<string, string> = {}
    for (const reference of this.#options.references) {
      const { name } = reference
      const loaded = this.#hashes.get(name)
      this.#hashes.delete(name) // a load that fails may leave another table
      hashes[name] = await loadReference(this.#options.session, reference, loaded)
      this.#hashes.set(name, hashes[name])
    }
    return hashes
  }

  async stage(task: StageTask): Promise<readonly StagedFile[]> {
    await this.#options.session.setVariables({
      batch_time: task.batchTime,
      footer: task.footer,
      file_name: `${task.filePrefix}-{uuid}`,
      ...variablesOf(task.input),
    })
    await this.#setInput(selectOf(task.input))
    const [only] = this.#groups
    if (this.#groups.length === 1 && only !== undefined) return this.#copy(task, only, selectedRows, '')
    return this.#copyByGroup(task)
  }

  interrupt(): void {
    this.#options.session.interrupt()
  }

  async #setInput(select: string): Promise<void> {
    if (select === this.#inputView) return
    await this.#options.session.run(createTempView(this.#options.relation, select))
    this.#inputView = select
  }

  /** Prepares the file's own text, so that an error names its line, and compares what it gives with the tables. */
  async #prepareSelect(): Promise<void> {
    const { session, select, relation, targets } = this.#options
    const statement = select?.text ?? allRows(relation)
    const name = select?.name ?? relation
    let columns: Record<string, string>
    try {
      columns = await session.describe(statement)
    } catch (cause) {
      throw new LakeError('LAKE_SQL_INVALID', `${name}: ${messageOf(cause)}`, { cause })
    }
    const wanted: Record<string, string> = targets.length > 1 ? { [DESTINATION]: 'VARCHAR' } : {}
    for (const target of targets) Object.assign(wanted, target.columns)
    const difference = columnsDifference(wanted, columns)
    if (difference !== undefined) throw new LakeError('LAKE_SQL_INVALID', `${name}: ${difference}`)
    await session.setVariable('select', statement)
  }

  /** Tables of several shapes: the rows are decided once, then written table by table. */
  async #copyByGroup(task: StageTask): Promise<StagedFile[]> {
    const { session, disk } = this.#options
    const selected = 'selected_rows'
    await session.run(createTempTable(selected, selectedRows))
    try {
      const known = this.#options.targets.map(({ name }) => name)
      const [found] = await session.rows(strayValue(selected, DESTINATION, known))
      if (found !== undefined) throw this.#strayError(typeof found.stray === 'string' ? found.stray : null)
      const staged: StagedFile[] = []
      for (const [index, group] of this.#groups.entries()) {
        const names = group.targets.map(({ name }) => name)
        await disk.makeFolder(`${task.stagingFolder}/${index}`)
        staged.push(...(await this.#copy(task, group, rowsWith(selected, DESTINATION, names), `${index}/`)))
      }
      return staged
    } finally {
      await session.run(dropTable(selected))
    }
  }

  async #copy(task: StageTask, group: CopyGroup, rows: string, below: string): Promise<StagedFile[]> {
    const { session, targets } = this.#options
    const byDestination = targets.length > 1 ? [DESTINATION] : []
    const partitionBy = [...byDestination, ...group.partitionBy]
    const folder = `${task.stagingFolder}/${below}`
    const isOneFile = partitionBy.length === 0
    await session.setVariable('staging', isOneFile ? `${folder}${task.filePrefix}-0.parquet` : folder)
    const columns = [...byDestination, ...Object.keys(group.columns)]
    const files = await session.rows(copyToStaging({ rows, columns, partitionBy })).catch((cause: unknown) => {
      throw this.#pathError(cause, folder) ?? this.#rowError(cause)
    })
    return files
      .filter((file) => safeInteger(file.count, 'rows of a file') > 0)
      .map((file) => this.#stagedFile(task.stagingFolder, group, file))
  }

  #stagedFile(stagingFolder: string, group: CopyGroup, file: Row): StagedFile {
    const stagedPath = relative(stagingFolder, requiredText(file.filename, 'filename'))
    const keys = new Map(entriesOf(file.partition_keys))
    const [only] = group.targets
    const destination = this.#options.targets.length > 1 ? keys.get(DESTINATION) : only?.name
    const target = group.targets.find(({ name }) => name === destination)
    if (target === undefined) throw this.#strayError(typeof destination === 'string' ? destination : null)
    const rows = safeInteger(file.count, 'rows of a file')
    const values = group.partitionBy.map((name) => partitionValue(target, name, keys.get(name)))
    return {
      table: target.name,
      stagedPath,
      path: pathInTable(stagedPath, values),
      partitionValues: Object.fromEntries(group.partitionBy.map((name, index) => [name, values[index] ?? null])),
      rows,
      bytes: safeInteger(file.file_size_bytes, 'bytes of a file'),
      stats: deltaStats(rows, file.column_statistics, group.columns),
    }
  }

  /** What a COPY meant that failed because it could not name a folder after a value. */
  #pathError(cause: unknown, folder: string): LakeError | undefined {
    const folders = tooLongFolders(cause, folder)
    if (folders === undefined) return undefined
    const { targets } = this.#options
    const [first, ...others] = folders
    if (targets.length === 1) return tooLongError(targets[0]?.name ?? '', folders, cause)
    const target = targets.find(({ name }) => name === first?.value)
    return target === undefined ? this.#strayError(first?.value ?? null) : tooLongError(target.name, others, cause)
  }

  /** A failure on a row, by the file that its user knows: the line that DuckDB shows is one of our own statement. */
  #rowError(cause: unknown): unknown {
    const { select } = this.#options
    const [reason, shownLine] = messageOf(cause).split('\n\nLINE ')
    if (select === undefined || shownLine === undefined) return cause
    return new Error(`${select.name}: ${reason}`, { cause })
  }

  #strayError(destination: string | null): LakeError {
    const names = this.#options.targets.map(({ name }) => name)
    const found = destination === null ? 'NULL' : shown(destination)
    const near = destination === null ? undefined : nearestWord(destination.slice(0, 100), names)
    const hint = destination === null ? 'NULL passes neither a rule nor its NOT; use coalesce.' : 'Mend its CASE.'
    return new LakeError('LAKE_SPLIT_FAILED', `${this.#options.select?.name} gives a row the destination ${found}.`, {
      remedy: `Every row needs one of: ${names.join(', ')}. ${near === undefined ? hint : `Did you mean "${near}"?`}`,
    })
  }
}

/** What the SELECT of an input reads from variables. */
function variablesOf(input: Input): Readonly<Record<string, VariableValue>> {
  if (input.kind === 'table') return { input_files: input.files.map(exactPath) }
  return input.kind === 'generated' ? input.variables : {}
}

/** The rows of an input. */
function selectOf(input: Input): string {
  if (input.kind === 'table') return readTableFiles('input_files', input.columns, input.partitionBy)
  if (input.kind === 'foreign') {
    return unionAll(input.groups.map(({ files, columns }) => readForeignFiles(files, columns)))
  }
  return generatedRows(input.first, input.endExclusive, input.firstMicros, input.stepMicros)
}

function groupsOf(targets: readonly Target[]): CopyGroup[] {
  const groups = new Map<string, { targets: Target[]; columns: Columns; partitionBy: readonly string[] }>()
  for (const target of targets) {
    const key = JSON.stringify([Object.entries(target.columns), target.partitionBy])
    const group = groups.get(key) ?? { targets: [], columns: target.columns, partitionBy: target.partitionBy }
    group.targets.push(target)
    groups.set(key, group)
  }
  return [...groups.values()]
}

/** DuckDB's long names of types that have a short one. */
function plainType(type: string): string {
  return type === 'TIMESTAMP WITH TIME ZONE' ? 'TIMESTAMPTZ' : type.replaceAll(', ', ',')
}

/** The first way in which what a SELECT gives is not what its tables want. */
function columnsDifference(wanted: Columns, given: Columns): string | undefined {
  for (const [name, type] of Object.entries(wanted)) {
    const found = given[name]
    if (found === undefined) return `gives no column ${name}; it gives ${Object.keys(given).join(', ')}`
    if (plainType(found) !== plainType(type)) return `gives ${name} as ${found}, its table wants ${type}: use CAST`
  }
  for (const name of Object.keys(given)) {
    if (wanted[name] === undefined) return `gives a column ${name} that no table has`
  }
  return undefined
}
