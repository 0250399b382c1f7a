import { rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { LakeError } from '../../../src/errors.ts'
import { stoppedError } from '../../../src/stream/failures.ts'
import { KeptLake } from '../../support/keptLake.ts'
import { canMount, mountSmall, unmount } from '../../support/mounts.ts'
import { describeWith } from '../../support/optionalTool.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

/** Leaves nothing free on a mounted folder while some work goes on. */
async function whileFull(folder: string, work: () => Promise<unknown>): Promise<unknown> {
  const filler = join(folder, 'filler')
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(filler, Buffer.alloc(bavail * bsize))
  try {
    return await work().catch((error: unknown) => error)
  } finally {
    rmSync(filler)
  }
}

const ROWS = ["(NULL, 1, 'OPEN', 'a', 'CHAT', 2000, 1000, 1.5)"]

describeWith(canMount(), 'right to mount a tmpfs', 'a disk that is full', () => {
  test.each([
    { when: 'a batch comes', work: (lake: KeptLake) => lake.take() },
    { when: 'the models are summed up', work: (lake: KeptLake) => lake.writer.idle() },
    {
      when: 'the store is made',
      prepare: async (lake: KeptLake) => {
        await lake.close()
        for (const end of ['', '.wal']) rmSync(`${lake.parts.file}${end}`, { force: true })
      },
      work: (lake: KeptLake) => lake.open(),
    },
  ])('while $when: it is told, may be tried again, and loses nothing', async ({ prepare, work }) => {
    const [folder, mounted] = [temporaryFolder(), temporaryFolder()]
    mountSmall(mounted, 40)
    onTestFinished(() => unmount(mounted))
    const lake = await KeptLake.make(folder, { parts: { file: join(mounted, 'live.duckdb') } })
    onTestFinished(() => lake.end())
    await lake.open()
    await lake.add(ROWS)
    await lake.take()
    await lake.add(ROWS)
    await prepare?.(lake)
    const error = stoppedError('live', await whileFull(mounted, () => work(lake)))
    expect(error).toBeInstanceOf(LakeError)
    expect(error).toMatchObject({ code: 'LAKE_DISK_FAILED', canRetry: true })
    expect((error as LakeError).describe()).toMatch(/No space left on device.*Free space, then start/s)
    await lake.reopen()
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    await lake.writer.idle()
    expect(await lake.differences()).toEqual([])
  })
})
