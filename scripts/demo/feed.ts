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
  /** Since then there are to be messages, in seconds since 1970. */
  readonly #since: number
  /** Up to here they were made. */
  #second: number
  #timer: NodeJS.Timeout | undefined
  #dropping: Promise<void> = Promise.resolve()
  #isClosed = false

  private constructor(landing: string, database: Database, session: Session, since: number) {
    this.#landing = landing
    this.#database = database
    this.#session = session
    this.#since = since
    this.#second = since
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

  /** Makes the messages up to now, some hours a file, the newest first: those are what people look at first. */
  async #catchUp(): Promise<void> {
    this.#second = Math.floor(Date.now() / 1_000)
    for (let end = this.#second; end > this.#since && !this.#isClosed; end -= FILE_SECONDS) {
      await this.#make(Math.max(this.#since, end - FILE_SECONDS), end)
    }
  }

  /** Makes the messages up to now, and from then on a file a second. */
  start(onError: (error: unknown) => void): void {
    this.#dropping = this.#catchUp().catch(onError)
    this.#timer = setInterval(() => {
      this.#dropping = this.#dropping.then(() => this.#makeNew()).catch(onError)
    }, 1_000)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#dropping
    this.#session.close()
    this.#database.close()
  }

  async #makeNew(): Promise<void> {
    const now = Math.floor(Date.now() / 1_000)
    if (now <= this.#second || this.#isClosed) return
    await this.#make(this.#second, now)
    this.#second = now
  }

  /** Makes the messages of some seconds. The file gets its name once it is whole. */
  async #make(fromSecond: number, toSecond: number): Promise<void> {
    const name = `messages-${new Date(fromSecond * 1_000).toISOString().slice(0, 19).replaceAll(':', '')}.parquet`
    const hidden = join(this.#landing, `.${name}`)
    await this.#session.setVariable('from_second', fromSecond)
    await this.#session.setVariable('to_second', toSecond)
    await this.#session.run(copyToParquet(MESSAGES, hidden, undefined))
    await rename(hidden, join(this.#landing, name))
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
