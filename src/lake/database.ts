import { tmpdir } from 'node:os'
import { thisMachine } from '../duckdb/machine.ts'
import { Database, type DatabaseOptions } from '../duckdb/session.ts'
import { type SetShare, shareOf } from '../duckdb/share.ts'
import { removeDeadSpill, spillFolder } from '../duckdb/spillFolder.ts'
import { nodeDisk } from '../files/disk.ts'
import type { ResolvedLake } from './config/resolve.ts'
import { sizeBytes } from './config/size.ts'

/**
 * Opens DuckDB while a config loads: it starts on threads of its own, and a command waits for the slower of the two
 * only. What the config says of it is set once that is known.
 * @param set  what the caller sets, whatever the config and the machine say
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
