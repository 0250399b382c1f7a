import { mkdirSync, readFileSync } from 'node:fs'
import { rename } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { givenSql } from '../../src/duckdb/sql/sql.ts'
import { copyToParquet } from '../../src/duckdb/sql/statements.ts'
import { Lake, type OpenOptions } from '../../src/index.ts'

const MESSAGES = givenSql(readFileSync(new URL('./messages.sql', import.meta.url), 'utf8'))

const DAY_SECONDS = 86_400
/** So many days before the present one have messages, too: a day is compared with the one before. */
const DAYS_BEFORE = 2
/** What one file of the days before has: a landing folder gets them in pieces. */
const FILE_SECONDS = 3 * 3_600
const SEED = 7

/** Drops files of made-up messages into a landing folder, as a program of somebody else would. */
export class DemoFeed {
  readonly #landing: string
  readonly #database: Database
  readonly #session: Session
  /** Up to here messages were made, in seconds since 1970. */
  #second: number
  #timer: NodeJS.Timeout | undefined
  #dropping: Promise<void> = Promise.resolve()

  private constructor(landing: string, database: Database, session: Session, second: number) {
    this.#landing = landing
    this.#database = database
    this.#session = session
    this.#second = second
  }

  /** A feed for the messages lake that goes on where its messages end. */
  static async open(options: OpenOptions): Promise<DemoFeed> {
    const today = Math.floor(Date.now() / 1_000 / DAY_SECONDS) * DAY_SECONDS
    const { landing, newest } = await placeOf(options)
    mkdirSync(landing, { recursive: true })
    const tempFolder = join(tmpdir(), `lakeweir-demo-${process.pid}`)
    const database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder })
    const session = await database.connect()
    await session.setVariable('seed', SEED)
    return new DemoFeed(landing, database, session, Math.max(newest + 1, today - DAYS_BEFORE * DAY_SECONDS))
  }

  /** Makes the messages up to now, some hours a file. */
  async catchUp(): Promise<void> {
    const now = Math.floor(Date.now() / 1_000)
    while (this.#second < now) await this.#drop(Math.min(now, this.#second + FILE_SECONDS))
  }

  /** From now on a file a second. */
  start(onError: (error: unknown) => void): void {
    this.#timer = setInterval(() => {
      this.#dropping = this.#dropping.then(() => this.#drop(Math.floor(Date.now() / 1_000))).catch(onError)
    }, 1_000)
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#dropping
    this.#session.close()
    this.#database.close()
  }

  /** Makes the messages up to a second. The file gets its name once it is whole. */
  async #drop(toSecond: number): Promise<void> {
    if (toSecond <= this.#second) return
    const name = `messages-${new Date(this.#second * 1_000).toISOString().slice(0, 19).replaceAll(':', '')}.parquet`
    const hidden = join(this.#landing, `.${name}`)
    await this.#session.setVariable('from_second', this.#second)
    await this.#session.setVariable('to_second', toSecond)
    await this.#session.run(copyToParquet(MESSAGES, hidden, undefined))
    await rename(hidden, join(this.#landing, name))
    this.#second = toSecond
  }
}

/** Where files land, and the second of the newest message; of a lake without any, that is 1970. */
async function placeOf(options: OpenOptions): Promise<{ readonly landing: string; readonly newest: number }> {
  const lake = await Lake.open(options)
  try {
    const { root } = Lake.opened(lake).config
    const { rows } = await lake.query('SELECT CAST(coalesce(max(epoch(timestamp)), 0) AS INTEGER) FROM messages')
    return { landing: join(root, 'landing/messages'), newest: Number(rows[0]?.[0] ?? 0) }
  } finally {
    await lake.close()
  }
}
