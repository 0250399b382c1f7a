import { isUtf8 } from 'node:buffer'
import type { Stats } from 'node:fs'
import { join } from 'node:path'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import { fittingJson, isCount, isRecordOf } from '../files/json.ts'
import { listFolder, readBytes, readText, statOf, targetOf } from '../files/read.ts'
import { putIfAbsent, writeTemporary } from '../files/wholeFiles.ts'
import { type Action, type Commit, OUR_ENGINE, parseCommit, renderCommit, SET_PROPERTIES, type Txn } from './actions.ts'
import { assertAppendable, assertReadable, logInvalid } from './protocol.ts'

/** How many times one append may lose a version to another writer before it gives up. */
const MAX_LOST_RACES = 1_000

/** How often one append reads the whole log again because commits that it has not seen were cleaned up. */
const MAX_REREADS = 3

/** Reads a whole log, checkpoints included: its newest version and each application's newest transaction. */
export type ReadHead = () => Promise<{ readonly version: number; readonly txns: ReadonlyMap<string, number> }>

/** Asserts that a commit may come after one that another writer has put there meanwhile. */
export type AssertFits = (other: Commit) => void

const fitsAlways: AssertFits = () => undefined

/** A commit that has no version yet. */
export interface PreparedCommit {
  readonly temporary: string
  readonly txn: Txn | undefined
}

/** The log of one Delta table: numbered JSON commits, each put in place whole and only once. */
export class DeltaLog {
  readonly tableFolder: string
  readonly folder: string
  readonly #disk: Disk
  readonly #readHead: ReadHead | undefined

  /** @param readHead  without it, an append fails if commits were cleaned up unread; the next start then goes on */
  constructor(disk: Disk, tableFolder: string, readHead?: ReadHead) {
    this.#disk = disk
    this.#readHead = readHead
    this.tableFolder = tableFolder
    this.folder = join(tableFolder, '_delta_log')
  }

  commitPath(version: number): string {
    return join(this.folder, `${String(version).padStart(20, '0')}.json`)
  }

  checkpointPath(version: number): string {
    return join(this.folder, `${String(version).padStart(20, '0')}.checkpoint.parquet`)
  }

  /**
   * The text of a commit, or undefined if there is none (yet, or any longer).
   * @throws LakeError LAKE_LOG_INVALID, LAKE_DISK_FAILED
   */
  async readCommitText(version: number): Promise<string | undefined> {
    const path = this.commitPath(version)
    const bytes = await readOrRefuse(path)
    if (bytes === undefined) return undefined
    if (isUtf8(bytes)) return bytes.toString('utf8')
    throw logInvalid(`${path} is not UTF-8`)
  }

  async readCommit(version: number): Promise<Commit | undefined> {
    const text = await this.readCommitText(version)
    return text === undefined ? undefined : parseCommit(version, text, this.commitPath(version))
  }

  /** The newest version in the folder, or undefined if there is no table. */
  async newestVersion(): Promise<number | undefined> {
    const versions = (await listNewest(this.folder)).map(({ version }) => version)
    return versions.length === 0 ? undefined : versions.reduce((newest, version) => Math.max(newest, version))
  }

  /** The versions up to `last` whose JSON is still there, in ascending order. */
  async versionsUpTo(last: number): Promise<number[]> {
    const commits = (await listLog(this.folder)).filter(({ isCheckpoint }) => !isCheckpoint)
    return commits.flatMap(({ version }) => (version > last ? [] : [version]))
  }

  /** Puts commit 0 in place; 'exists' if another writer was first. The caller syncs the folder. */
  async create(actions: readonly Action[], staging: string): Promise<'linked' | 'exists'> {
    return putIfAbsent(this.#disk, staging, this.commitPath(0), renderCommit(actions))
  }

  /** Writes a commit durably under a temporary name in `staging`; nobody sees it before it is appended. */
  async prepare(actions: readonly Action[], staging: string): Promise<PreparedCommit> {
    const txn = actions.flatMap((action) => ('txn' in action ? [action.txn] : []))[0]
    return { txn, temporary: await writeTemporary(this.#disk, staging, 'commit', renderCommit(actions)) }
  }

  /**
   * Appends a commit after `head` and after the commits that other writers have put there since: each of those is
   * searched for our own txn, a newer protocol and changed metadata. The link makes the commit visible; the caller's
   * barrier over the folder makes it durable.
   * @param assertFits  throws if a commit of another writer leaves no room for this one
   * @returns the version that has the batch, whether this call or an earlier one put it there
   * @throws LakeError LAKE_PROTOCOL_UNSUPPORTED or LAKE_TABLE_MISMATCH if another writer has made the table one that we
   * must not append to
   */
  async append(head: number, { temporary, txn }: PreparedCommit, assertFits: AssertFits = fitsAlways): Promise<number> {
    try {
      return await this.#link({ temporary, txn }, head, assertFits)
    } finally {
      await this.#disk.removeFile(temporary)
    }
  }

  async #link({ temporary, txn }: PreparedCommit, head: number, assertFits: AssertFits): Promise<number> {
    let newest = head
    let rereads = 0
    for (let lostRaces = 0; lostRaces < MAX_LOST_RACES; lostRaces++) {
      const others = await this.#readOthers(newest, txn, assertFits)
      if (others.hasOurs) return others.newest
      newest = others.newest
      const path = this.commitPath(newest + 1)
      if ((await this.#disk.link(temporary, path)) === 'exists') continue
      if ((await statOf(this.commitPath(newest))) !== undefined) return newest + 1
      // Others went on, and commits were cleaned up: the version is used already, and ours may be among those gone.
      await this.#disk.removeFile(path)
      rereads += 1
      const reread = await this.#rereadHead(rereads)
      if (txn !== undefined && (reread.txns.get(txn.appId) ?? 0) >= txn.version) return reread.version
      newest = reread.version
    }
    throw new LakeError(
      'LAKE_LOG_INVALID',
      `${this.folder}: other writers were first ${MAX_LOST_RACES} times in a row`,
      {
        canRetry: true,
      },
    )
  }

  /** Reads what other writers have appended since `head`, however much that is, up to a commit of our own `txn`. */
  async #readOthers(
    head: number,
    txn: Txn | undefined,
    assertFits: AssertFits,
  ): Promise<{ newest: number; hasOurs: boolean }> {
    for (let newest = head; ; newest++) {
      const commit = await this.readCommit(newest + 1)
      if (commit === undefined) return { newest, hasOurs: false }
      assertStillOurs(commit, this.commitPath(newest + 1))
      assertFits(commit)
      const ours = commit.txns.find(({ appId }) => appId === txn?.appId)
      if (txn !== undefined && ours !== undefined && ours.version >= txn.version) {
        return { newest: newest + 1, hasOurs: true }
      }
    }
  }

  async #rereadHead(rereads: number): ReturnType<ReadHead> {
    if (this.#readHead !== undefined && rereads <= MAX_REREADS) return this.#readHead()
    throw new LakeError('LAKE_LOG_INVALID', `${this.folder} was cleaned up past what this process has read of it`, {
      remedy: 'Start again: the log is then read from its checkpoint.',
      canRetry: true,
    })
  }
}

/** Checks that a table to which another writer has committed is still one that we know how to append to. */
function assertStillOurs({ protocol, metaData, operation, engineInfo }: Commit, path: string): void {
  if (protocol !== undefined) {
    assertReadable(path, protocol)
    assertAppendable(path, protocol)
  }
  // Ours leaves everything as it is but settings.
  const isOfSettings = operation === SET_PROPERTIES && engineInfo?.startsWith(OUR_ENGINE) === true
  if (metaData !== undefined && !isOfSettings) {
    throw new LakeError('LAKE_TABLE_MISMATCH', `${path} changed the table's metadata while its stream ran.`, {
      remedy: 'Check the columns against the config, then start the stream again.',
    })
  }
}

/** A commit or a checkpoint, by the name of its file. */
export interface LogEntry {
  readonly version: number
  readonly isCheckpoint: boolean
}

/**
 * The entries of a log in name order, without the other files in its folder. A symbolic link to a file counts.
 * @throws LakeError LAKE_LOG_INVALID for an entry that is not a file: DuckDB would skip it
 */
export async function listLog(folder: string): Promise<LogEntry[]> {
  const entries: LogEntry[] = []
  for (const entry of await listFolder(folder)) {
    const [, digits, kind] = /^(\d{20})\.(json|checkpoint\.parquet)$/.exec(entry.name) ?? []
    if (digits === undefined) continue
    const path = join(folder, entry.name)
    if (!entry.isFile()) await assertLinkToFile(path)
    const version = Number(digits)
    if (!Number.isSafeInteger(version)) throw logInvalid(`${path} has a version that is too large`)
    entries.push({ version, isCheckpoint: kind !== 'json' })
  }
  return entries
}

/** After how many commits in a row behind a hint the folder is listed instead. */
const MAX_PROBED_COMMITS = 250

/**
 * The newest entries of a log: those from the checkpoint on that the hint names, looked for by their names, because a
 * listing takes long after many thousands of commits. Without a hint that is of use, all of them.
 * @throws LakeError LAKE_LOG_INVALID
 */
export async function listNewest(folder: string): Promise<LogEntry[]> {
  const from = await hintedVersion(folder)
  if (from === undefined) return listLog(folder)
  const entries: LogEntry[] = []
  for (let version = from; ; version++) {
    const path = join(folder, `${String(version).padStart(20, '0')}.json`)
    const stats = await statOf(path)
    if (stats === undefined) return entries.length === 0 ? listLog(folder) : entries
    if (!stats.isFile()) await assertLinkToFile(path)
    if (entries.length === MAX_PROBED_COMMITS) return listLog(folder)
    entries.push({ version, isCheckpoint: false })
  }
}

/** The newest version of a log and that of its newest checkpoint, good or not; −1 and undefined if there is none. */
export async function newestCheckpoint(
  folder: string,
): Promise<{ readonly version: number; readonly checkpoint: number | undefined }> {
  const hinted = await hintedVersion(folder)
  const entries = hinted === undefined ? await listLog(folder) : await listNewest(folder)
  const checkpoints = entries.flatMap(({ version, isCheckpoint }) => (isCheckpoint ? [version] : []))
  const known = hinted === undefined ? checkpoints : [hinted, ...checkpoints]
  return {
    version: Math.max(-1, ...entries.slice(-1).map(({ version }) => version), ...known),
    checkpoint: known.length === 0 ? undefined : Math.max(...known.slice(-10)),
  }
}

/** The version that `_last_checkpoint` names, if its checkpoint is there. Nothing but the time taken depends on it. */
async function hintedVersion(folder: string): Promise<number | undefined> {
  const text = await readText(join(folder, '_last_checkpoint')).catch(() => undefined)
  const version = text === undefined ? undefined : fittingJson(text, hasVersion)?.version
  if (version === undefined) return undefined
  const checkpoint = join(folder, `${String(version).padStart(20, '0')}.checkpoint.parquet`)
  return (await statOf(checkpoint))?.isFile() === true ? version : undefined
}

const hasVersion = isRecordOf<{ readonly version: number }>({ version: isCount })

async function assertLinkToFile(path: string): Promise<void> {
  const target = await targetOf(path).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  if (target?.isFile() === true) return
  const what = target === undefined ? 'is a symbolic link to nothing' : `is ${kindOf(target)}, not a file`
  throw logInvalid(`${path} ${what}`)
}

function kindOf(target: Stats): string {
  return target.isDirectory() ? 'a folder' : 'a pipe, socket or device'
}

/** The bytes of a commit, or undefined if there is none. A pipe is never opened: that would wait for its writer. */
async function readOrRefuse(path: string): Promise<Buffer | undefined> {
  try {
    const target = await targetOf(path)
    if (target?.isFile() === true) return await readBytes(path)
    if (target === undefined && (await statOf(path)) === undefined) return undefined
    // It has just been put there, or it is not a file.
    await assertLinkToFile(path)
    return await readBytes(path)
  } catch (cause) {
    throw cause instanceof LakeError ? cause : unreadable(path, cause)
  }
}

/** System errors about what is at a path, which say nothing against the disk. */
const WRONG_KINDS: Readonly<Record<string, string>> = {
  EISDIR: 'is a folder, not a file',
  ELOOP: 'is a symbolic link that leads in a circle',
}

function unreadable(path: string, cause: unknown): unknown {
  const code = systemCodeOf(cause) ?? ''
  const kind = WRONG_KINDS[code]
  if (kind !== undefined) return logInvalid(`${path} ${kind}`, cause)
  if (!UNREADABLE.has(code)) return cause
  return new LakeError('LAKE_DISK_FAILED', `${path} cannot be read: ${messageOf(cause)}`, {
    cause,
    state: 'Nothing was changed.',
    remedy: 'Check the permissions of that file, and the disk.',
  })
}

const UNREADABLE: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EIO'])
