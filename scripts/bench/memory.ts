import { join } from 'node:path'
import { type Figure, peakFigure } from './figure.ts'
import { DAYS, removeWritten, SEED, START_MS, spreadOver } from './lakes.ts'
import { dropForeignFiles, LARGE, writeForeignFiles } from './land.ts'
import { runProgramForPeak } from './program.ts'
import { RawDuckdb } from './raw.ts'
import type { SuiteContext } from './suiteContext.ts'

const ROWS = 20_000_000

/** The largest resident memory of the program while it generates, splits and lands many rows. */
export async function* memory({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const root = join(folder, 'lake')
  const raw = await RawDuckdb.open()
  const foreign = await writeForeignFiles(raw, LARGE, join(folder, 'foreign'))
  raw.close()
  const peaks = { produce: [] as number[], silver: [] as number[], land: [] as number[] }
  for (let round = 0; round < (isQuick ? 1 : 3); round++) {
    peaks.produce.push(await runProgramForPeak(['run', 'produce', ...manyMessages()], root))
    peaks.silver.push(await runProgramForPeak(['run', 'silver', '--available-now'], root))
    await removeWritten(root)
    dropForeignFiles(foreign, root)
    peaks.land.push(await runProgramForPeak(['run', 'land', '--available-now', '--strict'], root))
    await removeWritten(root)
  }
  for (const [stream, peaksBytes] of Object.entries(peaks)) {
    yield peakFigure(`most resident memory, ${stream} of ${ROWS / 1e6}M rows`, peaksBytes, { atMost: 0.8 })
  }
}

/** Arguments of `produce` for rows with as many dates as in the other suites. */
function manyMessages(): string[] {
  const startTime = new Date(START_MS).toISOString()
  const rowsPerSecond = String(spreadOver(ROWS, DAYS))
  return ['--rows', String(ROWS), '--rows-per-second', rowsPerSecond, '--start-time', startTime, '--seed', String(SEED)]
}
