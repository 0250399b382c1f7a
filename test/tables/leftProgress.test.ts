import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import type { BatchProgress } from '../../src/stream/progress.ts'
import { Checkpoint } from '../../src/tables/checkpoint.ts'
import { type LeftProgress, leaveProgress, readLeftProgress } from '../../src/tables/leftProgress.ts'
import { failingDisk } from '../support/hookedDisk.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

function progressOf(batch: number): BatchProgress {
  const durationMs = { plan: 1, stage: 2.5, sync: 3, commit: 4, publish: 5, total: 15.5 }
  return {
    stream: 'split',
    batch,
    batchTime: new Date(batch * 1_000).toISOString(),
    inputRows: 7,
    inputFiles: 1,
    rows: { events: 7 },
    startOffset: null,
    endOffset: { rows: 7 },
    durationMs,
    rowsPerSecond: 1,
    lagMs: null,
  }
}

async function read(checkpoint: Checkpoint): Promise<LeftProgress[]> {
  const all: LeftProgress[] = []
  for await (const left of readLeftProgress(checkpoint)) all.push(left)
  return all
}

const batchesOf = (all: readonly LeftProgress[]): number[] => all.map(({ batch }) => batch)

test('the newest batches come first, each with where its time went', async () => {
  const checkpoint = new Checkpoint(temporaryFolder())
  expect(await read(checkpoint)).toEqual([])
  for (const batch of [1, 2]) await leaveProgress(nodeDisk, checkpoint, progressOf(batch))
  const { batch, batchTime, inputRows, inputFiles, durationMs, lagMs } = progressOf(2)
  const [newest, older] = await read(checkpoint)
  expect(newest).toEqual({ batch, batchTime, inputRows, inputFiles, durationMs, lagMs })
  expect(older).toMatchObject({ batch: 1 })
})

test('the file stays small, and keeps more batches than there are records', async () => {
  const checkpoint = new Checkpoint(temporaryFolder())
  const path = join(checkpoint.folder, 'progress.ndjson')
  let largest = 0
  for (let batch = 1; batch <= 1_000; batch++) {
    await leaveProgress(nodeDisk, checkpoint, progressOf(batch))
    largest = Math.max(largest, statSync(path).size)
    if (batch >= 100 && batch % 50 === 0) {
      const kept = batchesOf(await read(checkpoint))
      expect(kept.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, index) => batch - index))
    }
  }
  expect(largest).toBeLessThanOrEqual(64 * 1024)
})

test.each([
  { what: 'a last line that a power cut has torn', text: (whole: string) => whole.slice(0, -20), left: [1] },
  {
    what: 'a line in the middle that is torn',
    text: (whole: string) => `${whole.slice(0, 100)}\n${whole}`,
    left: [2, 1],
  },
  { what: 'an empty file', text: () => '', left: [] },
  { what: 'zeros where its text should be', text: (whole: string) => '\0'.repeat(whole.length), left: [] },
  { what: 'lines of another program', text: (whole: string) => `${whole}{"batch":"3"}\n[]\nnull\n`, left: [2, 1] },
])('$what is passed over', async ({ text, left }) => {
  const checkpoint = new Checkpoint(temporaryFolder())
  const path = join(checkpoint.folder, 'progress.ndjson')
  for (const batch of [1, 2]) await leaveProgress(nodeDisk, checkpoint, progressOf(batch))
  writeFileSync(path, text(readFileSync(path, 'utf8')))
  expect(batchesOf(await read(checkpoint))).toEqual(left)
})

test('whatever goes wrong with it, the batch itself went well', async () => {
  const checkpoint = new Checkpoint(temporaryFolder())
  await leaveProgress(
    failingDisk(nodeDisk, 'ENOSPC', () => true),
    checkpoint,
    progressOf(1),
  )
  mkdirSync(join(checkpoint.folder, 'progress.ndjson'))
  await leaveProgress(nodeDisk, checkpoint, progressOf(1))
  expect(await read(checkpoint)).toEqual([])
})
