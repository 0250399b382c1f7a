import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  countFigure,
  durationFigure,
  type Figure,
  growthFigure,
  p50RatioFigure,
  quantileRatioFigure,
  ratioFigure,
} from '../figure.ts'
import { interleaved, timed } from '../measure.ts'
import { RawDuckdb } from '../raw.ts'
import { filesByPartition, type MicroBatches, runMicroBatches } from './microBatches.ts'

/** The first batches meet code that the process has not compiled yet. */
const WARM_UP = 50
/** How many batches the issue compares: as many as this, or a fifth of all. */
const WINDOW = 1_000
const SCAN = 'SELECT count(*), sum(value), max(user_id), min(message_id), count(DISTINCT channel) FROM messages'

/** A lake after many small batches, with the upkeep that `run` does by itself: as quick as at its beginning? */
export async function* microBatchFigures(folder: string, batches: number, scanRounds: number): AsyncGenerator<Figure> {
  const root = join(folder, 'lake')
  const ran = await runMicroBatches(root, batches)
  yield* pace(ran)
  for (const table of ['messages', 'messages_corrupted']) {
    const files = await filesByPartition(root, table)
    yield countFigure(`live files of the fullest partition of ${table}`, files, { atMost: 8 })
  }
  yield await scanFigure(root, join(folder, 'onePerPartition'), scanRounds)
}

function* pace({ batchMs, residentMb }: MicroBatches): Generator<Figure> {
  const window = Math.min(WINDOW, Math.floor((batchMs.length - WARM_UP) / 5))
  const early = batchMs.slice(WARM_UP, WARM_UP + window)
  const late = batchMs.slice(-window)
  const name = `the last ${window.toLocaleString('en-US')} of ${batchMs.length.toLocaleString('en-US')} small batches`
  const samples = { late, early }
  yield p50RatioFigure(`${name} ÷ the first, p50`, samples, 'late', 'early', { reach: { atMost: 1.1 } })
  yield quantileRatioFigure(`${name} ÷ the first, p95`, samples, 'late', 'early', 0.95, { reach: { atMost: 1.5 } })
  yield durationFigure('the slowest of those small batches', { late }, 'late', 1, {})
  const resident = { early: residentMb.slice(WARM_UP, WARM_UP + window), late: residentMb.slice(-window) }
  yield growthFigure('resident memory over the same batches', resident, { atMost: 1.1 })
}

/** A scan of all rows through the view of `lake.sql`, against one of files of the same rows, one for each partition. */
async function scanFigure(root: string, target: string, rounds: number): Promise<Figure> {
  const raw = await RawDuckdb.open()
  await raw.script(readFileSync(join(root, 'lake.sql'), 'utf8'))
  await raw.timedCopy('FROM messages ORDER BY date', target, ', PARTITION_BY (date), PER_THREAD_OUTPUT false')
  await raw.run(`CREATE VIEW joined AS FROM read_parquet('${target}/*/*.parquet', hive_partitioning = true)`)
  const samples = await interleaved(rounds, {
    lake: () => timed(() => raw.script(SCAN)),
    joined: () => timed(() => raw.script(SCAN.replace('messages', 'joined'))),
  })
  raw.close()
  return ratioFigure('full scan ÷ one of a file per partition', samples, 'lake', 'joined', { reach: { atMost: 1.3 } })
}
