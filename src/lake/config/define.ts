import type { EngineConfig, EngineSettings } from '../../engines/index.ts'
import type { CopyConfig } from '../../serving/copies/index.ts'
import type { EnvironmentValue } from '../../serving/environment.ts'
import type { Size } from '../../size.ts'
import type { ColumnTypes } from '../../sources/configParts.ts'
import type { SourceConfig } from '../../sources/index.ts'
import type { Rows } from '../../tables/engine.ts'
import type { Duration } from './duration.ts'

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
  /**
   * Columns by which rows are sorted when small files are joined, so that a filter on them skips most of a file. Rows
   * that a batch writes keep their order.
   */
  readonly sortBy?: readonly (keyof NoInfer<Columns> & string)[]
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
  /**
   * What makes the files of its batches: `duckdb`, the default, in this process; another engine; a program of your own,
   * `{ program: ['python3', 'etl/engine.py'] }`; or `auto`, which takes another engine only for batches that read much.
   */
  readonly engine?: EngineConfig
  /** The shortest time between two batches: `1 second`. */
  readonly trigger?: Duration
}

/** The columns of tables that say when something happened. */
export type MomentColumn<Tables extends ColumnsByName> = {
  [Table in keyof Tables]: {
    [Name in keyof Tables[Table]]: 'TIMESTAMPTZ' & Tables[Table][Name] extends never ? never : Name
  }[keyof Tables[Table]]
}[keyof Tables] &
  string

/** Live aggregates: models that are kept as rows arrive. They are the stream `live`. */
export interface LiveConfig<Stream extends string = string, Moment extends string = string> {
  /** The stream whose batches are taken: models read its tables, and views of them. */
  readonly follows: Stream
  /** The file in which they are kept, relative to the lake's root; `gold/live.duckdb` where left out. */
  readonly store?: string
  /** A folder of .sql files, each a model with the name of its file: one SELECT … GROUP BY. */
  readonly models: string
  /** A folder of .sql files, each a panel with the name of its file. */
  readonly panels?: string
  /** The memory that keeping them may use, beside what DuckDB uses for the other streams; 1GB where left out. */
  readonly memory?: Size
  /** The column whose newest value says how fresh they are. */
  readonly eventTime?: Moment
  /** Where a copy is kept: `postgres({ url: env('DATABASE_URL') })`. */
  readonly publishTo?: CopyConfig
}

/** How a lake is served over HTTP. */
export interface ServerConfig<Table extends string = string> {
  /** The address to listen at; 127.0.0.1 where left out. Any other needs a secret or a public key. */
  readonly host?: string
  /** 4080 where left out. */
  readonly port?: number
  /** The origins of the websites that may embed what is served: `https://example.com`. */
  readonly origins?: readonly string[]
  /** The names by which the server may be called, besides the address that it listens at. */
  readonly hosts?: readonly string[]
  /** The tables whose rows may be looked at. */
  readonly rows?: readonly Table[]
  /** The secrets that tokens are signed with; the first signs, and all are accepted. */
  readonly secrets?: readonly EnvironmentValue[]
  /** The secret with which `/metrics` may be read once there are secrets or public keys. */
  readonly metricsSecret?: EnvironmentValue
  /** Files with the public keys of those who may sign tokens, relative to the config. */
  readonly publicKeys?: readonly string[]
  readonly limits?: ServerLimits
  /** The server is not ready once rows have waited this long and none were taken; 1 minute where left out. */
  readonly staleAfter?: Duration
  readonly dashboard?: DashboardConfig
}

/** What the dashboard of a lake shows. */
export interface DashboardConfig {
  /** What stands at its top. */
  readonly title?: string
  /** Panel → how it is shown, in the order in which they are; all panels where left out. */
  readonly panels?: Readonly<Record<string, DashboardPanelConfig>>
  /** What is looked at first: the last `3 hours` where left out, or `today`, a day of UTC. */
  readonly range?: Duration | 'today'
  /** Ranges to choose from. */
  readonly presets?: readonly (Duration | 'today')[]
  /** A longer lag means that it is catching up; 1 minute where left out. */
  readonly catchingUpAfter?: Duration
  /** After so long without a word from the server a page shows that it is disconnected; 30 seconds where left out. */
  readonly disconnectedAfter?: Duration
}

export interface DashboardPanelConfig {
  /** Of the 12 columns of a wide page. */
  readonly width?: number
  /** Of the 12 columns of a very wide one; as `width` where left out. With 0 it is not shown on a wall. */
  readonly wallWidth?: number
  /** Above it a value is bad, in place of what the header of the panel says. */
  readonly alarm?: number
}

export interface ServerLimits {
  /** How many connections are served at a time; 1,000 where left out. */
  readonly connections?: number
  /** The most rows that a panel may have; 10,000 where left out. */
  readonly panelRows?: number
  /** How long a panel may take; 5 seconds where left out. */
  readonly panelTime?: Duration
  /** How many streams the clients with one token may have at a time; 20 where left out. */
  readonly clientsPerToken?: number
  /** How many requests the clients with one token may have at a time; 32 where left out. */
  readonly requestsPerToken?: number
  /** The longest that a token may be valid, from its issue on; 15 minutes where left out. */
  readonly tokenLife?: Duration
}

/**
 * How the files of a lake are tended. A run does it between batches; `lakeweir optimize` and `lakeweir vacuum` do it at
 * once.
 */
export interface UpkeepConfig {
  /** Whether runs tend the files; the commands work either way. True where left out. */
  readonly byItself?: boolean
  /** After how many commits the log of a table gets a checkpoint, so that readers need not read every commit; 100. */
  readonly checkpointEvery?: number
  /** A run joins small files where a partition has more of them than this; 8 where left out, `false` for never. */
  readonly smallFiles?: number | false
  /** How large files become that are joined; 128MB where left out. */
  readonly fileSize?: Size
  /** How long files stay on the disk after they were replaced, for readers that began before; 7 days. */
  readonly keepFiles?: Duration
  /** How long commits stay in the log after a checkpoint has taken their place; 30 days. */
  readonly keepLog?: Duration
  /** How long landed files stay in the archives of landing folders; for ever where left out. */
  readonly keepArchive?: Duration
}

/** Table or reference → its columns. */
export type ColumnsByName = Readonly<Record<string, ColumnTypes>>

export interface LakeConfig<
  Tables extends ColumnsByName = ColumnsByName,
  References extends ColumnsByName = ColumnsByName,
  Stream extends string = string,
> {
  /** The lake's folder, relative to the config. */
  readonly root: string
  readonly tables: { readonly [Name in keyof Tables]: TableConfig<Tables[Name]> }
  readonly reference?: { readonly [Name in keyof References]: ReferenceConfig<References[Name]> }
  readonly streams: Readonly<Record<Stream, StreamConfig<NoInfer<keyof Tables & string>>>>
  /** What engines need to know, by their names: `engines: { spark: { master: 'local[*]' } }`. */
  readonly engines?: EngineSettings
  /** A folder of .sql files, each one SELECT that becomes a view with the name of its file. */
  readonly views?: string
  /** A folder of .sql files, each a report with the name of its file. */
  readonly reports?: string
  /** Live aggregates, kept as rows arrive; their stream is called `live`. */
  readonly live?: LiveConfig<NoInfer<Stream>, NoInfer<MomentColumn<Tables>>>
  /** How the lake is served over HTTP. */
  readonly server?: ServerConfig<NoInfer<keyof Tables & string>>
  /** How files are joined and removed, and logs kept short; `false`: not by itself. */
  readonly upkeep?: UpkeepConfig | false
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
  const Stream extends string = string,
>(config: LakeConfig<Tables, References, Stream>): LakeConfig<Tables, References, Stream> {
  return config
}
