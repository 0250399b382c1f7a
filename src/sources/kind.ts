import type { z } from 'zod'
import type { Columns, VariableValue } from '../columns.ts'
import type { DeletionVector } from '../delta/deletionVectors.ts'
import type { DeltaLog } from '../delta/log.ts'
import type { TableRef } from '../delta/snapshot.ts'
import type { Session } from '../duckdb/session.ts'
import type { Disk } from '../files/disk.ts'
import type { Clock } from '../stream/clock.ts'
import type { DeltaInput, ForeignGroup, Input, TableInput } from '../stream/input.ts'
import type { Limits, Offset, Range, Source } from '../stream/source.ts'
import type { Checkpoint } from '../tables/checkpoint.ts'
import type { CommitRecord } from '../tables/record.ts'
import type { LakeTable, NonEmpty } from '../tables/table.ts'

/**
 * A kind of source. Only the kind knows what is in its configs: everything else sees the `BoundSource` that it makes of
 * one. `Run` is what its sources use of the options of a run.
 */
export interface SourceKind<Run extends object = object> {
  /** The value of `kind` in the config. */
  readonly word: string
  /** How a source of this kind is written, for messages. */
  readonly example: string
  /** How keys of its config are written, if their names alone do not say it. */
  readonly keyExamples: Readonly<Record<string, string>>
  /**
   * The name that the rows of all its sources have in SQL, if it is always the same; nothing else may have that name.
   */
  readonly relation: string | undefined
  /** Checks a config and fills in its defaults. */
  readonly schema: z.ZodPipe<z.ZodObject, z.ZodType<Binding<Run>>>
}

/** A config of a source that is valid by itself. */
export interface Binding<Run extends object> {
  /** Checks it against its stream and the rest of the lake. @throws by `fail` */
  bind(stream: StreamPlan): BoundSource<Run>
}

/** Rejects a config: which key, what is wrong with it, and how to fix it. */
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
  /** Reports what is not an error but should be changed, as a sentence without its full stop. */
  readonly note: (text: string) => void
}

/** Makes a kind from its schema and from what it makes of a config that fits the schema. */
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

/** The source of a stream, as configured. */
export interface BoundSource<Run extends object = object> {
  /** The name that its rows have in the stream's SQL. */
  readonly relation: string
  /** The columns of those rows; a function where only the source itself can tell, each time it is opened. */
  readonly columns: Columns | ((place: SourcePlace) => Promise<Columns>)
  /** The kind of input that an engine reads them from. */
  readonly input: Input['kind']
  /** Variables that only streams of this source may read. */
  readonly variables: readonly string[]
  /** These variables, with values of the right types, so that a SELECT can be checked before there are rows. */
  sampleVariables(): Promise<Readonly<Record<string, VariableValue>>>
  /** The table of the lake that the source follows, if it does. */
  readonly follows: FollowedTable | undefined
  /** The Delta table outside of the lake's own that it follows, if it does. */
  readonly tableFolder: TableFolder | undefined
  /** The folder in which programs put what it takes, if it has one. */
  readonly folder: OwnFolder | undefined
  /**
   * The names of the landed files that a batch took, from what its record keeps of its range; undefined for a source
   * that takes none.
   */
  readonly landedFiles: ((detail: Range['detail']) => readonly string[]) | undefined
  /**
   * Files of its folder that another program has read before, as the first batch of the stream; undefined for a source
   * without a folder.
   * @param about  what the record of that batch keeps besides
   */
  readonly chosen:
    | ((place: SourcePlace, files: readonly ChosenFile[], about: Range['detail']) => ChosenFiles)
    | undefined
  /** Whether its stream runs only if a run names it. */
  readonly isOnDemand: boolean
  /** The options of a run that it uses. */
  readonly runOptions: readonly (keyof Run & string)[]
  /** Whether its batches have a number of files, and a lag: the time since the newest of them was written. */
  readonly measures: { readonly files: boolean; readonly lag: boolean }
  /** Default limits of a batch that differ from those of other kinds. */
  readonly limits: Partial<Limits>
  /** What ends its run: having taken what is there, if the run asks for that; having made so many rows; or nothing. */
  endOf(run: Run): 'drained' | 'counted' | 'never'
  /** What a batch took, in a few words; undefined where its offsets say nothing to people. */
  rangeText(start: Offset | null, end: Offset): string | undefined
  /**
   * What must be kept of the lake's tables so that the stream can continue.
   * @param end  of its last batch; undefined if that cannot be read: then everything that it may need
   */
  needs(end: Offset | undefined): readonly TableNeed[]
  /** Opened once for a run, which may resume it more than once. */
  open(place: SourcePlace, run: Run): Promise<Source>
  /** What is there to take, found without changing anything. */
  look(place: SourcePlace): Promise<SourceStatus>
  /** The files that were kept once their rows were in the tables, of batches before this day of UTC. */
  keptBefore(place: SourcePlace, timeMs: number): Promise<OldFiles | undefined>
  readonly emptying: SourceEmptying<Run>
}

/** Defaults for what most sources do not have. */
export const PLAIN_SOURCE = {
  variables: [],
  sampleVariables: async () => ({}),
  follows: undefined,
  tableFolder: undefined,
  folder: undefined,
  landedFiles: undefined,
  chosen: undefined,
  isOnDemand: false,
  runOptions: [],
  limits: {},
  endOf: () => 'drained',
  rangeText: () => undefined,
  needs: () => [],
  look: async () => NOTHING_TO_SEE,
  keptBefore: async () => undefined,
} as const satisfies Partial<BoundSource>

/** A folder below the lake's root. */
export interface OwnFolder {
  readonly path: string
  /** What is taken from it, for messages. */
  readonly takes: string
}

/** A file that another program has read, as it was then. */
export interface ChosenFile {
  readonly name: string
  /** When it was last changed, in milliseconds since 1970. */
  readonly modifiedMs: number
}

/** Files of a folder that are to be taken all together. */
export interface ChosenFiles {
  /** Looks at them; changes nothing. */
  look(): Promise<ChosenLook>
  /** Takes them, and only them. */
  open(): Source
}

export interface ChosenLook {
  readonly rows: number
  readonly bytes: number
  /** Those that cannot be taken. */
  readonly faults: readonly NamedReason[]
  /** The names of the other files in the folder. */
  readonly others: readonly string[]
  /** How those with rows are read. */
  readonly groups: readonly ForeignGroup[]
}

/** A Delta table that other programs keep. */
export interface TableFolder {
  /** Absolute, or relative to the lake's root. */
  readonly path: string
  /** The files of the table that the stream has not read after its last batch. */
  unread(place: SourcePlace, session: Session, last: CommitRecord | undefined): Promise<UnreadFiles>
  now(place: SourcePlace, session: Session): Promise<SourceNow>
  /** Its newest version, and the Delta features that it has. */
  about(
    place: SourcePlace,
    session: Session,
  ): Promise<{ readonly folder: string; readonly version: number; readonly features: readonly string[] }>
}

export interface FollowedTable {
  readonly table: LakeTable
  /** The commits of the table that a range has, by its ends; undefined if it is not known. */
  versionsIn(start: Offset | null, end: Offset): Versions | undefined
  /** The last commit up to which all was read; −1 while what was there at the beginning is still being read. */
  wholeVersionAt(end: Offset): number
  /** The last commit of the table's log that was read up to a place, if only in part; undefined if none of it was. */
  versionAt(end: Offset): number | undefined
  /**
   * Where a place is within a commit, or within the table as it was when the stream began: only files up to this path,
   * in name order, were read of it. Undefined where all of it was.
   */
  partAt(end: Offset): { readonly of: 'commit' | 'snapshot'; readonly after: string } | undefined
  /** The files of the table that the stream has not read after its last batch. */
  unread(place: SourcePlace, session: Session, last: CommitRecord | undefined): Promise<UnreadFiles>
  now(place: SourcePlace, session: Session): Promise<SourceNow>
}

/** A Delta table that a stream reads, as it is now, whatever the stream has read of it: for whoever compares them. */
export interface SourceNow {
  readonly version: number
  readonly log: DeltaLog
  /** Those that the stream reads. */
  readonly columns: Columns
  /** Whether the stream skips commits that rewrite or delete rows, so that it may have made others of them. */
  readonly skipsChanges: boolean
  readonly files: readonly SourceFile[]
  /** How an engine reads the files that count; undefined if none does. @throws LakeError for a vector that is lost */
  inputOf(isCounted: (file: SourceFile) => boolean): TableInput | DeltaInput | undefined
}

export interface SourceFile {
  /** Below the table's folder, as it is on disk. */
  readonly path: string
  readonly file: string
  readonly bytes: number
  readonly deletionVector: DeletionVector | undefined
}

/** Commits of a log. Of the first, a part may be in the range before. */
export interface Versions {
  readonly first: number
  readonly last: number
}

export interface UnreadFiles {
  /** Paths as the table's log names them. */
  readonly paths: ReadonlySet<string>
  readonly rows: number
  readonly files: number
}

export interface TableNeed {
  readonly table: LakeTable
  /** The first commit that still has to be read, or compared with. */
  readonly fromVersion: number
}

/** What an open lake gives a source to work with. */
export interface SourcePlace {
  readonly disk: Disk
  readonly clock: Clock
  /** Opens a session, which the caller closes. */
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

/** What `status` shows of a source. */
export interface SourceStatus {
  /** What is there to take, if the source follows no table; rows are undefined if nobody has counted them. */
  readonly pending: { readonly files: number; readonly rows: number | undefined }
  /** Names of files that wait to be taken. */
  readonly waiting: readonly string[]
  /** Since when the oldest of them has been there, in milliseconds since 1970; undefined if none wait. */
  readonly waitingSinceMs: number | undefined
  /** Files that cannot be taken. */
  readonly rejected: readonly NamedReason[]
  /** Files that are not meant to be taken. */
  readonly ignored: readonly NamedReason[]
  /** Columns of files that no table has. */
  readonly extraColumns: readonly string[]
}

export interface NamedReason {
  readonly name: string
  readonly reason: string
}

/** For a source without files. */
const NOTHING_TO_SEE: SourceStatus = {
  pending: { files: 0, rows: 0 },
  waiting: [],
  waitingSinceMs: undefined,
  rejected: [],
  ignored: [],
  extraColumns: [],
}

/** What a source does when the tables of its stream are emptied, and what it can bring back. */
export interface SourceEmptying<Run extends object = object> {
  /** Checks beforehand that nothing would stop the emptying or a run after it. @throws LakeError */
  assertCanBegin(place: SourcePlace, run: Run): Promise<void>
  /**
   * Puts back what was taken but not committed, durably; with `isRelanding`, also what was kept after its commit. Can
   * be called again after a crash.
   */
  giveBack(place: SourcePlace, last: CommitRecord | undefined, isRelanding: boolean): Promise<void>
  /** The files that were kept once their rows were in the tables. */
  kept(place: SourcePlace): Promise<KeptFiles | undefined>
  /** Where the rows that the stream wrote can come from again. */
  originOf(rows: WrittenRows): Promise<Origin>
}

/** For a source that takes nothing away from where it reads. */
export const TAKES_NOTHING: Omit<SourceEmptying, 'originOf'> = {
  assertCanBegin: async () => {},
  giveBack: async () => {},
  kept: async () => undefined,
}

export interface OldFiles {
  /** The folder that they are kept in, absolute. */
  readonly folder: string
  readonly files: readonly { readonly path: string; readonly bytes: number }[]
}

export interface KeptFiles {
  /** The folder that the files were taken from, absolute. */
  readonly folder: string
  readonly files: number
}

/** The rows that a stream wrote, as far as is known. */
export interface WrittenRows {
  /** The last batch; undefined if there is none or it cannot be read. */
  readonly last: CommitRecord | undefined
  /** The ends of the batches whose records are kept; undefined for a record that cannot be read. */
  ends(): Promise<readonly (Offset | undefined)[]>
  /** How many there are. */
  readonly count: number
  /** How many rows a table has, no matter who wrote them; undefined if nobody has counted them. */
  countIn(table: LakeTable): number | undefined
  /** The files that were kept, and whether they are now taken again. */
  readonly kept: { readonly files: number; readonly isRelanded: boolean }
}

export interface Origin {
  readonly from: 'table' | 'generator' | 'archive' | 'source' | 'nowhere'
  /** The same as a phrase, with what is needed for it. */
  readonly how: string
}
