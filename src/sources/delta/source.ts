import { createHash } from 'node:crypto'
import { type Commit, decodePath, ENGINE_INFO, type TableIdentity } from '../../delta/actions.ts'
import type { DeltaLog } from '../../delta/log.ts'
import { assertReadable } from '../../delta/protocol.ts'
import { Snapshot, type TableRef } from '../../delta/snapshot.ts'
import { tableDifferences } from '../../delta/table.ts'
import { countRows } from '../../duckdb/parquet.ts'
import type { Session } from '../../duckdb/session.ts'
import type { Columns } from '../../duckdb/sql/literals.ts'
import { LakeError } from '../../errors.ts'
import { syncStanding } from '../../files/barriers.ts'
import type { Disk } from '../../files/disk.ts'
import { statOf, targetOf } from '../../files/read.ts'
import { allEnded } from '../../files/turns.ts'
import { FooterReader } from '../../parquet/footer.ts'
import type { Input, Limits, Offset, Plan, Source } from '../../stream/source.ts'
import type { WatchedFolders } from '../../stream/watcher.ts'
import { type CommitRecord, endOf } from '../../tables/record.ts'
import { admit } from '../admit.ts'
import { isTableOffset, type TableOffset } from './offset.ts'

/** How many commits are read ahead of a batch. */
const MAX_COMMITS_AHEAD = 10_000

/** A data file that is still to be read. */
export interface PendingFile {
  readonly version: number
  readonly path: string
  readonly file: string
  readonly rows: number
  readonly bytes: number
  readonly isSnapshot: boolean
  /** Whether a stream wrote it, and counted what it wrote; the counts of others are hints. */
  readonly isCounted: boolean
}

export interface DeltaTableOptions {
  readonly table: TableRef
  readonly columns: Columns
  readonly partitionBy: readonly string[]
  readonly log: DeltaLog
  readonly lakeFolder: string
  readonly session: Session
  readonly disk: Disk
  /** Pass over commits that rewrite or delete rows, instead of stopping there. */
  readonly skipChangeCommits: boolean
}

/** Follows the appends to a Delta table: first what is there, then the tail of its log. */
export class DeltaTableSource implements Source {
  readonly kind = 'delta'
  readonly relation: string
  readonly columns: Columns
  readonly watched: WatchedFolders
  readonly #options: DeltaTableOptions
  #tableId = ''
  /** The last version that was read into `#ahead`. */
  #readVersion = -1
  /** The last version that is to be read. */
  #pinnedVersion = Number.POSITIVE_INFINITY
  readonly #hashes = new Map<number, string>()
  /** Files after the last committed batch, in order. */
  #ahead: PendingFile[] = []
  #planned: PendingFile[] = []
  /** The newest batch that has been seen of each stream that writes the table. */
  readonly #newestBatches = new Map<string, number>()
  /** The paths of `#ahead`. */
  readonly #aheadPaths = new Set<string>()
  /** Commits that the last range stood on, and that are durable. */
  #synced: ReadonlySet<number> = new Set()

  constructor(options: DeltaTableOptions) {
    this.#options = options
    this.relation = options.table.name
    this.columns = options.columns
    this.watched = { kind: 'log', folders: [options.log.folder] }
  }

  async recover(last: CommitRecord | undefined): Promise<void> {
    const { session, lakeFolder, table } = this.#options
    const offset = last === undefined ? undefined : endOf<TableOffset>(last, isTableOffset)
    if (offset !== undefined && (await this.#isSameHistory(offset)) && !offset.isSnapshot) {
      // No log needs to be replayed to know the table.
      this.#tableId = offset.tableId
      this.#readVersion = offset.version
      return this.#goOnWithin(offset)
    }
    const asOf = offset?.isSnapshot === true ? { asOf: offset.version } : {}
    const snapshot = await Snapshot.load(session, lakeFolder, [{ ...table, stream: null, ...asOf }])
    const head = snapshot.head(table.name)
    if (offset !== undefined && head.tableId !== offset.tableId) {
      throw this.#changed(`it is another table now (id ${head.tableId}, was ${offset.tableId})`)
    }
    this.#tableId = head.tableId
    this.#assertDeclared(head, 'Nothing of it was read.')
    this.#readVersion = offset?.version ?? head.version
    if (offset === undefined || offset.isSnapshot) {
      const done = offset?.path ?? ''
      const files = (await snapshot.liveFiles(table.name)).filter(({ path }) => path > done)
      const sized = this.#withRows(files.map((file) => ({ ...file, version: this.#readVersion })))
      this.#ahead = sized.map((file) => ({ ...file, isSnapshot: true, isCounted: false })).sort(byPath)
      for (const { path } of this.#ahead) this.#aheadPaths.add(path)
      return
    }
    await this.#goOnWithin(offset)
  }

  /** Takes up the files of a version of which a part was read. */
  async #goOnWithin({ version, path: done }: TableOffset): Promise<void> {
    const commit = await this.#options.log.readCommit(version)
    if (done === null) {
      if (commit !== undefined) this.#assertInOrder(commit)
      return
    }
    if (commit === undefined) {
      throw this.#changed(`version ${version} is gone from its log, and only a part of it was read`)
    }
    await this.#append(commit, (path) => path > done)
  }

  async plan(after: Offset | null, limits: Limits): Promise<Plan> {
    await this.#readAhead(limits.maxFiles)
    this.#planned = admit(this.#ahead, limits)
    const last = this.#planned.at(-1)
    if (last === undefined) return { range: undefined, recheckMs: undefined }
    await this.#assertFilesThere()
    const next = this.#ahead[this.#planned.length]
    const isWholeVersion = next === undefined || next.version !== last.version
    const end: TableOffset = {
      tableId: this.#tableId,
      version: last.version,
      path: isWholeVersion ? null : last.path,
      isSnapshot: last.isSnapshot && !isWholeVersion,
      commitHash: await this.#hashOf(last.version),
    }
    const newest = await statOf(this.#options.log.commitPath(last.version))
    return { range: { start: after, end, detail: {}, fileCount: this.#planned.length, newestMs: newest?.mtimeMs } }
  }

  /** That the files of a range are what the log says, while there is still nothing to undo. */
  async #assertFilesThere(): Promise<void> {
    for (const { file, path, version, bytes } of this.#planned) {
      const found = await targetOf(file)
      if (found?.isFile() === true && found.size === bytes) continue
      const { name } = this.#options.table
      if (found === undefined && !(await this.#isLive(path))) {
        throw this.#changed(
          `file ${path} of version ${version} is gone from it and from the disk, and the stream has not read it`,
          `Build the stream's tables again with --fresh: they then begin with what is there now.`,
        )
      }
      const what = found === undefined ? 'is gone from the disk' : `has ${found.size} bytes, its log says ${bytes}`
      throw new LakeError('LAKE_DATA_LOST', `source table ${name}: file ${path} of version ${version} ${what}.`, {
        state: 'The stream stopped before it; what it had read stays as it was.',
        remedy: 'Put that file back from a backup, then start again.',
      })
    }
  }

  /** Whether the table as it stands now still has a file. */
  async #isLive(path: string): Promise<boolean> {
    const { session, lakeFolder, table } = this.#options
    const snapshot = await Snapshot.load(session, lakeFolder, [{ ...table, stream: null }])
    return (await snapshot.liveFiles(table.name)).some((live) => live.path === path)
  }

  async pin(): Promise<void> {
    this.#pinnedVersion = (await this.#options.log.newestVersion()) ?? this.#readVersion
  }

  inputOf(): Input {
    const { columns, partitionBy } = this.#options
    return { kind: 'table', files: this.#planned.map(({ file }) => file), columns, partitionBy }
  }

  /** Syncs the commits that the range stands on: another process may have died between their link and its barrier. */
  async hold(): Promise<number> {
    const { session } = this.#options
    const counted = this.#planned.filter(({ isCounted }) => isCounted)
    const uncounted = this.#planned.filter(({ isCounted }) => !isCounted).map(({ file }) => file)
    const [, rows] = await allEnded(this.#syncCommits(), countRows(session, uncounted))
    return counted.reduce((sum, file) => sum + file.rows, rows)
  }

  async #syncCommits(): Promise<void> {
    const { disk, log } = this.#options
    const versions = new Set(this.#planned.flatMap(({ version, isSnapshot }) => (isSnapshot ? [] : [version])))
    const snapshot = this.#planned.find(({ isSnapshot }) => isSnapshot)
    // A snapshot stands on every commit up to its version.
    if (snapshot !== undefined) for (const older of await log.versionsUpTo(snapshot.version)) versions.add(older)
    const commits = [...versions].filter((version) => !this.#synced.has(version))
    await syncStanding(
      disk,
      commits.map((version) => log.commitPath(version)),
      [log.folder],
    )
    this.#synced = versions
  }

  async finish(): Promise<void> {
    for (const { path } of this.#ahead.splice(0, this.#planned.length)) this.#aheadPaths.delete(path)
    this.#planned = []
  }

  /** A table's files come from us or from a Delta writer: what fails on them is to be fixed, not to be passed over. */
  /** A plan looks at one name: asking that costs as much as planning. */
  async hasNews(): Promise<boolean> {
    return true
  }

  async refuse(): Promise<boolean> {
    return false
  }

  /** The limits of the next plan are all that it takes. */
  async spare(): Promise<boolean> {
    return false
  }

  /** Every file that is still to be read, however many. */
  async filesAhead(): Promise<readonly PendingFile[]> {
    let readVersion: number
    do {
      readVersion = this.#readVersion
      await this.#readAhead(Number.POSITIVE_INFINITY)
    } while (this.#readVersion > readVersion)
    return this.#ahead
  }

  async #readAhead(maxFiles: number): Promise<void> {
    for (let commits = 0; this.#ahead.length <= maxFiles; commits++) {
      if (this.#ahead.length > 0 && commits >= MAX_COMMITS_AHEAD) return
      const version = this.#readVersion + 1
      if (version > this.#pinnedVersion) return
      const commit = await this.#options.log.readCommit(version)
      if (commit === undefined) return this.#assertNotCleanedUp()
      await this.#append(commit, () => true)
      this.#readVersion = version
    }
  }

  /** That the next commit is not there must mean that nobody has made it yet. */
  async #assertNotCleanedUp(): Promise<void> {
    const { log } = this.#options
    if ((await statOf(log.commitPath(this.#readVersion))) !== undefined) return
    const newest = (await log.newestVersion()) ?? -1
    if (newest > this.#readVersion && (await statOf(log.commitPath(this.#readVersion + 1))) === undefined) {
      throw this.#changed(`version ${this.#readVersion + 1} is gone from its log, and the stream has not read it`)
    }
  }

  /** Adds the new files of a commit; one that only moves rows between files adds none. */
  async #append(commit: Commit, isNew: (path: string) => boolean): Promise<void> {
    const { table, lakeFolder, skipChangeCommits } = this.#options
    if (commit.protocol !== undefined) assertReadable(`table ${table.name}`, commit.protocol)
    this.#assertInOrder(commit)
    const change = changeIn(commit)
    if (change !== undefined) {
      if (skipChangeCommits) return
      throw this.#changed(`version ${commit.version} ${change}`)
    }
    if (commit.metaData !== undefined) this.#assertSameShape(commit.version, commit.metaData)
    const files = commit.adds
      .filter(({ dataChange }) => dataChange)
      .map((add) => ({ ...add, path: decodePath(add.path), version: commit.version }))
      .filter(({ path }) => isNew(path))
    for (const { path } of files) {
      if (this.#aheadPaths.has(path)) throw this.#changed(`version ${commit.version} adds ${path} a second time`)
      this.#aheadPaths.add(path)
    }
    const sized = this.#withRows(
      files.map((file) => ({ ...file, file: Snapshot.fileOf(lakeFolder, table, file.path) })),
    )
    const isCounted = commit.engineInfo?.startsWith(ENGINE_INFO) === true
    this.#ahead.push(...sized.map((file) => ({ ...file, isSnapshot: false, isCounted })).sort(byPath))
  }

  /** That a commit of ours is no copy of another: `snapshot.sql` refuses the same. */
  #assertInOrder({ version, txns, engineInfo }: Commit): void {
    if (engineInfo?.startsWith(ENGINE_INFO) !== true) return
    for (const { appId, version: batch } of txns) {
      const before = this.#newestBatches.get(appId)
      if (before !== undefined && batch <= before) {
        const [stream] = appId.split('@')
        const what = `holds batch ${batch} of stream ${stream}, but an earlier commit holds batch ${before}`
        throw new LakeError('LAKE_LOG_INVALID', `${this.#options.log.commitPath(version)} ${what}`)
      }
      this.#newestBatches.set(appId, batch)
    }
  }

  /** Fills in row counts that the log's writer left out. */
  #withRows<
    F extends { file: string; path: string; version: number; bytes?: number; size?: number; rows: number | undefined },
  >(files: readonly F[]): Omit<PendingFile, 'isSnapshot' | 'isCounted'>[] {
    const footers = new FooterReader()
    return files.map(({ file, path, version, bytes, size, rows }) => {
      const footer = rows === undefined ? footers.read(file) : undefined
      const footerRows = footer !== undefined && 'rows' in footer ? footer.rows : 0
      return { file, path, version, rows: rows ?? footerRows, bytes: bytes ?? size ?? 0 }
    })
  }

  async #hashOf(version: number): Promise<string | null> {
    const known = this.#hashes.get(version)
    if (known !== undefined) return known
    const text = await this.#options.log.readCommitText(version)
    if (text === undefined) return null
    this.#hashes.clear()
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 32)
    this.#hashes.set(version, hash)
    return hash
  }

  /**
   * @returns whether that is sure, and the table the declared one: the first commit and the last one read, which would
   *     tell, may be cleaned up, and columns that came later stand in neither
   */
  async #isSameHistory(offset: TableOffset): Promise<boolean> {
    const { log } = this.#options
    const newest = await log.newestVersion()
    if (newest === undefined) throw this.#changed('its Delta log is gone')
    if (newest < offset.version) {
      throw this.#changed(`its newest version is ${newest}, the stream has read up to ${offset.version}`)
    }
    const hash = await this.#hashOf(offset.version)
    if (hash !== null && offset.commitHash !== null && hash !== offset.commitHash) {
      throw this.#changed(`version ${offset.version} is not the commit that the stream has read`)
    }
    const next = await log.readCommitText(offset.version + 1)
    if (newest > offset.version && next === undefined) {
      throw this.#changed(`version ${offset.version + 1} is gone from its log, and the stream has not read it`)
    }
    const first = await log.readCommit(0)
    const isSure = hash !== null && offset.commitHash !== null && first?.metaData?.id === offset.tableId
    return isSure && first?.metaData !== undefined && this.#differenceOf(first.metaData) === undefined
  }

  /** Settings may change, but neither the table's identity nor its shape. @throws LakeError */
  #assertSameShape(version: number, metaData: TableIdentity): void {
    const start = `version ${version} makes it another one`
    if (metaData.id !== this.#tableId) throw this.#changed(`${start}: its id is ${metaData.id}`)
    this.#assertDeclared(metaData, 'The stream stopped before that change; what it had read stays as it was.', start)
  }

  /** @throws LakeError LAKE_TABLE_MISMATCH where the table is not the declared one */
  #assertDeclared(
    shape: Pick<TableIdentity, 'schemaString' | 'partitionColumns'>,
    state: string,
    start?: string,
  ): void {
    const difference = this.#differenceOf(shape)
    if (difference === undefined) return
    const what = start === undefined ? difference : `${start}: ${difference}`
    throw new LakeError('LAKE_TABLE_MISMATCH', `source table ${this.#options.table.name}: ${what}.`, {
      state,
      remedy: 'Declare the table in the config as it is now and start again, or build it again with --fresh.',
    })
  }

  #differenceOf(shape: Pick<TableIdentity, 'schemaString' | 'partitionColumns'>): string | undefined {
    const { table, columns, partitionBy } = this.#options
    return tableDifferences({ name: table.name, columns, partitionBy }, shape)[0]
  }

  #changed(how: string, remedy?: string): LakeError {
    const { name } = this.#options.table
    return new LakeError('LAKE_SOURCE_CHANGED', `source table ${name} was changed under its stream: ${how}.`, {
      state: 'The stream stopped before that change; what it had read stays as it was.',
      remedy:
        remedy ??
        `Build the stream's tables again with --fresh, or set deltaTable('${name}', { skipChangeCommits: true }) ` +
          `to pass over commits that rewrite or delete rows.`,
    })
  }
}

/** What a commit does to rows that were there before, or undefined where it only appends or only moves them. */
function changeIn(commit: Commit): string | undefined {
  if (commit.operation === 'RESTORE') return 'restores an older version'
  const removed = commit.removes.find(({ dataChange }) => dataChange)
  return removed === undefined ? undefined : `removes rows (file ${removed.path})`
}

function byPath(a: { path: string }, b: { path: string }): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}
