import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FEW_FILES, filesByPartition, runMicroBatches } from '../../scripts/bench/tables/microBatches.ts'
import { describeWith } from '../support/optionalTool.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const BATCHES = 1_000
/** The first batches meet code that the process has not compiled yet. */
const WARM_UP = 50
/** How many batches are compared, after those and at the end. */
const WINDOW = 200
const LIMIT_MS = 600_000

describeWith(
  process.platform === 'linux',
  'Linux, which says what a process has used',
  'a thousand small batches',
  () => {
    test(
      'leave few files, and the last ones cost no more than the first: a run looks after its tables',
      async () => {
        const root = join(temporaryFolder(), 'lake')
        const { cpuMs, rows } = await runMicroBatches(root, BATCHES)
        expect(rows).toBe(BATCHES * 20)
        for (const table of ['messages', 'messages_corrupted']) {
          const files = await filesByPartition(root, table)
          expect(files, table).toHaveLength(4)
          expect(Math.max(...files), table).toBeLessThanOrEqual(FEW_FILES)
        }
        // The processors' time, with all of the upkeep: other tests change how long a batch takes, but not this.
        const used = (from: number): number => (cpuMs[from + WINDOW] ?? Number.NaN) - (cpuMs[from] ?? Number.NaN)
        expect(used(BATCHES - 1 - WINDOW) / used(WARM_UP)).toBeLessThanOrEqual(1.1)
      },
      LIMIT_MS,
    )
  },
)
