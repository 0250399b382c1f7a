import { tmpdir } from 'node:os'
import { thisMachine } from '../duckdb/machine.ts'
import { Database, type DatabaseOptions } from '../duckdb/session.ts'
import { type SetShare, shareOf } from '../duckdb/share.ts'
import { removeDeadSpill, spillFolder } from '../duckdb/spillFolder.ts'
import { nodeDisk } from '../files/disk.ts'
import { sizeBytes } from '../size.ts'
import type { ResolvedLake } from './config/resolve.ts'

/**
 * Opens DuckDB while the config loads: DuckDB starts on threads of its own, so a command waits only for the slower of
 * the two. The limits of the config are set once they are known.
 * @param set  what the caller sets; it overrides the config and the machine
 */
export async function openDatabase(
  loading: Promise<ResolvedLake>,
  set: Partial<DatabaseOptions> = {},
): Promise<{ readonly config: ResolvedLake; readonly database: Database }> {
  const machine = thisMachine()
  const setBytes = set.memoryLimit === undefined ? undefined : sizeBytes(set.memoryLimit)
  const limits = (share: SetShare): Omit<DatabaseOptions, 'tempFolder'> => {
    const { threads, memoryBytes } = shareOf(machine, share)
    return { threads, memoryLimit: `${memoryBytes}B`, ...set }
  }
  const open = Database.open({ tempFolder: spillFolder(tmpdir()), ...limits({ memoryBytes: setBytes }) })
  const [opened, loaded] = await Promise.allSettled([open, loading, removeDeadSpill(nodeDisk, tmpdir())])
  if (opened.status === 'rejected') throw loaded.status === 'rejected' ? loaded.reason : opened.reason
  const database = opened.value
  try {
    if (loaded.status === 'rejected') throw loaded.reason
    const { threads, memoryBytes } = loaded.value
    if (threads !== undefined || memoryBytes !== undefined) {
      await database.limit(limits({ threads, memoryBytes: setBytes ?? memoryBytes }))
    }
    return { config: loaded.value, database }
  } catch (error) {
    database.close()
    throw error
  }
}
