import type { z } from 'zod'
import type { Columns, VariableValue } from '../columns.ts'
import type { DeltaLog } from '../delta/log.ts'
import type { TableRef } from '../delta/snapshot.ts'
import type { Session } from '../duckdb/session.ts'
import type { Disk } from '../files/disk.ts'
import type { Clock } from '../stream/clock.ts'
import type { Input } from '../stream/input.ts'
import type { Limits, Offset, Source } from '../stream/source.ts'
import type { Checkpoint } from '../tables/checkpoint.ts'
import type { CommitRecord } from '../tables/record.ts'
import type { LakeTable, NonEmpty } from '../tables/table.ts'

/**
 * A kind of source. What a config of its kind holds, it alone knows: all others see the source that it makes of that.
 * `Run` is what its sources take from the options of a run.
 */
export interface SourceKind<Run extends object = object> {
  /** What `kind` says in the config. */
  readonly word: string
  /** How one is written, for messages. */
  readonly example: string
  /** How keys of its config are written, where their names alone do not say it. */
  readonly keyExamples: Readonly<Record<string, string>>
  /** The name that the rows of all its sources have in SQL, which nothing else in a lake may have. */
  readonly relation: string | undefined
  /** Checks a config, and fills in what it leaves out. */
  readonly schema: z.ZodPipe<z.ZodObject, z.ZodType<Binding<Run>>>
}

/** A config of a source that is right in itself. */
export interface Binding<Run extends object> {
  /** Checks it against the rest of the lake, for the stream that it is of. @throws by `fail` */
  bind(stream: StreamPlan): BoundSource<Run>
}

/** Refuses a config: which key, what is wrong with it, and what would be right. */
export type Fail = (place: string, what: string, remedy?: string) => never

/** What a lake's config says around a source. */
export interface StreamPlan {
  /** The place of the source in the config. */
  readonly place: string
  readonly into: NonEmpty<LakeTable>
  /** Whether the stream has a SELECT; without one, rows go through as they are. */
  readonly hasSelect: boolean
  /** Every table of the lake, by name. */
  readonly tables: ReadonlyMap<string, LakeTable>
  readonly fail: Fail
  /** Says what is no error and should be changed all the same, in a sentence without its full stop. */
  readonly note: (text: string) => void
}

/** A kind, of its schema and what it makes of a config that fits it. */
export function sourceKind<Config extends z.ZodRawShape, Run extends object = object>({
  schema,
  bind,
  ...kind
}: Omit<SourceKind<Run>, 'schema'> & {
  readonly schema: z.ZodObject<Config>
  readonly bind: (config: z.output<z.ZodObject<Config>>, stream: StreamPlan) => BoundSource<Run>
}): SourceKind<Run> {
  return { ...kind, schema: schema.transform((config) => ({ bind: (stream: StreamPlan) => bind(config, stream) })) }
}

/** The source of a stream, as its config has it. */
export interface BoundSource<Run extends object = object> {
  /** The name that its rows have in the stream's SQL. */
  readonly relation: string
  /** The columns of those rows. */
  readonly columns: Columns
  /** How an engine is told to read them. */
  readonly input: Input['kind']
  /** Variables that only streams of this source may read. */
  readonly variables: readonly string[]
  /** Those variables with values of the right types: with them a SELECT is checked before there is a row. */
  sampleVariables(): Promise<Readonly<Record<string, VariableValue>>>
  /** The table whose new rows these are, where it is one of the lake's. */
  readonly follows: FollowedTable | undefined
  /** Where programs put what it takes, where that is a folder of its own. */
  readonly folder: OwnFolder | undefined
  /** Whether it runs only where it is named. */
  readonly isOnDemand: boolean
  /** Which options of a run are its own. */
  readonly runOptions: readonly (keyof Run & string)[]
  /** Whether its batches tell of files, and of the time that has passed since the newest of them was written. */
  readonly measures: { readonly files: boolean; readonly lag: boolean }
  /** What one batch takes at the most where nobody says otherwise, where that is less than of other kinds. */
  readonly limits: Partial<Limits>
  /** When a run is at its end: `drained` is for a run that takes what is there, the others end whatever it takes. */
  endOf(run: Run): 'drained' | 'counted' | 'never'
  /**
   * What must be kept of the lake's tables for the stream to go on.
   * @param end  of its last batch; undefined where that cannot be read: then all that it may need
   */
  needs(end: Offset | undefined): readonly TableNeed[]
  /** Opened once for a run, which may resume it more than once. */
  open(place: SourcePlace, run: Run): Promise<Source>
  /** What is there, without operating it and without changing anything. */
  look(place: SourcePlace): Promise<SourceStatus>
  readonly emptying: SourceEmptying<Run>
}

/** What most sources have not: a kind says what its own have besides. */
export const PLAIN_SOURCE = {
  variables: [],
  sampleVariables: async () => ({}),
  follows: undefined,
  folder: undefined,
  isOnDemand: false,
  runOptions: [],
  limits: {},
  endOf: () => 'drained',
  needs: () => [],
  look: async () => NOTHING_TO_SEE,
} as const satisfies Partial<BoundSource>

/** A folder below the lake's root. */
export interface OwnFolder {
  readonly path: string
  /** What is taken from it. */
  readonly takes: string
}

export interface FollowedTable {
  readonly table: LakeTable
  /** The files of the table that come after a batch. */
  unread(place: SourcePlace, session: Session, last: CommitRecord | undefined): Promise<UnreadFiles>
}

export interface UnreadFiles {
  /** Paths as the table's log names them. */
  readonly paths: ReadonlySet<string>
  readonly rows: number
  readonly files: number
}

export interface TableNeed {
  readonly table: LakeTable
  /** Commits from this one on are still to be read, or to be compared with. */
  readonly fromVersion: number
}

/** Where in an open lake a source stands, and what it works with. */
export interface SourcePlace {
  readonly disk: Disk
  readonly clock: Clock
  /** Opens a session, which whoever asks for it closes. */
  connect(): Promise<Session>
  /** The lake's folder. */
  readonly root: string
  /** The stream's durable state. */
  readonly checkpoint: Checkpoint
  /** The path of a folder of the lake. */
  below(path: string): string
  tableRef(table: LakeTable): TableRef
  log(table: LakeTable): DeltaLog
}

/** What a source shows of itself. */
export interface SourceStatus {
  /** What is there to take, of a source that follows no table; rows are undefined where nobody has counted them. */
  readonly pending: { readonly files: number; readonly rows: number | undefined }
  /** Names of files that wait to be taken. */
  readonly waiting: readonly string[]
  /** Files that cannot be taken. */
  readonly rejected: readonly NamedReason[]
  /** Files that are none to take. */
  readonly ignored: readonly NamedReason[]
  /** Columns that files had and no table has. */
  readonly extraColumns: readonly string[]
}

export interface NamedReason {
  readonly name: string
  readonly reason: string
}

/** Of a source in which no file waits or was rejected. */
const NOTHING_TO_SEE: SourceStatus = {
  pending: { files: 0, rows: 0 },
  waiting: [],
  rejected: [],
  ignored: [],
  extraColumns: [],
}

/** What a source does, and can bring back, where the tables of its stream are emptied. */
export interface SourceEmptying<Run extends object = object> {
  /**
   * That nothing which can be known beforehand would stop the emptying, or a run after it.
   * @throws LakeError
   */
  assertCanBegin(place: SourcePlace, run: Run): Promise<void>
  /**
   * Returns what was taken and not committed, durably; with `isRelanding` also what was kept of that which was.
   * Can be called again after a crash.
   */
  giveBack(place: SourcePlace, last: CommitRecord | undefined, isRelanding: boolean): Promise<void>
  /** Files that were kept after their rows were in the tables. */
  kept(place: SourcePlace): Promise<KeptFiles | undefined>
  /** Where the rows that the stream has written can come from again. */
  originOf(rows: WrittenRows): Promise<Origin>
}

/** Of a source that takes nothing away from where it reads. */
export const TAKES_NOTHING: Omit<SourceEmptying, 'originOf'> = {
  assertCanBegin: async () => {},
  giveBack: async () => {},
  kept: async () => undefined,
}

export interface KeptFiles {
  /** The folder that the files were taken from, absolute. */
  readonly folder: string
  readonly files: number
}

/** The rows that a stream has written, as far as anybody knows. */
export interface WrittenRows {
  /** The last batch; undefined where there is none, or none that can be read. */
  readonly last: CommitRecord | undefined
  /** The ends of the batches of which records are kept; undefined of one that cannot be read. */
  ends(): Promise<readonly (Offset | undefined)[]>
  /** How many there are. */
  readonly count: number
  /** How many rows a table has, whoever wrote them; undefined where nobody has counted them. */
  countIn(table: LakeTable): number | undefined
  /** What is kept, and whether it is taken again now. */
  readonly kept: { readonly files: number; readonly isRelanded: boolean }
}

export interface Origin {
  readonly from: 'table' | 'generator' | 'archive' | 'source' | 'nowhere'
  /** The same as a phrase, with what has to be known for it. */
  readonly how: string
}
