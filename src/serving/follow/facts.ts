import type { BatchFacts } from '../input.ts'
import type { TableBatch } from './batchTail.ts'
import type { Followed } from './followed.ts'

/** What the commits of a batch say of it. @param batch  table → what the batch added there */
export function factsOf({ stream }: Followed, streamId: string, batch: ReadonlyMap<string, TableBatch>): BatchFacts {
  const [first] = batch.values()
  const parameters = first?.commit.parameters ?? {}
  return {
    stream,
    streamId,
    batch: first?.batch ?? 0,
    batchTime: parameters.batchTime ?? new Date(0).toISOString(),
    rows: Object.fromEntries([...batch].map(([table, { files }]) => [table, sum(files.map(({ rows }) => rows ?? 0))])),
    inputRows: undefined,
    sourceStart: parameters.startOffset,
    sourceEnd: parameters.endOffset,
    landedFiles: undefined,
    durationMs: undefined,
    lagMs: undefined,
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
