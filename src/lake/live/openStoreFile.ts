import { tmpdir } from 'node:os'
import { Database, type DatabaseLimits } from '../../duckdb/session.ts'
import { spillFolder } from '../../duckdb/spillFolder.ts'
import { targetOf } from '../../files/read.ts'
import { attachToRead } from '../../serving/store/attached.ts'
import { HeldError } from '../../tables/checkpoint.ts'
import { LIVE } from '../config/resolveLive.ts'
import type { OpenFile, Unopened } from './storeReads.ts'

/**
 * Opens the file of a store only to read, in a database of its own: nobody can write to it meanwhile.
 * @throws LakeError LAKE_STORE_INVALID, LAKE_NEWER
 */
export async function openStoreFile(file: string, limits: DatabaseLimits): Promise<OpenFile | Unopened> {
  if ((await targetOf(file)) === undefined) return { kind: 'missing' }
  const database = await Database.open({ ...limits, tempFolder: spillFolder(tmpdir()) })
  const session = await database.connect()
  // DuckDB lives for as long as any session of it is open.
  const closeDatabase = (): void => {
    session.close()
    database.close()
  }
  try {
    const detach = await attachToRead(session, { file, stream: LIVE })
    if (detach === undefined) {
      closeDatabase()
      return { kind: 'missing' }
    }
    const close = async (): Promise<void> => {
      await detach()
      closeDatabase()
    }
    return { database, close }
  } catch (error) {
    closeDatabase()
    if (error instanceof HeldError) return { kind: 'held', processId: error.processId }
    throw error
  }
}
