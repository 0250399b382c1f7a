import type { Commit } from '../../delta/actions.ts'
import type { DeletionVector } from '../../delta/deletionVectors.ts'
import { READ_FEATURES } from '../../delta/features.ts'
import { headsByCommits } from '../../delta/heads.ts'
import { isSameReading, partitionValuesOf, type TableReading } from '../../delta/reading.ts'
import type { Snapshot, TableHead } from '../../delta/snapshot.ts'
import type { LakeError } from '../../errors.ts'
import { FooterReader } from '../../parquet/footer.ts'
import type { Limits } from '../../stream/source.ts'
import { changeIn, isCounted } from '../../tables/logCommits.ts'
import { LogTail } from '../../tables/logTail.ts'
import { admit } from '../admit.ts'
import { appendedFiles, byPath, firstTwice, offsetAfter } from './commits.ts'
import { isSameHistory } from './history.ts'
import type { TableOffset } from './offset.ts'
import {
  changedError,
  differenceIn,
  fileIn,
  mismatchError,
  readingIn,
  type SessionOf,
  type SourceTable,
  snapshotOf,
  tailedTable,
} from './sourceTable.ts'

/** How many commits are read ahead for one batch at the most. */
const MAX_COMMITS_AHEAD = 10_000

/** Of so many commits, a table without rows is known by reading them one by one. */
const FEW_COMMITS = 4

/** A data file that the stream has not read yet. */
export interface PendingFile {
  readonly version: number
  readonly path: string
  readonly file: string
  /** Those that are left. */
  readonly rows: number
  readonly bytes: number
  /** Each partition column → its value, as the log says it. */
  readonly partitionValues: Readonly<Record<string, string | null>>
  readonly deletionVector: DeletionVector | undefined
  /** How the table was read when the file was in it. */
  readonly reading: TableReading
  readonly isSnapshot: boolean
  /** Whether a stream of ours wrote it and counted its rows; the counts of other writers are only hints. */
  readonly isCounted: boolean
}

/** Where a tail starts. */
interface Beginning {
  readonly tableId: string
  /** The last version that was read, in whole or in part. */
  readonly version: number
  /** Of the files that were live then, those that are still to be read. */
  readonly files: readonly PendingFile[]
  readonly reading: TableReading
}

/** What was appended to a table after a place in its log. Only reads. */
export class TableTail {
  readonly #of: SourceTable
  readonly #tableId: string
  /** It was read into `#ahead`. */
  readonly #log: LogTail
  /** Files that were read ahead and are not yet in a batch, in order. */
  #ahead: PendingFile[]
  /** Their paths. */
  readonly #aheadPaths: Set<string>
  /** How the table is read at the version that was read last. */
  #reading: TableReading

  private constructor(of: SourceTable, { tableId, version, files, reading }: Beginning) {
    this.#of = of
    this.#tableId = tableId
    this.#log = new LogTail(tailedTable(of), tableId, version)
    this.#ahead = [...files]
    this.#aheadPaths = new Set(files.map(({ path }) => path))
    this.#reading = reading
  }

  /**
   * @param after  the place up to which the table was read; undefined: from the beginning
   * @throws LakeError LAKE_SOURCE_CHANGED, LAKE_TABLE_MISMATCH
   */
  static async open(of: SourceTable, after: TableOffset | undefined, session: SessionOf): Promise<TableTail> {
    // If the history is certain, the table is known without replaying its log.
    const known = after === undefined ? undefined : await knownBeginning(of, after)
    const tail = new TableTail(of, known ?? (await beginning(of, after, session)))
    if (after !== undefined && !after.isSnapshot) await tail.#continueWithin(after)
    return tail
  }

  /** Reads the rest of a version of which a part was read. */
  async #continueWithin({ version, path: done }: TableOffset): Promise<void> {
    const commit = await this.#of.log.readCommit(version)
    if (done === null) {
      if (commit !== undefined) this.#log.assertNoCopy(commit)
      return
    }
    if (commit === undefined) {
      throw this.#changed(`version ${version} is gone from its log, but only a part of it was read`)
    }
    this.#log.assertNoCopy(commit)
    this.#append(commit, done)
  }

  /** The next files within the limits. They come again until `drop`. */
  async next(limits: Limits): Promise<readonly PendingFile[]> {
    await this.#readAhead(limits.maxFiles)
    const admitted = admit(this.#ahead, limits)
    // All files of a batch are read in one way.
    const [first] = admitted
    const other = admitted.findIndex(({ reading }) => first !== undefined && !isSameReading(reading, first.reading))
    return other === -1 ? admitted : admitted.slice(0, other)
  }

  /** Every file that is still to be read, however many. */
  async all(): Promise<readonly PendingFile[]> {
    let readVersion: number
    do {
      readVersion = this.#log.version
      await this.#readAhead(Number.POSITIVE_INFINITY)
    } while (this.#log.version > readVersion)
    return this.#ahead
  }

  /** The place after `files`, the last of which is `last`. */
  async offsetAfter(files: readonly PendingFile[], last: PendingFile): Promise<TableOffset> {
    const commitHash = await this.#log.hashOf(last.version)
    const isMapped = isMappedReading(last.reading) ? { isMapped: true } : {}
    return { tableId: this.#tableId, ...offsetAfter(last, this.#ahead[files.length]), commitHash, ...isMapped }
  }

  /** Drops the files that `next` returned: they are in a batch. */
  drop(files: readonly PendingFile[]): void {
    for (const { path } of this.#ahead.splice(0, files.length)) this.#aheadPaths.delete(path)
  }

  /** From now on, reads only what is there by now. */
  async pin(): Promise<void> {
    await this.#log.pin()
  }

  /** Whether there is a commit that has not been read. */
  async hasNews(): Promise<boolean> {
    return this.#log.hasNews()
  }

  async #readAhead(maxFiles: number): Promise<void> {
    for (let commits = 0; this.#ahead.length <= maxFiles; commits++) {
      if (this.#ahead.length > 0 && commits >= MAX_COMMITS_AHEAD) return
      const commit = await this.#log.next()
      if (commit === undefined) return this.#assertNotCleanedUp()
      this.#append(commit, null)
    }
  }

  /** Asserts that the next commit is missing because nobody has made it yet, not because it was cleaned up. */
  async #assertNotCleanedUp(): Promise<void> {
    if ((await this.#log.lost()) !== 'cleaned up') return
    throw this.#changed(`version ${this.#log.version + 1} is gone from its log, but the stream has not read it`)
  }

  /** Adds the files that a commit appends. @param done  the path up to which it was read before */
  #append(commit: Commit, done: string | null): void {
    const { skipChangeCommits } = this.#of
    const change = changeIn(commit)
    if (change !== undefined) {
      if (skipChangeCommits) {
        this.#follow(commit)
        return
      }
      throw this.#changed(`version ${commit.version} ${change}`)
    }
    this.#follow(commit)
    const files = appendedFiles(commit, done)
    const paths = files.map(({ path }) => path)
    const twice = firstTwice(paths, this.#aheadPaths)
    if (twice !== undefined) throw this.#changed(`version ${commit.version} adds ${twice} a second time`)
    for (const path of paths) this.#aheadPaths.add(path)
    const origin = { isSnapshot: false, isCounted: isCounted(commit) }
    const placed = files.map((file) => ({ ...file, bytes: file.size, file: fileIn(this.#of, file.path) }))
    this.#ahead.push(...pendingFiles(placed, this.#reading, origin))
  }

  /** Goes on with the table as a commit leaves it. */
  #follow({ version, metaData }: Commit): void {
    if (metaData === undefined) return
    this.#log.assertSameShape(version, metaData)
    this.#reading = readingIn(this.#of, metaData)
  }

  #changed(how: string): LakeError {
    return changedError(this.#of, how)
  }
}

/** Where the tail starts if what was read is certain, and says how to go on: then no log has to be replayed. */
async function knownBeginning(of: SourceTable, after: TableOffset): Promise<Beginning | undefined> {
  const isSame = await isSameHistory(of, after)
  if (!isSame || after.isSnapshot || after.isMapped === true) return undefined
  const { columns } = of
  const partitionBy = of.partitionBy.filter((name) => Object.hasOwn(columns, name))
  const reading = { columns, partitionBy, storedAs: {}, ids: undefined }
  return { tableId: after.tableId, version: after.version, files: [], reading }
}

function isMappedReading({ storedAs, ids }: TableReading): boolean {
  return ids !== undefined || Object.keys(storedAs).length > 0
}

/** Where the tail starts if the stream has read nothing, only a part of the first snapshot, or an uncertain history. */
async function beginning(of: SourceTable, after: TableOffset | undefined, session: SessionOf): Promise<Beginning> {
  const { table } = of
  const empty = after === undefined ? await headOfEmpty(of) : undefined
  if (empty !== undefined) {
    assertMatches(of, empty)
    return { tableId: empty.tableId, version: empty.version, files: [], reading: readingIn(of, empty) }
  }
  const isAsOf = after?.isSnapshot === true || after?.isMapped === true
  const snapshot = await snapshotOf(of, session, isAsOf ? after?.version : undefined)
  const head = snapshot.head(table.name)
  const { tableId, version: newest } = head
  if (after !== undefined && tableId !== after.tableId) {
    throw changedError(of, `it is another table now (id ${tableId}, was ${after.tableId})`)
  }
  assertMatches(of, head)
  const version = after?.version ?? newest
  const reading = readingIn(of, head)
  if (after !== undefined && !after.isSnapshot) return { tableId, version, files: [], reading }
  return { tableId, version, files: await filesOf(of, snapshot, version, reading, after?.path ?? undefined), reading }
}

/** The files of a table as it is now, whatever a stream has read of it, and whether or not it could go on. */
export async function filesNow(
  of: SourceTable,
  session: SessionOf,
): Promise<{ readonly version: number; readonly files: readonly PendingFile[] }> {
  const snapshot = await snapshotOf(of, session)
  const head = snapshot.head(of.table.name)
  return { version: head.version, files: await filesOf(of, snapshot, head.version, readingIn(of, head)) }
}

/** The live files of a snapshot. @param done  the path up to which they were read before */
async function filesOf(
  of: SourceTable,
  snapshot: Snapshot,
  version: number,
  reading: TableReading,
  done = '',
): Promise<PendingFile[]> {
  const live = (await snapshot.liveFiles(of.table.name)).filter(({ path }) => path > done)
  const files = live.map((file) => ({ ...file, version, file: fileIn(of, file.path) }))
  return pendingFiles(files, reading, { isSnapshot: true, isCounted: false })
}

/** A file as a log describes it. */
type FoundFile = Pick<PendingFile, 'version' | 'path' | 'file' | 'bytes' | 'partitionValues'> & {
  readonly rows: number | undefined
  readonly deletionVector?: DeletionVector | undefined
}

/**
 * The head of a table that has never had a file; undefined for any other. Its commits say so, while a replay in SQL
 * would take as long as everything else that such a start does.
 */
async function headOfEmpty({ table: { name }, log }: SourceTable): Promise<TableHead | undefined> {
  const newest = await log.newestVersion()
  if (newest === undefined || newest >= FEW_COMMITS) return undefined
  const head = (await headsByCommits([{ name, log }], READ_FEATURES))?.get(name)
  for (let version = 0; version <= (head?.version ?? -1); version++) {
    const commit = await log.readCommit(version)
    if (commit === undefined || commit.adds.length > 0) return undefined
  }
  return head
}

/** @throws LakeError LAKE_TABLE_MISMATCH */
function assertMatches(of: SourceTable, head: TableHead): void {
  const difference = differenceIn(of, head)
  if (difference !== undefined) throw mismatchError(of, difference, 'Nothing of it was read.')
}

/** Files in name order. If the log's writer left out row counts, they come from the footers. */
function pendingFiles(
  files: readonly FoundFile[],
  reading: TableReading,
  origin: Pick<PendingFile, 'isSnapshot' | 'isCounted'>,
): PendingFile[] {
  const footers = new FooterReader()
  return files
    .map(({ version, path, file, bytes, rows, partitionValues, deletionVector }) => {
      const footer = rows === undefined ? footers.read(file) : undefined
      const footerRows = footer !== undefined && 'rows' in footer ? footer.rows : 0
      return {
        version,
        path,
        file,
        bytes,
        rows: (rows ?? footerRows) - (deletionVector?.cardinality ?? 0),
        partitionValues: partitionValuesOf(reading, { partitionValues }),
        deletionVector,
        reading,
        ...origin,
      }
    })
    .sort(byPath)
}
