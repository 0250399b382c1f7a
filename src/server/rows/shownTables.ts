import type { DatabaseLimits } from '../../duckdb/session.ts'
import { spillFolder } from '../../duckdb/spillFolder.ts'
import type { ResolvedLake } from '../../lake/config/resolve.ts'
import type { Layout } from '../../lake/layout.ts'
import { ProblemError } from '../problem.ts'
import { type FoundRows, type RowsAsked, type ShownTable, TableRows } from './tableRows.ts'

export interface ShownParts {
  readonly lakeFolder: string
  readonly tables: readonly (ShownTable & {
    /** The columns that the config declares. */
    readonly columns: readonly string[]
  })[]
  /** For each table's DuckDB. */
  readonly limits: DatabaseLimits
  /** Where folders for what does not fit into memory may be made. */
  readonly spillBelow: string
  /** How long a question may take, with its waiting for others. */
  readonly timeoutMs: number
}

/** One thread and little memory: a look at some rows must not slow down what takes them in. */
const LIMITS: DatabaseLimits = { threads: 1, memoryLimit: '256MB' }

/** The tables of a lake that its config lets people look at. */
export function shownParts({ root, server, live }: ResolvedLake, layout: Layout, spillBelow: string): ShownParts {
  return {
    lakeFolder: root,
    tables: server.rows.map((table) => {
      const columns = Object.keys(table.columns)
      const times = columns.filter((column) => table.columns[column] === 'TIMESTAMPTZ')
      const time = times.find((column) => column === live?.eventTime) ?? times[0]
      return { name: table.name, folder: layout.dataFolder(table), time, columns }
    }),
    limits: LIMITS,
    spillBelow,
    timeoutMs: server.limits.panelTimeMs,
  }
}

/** More would wait for longer than they may. */
const MAX_WAITING = 16

/** The tables whose rows may be looked at, each opened when it is first asked for. */
export class ShownTables {
  readonly #parts: ShownParts
  readonly #open = new Map<string, Promise<TableRows>>()
  #waiting = 0

  constructor(parts: ShownParts) {
    this.#parts = parts
  }

  get names(): readonly string[] {
    return this.#parts.tables.map(({ name }) => name)
  }

  /** The declared columns of a table; undefined if it is not shown. */
  columnsOf(name: string): readonly string[] | undefined {
    return this.#parts.tables.find((table) => table.name === name)?.columns
  }

  /** @throws ProblemError 503 or 504, UnfitFilter, LakeError as `TableRows` does */
  async newest(name: string, asked: RowsAsked): Promise<FoundRows> {
    if (this.#waiting >= MAX_WAITING) {
      throw new ProblemError(503, 'Too many ask for rows.', { headers: { 'Retry-After': '2' } })
    }
    this.#waiting += 1
    const signal = AbortSignal.timeout(this.#parts.timeoutMs)
    try {
      return await (await this.#table(name)).newest(asked, signal)
    } catch (cause) {
      if (!signal.aborted) throw cause
      throw new ProblemError(504, 'The rows were not found in time.', { detail: 'Ask for a shorter range.', cause })
    } finally {
      this.#waiting -= 1
    }
  }

  async close(): Promise<void> {
    for (const table of this.#open.values()) await (await table).close()
    this.#open.clear()
  }

  #table(name: string): Promise<TableRows> {
    const open = this.#open.get(name)
    if (open !== undefined) return open
    const { lakeFolder, tables, limits, spillBelow } = this.#parts
    const table = tables.find((shown) => shown.name === name)
    if (table === undefined) throw new ProblemError(404, 'There is no table of this name to look at.')
    const opening = TableRows.open(lakeFolder, table, { ...limits, tempFolder: spillFolder(spillBelow) })
    this.#open.set(name, opening)
    opening.catch(() => this.#open.delete(name)) // tried again at the next question
    return opening
  }
}
