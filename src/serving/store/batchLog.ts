import type { Session } from '../../duckdb/session.ts'
import { addBatches, addDurations, forgetBatches, pruneBatches, readLastBatches } from '../../duckdb/sql/liveBatches.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { requiredText, safeInteger } from '../../duckdb/values.ts'
import type { BatchDurations } from '../../stream/progress.ts'
import type { BatchFacts } from '../input.ts'

/** So many batches of each stream are kept: two days of one every second. */
const KEPT_BATCHES = 200_000

/** More can become known of so many batches of a stream, its last ones. */
const OPEN_BATCHES = 100

/** What is written down of a batch. */
interface WrittenBatch {
  /** All but its durations, as text; undefined if an earlier process wrote it. */
  readonly facts: string | undefined
  readonly isTimed: boolean
}

/** By stream id, the last batches, ascending. */
type WrittenBatches = ReadonlyMap<string, ReadonlyMap<number, WrittenBatch>>

/** What to write for facts, and what to call once that is committed. */
export interface BatchLogChange {
  readonly statements: readonly Sql[]
  readonly committed: () => void
}

/** The batches of the followed stream and of those that feed it. A batch comes again once more is known of it. */
export class BatchLog {
  #written: WrittenBatches

  private constructor(written: WrittenBatches) {
    this.#written = written
  }

  static async open(session: Session): Promise<BatchLog> {
    const written = new Map<string, Map<number, WrittenBatch>>()
    for (const row of await session.rows(readLastBatches(OPEN_BATCHES))) {
      const streamId = requiredText(row.stream_id, 'the id of a stream')
      const batches = written.get(streamId) ?? new Map<number, WrittenBatch>()
      batches.set(safeInteger(row.batch, 'a batch'), { facts: undefined, isTimed: row.is_timed === true })
      written.set(streamId, batches)
    }
    return new BatchLog(written)
  }

  add(facts: readonly BatchFacts[]): BatchLogChange {
    const written = new Map([...this.#written].map(([streamId, batches]) => [streamId, new Map(batches)]))
    const added: BatchFacts[] = []
    const replaced: BatchFacts[] = []
    const timed: BatchFacts[] = []
    for (const fact of newest(facts)) {
      const batches = written.get(fact.streamId) ?? new Map<number, WrittenBatch>()
      written.set(fact.streamId, batches)
      const [oldest] = batches.size >= OPEN_BATCHES ? batches.keys() : []
      if (oldest !== undefined && fact.batch < oldest) continue
      const { durationMs, lagMs: _, ...rest } = fact
      const now = { facts: JSON.stringify(rest), isTimed: durationMs !== undefined }
      const before = batches.get(fact.batch)
      const isReplaced = before?.facts !== undefined && before.facts !== now.facts
      if (isReplaced) replaced.push(fact)
      if (before === undefined || isReplaced) added.push(fact)
      if (now.isTimed && (before?.isTimed !== true || isReplaced)) timed.push(fact)
      batches.set(fact.batch, { facts: now.facts, isTimed: now.isTimed || before?.isTimed === true })
      if (oldest !== undefined && batches.size > OPEN_BATCHES) batches.delete(oldest)
    }
    const statements = [
      ...(replaced.length > 0 ? forgetBatches(replaced) : []),
      ...(added.length > 0 ? [addBatches(added)] : []),
      ...(timed.length > 0 ? [addDurations(timed.flatMap(durationsOf))] : []),
    ]
    const committed = (): void => {
      this.#written = written
    }
    return { statements, committed }
  }

  /** Forgets what is too old. */
  prune(): Sql[] {
    return pruneBatches(KEPT_BATCHES)
  }
}

/** Of facts that tell of the same batch, the last. */
function newest(facts: readonly BatchFacts[]): Iterable<BatchFacts> {
  return new Map(facts.map((fact) => [`${fact.streamId} ${fact.batch}`, fact])).values()
}

function durationsOf({ streamId, batch, durationMs, lagMs }: BatchFacts): Parameters<typeof addDurations>[0] {
  return durationMs === undefined ? [] : [{ streamId, batch, lagMs, durationsMs: inOrder(durationMs) }]
}

function inOrder({ plan, stage, sync, commit, publish, total }: BatchDurations): number[] {
  return [plan, stage, sync, commit, publish, total]
}
