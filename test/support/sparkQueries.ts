import { mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { withSession } from '../../src/lake/sessions.ts'
import type { MessagesLake } from './messagesLake.ts'
import { rawSql } from './sql.ts'

/** Which rows of a message are valid, as the notebook says it. */
const VALID = `coalesce(event_type, '') NOT IN ('', 'NONE')`
const CORRUPTED = `NOT (${VALID})`

/** An hour after the Epoch's 1.79 billionth second: files get times of their own, as those of a real folder have. */
const FIRST_FILE_MS = 1_790_003_600_123

/**
 * What a notebook with Structured Streaming leaves, without Spark: a folder of Parquet files, a checkpoint and a sink
 * for each of its queries. The source's folder is the landing folder of a lake.
 */
export class SparkQueries {
  readonly lake: MessagesLake
  /** Holds checkpoints and sinks. */
  readonly folder: string
  readonly valid: SparkQuery
  readonly corrupted: SparkQuery
  #files = 0

  constructor(lake: MessagesLake) {
    this.lake = lake
    this.folder = join(lake.folder, 'etl')
    this.valid = new SparkQuery(this, 'messages', VALID)
    this.corrupted = new SparkQuery(this, 'messages_corrupted', CORRUPTED)
  }

  /** The words of an import of both. */
  get checkpoints(): string[] {
    return [this.valid.checkpoint, this.corrupted.checkpoint]
  }

  get sinks(): string[] {
    return [`messages=${this.valid.sink}`, `messages_corrupted=${this.corrupted.sink}`]
  }

  /** Throws away what the queries left, for the next case. */
  clear(): void {
    rmSync(this.folder, { recursive: true, force: true })
    this.lake.clear()
    this.#files = 0
    this.valid.begin()
    this.corrupted.begin()
  }

  /** Puts a file with messages into the source's folder. @returns its path */
  async drop(rows = 4): Promise<string> {
    const first = this.#files * 10
    const name = `part ${this.#files}.parquet`
    await this.lake.drop(name, messages(first, rows))
    const path = join(this.lake.landing, name)
    const seconds = (FIRST_FILE_MS + this.#files * 1000 + 0.5) / 1000
    utimesSync(path, seconds, seconds)
    this.#files += 1
    return path
  }

  /** Batches of both queries, each with a new file. */
  async batches(count: number): Promise<string[]> {
    const files: string[] = []
    for (let batch = 0; batch < count; batch++) {
      const file = await this.drop()
      files.push(file)
      for (const query of [this.valid, this.corrupted]) await query.batch([file])
    }
    return files
  }
}

/** Messages with the values from `first` on: valid, empty, NONE and NULL by turns, around midnight. */
function messages(first: number, rows: number): string {
  return `SELECT make_timestamptz(1795305596000000 + i * 1000000) AS timestamp, i AS value,
    CASE i % 4 WHEN 0 THEN 'OPEN' WHEN 1 THEN '' WHEN 2 THEN 'NONE' END AS event_type, concat('m', i) AS message_id,
    'SMS' AS channel, (2000 + i % 20)::INTEGER AS country_id, (1000 + i % 7)::INTEGER AS user_id
    FROM range(${first}, ${first + rows}) AS r(i)`
}

const IDS: Readonly<Record<string, string>> = {
  messages: 'fb0c998e-d8cf-44b5-9597-ffd02b6777bd',
  messages_corrupted: '9fcc82b1-f3b1-4cef-ae8d-d83bc5062283',
}

/** How far a batch has come when its query stops. */
export type Reached = 'planned' | 'written' | 'committed'

/** One query: a file source, a condition, a file sink partitioned by date. */
export class SparkQuery {
  readonly checkpoint: string
  readonly sink: string
  readonly #queries: SparkQueries
  readonly #name: string
  readonly #where: string
  #batches = 0
  #entries: object[] = []
  #written: object[] = []

  constructor(queries: SparkQueries, name: string, where: string) {
    this.#queries = queries
    this.#name = name
    this.#where = where
    this.checkpoint = join(queries.folder, 'checkpoints', name)
    this.sink = join(queries.folder, 'silver', name)
  }

  begin(): void {
    this.#batches = 0
    this.#entries = []
    this.#written = []
  }

  /** A batch that reads some files. Every third file of a log is a compact one, as Spark makes them. */
  async batch(files: readonly string[], reached: Reached = 'committed'): Promise<number> {
    const batch = this.#batches++
    if (batch === 0) this.#make()
    const entries = files.map((file) => ({
      path: uri(file),
      timestamp: Math.floor(statSync(file).mtimeMs),
      batchId: batch,
    }))
    this.#entries.push(...entries)
    this.write('sources/0', batch, entries, this.#entries)
    this.write('offsets', batch, [{ batchWatermarkMs: 0, batchTimestampMs: 0, conf: {} }, { logOffset: batch }])
    const written = (await this.#writeRows(batch, files)).map((file) => ({
      path: uri(file),
      size: statSync(file).size,
      isDir: false,
      modificationTime: 0,
      blockReplication: 1,
      blockSize: 33_554_432,
      action: 'add',
    }))
    if (reached === 'planned') return batch
    this.#written.push(...written)
    const log = join(this.sink, '_spark_metadata')
    mkdirSync(log, { recursive: true })
    writeLog(log, batch, written, this.#written)
    if (reached === 'committed') this.write('commits', batch, [{ nextBatchWatermarkMs: 0 }])
    return batch
  }

  /** Writes a file of the checkpoint's logs. @param all  what a compact one has */
  write(log: string, batch: number, lines: readonly object[], all?: readonly object[]): void {
    mkdirSync(join(this.checkpoint, log), { recursive: true })
    writeLog(join(this.checkpoint, log), batch, lines, all)
  }

  #make(): void {
    for (const part of ['offsets', 'commits', 'sources/0']) mkdirSync(join(this.checkpoint, part), { recursive: true })
    writeFileSync(join(this.checkpoint, 'metadata'), JSON.stringify({ id: IDS[this.#name] }))
  }

  /** Writes the rows of a batch that are for this sink. @returns the files */
  async #writeRows(batch: number, files: readonly string[]): Promise<string[]> {
    const temporary = join(this.sink, '_temporary')
    mkdirSync(temporary, { recursive: true })
    const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ')
    const rows = `SELECT m.*, c.country, CAST(m.timestamp AS DATE) AS date FROM read_parquet([${list}]) AS m
      LEFT JOIN read_csv('sql/reference/countries.csv') AS c USING (country_id) WHERE ${this.#where}`
    const copy = rawSql`COPY (${rows}) TO '${temporary}' (FORMAT parquet, PARTITION_BY (date), OVERWRITE)`
    await withSession(this.#queries.lake.open, (session) => session.run(copy))
    const made: string[] = []
    for (const day of readdirSync(temporary)) {
      mkdirSync(join(this.sink, day), { recursive: true })
      for (const [index, name] of readdirSync(join(temporary, day)).entries()) {
        const file = join(this.sink, day, `part-0000${index}-${batch}.c000.snappy.parquet`)
        renameSync(join(temporary, day, name), file)
        made.push(file)
      }
    }
    rmSync(temporary, { recursive: true })
    return made
  }
}

const COMPACT_INTERVAL = 3

function writeLog(folder: string, batch: number, lines: readonly object[], all?: readonly object[]): void {
  const isCompact = all !== undefined && (batch + 1) % COMPACT_INTERVAL === 0
  const text = ['v1', ...(isCompact ? all : lines).map((line) => JSON.stringify(line))].join('\n')
  writeFileSync(join(folder, isCompact ? `${batch}.compact` : String(batch)), text)
}

/** As Spark writes the path of a file. */
function uri(path: string): string {
  return pathToFileURL(path).href
}
