import type { Parameters } from '../duckdb/parameters.ts'
import type { ResultStream } from '../duckdb/result.ts'
import { type Result, recordsOf, type Session } from '../duckdb/session.ts'
import { NOT_THEN } from '../duckdb/sql/asOf.ts'
import { givenSql, type Sql } from '../duckdb/sql/sql.ts'
import { copyToParquet, script } from '../duckdb/sql/statements.ts'
import { statementTexts } from '../duckdb/sql/statementTexts.ts'
import type { JsonValue, Row } from '../duckdb/values.ts'
import type { EngineConfig, EngineSettings } from '../engines/index.ts'
import { LakeError, messageOf } from '../errors.ts'
import { type AsOf, type Moment, noMoment } from './asOf/asOf.ts'
import { assertNoModels, replayMoment } from './asOf/viewsThen.ts'
import { namedReport } from './byName.ts'
import { answeredOnEngine } from './engineQuery.ts'
import { modelsFor } from './live/queriedModels.ts'
import type { OpenLake } from './openLake.ts'
import { askedEngine } from './runEngines.ts'
import { loadViews } from './views.ts'

/** SQL over the views of a lake, one statement or several. */
export interface LakeQuery {
  readonly sql: string
  /** What errors call it; `the query` where undefined. */
  readonly name?: string
  readonly parameters?: Parameters
  /** The report that it is; only a report runs on another engine than DuckDB. */
  readonly report?: string
}

export interface QueryOptions {
  /** Shows the lake as it was at a time, or a stream's tables and its source as of one of its batches. */
  readonly asOf?: AsOf | undefined
  /** Aborting it interrupts the query, which then fails. */
  readonly signal?: AbortSignal
  /** What runs a report, in the place of DuckDB: `spark`; `auto` chooses by how much it reads. */
  readonly engine?: EngineConfig
  /** Settings of engines, over those of the config; what is a list in both is added to. */
  readonly engines?: EngineSettings
  /** Called with how far that engine is, in a few words: `3 of 40 tasks`. */
  readonly onProgress?: (text: string) => void
}

export interface ParquetOptions extends QueryOptions {
  /** The largest number of rows to write. */
  readonly limit?: number | undefined
}

/** The result of one statement, read while DuckDB makes it. */
export interface QueryResult {
  readonly columns: readonly string[]
  /** DuckDB's types, such as `BIGINT` or `TIMESTAMP WITH TIME ZONE`. */
  readonly types: readonly string[]
  /** Whether the statement has rows to show, which SET, CREATE and INSERT do not. */
  readonly hasRows: boolean
  /** The next rows, or undefined after the last. @throws LakeError LAKE_QUERY_FAILED */
  next(): Promise<JsonValue[][] | undefined>
  /** Counts the remaining rows for about this long, then stops the query. `isAll`: whether it counted all of them. */
  countRest(budgetMs: number): Promise<{ readonly rows: number; readonly isAll: boolean }>
}

function queryResult(stream: ResultStream, name: string | undefined): QueryResult {
  const { columns, types, hasRows } = stream
  return {
    columns,
    types,
    hasRows,
    next: () => failingAs(name, () => stream.next()),
    countRest: (budgetMs) => failingAs(name, () => stream.countRest(budgetMs)),
  }
}

/** The SQL of a report. @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name, LAKE_CLOSED */
export function reportQuery({ config, lifetime }: OpenLake, name: string): LakeQuery {
  lifetime.assertOpen()
  const found = namedReport(config, name)
  return { sql: found.text, name: found.name, report: name }
}

/**
 * The result of a query's last statement, whole.
 * @throws LakeError LAKE_QUERY_FAILED, LAKE_ARGUMENT_INVALID
 */
export function wholeResult(lake: OpenLake, query: LakeQuery, options: QueryOptions = {}): Promise<Result> {
  const { name, parameters } = query
  return querying(lake, query, options, ({ session, sql }) => failingAs(name, () => session.script(sql, parameters)))
}

/** The result of each statement, read while DuckDB makes it and before the next is asked for. */
export function results(lake: OpenLake, query: LakeQuery, options: QueryOptions): AsyncGenerator<QueryResult> {
  lake.lifetime.assertOpen() // here: a generator's body first runs when its first result is asked for
  return eachResult(lake, query, options)
}

async function* eachResult(lake: OpenLake, query: LakeQuery, options: QueryOptions): AsyncGenerator<QueryResult> {
  const { name, parameters } = query
  const { session, sql, close } = await openQuery(lake, query, options)
  try {
    const found = session.results(sql, parameters)
    for (;;) {
      const next = await failingAs(name, () => found.next())
      if (next.done === true) return
      yield queryResult(next.value, name)
    }
  } finally {
    await close()
  }
}

/** The rows of the only statement that returns any, as DuckDB makes them. */
export function records(lake: OpenLake, query: LakeQuery, options: QueryOptions = {}): AsyncGenerator<Row> {
  return recordsIn(results(lake, query, options))
}

async function* recordsIn(found: AsyncGenerator<QueryResult>): AsyncGenerator<Row> {
  let count = 0
  for await (const result of found) {
    if (!result.hasRows) continue
    count += 1
    if (count > 1) throw severalResults()
    for (;;) {
      const rows = await result.next()
      if (rows === undefined) break
      yield* recordsOf({ columns: result.columns, rows })
    }
  }
}

/** Writes the rows of the last statement to a Parquet file, as DuckDB makes them. @returns how many */
export async function writeParquet(
  lake: OpenLake,
  query: LakeQuery,
  file: string,
  { limit, ...options }: ParquetOptions,
): Promise<number> {
  return querying(lake, query, options, ({ session, sql }) =>
    failingAs(query.name, async () => {
      const statements = statementTexts(sql)
      const last = statements.pop() ?? givenSql('')
      for await (const { hasRows } of session.results(script(statements))) {
        if (hasRows) throw severalResults()
      }
      let count = 0
      // DuckDB makes several statements of a PIVOT, and only one of them copies.
      for await (const result of session.results(copyToParquet(last, file, limit))) {
        for (const [rows] of (await result.next()) ?? []) count = Number(rows)
      }
      return count
    }),
  )
}

function querying<T>(
  lake: OpenLake,
  query: LakeQuery,
  options: QueryOptions,
  work: (opened: OpenedQuery) => Promise<T>,
): Promise<T> {
  return lake.lifetime.call(async () => {
    const opened = await openQuery(lake, query, options)
    try {
      return await work(opened)
    } finally {
      await opened.close()
    }
  })
}

/** A session for one query, and what to run in it. */
interface OpenedQuery {
  readonly session: Session
  /** The query's own SQL, or what reads the rows that another engine has made of it. */
  readonly sql: Sql
  close(): Promise<void>
}

/** Opens a session and lets an engine run the query, if another one than DuckDB is asked for. */
async function openQuery(lake: OpenLake, query: LakeQuery, options: QueryOptions): Promise<OpenedQuery> {
  const { sql, report: name } = query
  const chosen = askedEngine(lake.config.engines, options)
  const { session, moment, close } = await openSession(lake, sql, options)
  const plain: OpenedQuery = { session, sql: givenSql(sql), close: async () => close() }
  if (chosen === undefined) return plain
  try {
    const report = name === undefined ? undefined : namedReport(lake.config, name)
    if (report === undefined || report.text !== sql) throw onlyReports()
    const { signal } = lake.lifetime
    const stop = options.signal === undefined ? signal : AbortSignal.any([signal, options.signal])
    const answered = await failingAs(query.name, () =>
      answeredOnEngine({ lake, session, moment, signal: stop, onProgress: options.onProgress }, report, chosen),
    )
    if (answered === undefined) return plain
    return {
      session,
      sql: answered.rows,
      close: async () => {
        close()
        await answered.remove()
      },
    }
  } catch (error) {
    close()
    throw error
  }
}

function onlyReports(): LakeError {
  return new LakeError('LAKE_ARGUMENT_INVALID', 'only reports run on another engine than DuckDB.', {
    remedy: 'Make a report of it: a file in the folder of reports.',
  })
}

interface OpenedSession {
  readonly session: Session
  readonly moment: Moment | undefined
  close(): void
}

/** A session of its own for each query, with the views of the lake and the live aggregates that it names. */
async function openSession(lake: OpenLake, sql: string, { signal, asOf }: QueryOptions): Promise<OpenedSession> {
  const { database, lifetime } = lake
  const stop = signal === undefined ? lifetime.signal : AbortSignal.any([lifetime.signal, signal])
  const models = asOf === undefined ? await lifetime.call(() => modelsFor(lake, sql, stop)) : undefined
  let session: Session
  try {
    session = await lifetime.open(() => (models?.database ?? database).connect())
  } catch (error) {
    models?.release()
    throw error
  }
  const stopInterrupting = signal === undefined ? () => undefined : session.interruptOn(signal)
  const close = (): void => {
    stopInterrupting()
    lifetime.release(session)
    models?.release()
  }
  try {
    if (asOf === undefined) {
      await loadViews(lake, session)
      return { session, moment: undefined, close }
    }
    await assertNoModels(lake, session, sql)
    const moment = await replayMoment(lake, session, asOf)
    await loadViews(lake, session, moment)
    return { session, moment, close }
  } catch (error) {
    close()
    throw error
  }
}

/** A Parquet file holds one result, and so does a list of records. */
function severalResults(): LakeError {
  return new LakeError('LAKE_ARGUMENT_INVALID', 'the query has several results, where only one is allowed.', {
    remedy: 'Run its statements one by one.',
  })
}

/** DuckDB opens the files of a table one after another, while it reads. */
const FILE_GONE = /(?:Cannot open file|No files found that match the pattern) "[^"]*\/data\/[^"]*\.parquet"/

const GONE_REMEDY =
  'If a vacuum has removed that file meanwhile, run the query again: it then reads what has taken its place. ' +
  'Else find out what is missing: lakeweir validate'

/** Turns DuckDB's error about a query into a LakeError. */
async function failingAs<T>(name = 'the query', work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof LakeError) throw cause
    const [, refused] = messageOf(cause).split(NOT_THEN)
    if (refused !== undefined) {
      throw noMoment(`${name}: ${refused.split('\n')[0]}.`, 'Ask for a time instead: --as-of 2026-11-22T10:00:00Z.')
    }
    const gone = FILE_GONE.test(messageOf(cause)) ? { state: 'Nothing was changed.', remedy: GONE_REMEDY } : {}
    throw new LakeError('LAKE_QUERY_FAILED', `${name}: ${messageOf(cause)}`, { cause, ...gone })
  }
}
