import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { encodePath } from '../../src/delta/actions.ts'
import type { DeletionVector } from '../../src/delta/deletionVectors.ts'
import { recordsOf } from '../../src/duckdb/session.ts'
import { text } from '../../src/duckdb/sql/literals.ts'
import { Lake, LakeError } from '../../src/index.ts'
import { inDuckdb } from './duckdb.ts'
import { rawSql } from './sql.ts'
import { temporaryFolder } from './temporaryFolder.ts'

type Action = Readonly<Record<string, unknown>>

/** A field of a schema, with the names by which files and log have it, if those are others. */
export interface ForeignField {
  readonly name: string
  readonly type: unknown
  readonly storedAs?: string
  readonly id?: number
}

/** What a table asks of its readers and writers. */
export interface ForeignProtocol {
  readonly minReaderVersion: number
  readonly minWriterVersion: number
  readonly readerFeatures?: readonly string[]
  readonly writerFeatures?: readonly string[]
}

export function withFeatures(readerFeatures: readonly string[], more: readonly string[] = []): ForeignProtocol {
  const writerFeatures = [...readerFeatures, ...more]
  return { minReaderVersion: 3, minWriterVersion: 7, readerFeatures, writerFeatures }
}

export const PLAIN_PROTOCOL: ForeignProtocol = { minReaderVersion: 1, minWriterVersion: 2 }

export interface ForeignFile {
  /** Where it is in the table's folder. */
  readonly path: string
  /** The SELECT of its rows. */
  readonly rows: string
  readonly options?: string
  readonly partitionValues?: Readonly<Record<string, string | null>>
  readonly deletionVector?: DeletionVector
  /** As the log names it, if that is not its path. */
  readonly namedAs?: string
  readonly stats?: string
}

/** A Delta table as another program may make it, outside of any lake. */
export class ForeignTable {
  readonly folder: string
  readonly #log: string

  constructor(folder = join(temporaryFolder(), 'ware house', 'events')) {
    this.folder = folder
    this.#log = join(folder, '_delta_log')
    mkdirSync(this.#log, { recursive: true })
  }

  /** The next commit. */
  commit(actions: readonly Action[]): void {
    const version = readdirSync(this.#log).filter((name) => name.endsWith('.json')).length
    const lines = actions.map((action) => JSON.stringify(action)).join('\n')
    writeFileSync(join(this.#log, `${String(version).padStart(20, '0')}.json`), `${lines}\n`)
  }

  create(
    fields: readonly ForeignField[],
    {
      protocol = PLAIN_PROTOCOL,
      partitionBy = [],
      mapping,
    }: {
      readonly protocol?: ForeignProtocol
      readonly partitionBy?: readonly string[]
      readonly mapping?: 'name' | 'id'
    } = {},
  ): void {
    this.commit([{ protocol }, metaData(fields, partitionBy, mapping)])
  }

  /** Writes a file and returns the action that adds it. */
  async file({
    path,
    rows,
    options = '',
    partitionValues = {},
    deletionVector,
    namedAs,
    stats,
  }: ForeignFile): Promise<Action> {
    const file = join(this.folder, path)
    mkdirSync(dirname(file), { recursive: true })
    await inDuckdb((session) => session.run(rawSql`COPY (${rows}) TO ${text(file)} (FORMAT parquet${options})`))
    const add = {
      path: namedAs ?? encodePath(path),
      partitionValues,
      size: statSync(file).size,
      modificationTime: 0,
      dataChange: true,
      ...(stats === undefined ? {} : { stats }),
      ...(deletionVector === undefined ? {} : { deletionVector }),
    }
    return { add }
  }

  async append(...files: readonly ForeignFile[]): Promise<void> {
    const actions: Action[] = []
    for (const file of files) actions.push(await this.file(file))
    this.commit(actions)
  }
}

/** The action that gives a table these columns. */
export function metaData(
  fields: readonly ForeignField[],
  partitionColumns: readonly string[] = [],
  mapping?: 'name' | 'id',
): Action {
  const schema = {
    type: 'struct',
    fields: fields.map(({ name, type, storedAs, id }, index) => ({
      name,
      type,
      nullable: true,
      metadata:
        mapping === undefined
          ? {}
          : { 'delta.columnMapping.physicalName': storedAs ?? name, 'delta.columnMapping.id': id ?? index + 1 },
    })),
  }
  return {
    metaData: {
      id: 'f0f0f0f0-0000-4000-8000-000000000000',
      format: { provider: 'parquet', options: {} },
      schemaString: JSON.stringify(schema),
      partitionColumns,
      configuration: mapping === undefined ? {} : { 'delta.columnMapping.mode': mapping },
      createdTime: 0,
    },
  }
}

/** A lake with one table `copy`, which a stream `read` fills from a table of another program. */
export async function copyingLake({
  from,
  columns,
  select,
  root = temporaryFolder(),
}: {
  readonly from: Readonly<Record<string, unknown>>
  readonly columns: Readonly<Record<string, string>>
  readonly select?: string
  /** Of an earlier call, to open the same lake with another config. */
  readonly root?: string
}): Promise<{ readonly lake: Lake; readonly root: string; readonly config: string }> {
  const header = '-- read.sql: what is read; one row per row.\n--\n-- in   events   its rows\n-- out  all columns\n'
  if (select !== undefined) writeFileSync(join(root, 'read.sql'), `${header}${select}\n`)
  const read = { from, into: ['copy'], ...(select === undefined ? {} : { select: 'read.sql' }) }
  const config = { root: 'lake', tables: { copy: { path: 'copy', columns } }, streams: { read } }
  // Another name each time: a module is loaded once.
  const file = join(root, `lake-${readdirSync(root).length}.config.mjs`)
  writeFileSync(file, `export default ${JSON.stringify(config)}\n`)
  const lake = await Lake.open({ config: file, database: { threads: 1 } })
  onTestFinished(() => lake.close())
  return { lake, root, config: file }
}

export async function runRead(lake: Lake): Promise<void> {
  await lake.run({ streams: ['read'], availableNow: true, retry: false })
}

/** The rows of the table that is filled, by `id`. */
export async function copiedRows(lake: Lake): Promise<unknown[]> {
  return recordsOf(await lake.query('SELECT * FROM copy ORDER BY id'))
}

/** What a run stops with. */
export async function refusalOf(lake: Lake): Promise<LakeError> {
  const thrown = await runRead(lake).then(
    () => undefined,
    (error: unknown) => error,
  )
  if (thrown instanceof LakeError) return thrown
  throw new Error(`not refused: ${thrown}`)
}

/** A source that follows a table. */
export function fromOf(
  { folder }: ForeignTable,
  options: Readonly<Record<string, unknown>> = {},
): Record<string, unknown> {
  return { kind: 'deltaFolder', path: folder, ...options }
}
