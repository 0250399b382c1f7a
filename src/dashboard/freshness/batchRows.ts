import type { PanelAnswer } from '../../client/index.ts'
import type { Commit } from './freshnessState.ts'

/** A batch of the stream that is followed. */
export interface BatchRows {
  readonly batch: number
  readonly timeMs: number
  readonly rowCount: number | undefined
}

/**
 * The batches of the followed stream, from the system's panel of the batches of all streams. It is the stream that made
 * the last commit.
 */
export function batchRows(
  answer: Pick<PanelAnswer, 'columns' | 'rows'>,
  commit: Pick<Commit, 'batch' | 'timeMs'>,
): readonly BatchRows[] {
  const place = (name: string): number => answer.columns.findIndex((column) => column.name === name)
  const [stream, batch, time, count] = ['stream', 'batch', 'batch_time', 'input_rows'].map(place)
  if (stream === undefined || batch === undefined || time === undefined || batch < 0 || time < 0) return []
  const all = answer.rows.map((row) => {
    const rowCount = count === undefined || count < 0 ? Number.NaN : Number(row[count] ?? Number.NaN)
    return {
      stream: row[stream],
      batch: Number(row[batch]),
      timeMs: Date.parse(String(row[time])),
      rowCount: Number.isFinite(rowCount) ? rowCount : undefined,
    }
  })
  const followed = all.find((each) => each.batch === commit.batch && Math.abs(each.timeMs - commit.timeMs) < 1_000)
  if (followed === undefined) return []
  return (
    all
      // A panel may know a batch that no position has told of yet.
      .filter((each) => each.stream === followed.stream && each.batch <= commit.batch)
      .map(({ batch: number, timeMs, rowCount }) => ({ batch: number, timeMs, rowCount }))
  )
}
