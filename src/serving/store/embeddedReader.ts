import { isResourceError } from '../../duckdb/resourceErrors.ts'
import { closedError, type Session } from '../../duckdb/session.ts'
import { allOfModel } from '../../duckdb/sql/keptGroups.ts'
import { beginTransaction, readCursor } from '../../duckdb/sql/liveStore.ts'
import { givenSql } from '../../duckdb/sql/sql.ts'
import { noRowsOf, script } from '../../duckdb/sql/statements.ts'
import { TypedParameter } from '../../duckdb/typedParameters.ts'
import type { JsonValue } from '../../duckdb/values.ts'
import { LakeError, messageOf } from '../../errors.ts'
import type { Clock } from '../../stream/clock.ts'
import type {
  ServedLimits,
  ServedModel,
  ServedPosition,
  ServedQuery,
  ServedRows,
  ServedValues,
  ServingReader,
} from '../reader.ts'
import { servedPosition } from './head.ts'
import { assertReadsModels } from './onlyModels.ts'

/** What a reader needs of the store that it reads. */
export interface ReadStore {
  readonly clock: Clock
  /** A session of its own. @throws LakeError LAKE_QUERY_FAILED while the store is not open */
  connect(): Promise<Session>
  /** What can be read, as it is now. */
  models(): readonly ServedModel[]
  /** Calls the listener after each commit. @returns a function that ends this */
  onCommit(listener: (position: ServedPosition) => void): () => void
}

/** Reads the store that this process has open, each query in a session of its own, while batches are taken. */
export class EmbeddedReader implements ServingReader {
  readonly #store: ReadStore
  readonly #sessions = new Set<Session>()
  /** By query: what it reads. A query is checked once. */
  readonly #reads = new WeakMap<ServedQuery, ReadonlySet<string>>()
  #isClosed = false
  /** How often all queries were ended. */
  #ends = 0

  constructor(store: ReadStore) {
    this.#store = store
  }

  get models(): readonly ServedModel[] {
    return this.#store.models()
  }

  async position(): Promise<ServedPosition | undefined> {
    return this.#inSession(positionIn)
  }

  async prepare(query: ServedQuery): Promise<Readonly<Record<string, string>>> {
    return this.#inSession(async (session) => {
      await this.#modelsOf(session, query)
      const samples = Object.entries(query.parameters).map(([name, type]) => [name, TypedParameter.sampleOf(type)])
      try {
        const { columns, types } = await session.script(noRowsOf(givenSql(query.sql)), Object.fromEntries(samples))
        return Object.fromEntries(columns.map((column, index) => [column, types[index] ?? '']))
      } catch (error) {
        throw unfitError(query, error)
      }
    })
  }

  async query(query: ServedQuery, values: ServedValues, limits: ServedLimits): Promise<ServedRows> {
    return this.#inSession(async (session) => {
      const read = await this.#modelsOf(session, query)
      this.#assertBuilt(query, read)
      const stop = this.#stopping(session, limits)
      try {
        const position = await snapshotOf(session, query.name)
        this.#assertBuilt(query, read) // again: a batch may have emptied one before the snapshot
        return { ...(await readUpTo(session, query, values, limits.maxRows)), position }
      } catch (error) {
        throw failedError(query, error, stop.reason())
      } finally {
        stop.end()
      }
    })
  }

  async *model(name: string): AsyncGenerator<Omit<ServedRows, 'isCut'>> {
    const model = this.models.find((one) => one.name === name)
    if (model === undefined) {
      throw new LakeError('LAKE_ARGUMENT_INVALID', `there is no model ${name}.`, {
        remedy: `The models are ${this.models.map((one) => one.name).join(', ')}.`,
      })
    }
    const query = { name: `model ${name}` }
    const read = new Set([name])
    this.#assertBuilt(query, read)
    const session = await this.#open()
    try {
      const position = await snapshotOf(session, query.name)
      this.#assertBuilt(query, read)
      for await (const result of session.results(allOfModel(name))) {
        const { columns, types } = result
        // A model without rows is one piece without rows.
        let rows = await result.next()
        yield { columns, types, rows: rows ?? [], position }
        while (rows !== undefined) {
          rows = await result.next()
          if (rows !== undefined) yield { columns, types, rows, position }
        }
      }
    } finally {
      this.#release(session)
    }
  }

  onCommit(listener: (position: ServedPosition) => void): () => void {
    return this.#store.onCommit(listener)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await this.endQueries()
  }

  /** Makes the queries that run fail. */
  async endQueries(): Promise<void> {
    this.#ends += 1
    await Promise.all([...this.#sessions].map((session) => session.end()))
  }

  /** Checks a query, once. @returns the models that it reads */
  async #modelsOf(session: Session, query: ServedQuery): Promise<ReadonlySet<string>> {
    const known = this.#reads.get(query)
    if (known !== undefined) return known
    const names = this.models.map(({ name }) => name)
    const read = await assertReadsModels(session, query, names)
    this.#reads.set(query, read)
    return read
  }

  /** @throws LakeError LAKE_QUERY_FAILED */
  #assertBuilt(query: Pick<ServedQuery, 'name'>, read: ReadonlySet<string>): void {
    const building = this.models.find(({ name, isBuilt }) => !isBuilt && read.has(name))
    if (building !== undefined) throw beingBuilt(query, building.name)
  }

  async #inSession<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#open()
    try {
      return await work(session)
    } finally {
      this.#release(session)
    }
  }

  async #open(): Promise<Session> {
    if (this.#isClosed) throw closedError()
    const ends = this.#ends
    const session = await this.#store.connect()
    if (ends !== this.#ends) {
      // Nobody would end it any more, and as long as it is open the old file is.
      session.close()
      throw reopening()
    }
    this.#sessions.add(session)
    return session
  }

  #release(session: Session): void {
    this.#sessions.delete(session)
    session.close()
  }

  /** Interrupts a query that takes too long, or that nobody waits for any more. */
  #stopping(session: Session, { timeoutMs, signal }: ServedLimits): Stopping {
    const stop = new AbortController()
    let reason: string | undefined
    const because = (what: string) => (): void => {
      reason ??= what
      stop.abort()
    }
    const timer = this.#store.clock.after(timeoutMs, because(`it took longer than ${timeoutMs} ms`))
    const abort = because('nobody waits for it any more')
    signal?.addEventListener('abort', abort, { once: true })
    if (signal?.aborted === true) abort()
    const endInterrupting = session.interruptOn(stop.signal)
    return {
      reason: () => reason,
      end: () => {
        timer.cancel()
        signal?.removeEventListener('abort', abort)
        endInterrupting()
      },
    }
  }
}

interface Stopping {
  /** Why it was stopped; undefined if it was not. */
  reason(): string | undefined
  end(): void
}

async function positionIn(session: Session): Promise<ServedPosition | undefined> {
  const [row] = await session.rows(readCursor)
  return row && servedPosition(row)
}

/**
 * Begins a transaction, in which everything is as it is at one position: the first statement that looks at the store
 * fixes that. It ends with the session.
 */
async function snapshotOf(session: Session, name: string): Promise<ServedPosition> {
  const [row] = await session.rows(script([beginTransaction, readCursor]))
  const position = row && servedPosition(row)
  if (position === undefined) throw nothingYet(name)
  return position
}

async function readUpTo(
  session: Session,
  query: ServedQuery,
  values: ServedValues,
  maxRows: number,
): Promise<Omit<ServedRows, 'position'>> {
  for await (const result of session.results(givenSql(query.sql), boundValues(query, values))) {
    const { columns, types } = result
    const rows: (readonly JsonValue[])[] = []
    for (let more = await result.next(); more !== undefined; more = await result.next()) {
      rows.push(...more.slice(0, maxRows + 1 - rows.length))
      if (rows.length > maxRows) return { columns, types, rows: rows.slice(0, maxRows), isCut: true }
    }
    return { columns, types, rows, isCut: false }
  }
  throw new LakeError('LAKE_SQL_INVALID', `${query.name} has no statement.`)
}

function boundValues({ parameters }: ServedQuery, values: ServedValues): Record<string, TypedParameter> {
  return Object.fromEntries(
    Object.entries(parameters).map(([name, type]) => [name, new TypedParameter(type, values[name] ?? null)]),
  )
}

function unfitError({ name }: Pick<ServedQuery, 'name'>, cause: unknown): LakeError {
  const what = messageOf(cause)
  return new LakeError('LAKE_SQL_INVALID', `${name} does not fit the models: ${what}`, {
    cause,
    state: 'Nothing was run.',
    remedy: 'Fix the query.',
  })
}

function failedError({ name }: ServedQuery, cause: unknown, stopped: string | undefined): LakeError {
  if (stopped === undefined && cause instanceof LakeError) {
    return cause.code === 'LAKE_CLOSED' ? reopening(cause) : cause
  }
  const why = stopped ?? messageOf(cause)
  return new LakeError('LAKE_QUERY_FAILED', `${name} failed: ${why}.`.replace(/\.\.$/, '.'), {
    cause,
    canRetry: stopped !== undefined || isResourceError(cause),
  })
}

function reopening(cause?: unknown): LakeError {
  return new LakeError('LAKE_QUERY_FAILED', 'the store was closed, or is being opened again.', {
    ...(cause === undefined ? {} : { cause }),
    remedy: 'Ask again in a while.',
    canRetry: true,
  })
}

function beingBuilt({ name }: Pick<ServedQuery, 'name'>, model: string): LakeError {
  return new LakeError('LAKE_QUERY_FAILED', `${name} reads live.${model}, which is being built.`, {
    remedy: 'Ask again in a while.',
    canRetry: true,
  })
}

function nothingYet(name: string): LakeError {
  return new LakeError('LAKE_QUERY_FAILED', `${name} has nothing to read: the store has no batch yet.`, {
    remedy: 'Ask again in a while.',
    canRetry: true,
  })
}
