import { cpSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { type BatchProgress, Lake, type RunOptions } from '../../src/index.ts'
import { namedStream } from '../../src/lake/byName.ts'
import { closeLake, type OpenLake, openLake } from '../../src/lake/openLake.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { loadViews } from '../../src/lake/views.ts'
import type { Checkpoint } from '../../src/tables/checkpoint.ts'
import { SwitchableDisk } from './hookedDisk.ts'
import { rawSql } from './sql.ts'
import { makeTemporaryFolder, removeFolder, temporaryFolder } from './temporaryFolder.ts'
import { TestClock } from './testClock.ts'
import { listTree } from './tree.ts'

const CONFIG = fileURLToPath(new URL('../../lakeweir.config.ts', import.meta.url))

/** Just before midnight UTC: a second a row, so that a few rows fall on two dates. */
export const START_MS = Date.UTC(2026, 10, 21, 23, 59, 55)

export const MESSAGE_COLUMNS = ['timestamp', 'value', 'event_type', 'message_id', 'channel', 'country_id', 'user_id']
const MESSAGES = MESSAGE_COLUMNS.join(', ')

const TABLES = ['bronze_messages', 'messages', 'messages_corrupted']

/** The repository's own lake, in a temporary folder; one DuckDB and one config for all that a test file does. */
export class MessagesLake {
  readonly folder: string
  readonly root: string
  readonly open: OpenLake
  /** The calls of the library on it. */
  readonly lake: Lake
  readonly clock: TestClock
  readonly #disk: SwitchableDisk

  private constructor(folder: string, open: OpenLake, disk: SwitchableDisk, clock: TestClock) {
    this.folder = folder
    this.root = open.config.root
    this.open = open
    this.lake = Lake.of(open)
    this.clock = clock
    this.#disk = disk
  }

  /**
   * @param at  the lake's folder; a new one where left out
   * @param isTended  whether runs join files, remove what was replaced and write checkpoints of logs
   */
  static async open(at?: string, isTended = true): Promise<MessagesLake> {
    const folder = makeTemporaryFolder()
    const root = at ?? join(folder, 'lake')
    const disk = new SwitchableDisk(nodeDisk)
    const clock = new TestClock()
    const open = await openLake({ config: CONFIG, lake: root, disk, clock, database: { threads: 1 } })
    const { config } = open
    const tended = { ...open, config: { ...config, upkeep: { ...config.upkeep, isByItself: isTended } } }
    return new MessagesLake(folder, tended, disk, clock)
  }

  close(): void {
    closeLake(this.open)
    removeFolder(this.folder)
  }

  /** Throws everything away. */
  clear(): void {
    removeFolder(this.root)
  }

  /** A copy of its folder that ends with the test, in which something is changed. */
  copy(change: (root: string) => void = () => undefined): string {
    const root = join(temporaryFolder(), 'lake')
    cpSync(this.root, root, { recursive: true, preserveTimestamps: true })
    change(root)
    return root
  }

  path(...steps: string[]): string {
    return join(this.root, ...steps)
  }

  get landing(): string {
    return this.path('landing/messages')
  }

  on<T>(disk: Disk, work: () => Promise<T>): Promise<T> {
    return this.#disk.using(disk, work)
  }

  /** Makes `rows` generated rows; equal calls in equal lakes make equal rows. */
  produce(rows: number, maxRows = 1_000_000): Promise<BatchProgress[]> {
    return this.run(['produce'], { limits: { maxRows }, generate: { rows, seed: 7, startTimeMs: START_MS } })
  }

  checkpoint(stream: string): Checkpoint {
    return this.open.layout.checkpoint(namedStream(this.open.config, stream))
  }

  /** Runs streams until nothing is left, each once. @returns the batches that this made */
  async run(streams: readonly string[], options: Partial<RunOptions> = {}): Promise<BatchProgress[]> {
    const batches: BatchProgress[] = []
    const once = { availableNow: true, retry: false }
    const run = { streams, ...once, onBatch: (batch: BatchProgress) => batches.push(batch), ...options }
    await this.clock.passing(() => this.lake.run(run))
    return batches
  }

  /** Puts a Parquet file with the rows of `select` into the landing folder, as `cp` would. */
  async drop(name: string, select: string): Promise<void> {
    mkdirSync(this.landing, { recursive: true })
    const path = join(this.landing, name).replaceAll("'", "''")
    await withSession(this.open, (session) => session.run(rawSql`COPY (${select}) TO '${path}' (FORMAT parquet)`))
  }

  /** Rows of one table as JSON texts in order, read from the files that its Delta log names and nothing else. */
  async rowsOf(table: string, columns = MESSAGES): Promise<string[]> {
    const rows = await withSession(this.open, (session) =>
      session.rows(rawSql`SELECT to_json(r)::VARCHAR AS row FROM (SELECT ${columns} FROM ${this.filesOf(table)}) AS r`),
    )
    return rows.map(({ row }) => String(row)).sort()
  }

  /** The `value`s of bronze in order. */
  async bronzeValues(): Promise<number[]> {
    const rows = await withSession(this.open, (session) =>
      session.rows(rawSql`SELECT value FROM ${this.filesOf('bronze_messages')} ORDER BY value`),
    )
    return rows.map(({ value }) => Number(value))
  }

  /** A FROM clause over the live files of a table; the JSON of its log is read here, by no code of ours. */
  filesOf(table: string, isCounted: (file: string) => boolean = () => true): string {
    const { path } = this.open.config.tables.find(({ name }) => name === table) ?? { path: table }
    const files = liveFiles(this.path(path, 'data')).filter(isCounted)
    const isSilver = path.startsWith('silver')
    if (files.length === 0) return `(${noRows(isSilver)})`
    const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ')
    const hive = isSilver ? "hive_partitioning = true, hive_types = {'date': DATE}" : 'hive_partitioning = false'
    return `read_parquet([${list}], ${hive})`
  }

  /** Everything that is wrong with the lake, as sentences; exactly once is an empty list. */
  async faults(): Promise<string[]> {
    const { problems, pending } = await this.lake.validate()
    return [...(await this.fileFaults()), ...problems, ...(pending === 0 ? [] : [`${pending} rows are pending`])]
  }

  /** What is wrong with the files that the logs name, by plain SQL and none of our code; quicker than `validate`. */
  async fileFaults(): Promise<string[]> {
    const silver = '(FROM messages_rows UNION ALL FROM messages_corrupted_rows)'
    const faults = await this.#nonEmpty(MESSAGES, {
      'bronze rows are not in silver': `FROM bronze_messages_rows EXCEPT ALL ${silver}`,
      'silver rows are not in bronze': `${silver} EXCEPT ALL FROM bronze_messages_rows`,
      'rows of messages have no event': `FROM messages_rows WHERE coalesce(event_type, '') IN ('', 'NONE')`,
      'rows of messages_corrupted have one': `FROM messages_corrupted_rows WHERE event_type NOT IN ('', 'NONE')`,
    })
    return [...rubbishIn(this.root), ...faults]
  }

  /** Rows that a view of `lake.sql` shows and the files do not hold, or the other way round. */
  async viewFaults(): Promise<string[]> {
    const differences = TABLES.map((table) => {
      const signed = `SELECT *, 1 AS sign FROM ${table} UNION ALL BY NAME SELECT *, -1 AS sign FROM ${table}_rows`
      const select = `SELECT COLUMNS(* EXCLUDE sign), sum(sign) FROM (${signed}) GROUP BY ALL HAVING sum(sign) <> 0`
      return [`rows of ${table} differ between its view and its files`, select]
    })
    return this.#nonEmpty('*', Object.fromEntries(differences))
  }

  /** The names of those SELECTs over `<table>_rows` that give rows, each with how many. */
  async #nonEmpty(columns: string, checks: Readonly<Record<string, string>>): Promise<string[]> {
    const rows = TABLES.map((table) => `${table}_rows AS MATERIALIZED (SELECT ${columns} FROM ${this.filesOf(table)})`)
    const counts = Object.entries(checks).map(
      ([name, select]) => `SELECT '${name}' AS fault, count(*)::INTEGER AS rows FROM (${select})`,
    )
    const sql = `WITH ${rows.join(', ')} FROM (${counts.join(' UNION ALL ')}) WHERE rows > 0`
    const found = await withSession(this.open, async (session) => {
      if (columns === '*') await loadViews(this.open, session)
      return session.rows(rawSql`${sql}`)
    })
    return found.map(({ fault, rows: count }) => `${count} ${fault}`)
  }
}

function noRows(isSilver: boolean): string {
  const more = isSilver ? ', NULL::VARCHAR AS country, NULL::DATE AS date' : ''
  return (
    'SELECT NULL::TIMESTAMPTZ AS timestamp, NULL::BIGINT AS value, NULL::VARCHAR AS event_type, ' +
    'NULL::VARCHAR AS message_id, NULL::VARCHAR AS channel, NULL::INTEGER AS country_id, ' +
    `NULL::INTEGER AS user_id${more} WHERE false`
  )
}

interface LogLine {
  readonly add?: { readonly path: string }
  readonly remove?: { readonly path: string }
}

/** The files that a Delta log of JSON commits leaves live; a path that is added twice stands twice. */
export function liveFiles(tableFolder: string): string[] {
  const live: string[] = []
  const commits = listTree(join(tableFolder, '_delta_log')).filter(({ path }) => /^\d{20}\.json$/.test(path))
  for (const { path } of commits) {
    for (const line of readFileSync(join(tableFolder, '_delta_log', path), 'utf8').split('\n')) {
      const { add, remove } = (line === '' ? {} : JSON.parse(line)) as LogLine
      if (add !== undefined) live.push(decodeURIComponent(add.path))
      if (remove !== undefined) live.splice(live.indexOf(decodeURIComponent(remove.path)), 1)
    }
  }
  return live.map((path) => join(tableFolder, path))
}

/** The files that a Delta log of JSON commits names, live or not. */
function namedFiles(tableFolder: string): string[] {
  const named: string[] = []
  for (const { path } of listTree(join(tableFolder, '_delta_log')).filter((entry) => entry.path.endsWith('.json'))) {
    for (const line of readFileSync(join(tableFolder, '_delta_log', path), 'utf8').split('\n')) {
      const { add, remove } = (line === '' ? {} : JSON.parse(line)) as LogLine
      named.push(...[add, remove].flatMap((action) => (action === undefined ? [] : [decodeURIComponent(action.path)])))
    }
  }
  return named.map((path) => join(tableFolder, path))
}

/**
 * Names that a lake at rest does not hold: staged, temporary, claimed, thrown away, and files that no log names. A file
 * that was replaced stays for a while.
 */
export function rubbishIn(root: string): string[] {
  const entries = listTree(root)
  const named = new Set<string>()
  for (const { path } of entries.filter((entry) => entry.path.endsWith('/_delta_log'))) {
    for (const file of namedFiles(join(root, path, '..'))) named.add(file)
  }
  const isLoose = (path: string): boolean =>
    /\/data\/(?!_delta_log\/)/.test(path) && path.endsWith('.parquet') && !named.has(join(root, path))
  return entries
    .filter(
      ({ path }) =>
        /\/(staging|claimed\/\d+)\/./.test(path) || /\.(tmp|probe|trash|wal|fresh)\b/.test(path) || isLoose(path),
    )
    .map(({ path }) => `rubbish: ${path}`)
}
