import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { FEW_FILES, filesByPartition, MicroBatchRun } from '../../scripts/bench/tables/microBatches.ts'
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
        const root = join(temporaryFolder(), 'old')
        const old = await started(root)
        await batches(old, BATCHES - WINDOW)
        const young = await started(join(temporaryFolder(), 'young'))
        await batches(young, WARM_UP)

        // The processors' time, with all of the upkeep. Both lakes take their batches in turns, so that other tests,
        // which slow the memory down that all share, cost the one what they cost the other.
        const [oldMs, youngMs] = [old.program.cpuMs(), young.program.cpuMs()]
        for (let batch = 0; batch < WINDOW; batch++) {
          await old.next()
          await young.next()
        }
        expect((old.program.cpuMs() - oldMs) / (young.program.cpuMs() - youngMs)).toBeLessThanOrEqual(1.1)

        await old.settled()
        for (const table of ['messages', 'messages_corrupted']) {
          const files = await filesByPartition(root, table)
          expect(files, table).toHaveLength(4)
          expect(Math.max(...files), table).toBeLessThanOrEqual(FEW_FILES)
        }
      },
      LIMIT_MS,
    )
  },
)

async function started(root: string): Promise<MicroBatchRun> {
  const run = await MicroBatchRun.start(root, BATCHES)
  onTestFinished(() => run.program.stop())
  return run
}

async function batches(run: MicroBatchRun, count: number): Promise<void> {
  for (let batch = 0; batch < count; batch++) expect((await run.next()).inputRows).toBe(20)
}
