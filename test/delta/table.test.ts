import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { TableShape } from '../../src/columns.ts'
import { PROTOCOL } from '../../src/delta/actions.ts'
import { DeltaLog } from '../../src/delta/log.ts'
import { schemaString } from '../../src/delta/schema.ts'
import { assertTableMatches, createTable, probeLinks } from '../../src/delta/table.ts'
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

test('a table is durable before it counts as made', async () => {
  const root = temporaryFolder()
  const trace: DiskCall[] = []
  const log = new DeltaLog(tracingDisk(nodeDisk, trace), join(root, 'events/data'))
  const shape = { name: 'events', columns: { id: 'BIGINT' }, partitionBy: [] }
  await createTable(tracingDisk(nodeDisk, trace), root, log, shape, 0, root)
  const linked = trace.findIndex(({ operation, path }) => operation === 'link' && path === log.commitPath(0))
  expect(linked).toBeGreaterThan(-1)
  const after = trace.slice(linked + 1)
  expect(after).toContainEqual(expect.objectContaining({ operation: 'syncFolder', path: log.folder }))
})

describe('a table on disk that is not the declared one is refused:', () => {
  const shape: TableShape = { name: 'events', columns: { id: 'BIGINT', day: 'DATE' }, partitionBy: ['day'] }
  const sound = {
    schemaString: schemaString(shape.columns),
    partitionColumns: ['day'],
    configuration: {},
    protocol: PROTOCOL,
  }
  const head = { ...sound, version: 1, readVersion: 1, tableId: 'a', txns: new Map<string, number>() }
  const ruled = head.schemaString.replace('"nullable":true', '"nullable":false')

  test('none of its own shape', () => {
    expect(() => assertTableMatches(shape, head)).not.toThrow()
  })

  test.each([
    [
      'its partitions',
      { partitionColumns: [] },
      'declared partitioned by day, but the table is partitioned by nothing',
    ],
    ['the order of its partitions', { partitionColumns: ['day', 'id'] }, 'but the table is partitioned by day, id'],
    [
      'its columns',
      { schemaString: schemaString({ id: 'BIGINT' }) },
      'column day is declared, but the table does not have it',
    ],
    ['a rule', { schemaString: ruled }, 'column id may not be NULL, which Lakeweir does not check'],
    ['its writers', { protocol: { minReaderVersion: 1, minWriterVersion: 8 } }, 'needs Delta writer version 8'],
    [
      'its writers',
      { protocol: { minReaderVersion: 1, minWriterVersion: 3 } },
      'has the Delta feature checkConstraints',
    ],
  ])('for %s', (_, change, says) => {
    expect(() => assertTableMatches(shape, { ...head, ...change })).toThrow(says)
  })
})

test('a trial of links that died is no obstacle to the next, and leaves nothing', async () => {
  const root = temporaryFolder()
  const log = new DeltaLog(nodeDisk, join(root, 'data'))
  const folders = [root, log.tableFolder, log.folder]
  mkdirSync(log.folder, { recursive: true })
  for (const folder of folders) writeFileSync(join(folder, '.probe-land'), '')
  await probeLinks(nodeDisk, root, log, 'land')
  for (const folder of folders) expect(existsSync(join(folder, '.probe-land')), folder).toBe(false)
})
