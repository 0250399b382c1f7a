import type { Session } from '../../duckdb/session.ts'
import { beginTransaction, commitTransaction, rollbackTransaction } from '../../duckdb/sql/liveStore.ts'

/** Commits all that a work does in its session, or nothing of it. */
export async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  await session.run(beginTransaction)
  let result: T
  try {
    result = await work()
  } catch (error) {
    await session.run(rollbackTransaction).catch(() => undefined) // the first error says why
    throw error
  }
  try {
    await session.run(commitTransaction)
  } catch (cause) {
    await session.run(rollbackTransaction).catch(() => undefined) // a failed commit may have ended it already
    throw new CommitFailure(cause)
  }
  return result
}

/** A commit failed. Whether the transaction counts is known only after the database was opened again. */
export class CommitFailure extends Error {
  constructor(cause: unknown) {
    super('the transaction could not be committed', { cause })
    this.name = 'CommitFailure'
  }
}
