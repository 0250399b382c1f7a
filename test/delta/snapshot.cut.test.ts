import { rmSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { PROTOCOL } from '../../src/delta/actions.ts'
import { Snapshot, type TableRef } from '../../src/delta/snapshot.ts'
import { writeCheckpoint } from '../support/checkpointFile.ts'
import { addOf, META_DATA, txn } from '../support/deltaActions.ts'
import { FollowedTable } from '../support/followedTable.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

describe('tables of one stream', () => {
  async function siblings(): Promise<{ one: FollowedTable; two: FollowedTable; refs: TableRef[] }> {
    const folder = temporaryFolder()
    const one = await FollowedTable.open(folder, 'one')
    const two = await FollowedTable.open(folder, 'two')
    return { one, two, refs: [one.ref, two.ref].map((ref) => ({ ...ref, stream: 'split' })) }
  }

  /** Live paths by table, and the versions that were read. */
  async function cut(table: FollowedTable, refs: readonly TableRef[]): Promise<Record<string, unknown>> {
    const snapshot = await Snapshot.load(table.session, table.lakeFolder, refs)
    const found: Record<string, unknown> = {}
    for (const { name } of refs) {
      const paths = (await snapshot.liveFiles(name)).map(({ path }) => path)
      found[name] = [snapshot.head(name).readVersion, ...paths]
    }
    return found
  }

  test('are read at the newest batch that all of them have', async () => {
    const { one, two, refs } = await siblings()
    one.commit([addOf('1.parquet'), txn('split@a', 1)])
    two.commit([txn('split@a', 1)])
    one.commit([addOf('2.parquet'), txn('split@a', 2)])
    expect(await cut(one, refs)).toEqual({ one: [1, '1.parquet'], two: [1] })
    two.commit([addOf('2.parquet'), txn('split@a', 2)])
    expect(await cut(one, refs)).toEqual({ one: [2, '1.parquet', '2.parquet'], two: [2, '2.parquet'] })
  })

  test('show nothing of a first batch that only one of them has', async () => {
    const { one, two, refs } = await siblings()
    two.commit([addOf('1.parquet'), txn('split@a', 1)])
    expect(await cut(one, refs)).toEqual({ one: [0], two: [0] })
  })

  test('are cut by version: a later rewrite does not bring a left-out batch in', async () => {
    const { one, two, refs } = await siblings()
    for (const table of [one, two]) table.commit([addOf('1.parquet'), txn('split@a', 1)])
    one.commit([addOf('2.parquet'), txn('split@a', 2)])
    one.commit([
      { remove: { path: '1.parquet', dataChange: false } },
      { remove: { path: '2.parquet', dataChange: false } },
      addOf('compacted.parquet', 2),
    ])
    expect(await cut(one, refs)).toEqual({ one: [1, '1.parquet'], two: [1, '1.parquet'] })
    two.commit([txn('split@a', 2)])
    expect(await cut(one, refs)).toEqual({ one: [3, 'compacted.parquet'], two: [2, '1.parquet'] })
  })

  test('are not cut by transactions of streams with a longer name', async () => {
    const { one, two, refs } = await siblings()
    for (const table of [one, two]) table.commit([addOf('1.parquet'), txn('split@a', 1)])
    one.commit([addOf('2.parquet'), txn('splitter@b', 7)])
    expect(await cut(one, refs)).toEqual({ one: [2, '1.parquet', '2.parquet'], two: [1, '1.parquet'] })
    two.commit([txn('splitter@b', 7)])
    one.commit([addOf('3.parquet'), txn('split@a', 2)])
    expect(await cut(one, refs)).toEqual({ one: [2, '1.parquet', '2.parquet'], two: [2, '1.parquet'] })
  })

  test('are read without a checkpoint that hides a batch which a sibling lacks, and refused if only that is left', async () => {
    const { one, two, refs } = await siblings()
    for (const table of [one, two]) table.commit([addOf('1.parquet'), txn('split@a', 1)])
    one.commit([addOf('2.parquet'), txn('split@a', 2)])
    await writeCheckpoint(one, 2, {
      protocol: PROTOCOL,
      metaData: META_DATA,
      txns: [txn('split@a', 2).txn],
      adds: [addOf('1.parquet').add, addOf('2.parquet').add],
    })
    expect(await cut(one, refs)).toEqual({ one: [1, '1.parquet'], two: [1, '1.parquet'] })
    rmSync(one.log.commitPath(0))
    await expect(cut(one, refs)).rejects.toThrow(/the checkpoint of table one is newer than the last batch/)
  })

  test('that nobody shares are read to their ends', async () => {
    const { one, two } = await siblings()
    one.commit([addOf('1.parquet'), txn('land@a', 1)])
    expect(await cut(one, [one.ref, two.ref])).toEqual({ one: [1, '1.parquet'], two: [0] })
  })
})
