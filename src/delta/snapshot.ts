import { join, resolve } from 'node:path'
import { diskRemedy, saysDisk } from '../duckdb/diskErrors.ts'
import type { Session } from '../duckdb/session.ts'
import { type Sql, sqlFile } from '../duckdb/sql/sql.ts'
import { createTempTableOf, script, setVariable } from '../duckdb/sql/statements.ts'
import { statementsOf } from '../duckdb/sql/statementTexts.ts'
import {
  foreignVersions,
  joinedNamedPaths,
  liveFilesOf,
  newestTimeOf,
  PATH_END,
  tableHeads,
  tableSizes,
  tableTransactions,
} from '../duckdb/sql/tableFiles.ts'
import { type JsonValue, type Row, requiredStruct, requiredText, safeInteger } from '../duckdb/values.ts'
import { LakeError, messageOf } from '../errors.ts'
import { type DeletionVector, deletionVectorOf } from './deletionVectors.ts'
import { PLAIN_FEATURES } from './features.ts'
import { listNewest } from './log.ts'
import { replayPassingOver } from './passedOver.ts'
import { assertReadable, logInvalid, type Protocol, unsupportedProtocol } from './protocol.ts'

/** Chooses which files of Delta logs are read; its contract is in the file. */
export const logFilesSql = sqlFile(new URL('./logFiles.sql', import.meta.url))

/** Reads the commits among them line by line; its contract is in the file. It runs after `logFilesSql`. */
export const logLinesSql = sqlFile(new URL('./logLines.sql', import.meta.url))

/** Replays Delta logs; the contracts are in the files. `lake.sql` runs the same text. */
export const snapshotSql = script(
  [
    logFilesSql,
    logLinesSql,
    sqlFile(new URL('./snapshot.sql', import.meta.url)),
    sqlFile(new URL('./liveFiles.sql', import.meta.url)),
  ].map(statementsOf),
)

/** How to read tables as their logs describe them; its contract is in the file. It runs after `snapshotSql`. */
export const readsSql = sqlFile(new URL('./reads.sql', import.meta.url))

/** A table to read. */
export interface TableRef {
  readonly name: string
  /** The folder of its files, relative to the lake's. */
  readonly folder: string
  /** The stream that writes it together with other tables: they are read at the same batch. */
  readonly stream: string | null
  /** The version to read; if undefined, the newest. */
  readonly asOf?: number
}

export interface TableHead {
  /** The newest version in the log. */
  readonly version: number
  /** The version that was read: lower than the newest if a sibling lacks the newest batch. */
  readonly readVersion: number
  readonly tableId: string
  readonly schemaString: string
  readonly partitionColumns: readonly string[]
  /** The settings in the table's metadata. */
  readonly configuration: Readonly<Record<string, string>>
  /** The newest in the log. */
  readonly protocol: Protocol
  /** Application id → version of its newest transaction. */
  readonly txns: ReadonlyMap<string, number>
}

export interface LiveFile {
  /** The path below the table's folder, as it is on disk. */
  readonly path: string
  /** The whole path. */
  readonly file: string
  /** The version that added it. */
  readonly version: number
  readonly bytes: number
  /** As the log says; undefined if its writer left that out. */
  readonly rows: number | undefined
  /** Column, by its name in the log → its value in every row of the file; null for NULL. */
  readonly partitionValues: Readonly<Record<string, string | null>>
  readonly deletionVector: DeletionVector | undefined
}

/** What the live files of a table hold together. */
export interface TableSizes {
  readonly rows: number
  readonly files: number
  readonly bytes: number
}

/** The commits that were read one by one, because no checkpoint stands for them. */
export interface ForeignTail {
  readonly tableId: string
  /** The version of the checkpoint before them; −1 if there is none. */
  readonly after: number
  /** Those of them that another program made, ascending. */
  readonly versions: readonly number[]
}

/** Makes the table `lake_tables`, which tells `snapshot.sql` what to read. */
export function lakeTablesStatement(tables: readonly TableRef[]): Sql {
  return createTempTableOf(
    'lake_tables',
    { name: 'VARCHAR', folder: 'VARCHAR', stream: 'VARCHAR', as_of: 'BIGINT' },
    tables.map(({ name, folder, stream, asOf }) => [name, folder, stream, asOf ?? null]),
  )
}

/** Tables as their logs were when they were read. The rows stay in the session's temporary tables. */
export class Snapshot {
  readonly #session: Session
  readonly #lakeFolder: string
  readonly #features: ReadonlySet<string>
  /** Tables that have a log. */
  readonly heads: ReadonlyMap<string, TableHead>

  private constructor(
    session: Session,
    lakeFolder: string,
    heads: ReadonlyMap<string, TableHead>,
    features: ReadonlySet<string>,
  ) {
    this.#session = session
    this.#lakeFolder = lakeFolder
    this.#features = features
    this.heads = heads
  }

  /**
   * Replays the logs of `tables`. A later load on the same session replaces an earlier one.
   * @param features  those with which the caller can read files: without more, by names of columns and folders alone
   * @throws LakeError LAKE_LOG_INVALID for a gap or text that is not a log, LAKE_PROTOCOL_UNSUPPORTED
   */
  static async load(
    session: Session,
    lakeFolder: string,
    tables: readonly TableRef[],
    features: ReadonlySet<string> = PLAIN_FEATURES,
  ): Promise<Snapshot> {
    await assertLogsListable(lakeFolder, tables)
    try {
      const replay = script([setVariable('lake', lakeFolder), lakeTablesStatement(tables), snapshotSql])
      await replayPassingOver(session, () => session.run(replay))
    } catch (cause) {
      throw logError(cause)
    }
    const heads = await readHeads(session)
    for (const [name, { protocol }] of heads) assertReadable(`table ${name}`, protocol, features)
    return new Snapshot(session, lakeFolder, heads, features)
  }

  head(table: string): TableHead {
    const head = this.heads.get(table)
    if (head !== undefined) return head
    throw logInvalid(`table ${table} has no Delta log below ${this.#lakeFolder}`)
  }

  /** The live files of a table, in the order of their versions and names. */
  async liveFiles(table: string): Promise<LiveFile[]> {
    const rows = await this.#session.rows(liveFilesOf(table))
    return rows.map((row) => ({
      path: requiredText(row.path, 'path'),
      file: requiredText(row.file, 'file'),
      version: safeInteger(row.version, 'version'),
      bytes: safeInteger(row.bytes, `size of ${row.path}`),
      rows: row.rows === null ? undefined : safeInteger(row.rows, `numRecords of ${row.path}`),
      ...this.#logged(table, row),
    }))
  }

  /** What a log says of a file that its name does not. */
  #logged(table: string, row: Row): Pick<LiveFile, 'partitionValues' | 'deletionVector'> {
    const where = `table ${table}: file ${row.path}`
    const values = row.partition_values === null ? {} : JSON.parse(requiredText(row.partition_values, where))
    if (row.deletion_vector === null) return { partitionValues: values, deletionVector: undefined }
    if (!this.#features.has('deletionVectors')) {
      throw unsupportedProtocol(`${where} has a deletion vector, which Lakeweir does not read here`, [
        'deletionVectors',
      ])
    }
    const vector: unknown = JSON.parse(requiredText(row.deletion_vector, where))
    return { partitionValues: values, deletionVector: deletionVectorOf(vector, where) }
  }

  /** How much each table holds, as its log says; a file whose writer leaves the count out adds no rows. */
  async sizes(): Promise<ReadonlyMap<string, TableSizes>> {
    const sizes = new Map([...this.heads.keys()].map((name) => [name, { rows: 0, files: 0, bytes: 0 }]))
    for (const row of await this.#session.rows(tableSizes)) {
      const name = requiredText(row.name, 'a table')
      sizes.set(name, {
        rows: safeInteger(row.rows, `rows of ${name}`),
        files: safeInteger(row.files, `files of ${name}`),
        bytes: safeInteger(row.bytes, `bytes of ${name}`),
      })
    }
    return sizes
  }

  /** Which of the newest commits of each table another program made. */
  async foreignTails(): Promise<ReadonlyMap<string, ForeignTail>> {
    const rows = await this.#session.rows(foreignVersions)
    return new Map(
      rows.map(({ name, after, versions }) => [
        requiredText(name, 'a table'),
        {
          tableId: this.head(requiredText(name, 'a table')).tableId,
          after: safeInteger(after, `the checkpoint of ${name}`),
          versions: Array.isArray(versions)
            ? versions.map((one) => safeInteger(Number(one), `a version of ${name}`))
            : [],
        },
      ]),
    )
  }

  /** The latest time of a column in the table's live files, in microseconds since 1970; undefined if not known. */
  async newestTime(table: string, column: string): Promise<bigint | undefined> {
    const [row] = await this.#session.rows(newestTimeOf(table, column))
    const micros = row?.micros ?? null
    return micros === null ? undefined : BigInt(String(micros))
  }

  /** Every path that the table's log names, live or not, including versions that were not read. */
  async namedPaths(table: string): Promise<ReadonlySet<string>> {
    return (await this.namedPathsOf([table])).get(table) ?? new Set()
  }

  /** The same of several tables at once, by table: each query opens the checkpoints of all. */
  async namedPathsOf(tables: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
    const rows = await this.#session.rows(joinedNamedPaths(tables))
    return new Map(
      rows.map((row) => [
        requiredText(row.name, 'a table'),
        new Set(requiredText(row.paths, 'its paths').split(PATH_END)),
      ]),
    )
  }

  /** The whole path of a table's file, by its path in the log. */
  static fileOf(lakeFolder: string, table: TableRef, path: string): string {
    return path.startsWith('/') ? path : join(lakeFolder, table.folder, path)
  }
}

/**
 * Checks that every commit in the logs that is read is a file: DuckDB would skip a link to nothing.
 * @throws LakeError LAKE_LOG_INVALID
 */
export async function assertLogsListable(lakeFolder: string, tables: readonly TableRef[]): Promise<void> {
  for (const { folder } of tables) await listNewest(resolve(lakeFolder, folder, '_delta_log'))
}

/** What `snapshot.sql` found wrong with a log: with its own words and code, if the error is one of ours. */
export function logError(cause: unknown): LakeError {
  const [what = ''] = messageOf(cause).split('\n')
  if (saysDisk(cause)) {
    const remedy = `${diskRemedy(cause)}.`
    return new LakeError('LAKE_DISK_FAILED', what, { cause, state: 'Nothing was changed.', remedy })
  }
  const [, code, said] = /^Invalid Input Error: (LAKE_[A-Z_]+): (.*)$/.exec(what) ?? []
  if (code === 'LAKE_PROTOCOL_UNSUPPORTED') return unsupportedProtocol(said ?? what, featuresIn(said ?? what), cause)
  return logInvalid(said ?? what.replace(/^Invalid Input Error: /, ''), cause)
}

/** The features that `snapshot.sql` names in a refusal. */
function featuresIn(said: string): string[] {
  return /the Delta features? (.*), which/.exec(said)?.[1]?.split(', ') ?? []
}

async function readHeads(session: Session): Promise<Map<string, TableHead>> {
  const txns = new Map<string, Map<string, number>>()
  for (const row of await session.rows(tableTransactions)) {
    const name = requiredText(row.name, 'table')
    const ofTable = txns.get(name) ?? new Map<string, number>()
    txns.set(name, ofTable.set(requiredText(row.app_id, 'appId'), safeInteger(row.version, 'txn version')))
  }
  const heads = new Map<string, TableHead>()
  for (const row of await session.rows(tableHeads)) {
    const name = requiredText(row.name, 'table')
    heads.set(name, {
      version: safeInteger(row.version, `version of ${name}`),
      readVersion: safeInteger(row.read_version, `read version of ${name}`),
      tableId: requiredText(row.table_id, `id of ${name}`),
      schemaString: requiredText(row.schema_string, `schema of ${name}`),
      partitionColumns: textsOf(row.partition_columns),
      configuration: settingsOf(row.configuration),
      protocol: protocolOf(row.protocol, name),
      txns: txns.get(name) ?? new Map(),
    })
  }
  return heads
}

function protocolOf(value: JsonValue | undefined, table: string): Protocol {
  const protocol = requiredStruct(value, `protocol of ${table}`)
  const [readerFeatures, writerFeatures] = [textsOf(protocol.readerFeatures), textsOf(protocol.writerFeatures)]
  return {
    minReaderVersion: safeInteger(Number(protocol.minReaderVersion), `reader version of ${table}`),
    minWriterVersion: safeInteger(Number(protocol.minWriterVersion), `writer version of ${table}`),
    ...(readerFeatures.length === 0 ? {} : { readerFeatures }),
    ...(writerFeatures.length === 0 ? {} : { writerFeatures }),
  }
}

/** A map as JSON is a list of its entries. */
function settingsOf(value: JsonValue | undefined): Readonly<Record<string, string>> {
  const entries = Array.isArray(value) ? value.map((entry) => requiredStruct(entry, 'a setting')) : []
  return Object.fromEntries(entries.map(({ key, value }) => [String(key), String(value)]))
}

function textsOf(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.map(String) : []
}
