import type { TableShape } from '../columns.ts'
import type { Commit, TableIdentity } from '../delta/actions.ts'
import type { DeltaLog } from '../delta/log.ts'
import { assertReadable, logInvalid } from '../delta/protocol.ts'
import { tableDifferences } from '../delta/table.ts'
import type { LakeError } from '../errors.ts'
import { statOf } from '../files/read.ts'
import { commitHash, copiedBatch, isCounted } from './logCommits.ts'
import type { LogPlace } from './logHistory.ts'

/** A table whose log is followed, and how its follower says that it cannot go on. */
export interface TailedTable {
  readonly name: string
  readonly log: DeltaLog
  /** The Delta features with which the follower can read it. */
  readonly features: ReadonlySet<string>
  /** How it differs from what the follower can go on with, as a sentence without its full stop. */
  differenceIn(found: TableMetaData): string | undefined
  /** The error for a table that was changed otherwise than by appends. @param how  a sentence without its full stop */
  changed(how: string): LakeError
  /** The error for a table that is no longer the declared one. @param what  how it differs */
  mismatched(what: string): LakeError
}

/** What of a table's metadata says how it is read. */
export type TableMetaData = Pick<TableIdentity, 'schemaString' | 'partitionColumns' | 'configuration'>

/** The commits of a log after a version, one at a time. Only reads. */
export class LogTail {
  readonly #of: TailedTable
  readonly #tableId: string
  #version: number
  /** The last version to read. */
  #pinnedVersion = Number.POSITIVE_INFINITY
  /** Stream id → its newest batch in the commits that were read. */
  readonly #newestBatches = new Map<string, number>()
  /** The hash that was computed last. */
  #hash: { readonly version: number; readonly hash: string } | undefined

  /** @param version  the last version that was read */
  constructor(of: TailedTable, tableId: string, version: number) {
    this.#of = of
    this.#tableId = tableId
    this.#version = version
  }

  /** The last version that was read. */
  get version(): number {
    return this.#version
  }

  /**
   * The next commit, if there is one by now.
   * @throws LakeError LAKE_LOG_INVALID for a copy of an earlier batch, LAKE_PROTOCOL_UNSUPPORTED
   */
  async next(): Promise<Commit | undefined> {
    const version = this.#version + 1
    if (version > this.#pinnedVersion) return undefined
    const commit = await this.#of.log.readCommit(version)
    if (commit === undefined) return undefined
    if (commit.protocol !== undefined) assertReadable(`table ${this.#of.name}`, commit.protocol, this.#of.features)
    this.assertNoCopy(commit)
    this.#version = version
    return commit
  }

  /**
   * Why the next commit is not there, if not because nobody has made it yet: it was cleaned up, or the log now ends
   * before the place up to which it was read.
   */
  async lost(): Promise<'cleaned up' | 'behind' | undefined> {
    const { log } = this.#of
    if (this.#version >= this.#pinnedVersion) return undefined
    if ((await statOf(log.commitPath(this.#version))) !== undefined) return undefined
    const next = this.#version + 1
    const newest = (await log.newestVersion()) ?? -1
    if (newest < this.#version) return 'behind'
    return newest >= next && (await statOf(log.commitPath(next))) === undefined ? 'cleaned up' : undefined
  }

  /** Whether there is a commit that has not been read. */
  async hasNews(): Promise<boolean> {
    return (await statOf(this.#of.log.commitPath(this.#version + 1))) !== undefined
  }

  /** From now on, reads only what is there by now. */
  async pin(): Promise<void> {
    this.#pinnedVersion = (await this.#of.log.newestVersion()) ?? this.#version
  }

  /** @throws LakeError LAKE_LOG_INVALID */
  assertNoCopy(commit: Commit): void {
    const copied = copiedBatch(commit, this.#newestBatches)
    if (copied !== undefined) throw logInvalid(`${this.#of.log.commitPath(commit.version)} ${copied}`)
    if (!isCounted(commit)) return
    for (const { appId, version } of commit.txns) this.#newestBatches.set(appId, version)
  }

  /** A table's settings may change, but not its identity or its shape. @throws as the follower says */
  assertSameShape(version: number, metaData: TableIdentity): void {
    const start = `version ${version} makes it another one`
    if (metaData.id !== this.#tableId) throw this.#of.changed(`${start}: its id is ${metaData.id}`)
    const difference = this.#of.differenceIn(metaData)
    if (difference !== undefined) throw this.#of.mismatched(`${start}: ${difference}`)
  }

  /** The place up to which the log was read. */
  async place(): Promise<LogPlace> {
    return { tableId: this.#tableId, version: this.#version, commitHash: await this.hashOf(this.#version) }
  }

  async hashOf(version: number): Promise<string | null> {
    if (this.#hash?.version === version) return this.#hash.hash
    const text = await this.#of.log.readCommitText(version)
    if (text === undefined) return null
    this.#hash = { version, hash: commitHash(text) }
    return this.#hash.hash
  }
}

/** How a table differs from what is declared; undefined if it does not. */
export function differenceOf(
  { name, columns, partitionBy }: TableShape,
  found: Pick<TableIdentity, 'schemaString' | 'partitionColumns'>,
): string | undefined {
  return tableDifferences({ name, columns, partitionBy }, found)[0]
}
