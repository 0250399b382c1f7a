import { type CommitFacts, commitChanges, commitFacts } from './commitFacts.ts'
import type { DeltaLog } from './log.ts'

/** A commit that took a file out of its table. */
export interface Removal extends CommitFacts {
  /** Whether rows went with it; false where they were moved into other files. */
  readonly changesRows: boolean
}

/**
 * The last commit that took a file out of a table; undefined if the log does not have it any longer.
 * @param after  the version that added the file
 */
export async function removalOf(log: DeltaLog, path: string, after: number): Promise<Removal | undefined> {
  const versions = await log.versionsUpTo(Number.POSITIVE_INFINITY)
  for (const version of versions.toReversed()) {
    if (version <= after) return undefined
    const changes = await commitChanges(log, version)
    if (changes?.removedPaths.includes(path) !== true) continue
    const facts = await commitFacts(log, version)
    return facts === undefined ? undefined : { ...facts, changesRows: changes.changesRows }
  }
  return undefined
}

/** Who made a commit, in the middle of a sentence. */
export function writerText({ version, operation, engine, timeMs }: CommitFacts): string {
  const who = engine ?? 'a program that does not say its name'
  const when = timeMs === undefined ? [] : [new Date(timeMs).toISOString().slice(0, 19).replace('T', ' ')]
  return `version ${version} by ${who} (${[operation ?? 'a commit', ...when].join(', ')})`
}
