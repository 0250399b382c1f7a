import type { LazySession } from '../../duckdb/lazySession.ts'
import { countRows } from '../../duckdb/parquet.ts'
import { LakeError } from '../../errors.ts'
import { syncLasting } from '../../files/barriers.ts'
import type { Disk } from '../../files/disk.ts'
import { statOf, targetOf } from '../../files/read.ts'
import { allEnded } from '../../files/turns.ts'
import { LogWatcher } from '../../stream/logWatcher.ts'
import type { RefusedWatch } from '../../stream/refusedWatch.ts'
import type { Feed, Idle, Limits, Portion, Watch } from '../../stream/source.ts'
import { inputOf } from './deltaFiles.ts'
import { goneError } from './goneFiles.ts'
import type { TableOffset } from './offset.ts'
import { type SourceTable, snapshotOf } from './sourceTable.ts'
import type { PendingFile, TableTail } from './tail.ts'

/** What a feed works with. */
export interface TableFeedParts {
  readonly of: SourceTable
  /** Kept for the whole run. */
  readonly refused: RefusedWatch
  readonly disk: Disk
  readonly session: LazySession
  readonly tail: TableTail
  /** What the engine was told to expect. */
  readonly inputKind: 'table' | 'delta'
}

/** The appends to a Delta table, one portion at a time. */
export class TableFeed implements Feed {
  readonly #parts: TableFeedParts
  readonly #watcher: LogWatcher
  #after: TableOffset | null
  /** The commits that the last portion depended on: they are durable. */
  #synced: ReadonlySet<number> = new Set()

  constructor(parts: TableFeedParts, after: TableOffset | null) {
    this.#parts = parts
    this.#watcher = new LogWatcher(parts.of.log.folder, parts.refused)
    this.#after = after
  }

  async next(limits: Limits): Promise<Portion | Idle> {
    const { of, tail } = this.#parts
    const files = await tail.next(limits)
    const last = files.at(-1)
    if (last === undefined) return { kind: 'idle', recheckMs: undefined, notes: [] }
    await this.#assertThere(files)
    const end = await tail.offsetAfter(files, last)
    const newest = await statOf(of.log.commitPath(last.version))
    return {
      kind: 'portion',
      range: { start: this.#after, end, detail: {}, fileCount: files.length, newestMs: newest?.mtimeMs },
      input: inputOf(of, files, this.#parts.inputKind),
      notes: [],
      secure: () => this.#secure(files),
      finish: async () => {
        tail.drop(files)
        this.#after = end
      },
      // Its files come from us or from a Delta writer: if they fail, somebody has to fix them, so none is left out. If
      // the process is short of a resource, the limits of the next call make the portion smaller.
      refuse: async () => false,
    }
  }

  async pin(): Promise<void> {
    await this.#parts.tail.pin()
  }

  async watch(wake: () => void): Promise<Watch> {
    const watch = this.#watcher.open(wake)
    // A commit that came since the last look, but before the watch, causes no event.
    if (await this.#parts.tail.hasNews()) wake()
    return watch
  }

  async close(): Promise<void> {
    this.#watcher.close()
    await this.#parts.session.close()
  }

  /** Asserts that the files of a portion are what the log says, while there is still nothing to undo. */
  async #assertThere(files: readonly PendingFile[]): Promise<void> {
    for (const { file, path, version, bytes } of files) {
      const found = await targetOf(file)
      if (found?.isFile() === true && found.size === bytes) continue
      if (found === undefined && !(await this.#isLive(path))) {
        throw await goneError(this.#parts.of, await missingOf(files))
      }
      const what = found === undefined ? 'is gone from the disk' : `has ${found.size} bytes, but its log says ${bytes}`
      throw new LakeError(
        'LAKE_DATA_LOST',
        `source table ${this.#parts.of.table.name}: file ${path} of version ${version} ${what}.`,
        {
          state: 'The stream stopped before that file; what it made of earlier ones stays.',
          remedy: 'Restore that file from a backup, then start the stream again.',
        },
      )
    }
  }

  /** Whether the table, as it is now, still has a file. */
  async #isLive(path: string): Promise<boolean> {
    const { of, session } = this.#parts
    const snapshot = await snapshotOf(of, () => session.open())
    return (await snapshot.liveFiles(of.table.name)).some((live) => live.path === path)
  }

  /** Syncs the commits that a portion depends on: another process may have died between a link and its barrier. */
  async #secure(files: readonly PendingFile[]): Promise<number> {
    const counted = files.filter(({ isCounted }) => isCounted)
    const uncounted = files.filter(({ isCounted }) => !isCounted)
    const [, rows] = await allEnded(this.#syncCommits(files), this.#rowsIn(uncounted))
    return counted.reduce((sum, file) => sum + file.rows, rows)
  }

  /** By their footers, without the rows that are deleted. */
  async #rowsIn(files: readonly PendingFile[]): Promise<number> {
    if (files.length === 0) return 0
    const paths = files.map(({ file }) => file)
    const deleted = files.reduce((sum, { deletionVector }) => sum + (deletionVector?.cardinality ?? 0), 0)
    return (await countRows(await this.#parts.session.open(), paths)) - deleted
  }

  async #syncCommits(files: readonly PendingFile[]): Promise<void> {
    const { of, disk } = this.#parts
    const versions = new Set(files.flatMap(({ version, isSnapshot }) => (isSnapshot ? [] : [version])))
    const snapshot = files.find(({ isSnapshot }) => isSnapshot)
    // A snapshot depends on every commit up to its version.
    if (snapshot !== undefined) for (const older of await of.log.versionsUpTo(snapshot.version)) versions.add(older)
    const commits = [...versions].filter((version) => !this.#synced.has(version))
    await syncLasting(
      disk,
      commits.map((version) => of.log.commitPath(version)),
      [of.log.folder],
    )
    this.#synced = versions
  }
}

async function missingOf(files: readonly PendingFile[]): Promise<PendingFile[]> {
  const missing: PendingFile[] = []
  for (const file of files) if ((await targetOf(file.file)) === undefined) missing.push(file)
  return missing
}
