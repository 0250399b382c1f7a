import { closedError, type Session } from '../duckdb/session.ts'
import { knownError } from '../stream/failures.ts'
import type { OpenLake } from './openLake.ts'

/** Does work with a session of its own, which closing the lake interrupts. @throws LakeError LAKE_CLOSED */
export async function withSession<T>(
  { database, lifetime }: OpenLake,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return lifetime.call(async () => {
    const session = await lifetime.open(() => database.connect())
    try {
      return await work(session)
    } catch (cause) {
      throw lifetime.signal.aborted ? closedError(cause) : knownError(cause)
    } finally {
      lifetime.release(session)
    }
  })
}

/** The same within a run, which closing the lake does not interrupt but waits for. */
export async function withRunSession<T>({ database }: OpenLake, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await database.connect()
  try {
    return await work(session)
  } catch (error) {
    throw knownError(error)
  } finally {
    session.close()
  }
}
