import { join } from 'node:path'
import { expect, test } from 'vitest'
import { DeltaLog } from '../../src/delta/log.ts'
import { createTable } from '../../src/delta/table.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { type DiskCall, hookedDisk, StoppedError, tracingDisk } from '../support/hookedDisk.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

test('a table whose maker died before it was durable is durable once the next start has found it', async () => {
  const root = temporaryFolder()
  const shape = { name: 'events', columns: { id: 'BIGINT' }, partitionBy: [] }
  const create = (disk: typeof nodeDisk): Promise<void> => {
    const log = new DeltaLog(disk, join(root, 'events/data'), () => Promise.reject(new Error('nobody asks')))
    return createTable(disk, root, log, shape, 0, root)
  }
  let isDead = false
  const dying = hookedDisk(nodeDisk, async (call, perform) => {
    if (isDead) throw new StoppedError(call)
    isDead = call.operation === 'link'
    return perform()
  })
  await expect(create(dying)).rejects.toThrow(StoppedError)

  const trace: DiskCall[] = []
  await create(tracingDisk(nodeDisk, trace))
  const folder = join(root, 'events/data/_delta_log')
  expect(trace).toContainEqual(expect.objectContaining({ operation: 'syncFolder', path: folder }))
})
