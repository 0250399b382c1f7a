import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LakeError } from '../../../src/errors.ts'
import { stoppedError } from '../../../src/stream/failures.ts'
import { KeptLake } from '../../support/keptLake.ts'
import { canMount, mountSmall, unmount } from '../../support/mounts.ts'
import { describeWith } from '../../support/optionalTool.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

/** Leaves so many bytes free on a mounted folder while some work goes on. */
async function whileFull(folder: string, freeBytes: number, work: () => Promise<unknown>): Promise<unknown> {
  const filler = join(folder, 'filler')
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(filler, Buffer.alloc(bavail * bsize - freeBytes))
  try {
    return await work().catch((error: unknown) => error)
  } finally {
    rmSync(filler)
  }
}

/** Enough for a change of the models to need several pages of the disk. */
const PERSONS = 2_000
const rowsOf = (batch: number): string[] =>
  Array.from(
    { length: PERSONS },
    (_, person) => `(NULL, 1, 'OPEN', '${batch} ${person}', 'CHAT', 2000, ${batch * PERSONS + person}, 1.5)`,
  )

describeWith(canMount(), 'right to mount a tmpfs', 'a disk that is full', () => {
  test.each([
    { when: 'a batch comes', freeBytes: 0, work: (lake: KeptLake) => lake.take() },
    { when: 'the models are summed up', freeBytes: 0, work: (lake: KeptLake) => lake.writer.idle() },
    {
      when: 'the store is made',
      freeBytes: 16_384,
      prepare: async (lake: KeptLake) => {
        await lake.close()
        for (const end of ['', '.wal']) rmSync(`${lake.parts.file}${end}`, { force: true })
      },
      work: (lake: KeptLake) => lake.open(),
    },
  ])('while $when: it is told, may be tried again, and loses nothing', async ({ freeBytes, prepare, work }) => {
    const [folder, mounted] = [temporaryFolder(), temporaryFolder()]
    mountSmall(mounted, 40)
    onTestFinished(() => unmount(mounted))
    const lake = await KeptLake.make(folder, { parts: { file: join(mounted, 'live.duckdb') } })
    onTestFinished(() => lake.end())
    await lake.open()
    for (const batch of [0, 1]) {
      await lake.add(rowsOf(batch))
      await lake.take()
    }
    await lake.add(rowsOf(2))
    await prepare?.(lake)
    const error = stoppedError('live', await whileFull(mounted, freeBytes, () => work(lake)))
    expect(error).toBeInstanceOf(LakeError)
    expect(error).toMatchObject({ code: 'LAKE_DISK_FAILED', canRetry: true })
    expect((error as LakeError).describe()).toMatch(/No space left on device.*Free space, then start/s)
    await lake.reopen()
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    await lake.writer.idle()
    expect(await lake.differences()).toEqual([])
  })
})
