import { mkdirSync, readFileSync, renameSync, utimesSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

const MESSAGES = readFileSync(join(import.meta.dirname, 'messages.sql'), 'utf8')

/** The messages of one span of time, in one file. */
export interface MessageFile {
  readonly path: string
  readonly fromMs: number
  readonly toMs: number
}

/** Writes files of the messages that a made-up platform has sent, as its own programs would. */
export class MessageFiles {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #perMinute: number

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, perMinute: number) {
    this.#instance = instance
    this.#connection = connection
    this.#perMinute = perMinute
  }

  /** @param perMinute  how many messages there are on average */
  static async open(perMinute: number): Promise<MessageFiles> {
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
    const connection = await instance.connect()
    await connection.run("SET TimeZone = 'UTC'")
    return new MessageFiles(instance, connection, perMinute)
  }

  /** Writes the messages of a span of time. The file is as old as the last of them. */
  async write({ path, fromMs, toMs }: MessageFile): Promise<void> {
    await this.#connection.run(
      `SET VARIABLE begins = make_timestamptz(${fromMs * 1_000});
      SET VARIABLE ends = make_timestamptz(${toMs * 1_000});
      SET VARIABLE messages_per_minute = ${this.#perMinute}`,
    )
    await this.writeRows(path, MESSAGES, toMs)
  }

  /** Writes the rows of a SELECT beside the folder of the file, then renames it into place. */
  async writeRows(path: string, select: string, atMs: number): Promise<void> {
    const written = join(dirname(path), '..', `.${basename(path)}`)
    mkdirSync(dirname(path), { recursive: true })
    await this.#connection.run(`COPY (${select}) TO '${written}' (FORMAT parquet)`)
    utimesSync(written, atMs / 1_000, atMs / 1_000)
    renameSync(written, path)
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }
}
