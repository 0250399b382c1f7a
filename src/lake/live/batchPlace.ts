import type { Followed } from '../../serving/follow/followed.ts'
import type { BatchOffset } from '../../serving/follow/offset.ts'
import { headsOf } from '../../serving/follow/wholeTables.ts'
import { isIdOf } from '../../stream/streamId.ts'
import type { LogPlace } from '../../tables/logHistory.ts'

/** A batch is looked for in so many commits before the newest: whoever says that it has it, took it a moment ago. */
const MAX_COMMITS = 10_000

/**
 * Where the logs of the followed tables were with a batch.
 * @returns undefined if a log no longer has its commit
 */
export async function endAtBatch(followed: Followed, batch: number): Promise<BatchOffset | undefined> {
  const { stream, tables } = followed
  const heads = await headsOf(followed)
  const places: Record<string, LogPlace> = {}
  let streamId: string | undefined
  for (const { name, log } of tables) {
    const head = heads.get(name)
    if (head === undefined) return undefined
    for (let version = head.version; version > head.version - MAX_COMMITS; version--) {
      const commit = await log.readCommit(version)
      const txn = commit?.txns.find(({ appId }) => isIdOf(stream.name, appId))
      if (commit === undefined || (txn !== undefined && txn.version < batch)) return undefined
      if (txn?.version !== batch) continue
      streamId = txn.appId
      places[name] = { tableId: head.tableId, version, commitHash: null }
      break
    }
    if (places[name] === undefined) return undefined
  }
  return streamId === undefined ? undefined : { streamId, batch, tables: places, newestEventMicros: null }
}
