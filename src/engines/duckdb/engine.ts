import { relative } from 'node:path'
import type { Session } from '../../duckdb/session.ts'
import { copyToParquet, generatedRows, rowsWith, selectedRows, strayValue } from '../../duckdb/sql/batch.ts'
import { type ForeignUse, readForeignFiles } from '../../duckdb/sql/foreignFiles.ts'
import { type Columns, emptyRelation, exactPath, type VariableValue } from '../../duckdb/sql/literals.ts'
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
  unionAll,
} from '../../duckdb/sql/statements.ts'
import { readTableFiles } from '../../duckdb/sql/tableFiles.ts'
import { type Row, requiredText, safeInteger } from '../../duckdb/values.ts'
import { LakeError, messageOf } from '../../errors.ts'
import type { Disk } from '../../files/disk.ts'
import type { Input } from '../../stream/source.ts'
import type { Engine, Reference, Rows, SqlFile, StagedFile, StageTask, Target } from '../../tables/engine.ts'
import { nearestWord } from '../../words.ts'
import { readBounds } from './fileBounds.ts'
import { partitionValue, pathInTable, shown, tooLongError, tooLongFolders } from './partitions.ts'
import { loadReference } from './reference.ts'
import { assertRowsKept } from './rowsKept.ts'
import { assertSelectFits, DESTINATION } from './select.ts'
import { type Bounds, deltaStats, entriesOf } from './stats.ts'

export interface DuckdbEngineOptions {
  readonly session: Session
  readonly disk: Disk
  /** The name and the columns of the rows that come in. */
  readonly relation: string
  readonly relationColumns: Columns
  /** Undefined: rows go through as they are. */
  readonly select: SqlFile | undefined
  /** Whether the SELECT has to keep rows one to one. */
  readonly rows: Rows
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
  /** The SELECT of the view that the stream's SQL reads; undefined where that is not sure. */
  #inputView: string | undefined

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
    const [about] = await options.session.rows(duckdbVersion)
    const engine = new DuckdbEngine(options, requiredText(about?.version, 'version'))
    await options.session.run(script(setVariables(options.variables)))
    await engine.loadReferences()
    await options.session.run(createTempView(options.relation, emptyRelation(options.relationColumns)))
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
    const use = this.#options.select === undefined ? 'copied' : 'queried'
    const input = selectOf(task.input, this.#options.relationColumns, use)
    const prelude = [setVariable('batch_time', task.batchTime), ...setVariables(variablesOf(task.input))]
    if (input !== this.#inputView) prelude.push(createTempView(this.#options.relation, input))
    this.#inputView = undefined // until it is sure that all of the prelude was run
    const [only] = this.#groups
    const isOneCopy = this.#groups.length === 1 && only !== undefined
    const staged = isOneCopy
      ? await this.#copy(task, only, selectedRows, { prelude, below: '' })
      : await this.#copyByGroup(task, prelude)
    this.#inputView = input
    return staged
  }

  interrupt(): void {
    this.#options.session.interrupt()
  }

  /** Checks the SELECT and keeps it for every batch. */
  async #prepareSelect(): Promise<void> {
    const { session, relation, references, targets } = this.#options
    const select = this.#options.select ?? { name: relation, text: allRows(relation) }
    await assertSelectFits(session, select, [relation, ...references.map(({ name }) => name)], targets)
    if (this.#options.select !== undefined && this.#options.rows === 'kept') {
      await assertRowsKept(session, select, relation, references)
    }
    await session.setVariable('select', select.text)
  }

  /** Tables of several shapes: the rows are decided once, then written table by table. */
  async #copyByGroup(task: StageTask, prelude: readonly Sql[]): Promise<StagedFile[]> {
    const { session, disk } = this.#options
    const selected = 'selected_rows'
    await session.run(script([...prelude, createTempTable(selected, selectedRows)]))
    try {
      const known = this.#options.targets.map(({ name }) => name)
      const [found] = await session.rows(strayValue(selected, DESTINATION, known))
      if (found !== undefined) throw this.#strayError(typeof found.stray === 'string' ? found.stray : null)
      const staged: StagedFile[] = []
      for (const [index, group] of this.#groups.entries()) {
        const names = group.targets.map(({ name }) => name)
        await disk.makeFolder(`${task.stagingFolder}/${index}`)
        const rows = rowsWith(selected, DESTINATION, names)
        staged.push(...(await this.#copy(task, group, rows, { prelude: [], below: `${index}/` })))
      }
      return staged
    } finally {
      await session.run(dropTable(selected))
    }
  }

  /** @param prelude  statements to run before: a call for each would wait for a thread every time */
  async #copy(
    task: StageTask,
    group: CopyGroup,
    rows: Sql,
    { prelude, below }: { readonly prelude: readonly Sql[]; readonly below: string },
  ): Promise<StagedFile[]> {
    const { session, targets } = this.#options
    const byDestination = targets.length > 1 ? [DESTINATION] : []
    const partitionBy = [...byDestination, ...group.partitionBy]
    const folder = `${task.stagingFolder}/${below}`
    const copy = copyToParquet({
      rows,
      columns: [...byDestination, ...Object.keys(group.columns)],
      partitionBy,
      target: partitionBy.length === 0 ? `${folder}${task.filePrefix}-0.parquet` : folder,
      fileName: `${task.filePrefix}-{uuid}`,
      footer: task.footer,
    })
    const written = await session.rows(script([...prelude, copy])).catch((cause: unknown) => {
      throw this.#pathError(cause, folder) ?? this.#rowError(cause)
    })
    const files = written.filter((file) => safeInteger(file.count, 'rows of a file') > 0)
    const bounds = await readBounds(session, files, group.columns)
    return files.map((file) => this.#stagedFile(task.stagingFolder, group, file, bounds))
  }

  #stagedFile(
    stagingFolder: string,
    group: CopyGroup,
    file: Row,
    bounds: ReadonlyMap<string, ReadonlyMap<string, Bounds>>,
  ): StagedFile {
    const name = requiredText(file.filename, 'filename')
    const stagedPath = relative(stagingFolder, name)
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
      stats: deltaStats(rows, file.column_statistics, group.columns, bounds.get(name)),
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
    const hint = destination === null ? 'NULL passes neither a rule nor its NOT; use coalesce.' : 'Fix its CASE.'
    return new LakeError(
      'LAKE_SPLIT_FAILED',
      `${this.#options.select?.name} returns a row with the destination ${found}.`,
      {
        remedy: `Every row needs one of: ${names.join(', ')}. ${near === undefined ? hint : `Did you mean "${near}"?`}`,
      },
    )
  }
}

/** What the SELECT of an input reads from variables. */
function variablesOf(input: Input): Readonly<Record<string, VariableValue>> {
  if (input.kind === 'table') return { input_files: input.files.map(exactPath) }
  return input.kind === 'generated' ? input.variables : {}
}

/** The rows of an input. */
function selectOf(input: Input, columns: Columns, use: ForeignUse): Sql {
  if (input.kind === 'table') return readTableFiles('input_files', input.columns, input.partitionBy)
  if (input.kind === 'foreign') {
    if (input.groups.length === 0) return emptyRelation(columns)
    return unionAll(input.groups.map(({ files, columns }) => readForeignFiles(files, columns, use)))
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
