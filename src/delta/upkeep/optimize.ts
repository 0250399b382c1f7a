import { LakeError } from '../../errors.ts'
import { type Action, type AddFile, type Commit, countedActions, decodePath, encodePath } from '../actions.ts'
import type { DeltaLog } from '../log.ts'

// The commit that puts joined files in the place of others. It changes no row: readers that follow the table skip it.

/** A live file that is replaced. */
export interface ReplacedFile {
  /** Below the table's folder, as it is on disk. */
  readonly path: string
  readonly bytes: number
  readonly partitionValues: AddFile['partitionValues']
}

/** A file with the rows of others. */
export interface JoinedFile extends ReplacedFile {
  readonly stats: string
}

/** What one commit replaces, and by what. */
export interface Replacement {
  readonly replaced: readonly ReplacedFile[]
  readonly joined: readonly JoinedFile[]
}

/** A commit of another writer leaves no room for a replacement: the files to be replaced are not what they were. */
export class ReplacedMeanwhile extends Error {
  constructor(why: string) {
    super(why)
    this.name = 'ReplacedMeanwhile'
  }
}

/** Follows a log from a snapshot on, so that each replacement knows what has changed since. */
export class ReplacementLog {
  readonly #log: DeltaLog
  /** The version up to which the log was read. */
  #version: number
  /** Path → the commit that removed or added it since the snapshot. */
  readonly #touched = new Map<string, Commit>()

  /** @param version  that of the snapshot which the replaced files are from */
  constructor(log: DeltaLog, version: number) {
    this.#log = log
    this.#version = version
  }

  /**
   * Appends the commit. Its link is what makes readers see the joined files instead of the others; the caller's barrier
   * over the folder of the log makes it durable.
   * @param staging  for the text of the commit until it is linked
   * @throws ReplacedMeanwhile if a commit since the snapshot has removed or added one of the replaced files; LakeError
   */
  async commit(replacement: Replacement, timestamp: number, staging: string): Promise<number> {
    const paths = new Set(replacement.replaced.map(({ path }) => path))
    await this.#readOn()
    const touched = [...paths].find((path) => this.#touched.has(path))
    const other = touched === undefined ? undefined : this.#touched.get(touched)
    if (touched !== undefined && other !== undefined) throw replacedMeanwhile(touched, other)
    const prepared = await this.#log.prepare(actionsOf(replacement, timestamp), staging)
    const version = await this.#log.append(this.#version, prepared, (commit) => {
      this.#note(commit)
      const found = pathsIn(commit).find((path) => paths.has(path))
      if (found !== undefined) throw replacedMeanwhile(found, commit)
    })
    this.#version = version
    return version
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const commit = await this.#log.readCommit(this.#version + 1)
      if (commit === undefined) return
      if (commit.metaData !== undefined || commit.protocol !== undefined) throw changedTable(commit)
      this.#note(commit)
      this.#version = commit.version
    }
  }

  #note(commit: Commit): void {
    for (const path of pathsIn(commit)) this.#touched.set(path, commit)
  }
}

function pathsIn({ adds, removes }: Commit): string[] {
  return [...adds, ...removes].map(({ path }) => decodePath(path))
}

function replacedMeanwhile(path: string, { version, engineInfo, operation }: Commit): ReplacedMeanwhile {
  const who = engineInfo ?? operation ?? 'another writer'
  return new ReplacedMeanwhile(`version ${version}, by ${who}, has changed ${path} meanwhile`)
}

/** The new settings may say how files are written. The next call reads them first. */
function changedTable({ version, engineInfo, operation }: Commit): ReplacedMeanwhile {
  const who = engineInfo ?? operation ?? 'another writer'
  return new ReplacedMeanwhile(`version ${version}, by ${who}, has changed the settings of the table meanwhile`)
}

function actionsOf({ replaced, joined }: Replacement, timestamp: number): Action[] {
  const bytesOf = (files: readonly ReplacedFile[]): string => String(files.reduce((sum, { bytes }) => sum + bytes, 0))
  const commitInfo = {
    timestamp,
    operation: 'OPTIMIZE',
    operationParameters: { predicate: '[]' },
    operationMetrics: {
      numRemovedFiles: String(replaced.length),
      numRemovedBytes: bytesOf(replaced),
      numAddedFiles: String(joined.length),
      numAddedBytes: bytesOf(joined),
    },
    engineInfo: 'lakeweir',
  }
  return countedActions(commitInfo, [
    ...replaced.map(({ path, bytes, partitionValues }) => ({
      remove: {
        path: encodePath(path),
        deletionTimestamp: timestamp,
        dataChange: false,
        extendedFileMetadata: true,
        partitionValues,
        size: bytes,
      },
    })),
    ...joined.map(({ path, bytes, partitionValues, stats }) => ({
      add: {
        path: encodePath(path),
        partitionValues,
        size: bytes,
        modificationTime: timestamp,
        dataChange: false,
        stats,
      },
    })),
  ])
}

/** The error for files that do not have the rows that they should have. */
export function rowsDiffer(table: string, read: number, written: number): LakeError {
  return new LakeError(
    'LAKE_DATA_LOST',
    `table ${table}: ${read} rows were to be joined, but ${written} were written.`,
    {
      state: 'The table is as it was.',
      remedy: 'Files may have changed while they were read. Find out which: lakeweir validate',
    },
  )
}
