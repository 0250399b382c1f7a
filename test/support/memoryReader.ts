import {
  DuckDBInstance,
  DuckDBTimestampTZValue,
  type DuckDBType,
  type DuckDBValue,
  LIST,
  listValue,
  TIMESTAMPTZ,
  VARCHAR,
} from '@duckdb/node-api'
import { jsonValue } from '../../src/duckdb/values.ts'
import { LakeError, messageOf } from '../../src/errors.ts'
import type { ServedModel, ServedPosition, ServedQuery, ServedValues, ServingReader } from '../../src/serving/reader.ts'

/** A ServingReader over tables that a test fills: what the server asks of a store, without files and streams. */
export interface MemoryReader extends ServingReader {
  /** Runs SQL, then tells of a commit. */
  commit(sql: string, at?: Partial<ServedPosition>): Promise<void>
  /** The names of the queries that were run. */
  readonly asked: string[]
}

const FIRST: ServedPosition = {
  generation: 'one',
  batch: 0,
  batchTimeMs: Date.parse('2026-11-22T10:00:00Z'),
  takenMs: Date.parse('2026-11-22T10:00:01Z'),
  newestEventMs: Date.parse('2026-11-22T09:59:59.500Z'),
}

/** @param setup  makes the tables, as `live.NAME` */
export async function memoryReader(setup: string): Promise<MemoryReader> {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  await connection.run(`SET TimeZone = 'UTC'; ATTACH ':memory:' AS live; ${setup}`)
  const listeners = new Set<(position: ServedPosition) => void>()
  const asked: string[] = []
  let position: ServedPosition | undefined
  const rowsOf = async (query: ServedQuery, values: ServedValues) => {
    const statement = await connection.prepare(query.sql)
    for (const name of Object.keys(query.parameters)) {
      const [value, type] = boundAs(values[name] ?? null, query.parameters[name])
      statement.bindValue(statement.parameterIndex(name), value, type)
    }
    const result = await statement.runAndReadAll()
    const rows = result.convertRows(jsonValue).map((row) => row.map((value) => numberOf(value ?? null)))
    return { columns: result.columnNames(), types: result.columnTypes().map(String), rows }
  }
  /** Types are known only once the parameters have theirs. */
  const columnsOf = async (query: ServedQuery): Promise<Record<string, string>> => {
    const { columns, types } = await rowsOf({ ...query, sql: `SELECT * FROM (${query.sql}) LIMIT 0` }, {})
    return Object.fromEntries(columns.map((name, index) => [name, types[index] ?? '']))
  }
  const names = (
    await (
      await connection.runAndReadAll("SELECT table_name FROM duckdb_tables() WHERE database_name = 'live'")
    ).getRows()
  ).map(([name]) => String(name))
  const models: ServedModel[] = []
  for (const name of names) {
    const columns = await columnsOf({ name, sql: `FROM live."${name}"`, parameters: {} })
    models.push({ name, columns, isBuilt: true })
  }
  return {
    models,
    asked,
    position: async () => position,
    prepare: async (query) => {
      try {
        return await columnsOf(query)
      } catch (cause) {
        throw new LakeError('LAKE_SQL_INVALID', `${query.name}: ${messageOf(cause)}`, { cause })
      }
    },
    query: async (query, values, { maxRows }) => {
      asked.push(query.name)
      if (position === undefined) throw new LakeError('LAKE_QUERY_FAILED', 'there is no batch yet', { canRetry: true })
      const at = position
      try {
        const { rows, ...head } = await rowsOf(query, values)
        return { ...head, rows: rows.slice(0, maxRows), isCut: rows.length > maxRows, position: at }
      } catch (cause) {
        throw new LakeError('LAKE_QUERY_FAILED', `${query.name}: ${messageOf(cause)}`, { cause })
      }
    },
    async *model(name) {
      if (position === undefined) throw new LakeError('LAKE_QUERY_FAILED', 'there is no batch yet', { canRetry: true })
      yield { ...(await rowsOf({ name, sql: `FROM live."${name}" ORDER BY ALL`, parameters: {} }, {})), position }
    },
    onCommit: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    close: async () => {
      connection.closeSync()
      instance.closeSync()
    },
    commit: async (sql, at = {}) => {
      await connection.run(sql)
      const { batch, takenMs } = position ?? FIRST
      position = { ...FIRST, batch: batch + 1, takenMs: takenMs + 1_000, ...at }
      for (const listener of listeners) listener(position)
    },
  }
}

function boundAs(value: ServedValues[string], type = ''): [DuckDBValue, DuckDBType] {
  if (type === 'TIMESTAMPTZ' && typeof value === 'string') {
    return [new DuckDBTimestampTZValue(BigInt(Date.parse(value)) * 1000n), TIMESTAMPTZ]
  }
  // A NULL has no type when it is bound, and no INTERVAL can be taken from it.
  if (type === 'TIMESTAMPTZ') return [new DuckDBTimestampTZValue(0n), TIMESTAMPTZ]
  const bound = type.endsWith('[]') ? LIST(VARCHAR) : VARCHAR
  return [Array.isArray(value) ? listValue(value) : value === null ? null : String(value), bound]
}

function numberOf<T>(value: T): T | number {
  return typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
}
