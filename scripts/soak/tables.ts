import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Figure, isReached } from '../bench/figure.ts'
import { tableLine } from '../bench/table.ts'
import { microBatchFigures } from '../bench/tables/micro.ts'

const BATCHES = 10_000
const SCAN_ROUNDS = 15

/**
 * 10,000 small batches into both tables of silver by one process, which looks after the tables meanwhile. It ends with
 * them, however many minutes that takes; the program is the one in `dist/`.
 */
export async function soakTables(): Promise<string> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'lakeweir-soak-'))
  const missed: Figure[] = []
  try {
    for await (const figure of microBatchFigures(folder, BATCHES, SCAN_ROUNDS)) {
      console.log(tableLine(figure))
      if (!isReached(figure)) missed.push(figure)
    }
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }
  if (missed.length > 0) throw new Error(`missed: ${missed.map(({ name }) => name).join('; ')}`)
  return `${BATCHES.toLocaleString('en-US')} small batches are as quick at the end as at the beginning`
}
