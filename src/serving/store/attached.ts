import { realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { holderIn, holdHere } from '../../duckdb/lock.ts'
import type { Session } from '../../duckdb/session.ts'
import { attachStoreToRead, detachStore } from '../../duckdb/sql/liveStore.ts'
import { targetOf } from '../../files/read.ts'
import { heldError } from '../../tables/checkpoint.ts'
import { readHead, STORE_FORMAT } from './head.ts'
import type { StoreParts } from './parts.ts'
import {
  damagedError,
  damagedLogError,
  foreignError,
  isLogUnreadable,
  isNewer,
  isOfStore,
  newerError,
} from './storeErrors.ts'
import { contentOf } from './storeFile.ts'

/**
 * Attaches the store that nobody runs, as `live`, to read it in a session of the caller's; its views then are
 * `live.NAME`.
 * @returns a function that detaches it, which must be called; undefined if there is no store
 * @throws LakeError LAKE_STREAM_HELD if a process runs it, LAKE_STORE_INVALID, LAKE_NEWER
 */
export async function attachToRead(
  session: Session,
  { file, stream }: Pick<StoreParts, 'file' | 'stream'>,
): Promise<(() => Promise<void>) | undefined> {
  if ((await targetOf(file)) === undefined) return undefined
  const path = join(realpathSync(dirname(file)), basename(file))
  // To open the file a second time in a process, and close it, would drop the lock of the one that is open.
  const release = holdHere(path)
  if (release === undefined) throw heldError(stream, process.pid)
  const detach = async (): Promise<void> => {
    try {
      await session.run(detachStore)
    } finally {
      release()
    }
  }
  try {
    await session.run(attachStoreToRead(path))
  } catch (error) {
    release()
    const holder = holderIn(error)
    if (holder !== undefined) throw heldError(stream, holder.processId)
    if (isNewer(error)) throw newerError(file, error)
    if (!isOfStore(error, path)) throw error
    if (isLogUnreadable(error)) throw damagedLogError(file, error)
    const { isEmpty, isDatabase } = contentOf(path)
    if (isEmpty) return undefined // a kill while it was made leaves this
    throw isDatabase ? damagedError(file, error) : foreignError(file, 'is not a DuckDB database')
  }
  try {
    const head = await readHead(session)
    if (head === 'foreign') throw foreignError(file, 'is a DuckDB database')
    if (head !== 'empty' && head.format > STORE_FORMAT) throw newerError(file)
    if (head !== 'empty' && head.format === STORE_FORMAT) return detach
  } catch (error) {
    await detach()
    throw error
  }
  // An empty store, or one of an older version, which the next start makes anew.
  await detach()
  return undefined
}
