import { diskRemedy } from '../../duckdb/diskErrors.ts'
import type { Session } from '../../duckdb/session.ts'
import { beginTransaction, commitTransaction, rollbackTransaction } from '../../duckdb/sql/liveStore.ts'
import { LakeError, messageOf } from '../../errors.ts'
import { isTemporary } from '../../stream/retry.ts'
import { Statements } from '../statements.ts'

/** Commits all that a work does in its session, or nothing of it. */
export async function inTransaction<T>(session: Session, work: () => Promise<T>): Promise<T> {
  return withStatements(session, async (statements) => {
    await statements.run()
    return work()
  })
}

/**
 * The same for a work that does everything by these statements, or after it has run them: the transaction begins with
 * the first call.
 */
export async function withStatements<T>(session: Session, work: (statements: Statements) => Promise<T>): Promise<T> {
  const statements = new Statements(session, [beginTransaction])
  let result: T
  try {
    result = await work(statements)
    await statements.run()
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
export class CommitFailure extends LakeError {
  constructor(cause: unknown) {
    super('LAKE_DISK_FAILED', `the store of the live aggregates could not be written: ${messageOf(cause)}`, {
      cause,
      state: 'What was to be changed in it is there as a whole or not at all; the next start finds out.',
      remedy: `${diskRemedy(cause)}, then start live again.`,
      canRetry: isTemporary(cause),
    })
    this.name = 'CommitFailure'
  }
}
