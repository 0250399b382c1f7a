import { join } from 'node:path'
import { createLockFile, StreamLock } from '../../duckdb/lock.ts'
import { LakeError } from '../../errors.ts'
import { syncAll } from '../../files/barriers.ts'
import { ensureFolder } from '../../files/folders.ts'
import { assertFits, isListOf, isRecordOf, isText, parsedJson } from '../../files/json.ts'
import { listFolder, readText, statOf } from '../../files/read.ts'
import { OWNER, removeDeadNames, temporaryName } from '../../files/temporaryNames.ts'
import { writeTemporary } from '../../files/wholeFiles.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { OpenLake } from '../openLake.ts'
import { withRunSession } from '../sessions.ts'
import { newestOf } from '../tableLogs.ts'

// Whoever joins or removes files of a table holds the table's lock of upkeep, and has a folder of its own: joined files
// are made there. Only once they are whole, a list of their names is made durable; then they are linked into the table,
// and then committed. What a crash in between leaves in the table, the list names, and the next one removes.

/** Where the upkeep of a table has its lock and what it is making; no stream can be called so. */
const FOLDER = '.upkeep'

/** The name of the list, in the folder of an attempt. */
const LIST = 'joined.json'

/** What an attempt is about to link into the table. */
interface JoinedList {
  readonly paths: readonly string[]
}

const isJoinedList = isRecordOf<JoinedList>({ paths: isListOf(isText) })

const DAMAGE = {
  state: 'Nothing was changed.',
  remedy: 'Delete that folder: it holds only copies of rows. What it may have left in the table, status names.',
}

/** A table while this process alone joins and removes its files. */
export class TendedTable {
  readonly table: LakeTable
  /** Files that nothing names yet, on the file system of the table. */
  readonly staging: string
  readonly #lake: OpenLake

  private constructor(lake: OpenLake, table: LakeTable) {
    this.table = table
    this.staging = stagingOf(lake, table)
    this.#lake = lake
  }

  /**
   * Does work while nobody else joins or removes files of the table. What a dead process has left goes first.
   * @throws LakeError LAKE_TABLE_HELD
   */
  static async alone<T>(lake: OpenLake, table: LakeTable, work: (tended: TendedTable) => Promise<T>): Promise<T> {
    const lock = await lockOf(lake, table)
    try {
      const tended = new TendedTable(lake, table)
      await tended.#removeLeft()
      return await work(tended)
    } finally {
      lock.release()
    }
  }

  /** A new folder for the files of one attempt. */
  async begin(id: string): Promise<string> {
    const folder = join(this.staging, `${id}.${OWNER}`)
    await this.#lake.disk.makeFolder(folder)
    return folder
  }

  /** Makes the list of the paths durable that will be linked into the table. The files in the folder are durable. */
  async announce(attempt: string, paths: readonly string[]): Promise<void> {
    const { disk } = this.#lake
    const temporary = await writeTemporary(disk, attempt, LIST, `${JSON.stringify({ paths })}\n`)
    await disk.rename(temporary, join(attempt, LIST))
    await syncAll(disk, [], [attempt, this.staging])
  }

  /** Removes the folder of an attempt that has come to its end. */
  async end(attempt: string): Promise<void> {
    await this.#lake.disk.removeTree(attempt)
  }

  /** Removes what an attempt has linked into the table without a commit, and then its folder. */
  async undo(attempt: string): Promise<void> {
    const text = await readText(join(attempt, LIST))
    if (text !== undefined) {
      const list = parsedJson(text, join(attempt, LIST), DAMAGE)
      assertFits(list, isJoinedList, join(attempt, LIST), DAMAGE)
      await this.#unlink(list.paths)
    }
    await this.end(attempt)
  }

  /** The log is read after the list: what it names, was committed. */
  async #unlink(paths: readonly string[]): Promise<void> {
    const { disk, layout } = this.#lake
    const folder = layout.data(this.table)
    const linked: string[] = []
    for (const path of paths) if ((await statOf(join(folder, path))) !== undefined) linked.push(path)
    if (linked.length === 0) return
    const named = await withRunSession(this.#lake, async (session) => {
      const snapshot = await newestOf(this.#lake, session, [this.table])
      return snapshot.namedPaths(this.table.name)
    })
    const stray = linked.filter((path) => !named.has(path))
    for (const path of stray) await disk.removeFile(join(folder, path))
    // The list goes last: without it, nobody would know these names.
    await syncAll(
      disk,
      [],
      stray.map((path) => join(folder, path, '..')),
    )
  }

  async #removeLeft(): Promise<void> {
    const { disk, clock } = this.#lake
    await removeDeadNames(disk, upkeepFolder(this.#lake, this.table), clock.nowMs())
    for (const { name } of await listFolder(this.staging)) {
      if (name.endsWith('.tmp')) await disk.removeTree(join(this.staging, name))
      else await this.undo(join(this.staging, name))
    }
  }
}

/** Removes what a dead process has left while it joined files. Most tables have nothing. */
export async function removeLeftJoins(lake: OpenLake): Promise<void> {
  for (const table of lake.config.tables) {
    if ((await listFolder(stagingOf(lake, table))).length === 0) continue
    await TendedTable.alone(lake, table, async () => undefined).catch((error: unknown) => {
      // Then it is no dead one.
      if (!(error instanceof LakeError && error.code === 'LAKE_TABLE_HELD')) throw error
    })
  }
}

/** Does work while nobody joins or removes files of some tables. Those of which nobody ever has need no lock. */
export async function whileUntended<T>(
  lake: OpenLake,
  tables: readonly LakeTable[],
  work: () => Promise<T>,
): Promise<T> {
  const [table, ...others] = tables
  if (table === undefined) return work()
  const rest = (): Promise<T> => whileUntended(lake, others, work)
  const isKnown = (await statOf(lockFileOf(lake, table))) !== undefined
  return isKnown ? TendedTable.alone(lake, table, rest) : rest()
}

function lockFileOf(lake: OpenLake, table: LakeTable): string {
  return join(upkeepFolder(lake, table), 'holder.duckdb')
}

function upkeepFolder(lake: OpenLake, table: LakeTable): string {
  return join(lake.layout.checkpoints(table), FOLDER)
}

function stagingOf(lake: OpenLake, table: LakeTable): string {
  return join(upkeepFolder(lake, table), 'staging')
}

async function lockOf(lake: OpenLake, table: LakeTable): Promise<StreamLock> {
  const { disk, config } = lake
  const staging = stagingOf(lake, table)
  await ensureFolder(disk, config.root, staging)
  const lockFile = lockFileOf(lake, table)
  if ((await statOf(lockFile)) === undefined) {
    const temporary = join(staging, temporaryName('holder'))
    try {
      await createLockFile(temporary)
      await disk.syncFile(temporary)
      await disk.link(temporary, lockFile)
      await disk.removeFile(temporary)
    } catch (error) {
      // Another process was faster: it has the lock already and has removed all temporary files.
      if ((await statOf(lockFile)) === undefined) throw error
    }
    await disk.syncFolder(upkeepFolder(lake, table))
  }
  const lock = await StreamLock.take(lockFile)
  if (lock instanceof StreamLock) return lock
  throw heldTable(table, lock.processId)
}

export function heldTable({ name }: LakeTable, processId: number | undefined): LakeError {
  const who = processId === undefined ? 'another process' : `process ${processId}`
  return new LakeError('LAKE_TABLE_HELD', `${who} is joining or removing files of table ${name}.`, {
    state: 'Nothing was changed.',
    remedy: 'Let it end, then try again.',
    canRetry: true,
  })
}
