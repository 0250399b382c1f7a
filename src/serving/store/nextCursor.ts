import { randomUUID } from 'node:crypto'
import { writeCursor } from '../../duckdb/sql/liveStore.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import type { Written } from '../../stream/sink.ts'
import type { Moment, Offset, Portion, Position } from '../../stream/source.ts'
import type { BatchRows } from '../input.ts'
import type { StoreCursor, Taken } from './head.ts'
import type { StoreParts } from './parts.ts'

/** Where the store is once a portion is committed. */
export interface NextCursor {
  readonly taken: Taken
  /** The statement that says so. @param isSettled  whether the states of relations have all rows then */
  readonly statement: (isSettled: boolean) => Sql
}

/** @param cursor  the generation that it will be, and what was taken until now */
export function nextCursor(
  { stream, file, follows, sourceKind }: StoreParts,
  { generation, taken }: StoreCursor,
  { input, range }: Portion<BatchRows>,
  { nowMs }: Moment,
): NextCursor {
  const { batch, streamId } = input
  const facts = input.facts.findLast((fact) => fact.stream === follows && fact.batch === batch)
  const batchTime = facts?.batchTime ?? new Date(range.newestMs ?? nowMs).toISOString()
  const { start, end, detail } = range
  const position: Position = {
    streamId: `${stream}@${generation}`,
    batch,
    batchTime,
    attempt: randomUUID(),
    recordedIn: file,
    source: { kind: sourceKind, start, end, detail },
  }
  const takenMs = Math.round(nowMs)
  const before = input.scope === 'added' ? taken?.served.newestEventMs : undefined
  const newestEventMs = input.newestEventMicros === undefined ? before : Number(input.newestEventMicros / 1000n)
  const served = { generation, batch, batchTimeMs: Date.parse(batchTime), takenMs, newestEventMs }
  const row = { generation, streamId, batch, batchTime, takenMs, newestEventMs, position: JSON.stringify(position) }
  return { taken: { streamId, position, served }, statement: (isSettled) => writeCursor({ ...row, isSettled }) }
}

/** What a portion writes that the store has already. */
export function nothingWritten({ position }: Taken): Written {
  return {
    position,
    inputRows: 0,
    inputFiles: 0,
    rows: {},
    durationMs: { stage: 0, sync: 0, commit: 0, publish: 0 },
  }
}

/** The rows of the followed stream's tables, as far as they are known. */
export function rowsOf({ facts }: BatchRows, follows: string): Record<string, number> {
  const rows: Record<string, number> = {}
  for (const { stream, rows: ofBatch } of facts) {
    if (stream !== follows) continue
    for (const [table, count] of Object.entries(ofBatch)) rows[table] = (rows[table] ?? 0) + count
  }
  return rows
}

/** Whether two places in a source are the same; one of them may have come back from the store. */
export function isSameOffset(one: Offset | null, other: Offset | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}
