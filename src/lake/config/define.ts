import type { ColumnTypes } from '../../sources/configParts.ts'
import type { SourceConfig } from '../../sources/index.ts'
import type { Rows } from '../../tables/engine.ts'
import type { Duration } from './duration.ts'
import type { Size } from './size.ts'

// The public vocabulary for defining a lake. Plain data: everything is checked when the lake is opened. Options are
// passed on whole, so that an unknown one is found then.

/** The types whose values can be the name of a folder. */
export type FolderType = 'DATE' | 'VARCHAR' | 'INTEGER' | 'BIGINT' | 'SMALLINT' | 'TINYINT'

/** The columns that a table may be partitioned by. */
export type PartitionColumn<Columns extends ColumnTypes> = {
  [Name in keyof Columns]: FolderType & Columns[Name] extends never ? never : Name
}[keyof Columns] &
  string

/** A table of the lake. Its name is also that of its view, its destination in SQL and its key in JSON. */
export interface TableConfig<Columns extends ColumnTypes = ColumnTypes> {
  /** The folder, relative to the lake's root, for the table's `data/` and its streams' `checkpoint/`. */
  readonly path: string
  readonly columns: Columns
  /** Columns that become folders, outermost first. */
  readonly partitionBy?: readonly PartitionColumn<NoInfer<Columns>>[]
}

/** A CSV file with a header that streams may join. */
export interface ReferenceConfig<Columns extends ColumnTypes = ColumnTypes> {
  /** The path of the file, relative to the config. */
  readonly file: string
  readonly columns: Columns
  /** The column by which streams join; no value may appear twice. */
  readonly key: keyof NoInfer<Columns> & string
}

/** A stream sends each new row of a source to exactly one of its tables. */
export interface StreamConfig<Table extends string = string> {
  readonly from: SourceConfig<Table>
  /** A .sql file, relative to the config: one SELECT. Where left out, rows are written as they are. */
  readonly select?: string
  /**
   * What the select may do to rows. `kept`, the default: each row that is read becomes exactly one row. Lakeweir proves
   * it before the first batch, and refuses a select for which it cannot. `any`: the select may filter, unnest,
   * aggregate or drop duplicates within its batch; then nothing checks that no row is lost or duplicated.
   */
  readonly rows?: Rows
  readonly into: readonly Table[]
  /** The shortest time between two batches: `1 second`. */
  readonly trigger?: Duration
}

/** Table or reference → its columns. */
export type ColumnsByName = Readonly<Record<string, ColumnTypes>>

export interface LakeConfig<
  Tables extends ColumnsByName = ColumnsByName,
  References extends ColumnsByName = ColumnsByName,
> {
  /** The lake's folder, relative to the config. */
  readonly root: string
  readonly tables: { readonly [Name in keyof Tables]: TableConfig<Tables[Name]> }
  readonly reference?: { readonly [Name in keyof References]: ReferenceConfig<References[Name]> }
  readonly streams: Readonly<Record<string, StreamConfig<NoInfer<keyof Tables & string>>>>
  /** A folder of .sql files, each one SELECT that becomes a view with the name of its file. */
  readonly views?: string
  /** A folder of .sql files, each a report with the name of its file. */
  readonly reports?: string
  /** DuckDB's threads, which all streams and queries share; where left out, as many as there are cores. */
  readonly threads?: number
  /** The memory that DuckDB may use for all of them: `8GB`; where left out, most of the machine's. */
  readonly memory?: Size
}

/**
 * Defines a lake. The compiler checks the names of tables, the types of columns, the columns of `partitionBy` and
 * `key`, and durations; everything else is checked when the lake is opened. Columns in a constant of their own need
 * `as const`.
 */
export function defineLake<
  const Tables extends ColumnsByName,
  const References extends ColumnsByName = Record<never, ColumnTypes>,
>(config: LakeConfig<Tables, References>): LakeConfig<Tables, References> {
  return config
}
