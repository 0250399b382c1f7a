import { saysDisk } from '../duckdb/diskErrors.ts'
import { exhaustedResource } from '../duckdb/resourceErrors.ts'
import type { Session } from '../duckdb/session.ts'
import { allValuesOf, candidateFiles, chosenCheckpoints, sidecarFiles } from '../duckdb/sql/logCheckpoints.ts'
import type { Sql } from '../duckdb/sql/sql.ts'
import { type Row, requiredText } from '../duckdb/values.ts'

/** How often a replay is tried again with other checkpoints before a log is given up. */
const MAX_RETRIES = 10

/**
 * Runs a replay of logs. `logFiles.sql` chooses checkpoints by what SQL can see without an error, which is not all that
 * can be wrong with a file. So if the replay fails, each file that it looked at is read by itself, and the replay runs
 * again without those that cannot be read. If all can be, it runs again without the checkpoints that it has chosen: the
 * commits before them may still be there, and it is those that count.
 * @throws what the first replay threw, if no other succeeds
 */
export async function replayPassingOver(session: Session, replay: () => Promise<void>): Promise<void> {
  const passedOver = new Set<string>()
  try {
    await replayWithout(passedOver, session, replay)
  } finally {
    // A later replay in the same session looks at all of them again.
    if (passedOver.size > 0) await session.setVariable('lake_passed_over', [])
  }
}

async function replayWithout(passedOver: Set<string>, session: Session, replay: () => Promise<void>): Promise<void> {
  let first: unknown
  for (let retries = 0; retries <= MAX_RETRIES; retries++) {
    if (retries > 0) await session.setVariable('lake_passed_over', [...passedOver])
    try {
      return await replay()
    } catch (cause) {
      first ??= cause
      if (saysDisk(cause) || exhaustedResource(cause) !== undefined) break
      const found = await suspects(session)
      if (found.every((file) => passedOver.has(file))) break
      for (const file of found) passedOver.add(file)
    }
  }
  throw first
}

/** The checkpoints that may be why a replay has failed. None if it failed before it looked at any. */
async function suspects(session: Session): Promise<readonly string[]> {
  const unreadable: string[] = []
  const [candidates, sidecars] = [await rowsIfAny(session, candidateFiles), await rowsIfAny(session, sidecarFiles)]
  for (const row of [...candidates, ...sidecars]) {
    const file = requiredText(row.file, 'a file of a checkpoint')
    const isReadable = await session.rows(allValuesOf(file)).then(
      () => true,
      () => false,
    )
    if (!isReadable) unreadable.push(requiredText(row.checkpoint, 'a checkpoint'))
  }
  if (unreadable.length > 0) return unreadable
  const chosen = await rowsIfAny(session, chosenCheckpoints)
  return chosen.map((row) => requiredText(row.checkpoint, 'a checkpoint'))
}

/** The rows of a table that a failed replay may not have made. */
async function rowsIfAny(session: Session, query: Sql): Promise<readonly Row[]> {
  try {
    return await session.rows(query)
  } catch {
    return []
  }
}
