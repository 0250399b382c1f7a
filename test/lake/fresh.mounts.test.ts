import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { CaseLake } from '../support/caseLake.ts'
import { canMount, mountOnItself, mountSmall, unmount } from '../support/mounts.ts'
import { describeWith } from '../support/optionalTool.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { treeFingerprint } from '../support/tree.ts'

// What is emptied leaves its place by renames, and no rename takes away a folder on which something is mounted.

const COLUMNS = { id: 'BIGINT' }

/** A volume with what the folder holds. */
function mountVolume(folder: string): void {
  const kept = temporaryFolder()
  cpSync(folder, kept, { recursive: true, preserveTimestamps: true })
  mountSmall(folder, 4)
  cpSync(kept, folder, { recursive: true, preserveTimestamps: true })
}

describeWith(canMount(), 'right to mount', 'an emptying changes nothing where no rename moves', () => {
  test.each([
    {
      what: 'the records of a stream, which are a volume',
      folder: 'commits',
      mount: mountVolume,
      says: /commits is on another file system than \S+lake\.$/,
    },
    {
      what: 'the records of a stream, which are a volume of the same file system',
      folder: 'commits',
      mount: mountOnItself,
      says: /commits is a mounted volume/,
    },
    { what: 'the staging folder of a stream', folder: 'staging', mount: mountVolume, says: /cannot link a file from / },
    { what: 'a table', folder: 'data', mount: mountVolume, says: /cannot link a file from / },
    {
      what: 'a table, which is a volume of the same file system',
      folder: 'data',
      mount: mountOnItself,
      says: /cannot link a file from /,
    },
  ])('$what', async ({ folder, mount, says }) => {
    const lake = await CaseLake.open(COLUMNS, 'SELECT 1::BIGINT AS id', [
      { stream: 'copied', select: 'FROM given', tables: { '': { columns: COLUMNS } } },
    ])
    onTestFinished(() => lake.close())
    await lake.run('copied')
    const root = join(lake.folder, 'lake')
    const { commits, staging } = lake.checkpoint('copied')
    const mounted = { commits, staging, data: join(root, 'cases/copied/data') }[folder] ?? ''
    mount(mounted)
    onTestFinished(() => unmount(mounted))

    const before = treeFingerprint(root)
    await expect(lake.lake.empty(['copied'])).rejects.toMatchObject({
      code: 'LAKE_DISK_UNSUITABLE',
      message: expect.stringMatching(says),
      state: 'Nothing was changed.',
      canRetry: false,
    })
    expect(treeFingerprint(root)).toEqual(before)
  })
})
