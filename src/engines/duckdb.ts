import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { relative } from 'node:path'
import {
  allRows,
  badKeys,
  type Columns,
  copyToStaging,
  createTempTable,
  createTempView,
  dropTable,
  emptyRelation,
  exactPath,
  generatedRows,
  readForeignFiles,
  readReference,
  readTableFiles,
  rowsWith,
  selectedRows,
  strayValue,
  unionAll,
  type VariableValue,
} from '../duckdb/render.ts'
import type { Session } from '../duckdb/session.ts'
import { type Row, requiredText, safeInteger } from '../duckdb/values.ts'
import { LakeError, messageOf } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import type { Engine, Input, Reference, SqlFile, StagedFile, StageTask, Target } from '../stream/types.ts'
import { deltaStats, entriesOf } from './stats.ts'

/** The column by which a SELECT with several tables names the table of each row. */
export const DESTINATION = 'destination'

/** DuckDB's own name for the folder of a NULL partition value; the text itself cannot be told from NULL there. */
const NULL_PARTITION = '__HIVE_DEFAULT_PARTITION__'

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
    for (const reference of this.#options.references) hashes[reference.name] = await this.#loadReference(reference)
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

  async #loadReference(reference: Reference): Promise<string> {
    const { session } = this.#options
    const bytes = await readFile(reference.file).catch((cause: unknown) => {
      throw new LakeError('LAKE_REFERENCE_INVALID', `reference ${reference.name}: ${messageOf(cause)}`, { cause })
    })
    const hash = createHash('sha256').update(bytes).digest('hex')
    if (this.#hashes.get(reference.name) === hash) return hash
    let bad: Row[]
    try {
      await session.run(createTempTable(reference.name, readReference(reference.file, reference.columns)))
      bad = await session.rows(badKeys(reference.name, reference.key))
    } catch (cause) {
      throw new LakeError('LAKE_REFERENCE_INVALID', `reference ${reference.name}: ${messageOf(cause)}`, { cause })
    }
    if (bad.length > 0) {
      const keys = bad.map(({ key, count }) => `${key ?? 'NULL'} (${count}×)`).join(', ')
      throw new LakeError(
        'LAKE_REFERENCE_INVALID',
        `reference ${reference.name}: every ${reference.key} must stand once in ${reference.file}, but: ${keys}`,
        { remedy: 'A doubled key would double rows; a NULL one matches none. Mend the file.' },
      )
    }
    this.#hashes.set(reference.name, hash)
    return hash
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
    const files = await session.rows(copyToStaging({ rows, columns, partitionBy }))
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
    const folders = group.partitionBy.length
    return {
      table: target.name,
      stagedPath,
      path: stagedPath
        .split('/')
        .slice(-1 - folders)
        .join('/'),
      partitionValues: Object.fromEntries(
        group.partitionBy.map((name) => [name, partitionValue(target, name, keys.get(name))]),
      ),
      rows,
      bytes: safeInteger(file.file_size_bytes, 'bytes of a file'),
      stats: deltaStats(rows, file.column_statistics, group.columns),
    }
  }

  #strayError(destination: string | null): LakeError {
    const names = this.#options.targets.map(({ name }) => name).join(', ')
    const found = destination === null ? 'NULL' : `'${destination}'`
    return new LakeError('LAKE_SPLIT_FAILED', `${this.#options.select?.name} gives a row the destination ${found}`, {
      remedy: `Every row needs one of: ${names}. NULL passes neither a rule nor its NOT; use coalesce.`,
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

/** A partition value as Delta keeps it. */
function partitionValue(target: Target, column: string, value: unknown): string | null {
  if (target.columns[column] === 'DATE' && typeof value === 'string' && !/^\d{4}-\d\d-\d\d$/.test(value)) {
    throw new LakeError('LAKE_SPLIT_FAILED', `a row of ${target.name} has ${value} as its ${column}`, {
      remedy: `Delta knows dates of the years 1 to 9999: change it in the stream's SQL.`,
    })
  }
  if (value === NULL_PARTITION) {
    throw new LakeError(
      'LAKE_SPLIT_FAILED',
      `a row of ${target.name} has the text '${NULL_PARTITION}' as its ${column}`,
      {
        remedy: `As a folder's name that text means NULL: change it in the stream's SQL.`,
      },
    )
  }
  return typeof value === 'string' && value !== '' ? value : null
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
