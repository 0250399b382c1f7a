import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { DeltaLog } from '../../src/delta/log.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { Checkpoint } from '../../src/tables/checkpoint.ts'
import { NOWHERE, publish } from '../../src/tables/publish.ts'
import type { CommitRecord } from '../../src/tables/record.ts'
import type { Target } from '../../src/tables/target.ts'
import { hookedDisk, systemError } from '../support/hookedDisk.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const RECORD: CommitRecord = {
  format: 1,
  streamId: 'split@1',
  batch: 1,
  attempt: '00000000-0000-4000-8000-000000000000.owner',
  batchTime: '2026-11-22T00:00:00.000Z',
  engine: 'none',
  sqlHash: '',
  references: {},
  source: { kind: 'toy', start: null, end: {}, detail: {} },
  inputRows: 0,
  inputFiles: 0,
  tables: {},
}

test('a publishing that fails in one table is over only once nothing of it is written any more', async () => {
  const folder = temporaryFolder()
  const checkpoint = new Checkpoint(join(folder, 'checkpoint'))
  mkdirSync(checkpoint.staging, { recursive: true })
  const events: string[] = []
  let writes = 0
  const disk = hookedDisk(nodeDisk, async (call, perform) => {
    if (call.operation !== 'writeFile') return perform()
    writes += 1
    if (writes === 1) throw systemError('EIO', call)
    for (let turns = 0; turns < 20; turns++) await turn()
    const result = await perform()
    events.push('the other commit is written')
    return result
  })
  const targets = ['one', 'two'].map(
    (name): Target => ({ name, columns: {}, partitionBy: [], log: new DeltaLog(disk, join(folder, name)) }),
  )
  await publish({ disk, checkpoint, targets }, RECORD, new Map(), NOWHERE).catch(() => events.push('it fails'))
  expect(events).toEqual(['the other commit is written', 'it fails'])
})
