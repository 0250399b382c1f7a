import type { Client, ClientBase, Pool, QueryArrayConfig, QueryArrayResult, QueryConfig } from 'pg'
import type { JsonValue } from '../../../duckdb/values.ts'
import { LakeError, messageOf, systemCodeOf } from '../../../errors.ts'
import type { Clock, Timer } from '../../../stream/clock.ts'
import type {
  ServedLimits,
  ServedModel,
  ServedPosition,
  ServedQuery,
  ServedRows,
  ServedValues,
  ServingReader,
} from '../../reader.ts'
import { clientConfig, connect, copyError, cutConnection, loadPg, nameOf } from './connection.ts'
import { type NumberedStatement, numberParameters } from './parameters.ts'
import { CHANNEL, quoted } from './statements.ts'
import { readCopy, type StoredCopy } from './stored.ts'
import { duckdbType, jsonOf } from './types.ts'

/** How many panels are answered at once. */
const MAX_CONNECTIONS = 4

/** A server that says nothing for so long is away; a panel's query has its own time besides. */
const ANSWER_MS = 10_000

/** How long a server has to say that a transaction or a connection has ended, before the connection is cut. */
const END_MS = 1_000

/** How often a reader looks for itself, in case no notification comes through: a pooler in between may pass none on. */
const LOOK_MS = 1_000

/** Rows of a model that are read at once. */
const PIECE_ROWS = 2_000

const WHO = 'lakeweir serve'

/** PostgreSQL's code for a statement that took longer than it may. */
const TIMED_OUT = '57014'

/** Answers panels from a copy in PostgreSQL, without the lake. */
export class PostgresReader implements ServingReader {
  readonly #url: string
  readonly #pool: Pool
  readonly #clock: Clock
  readonly #listeners = new Set<(position: ServedPosition) => void>()
  #models: readonly ServedModel[] = []
  #seen: ServedPosition | undefined
  #listening: Client | undefined
  #timer: Timer | undefined
  #isLooking = false
  #isClosed = false

  private constructor(url: string, pool: Pool, clock: Clock) {
    this.#url = url
    this.#pool = pool
    this.#clock = clock
  }

  /** @throws LakeError LAKE_COPY_FAILED, LAKE_PACKAGE_MISSING */
  static async open(url: string, clock: Clock): Promise<PostgresReader> {
    const pg = await loadPg()
    const pool = new pg.Pool({
      ...clientConfig(pg, url, WHO),
      max: MAX_CONNECTIONS,
      allowExitOnIdle: true,
      query_timeout: ANSWER_MS,
    })
    // Without listeners, a connection that the server ends would end this process, idle or between two queries.
    pool.on('error', () => undefined)
    pool.on('connect', (client) => client.on('error', () => undefined))
    const reader = new PostgresReader(url, pool, clock)
    try {
      await reader.#look()
      await reader.#listen()
    } catch (error) {
      await reader.close()
      throw error
    }
    reader.#timer = clock.every(LOOK_MS, () => void reader.#lookAgain())
    return reader
  }

  get models(): readonly ServedModel[] {
    return this.#models
  }

  async position(): Promise<ServedPosition | undefined> {
    return this.#look()
  }

  async prepare(query: ServedQuery): Promise<Readonly<Record<string, string>>> {
    const statement = numberParameters(query.sql, query.parameters)
    const values = statement.names.map(() => null)
    return this.#reading(async (client) => {
      const { fields } = await fetched(client, statement, values, 0).catch((cause: unknown) => {
        throw systemCodeOf(cause) === undefined ? cause : invalid(query, cause)
      })
      return Object.fromEntries(fields.map((field) => [field.name, duckdbType(field)]))
    })
  }

  async query(query: ServedQuery, values: ServedValues, limits: ServedLimits): Promise<ServedRows> {
    const statement = numberParameters(query.sql, query.parameters)
    const bound = statement.names.map((name) => values[name] ?? null)
    return this.#reading(async (client) => {
      await client.query(`SET LOCAL statement_timeout = ${Math.max(1, Math.round(limits.timeoutMs))}`)
      const { position, models } = await readCopy(client)
      if (position === undefined) throw emptyCopy(this.#url)
      assertBuilt(query, models)
      const answerMs = limits.timeoutMs + ANSWER_MS
      const found = fetched(client, statement, bound, limits.maxRows + 1, answerMs)
      const { fields, rows } = await found.catch((cause: unknown) => {
        if (systemCodeOf(cause) === TIMED_OUT) throw tooLong(query, limits)
        throw isOfStatement(cause) ? failed(query, cause) : cause
      })
      const kept = rows.slice(0, limits.maxRows)
      return { ...resultOf({ fields, rows: kept }), isCut: rows.length > kept.length, position }
    })
  }

  async *model(name: string): AsyncGenerator<Omit<ServedRows, 'isCut'>> {
    const model = this.#models.find((each) => each.name === name)
    if (model === undefined) throw new LakeError('LAKE_ARGUMENT_INVALID', `there is no model "${name}".`)
    const client = await this.#begin()
    try {
      const { position, models } = await readCopy(client)
      if (position === undefined) throw emptyCopy(this.#url)
      assertBuilt({ name: `model ${name}`, sql: `live.${name}` }, models)
      const statement = { text: `SELECT * FROM live.${quoted(name)}`, names: [] }
      for (let piece = await fetched(client, statement, [], PIECE_ROWS); ; piece = await fetchedNext(client)) {
        yield { ...resultOf(piece), position }
        if (piece.rows.length < PIECE_ROWS) return
      }
    } finally {
      await end(client)
    }
  }

  onCommit(listener: (position: ServedPosition) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#timer?.cancel()
    this.#listeners.clear()
    const listening = this.#listening
    if (listening !== undefined) {
      const cut = this.#clock.after(END_MS, () => cutConnection(listening))
      await listening.end().catch(() => undefined) // it may be gone already
      cut.cancel()
    }
    await this.#pool.end()
  }

  /** Reads what is new, and tells it. */
  async #look(): Promise<ServedPosition | undefined> {
    const { position, models } = await this.#reading((client) => readCopy(client))
    this.#models = [...models.values()].map(({ model: name, columns, isBuilt }) => ({ name, columns, isBuilt }))
    const isNews = position?.batch !== this.#seen?.batch || position?.generation !== this.#seen?.generation
    this.#seen = position
    if (isNews && position !== undefined) for (const listener of this.#listeners) listener(position)
    return position
  }

  /** The same between other work: a server that is away is asked again the next time. */
  async #lookAgain(): Promise<void> {
    if (this.#isLooking) return
    this.#isLooking = true
    try {
      await this.#look()
      if (this.#listening === undefined) await this.#listen()
    } catch {
      // Whoever asks for a panel meanwhile is told.
    } finally {
      this.#isLooking = false
    }
  }

  async #listen(): Promise<void> {
    const client = await connect(this.#url, WHO)
    client.on('notification', () => void this.#lookAgain())
    client.on('end', () => {
      this.#listening = undefined
    })
    await client.query(`LISTEN ${CHANNEL}`)
    if (this.#isClosed) await client.end()
    else this.#listening = client
  }

  async #reading<T>(work: (client: ClientBase) => Promise<T>): Promise<T> {
    const client = await this.#begin()
    try {
      return await work(client)
    } catch (cause) {
      throw copyError(this.#url, cause)
    } finally {
      await end(client)
    }
  }

  /** A connection in a transaction that sees one moment and cannot write. */
  async #begin(): Promise<Released> {
    const client = await this.#pool.connect().catch((cause: unknown) => {
      throw copyError(this.#url, cause)
    })
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      return client
    } catch (cause) {
      client.release(true) // a connection that was idle when the server ended
      throw copyError(this.#url, cause)
    }
  }
}

/** Asserts that a query names no model that is being made anew: what is there of it is not current. */
function assertBuilt({ name, sql }: Pick<ServedQuery, 'name' | 'sql'>, models: StoredCopy['models']): void {
  const building = [...models.values()].find(({ model, isBuilt }) => {
    return (
      !isBuilt &&
      [`live.${model}`, `live."${model}"`].some((called) => sql.toLowerCase().includes(called.toLowerCase()))
    )
  })
  if (building === undefined) return
  throw new LakeError('LAKE_QUERY_FAILED', `${name} reads live.${building.model}, which is being built.`, {
    remedy: 'Ask again in a while.',
    canRetry: true,
  })
}

type Released = ClientBase & { release(error?: Error): void }

async function end(client: Released): Promise<void> {
  try {
    const rollback: TimedQuery = { text: 'ROLLBACK', query_timeout: END_MS }
    await client.query(rollback)
    client.release()
  } catch (error) {
    client.release(error instanceof Error ? error : new Error(messageOf(error))) // closed, not used again
  }
}

// The driver's types do not know these options of it.
interface ExtendedQuery extends QueryConfig {
  readonly queryMode: 'extended'
}
interface TimedQuery extends QueryConfig {
  readonly query_timeout: number
}
interface TimedArrayQuery extends QueryArrayConfig {
  readonly query_timeout: number
}

type Fetched = Pick<QueryArrayResult<JsonValue[]>, 'fields' | 'rows'>

/** The first rows of a SELECT: a cursor can be declared for nothing else, and computes no more than is asked for. */
async function fetched(
  client: ClientBase,
  { text }: NumberedStatement,
  values: readonly unknown[],
  rows: number,
  answerMs: number = ANSWER_MS,
): Promise<Fetched> {
  // Extended, for the simple protocol takes several statements, and one of them could end the transaction.
  const declared: ExtendedQuery = {
    text: `DECLARE found NO SCROLL CURSOR FOR ${text}`,
    values: [...values],
    queryMode: 'extended',
  }
  await client.query(declared)
  const fetch: TimedArrayQuery = {
    text: `FETCH FORWARD ${rows} FROM found`,
    rowMode: 'array',
    query_timeout: answerMs,
  }
  return client.query(fetch)
}

function fetchedNext(client: ClientBase): Promise<Fetched> {
  return client.query({ text: `FETCH FORWARD ${PIECE_ROWS} FROM found`, rowMode: 'array' })
}

function resultOf({ fields, rows }: Fetched): Pick<ServedRows, 'columns' | 'types' | 'rows'> {
  return {
    columns: fields.map(({ name }) => name),
    types: fields.map(duckdbType),
    rows: rows.map((row) => fields.map((field, index) => jsonOf(field, row[index] ?? null))),
  }
}

function invalid({ name }: ServedQuery, cause: unknown): LakeError {
  return new LakeError('LAKE_SQL_INVALID', `${name}: ${messageOf(cause)}`, { cause })
}

/** What PostgreSQL says of a server that ends, or of a machine that has too little, and not of a statement. */
const OF_THE_SERVER = /^(?:08|53|57|58)/

/** Whether PostgreSQL refuses a statement, which fails again; a connection that is lost says nothing of it. */
function isOfStatement(cause: unknown): boolean {
  const isAnswer = cause instanceof Error && 'severity' in cause
  return isAnswer && !OF_THE_SERVER.test(systemCodeOf(cause) ?? '')
}

function failed({ name }: ServedQuery, cause: unknown): LakeError {
  return new LakeError('LAKE_QUERY_FAILED', `${name}: ${messageOf(cause)}`, { cause })
}

function tooLong({ name }: ServedQuery, { timeoutMs }: ServedLimits): LakeError {
  return new LakeError('LAKE_QUERY_FAILED', `${name}: took longer than ${timeoutMs} ms and was stopped.`, {
    canRetry: true,
  })
}

function emptyCopy(url: string): LakeError {
  return new LakeError('LAKE_COPY_FAILED', `${nameOf(url)} has no copy of live models yet.`, {
    remedy: 'Run live with publishTo: the copy is made with its first batch.',
    canRetry: true,
  })
}
