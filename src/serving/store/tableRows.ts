import type { Columns, TableShape } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { emptyRelation, exactPath } from '../../duckdb/sql/literals.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { readNamedFiles, readTableFiles, setSchema } from '../../duckdb/sql/tableFiles.ts'
import { LakeError } from '../../errors.ts'

/** The files of each table. */
export type TableFiles = ReadonlyMap<string, readonly string[]>

/** So many files are named in the text of a query; more stand in a variable. */
const FEW_FILES = 16

/** About how many rows a file has, to order joins: most are of one small batch. */
const ROWS_IN_A_FILE = 1_000

/**
 * The files that a table has got between two positions. Where files were merged since, they come with others whose rows
 * were there before.
 */
export function addedFiles(table: string, before: TableFiles, now: TableFiles): TableFiles {
  const known = new Set(before.get(table))
  return new Map([[table, (now.get(table) ?? []).filter((file) => !known.has(file))]])
}

/** Reads the rows of the followed tables from files. */
export class TableRows {
  readonly #tables: ReadonlyMap<string, TableShape>
  /** The variables that sessions have: what DuckDB is told of the columns of files. */
  readonly #schemas = new WeakMap<Session, Set<string>>()

  constructor(tables: readonly TableShape[]) {
    this.#tables = new Map(tables.map((table) => [table.name, table]))
  }

  /**
   * The SELECT of some columns of a table's rows in files: the fewer, the sooner DuckDB has planned it.
   * @param session  in which it will run; it gets variables with the files or their columns
   */
  async select(session: Session, table: string, files: TableFiles, names?: readonly string[]): Promise<Sql> {
    const shape = this.#tables.get(table)
    if (shape === undefined)
      throw new LakeError('LAKE_VALUE_UNEXPECTED', `a model reads ${table}, which is not followed.`)
    const of = files.get(table) ?? []
    const { partitionBy } = shape
    const wanted = Object.entries(shape.columns).filter(([name]) => names?.includes(name) ?? true)
    const columns = Object.fromEntries(wanted)
    const rows = of.length * ROWS_IN_A_FILE
    if (of.length === 0) return emptyRelation(columns)
    if (of.length <= FEW_FILES) {
      const schema = await this.#schemaIn(session, table, columns, partitionBy)
      return readNamedFiles(of, schema, { columns, partitionBy }, rows)
    }
    const variable = `files of ${table}`
    await session.setVariable(variable, of.map(exactPath))
    return readTableFiles(variable, { columns, partitionBy }, rows)
  }

  async #schemaIn(session: Session, table: string, columns: Columns, partitionBy: readonly string[]): Promise<string> {
    const variable = `columns of ${table}: ${Object.keys(columns).join(', ')}`
    const known = this.#schemas.get(session) ?? new Set<string>()
    if (!known.has(variable)) await session.run(setSchema(variable, columns, partitionBy))
    this.#schemas.set(session, known.add(variable))
    return variable
  }
}
