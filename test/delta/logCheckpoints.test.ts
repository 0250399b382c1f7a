import { copyFileSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROTOCOL } from '../../src/delta/actions.ts'
import { lakeTablesStatement, Snapshot, snapshotSql } from '../../src/delta/snapshot.ts'
import { text } from '../../src/duckdb/sql/literals.ts'
import { script, setVariable } from '../../src/duckdb/sql/statements.ts'
import { writeCheckpoint } from '../support/checkpointFile.ts'
import { addOf, META_DATA, txn } from '../support/deltaActions.ts'
import { FollowedTable } from '../support/followedTable.ts'
import { rawSql } from '../support/sql.ts'

// Which checkpoint a log is read from. Those here name other files than the commits do, so that one sees which was
// believed: `from 2` and `from 4` stand for what the checkpoints of those versions hold.

const FILE_OF: Readonly<Record<number, string>> = { 2: 'from 2.parquet', 4: 'from 4.parquet' }

function stateAt(version: number, id = META_DATA.id) {
  const files = [addOf(FILE_OF[version] ?? '', 2).add]
  return { protocol: PROTOCOL, metaData: { ...META_DATA, id }, txns: [txn('s@1', version).txn], adds: files }
}

/** Commits 0 to 5, each with a file of its own, and checkpoints of versions 2 and 4. */
async function openTable(): Promise<FollowedTable> {
  const table = await FollowedTable.open()
  for (let version = 1; version <= 5; version++) table.commit([addOf(`${version}.parquet`), txn('s@1', version)])
  for (const version of [2, 4]) await writeCheckpoint(table, version, stateAt(version))
  return table
}

function checkpointPath(table: FollowedTable, version: number): string {
  return table.log.commitPath(version).replace(/json$/, 'checkpoint.parquet')
}

function hint(table: FollowedTable, version: number, more: object = {}): void {
  const sizeInBytes = statSync(checkpointPath(table, version), { throwIfNoEntry: false })?.size
  writeFileSync(join(table.log.folder, '_last_checkpoint'), JSON.stringify({ version, size: 3, sizeInBytes, ...more }))
}

async function livePaths(table: FollowedTable, asOf?: number): Promise<string[]> {
  const ref = { ...table.ref, ...(asOf === undefined ? {} : { asOf }) }
  const snapshot = await Snapshot.load(table.session, table.lakeFolder, [ref])
  return (await snapshot.liveFiles(table.name)).map(({ path }) => path)
}

const FROM_4 = ['from 4.parquet', '5.parquet']
const FROM_2 = ['from 2.parquet', '3.parquet', '4.parquet', '5.parquet']
const FROM_COMMITS = ['1.parquet', '2.parquet', '3.parquet', '4.parquet', '5.parquet']

type Spoil = (table: FollowedTable) => void | Promise<void>

const cases: Readonly<Record<string, { spoil: Spoil; read: readonly string[] }>> = {
  'the newest one': { spoil: () => undefined, read: FROM_4 },
  'the one that the hint names': { spoil: (table) => hint(table, 4), read: FROM_4 },
  'an older one that the hint names': { spoil: (table) => hint(table, 2), read: FROM_2 },
  'the newest, if the hint is cut': {
    spoil: (table) => writeFileSync(join(table.log.folder, '_last_checkpoint'), '{"version":2'),
    read: FROM_4,
  },
  'the newest, if the hint is no text': {
    spoil: (table) => writeFileSync(join(table.log.folder, '_last_checkpoint'), Buffer.from([0xff, 0xfe, 0])),
    read: FROM_4,
  },
  'the newest, if the hint names one that is gone': { spoil: (table) => hint(table, 3), read: FROM_4 },
  'the newest, if the one of the hint has another size': {
    spoil: (table) => hint(table, 2, { sizeInBytes: 17 }),
    read: FROM_4,
  },
  'the one before an empty one': { spoil: (table) => truncateSync(checkpointPath(table, 4)), read: FROM_2 },
  'the one before an empty one that the hint names': {
    spoil: (table) => {
      hint(table, 4)
      truncateSync(checkpointPath(table, 4))
    },
    read: FROM_2,
  },
  'the one before a torn one': { spoil: (table) => truncateSync(checkpointPath(table, 4), 900), read: FROM_2 },
  'the one before one with zeros at its end': {
    spoil: (table) => writeFileSync(checkpointPath(table, 4), Buffer.alloc(2000), { flag: 'a' }),
    read: FROM_2,
  },
  'the one before one whose footer is destroyed': {
    spoil: (table) => {
      const path = checkpointPath(table, 4)
      const bytes = readFileSync(path)
      writeFileSync(path, bytes.fill(0x5a, bytes.length - 300, bytes.length - 8))
    },
    read: FROM_2,
  },
  'the one before one whose pages are destroyed': {
    spoil: (table) => {
      const path = checkpointPath(table, 4)
      hint(table, 4)
      writeFileSync(path, readFileSync(path).fill(0x5a, 4, 200))
    },
    read: FROM_2,
  },
  'the one before one of another table': {
    spoil: (table) => writeCheckpoint(table, 4, stateAt(4, 'another')),
    read: FROM_2,
  },
  'the one before one of another table, if commits were cleaned up': {
    spoil: async (table) => {
      await writeCheckpoint(table, 4, stateAt(4, 'another'))
      for (const version of [0, 1]) rmSync(table.log.commitPath(version))
    },
    read: FROM_2,
  },
  'the commits alone, if a hint comes with the checkpoint of another table': {
    spoil: async (table) => {
      await writeCheckpoint(table, 4, stateAt(4, 'another'))
      hint(table, 4)
    },
    read: FROM_COMMITS,
  },
  'the one before some other Parquet file': {
    spoil: (table) =>
      table.session.run(rawSql`COPY (SELECT 1 AS a) TO ${text(checkpointPath(table, 4))} (FORMAT parquet)`),
    read: FROM_2,
  },
  'the one before one that the log does not reach': {
    spoil: (table) => renameSync(checkpointPath(table, 4), checkpointPath(table, 9)),
    read: FROM_2,
  },
  'the one before one that the log does not reach and the hint names': {
    spoil: (table) => {
      renameSync(checkpointPath(table, 4), checkpointPath(table, 9))
      hint(table, 9)
    },
    read: FROM_2,
  },
  'the commits alone, if no checkpoint is whole': {
    spoil: (table) => {
      for (const version of [2, 4]) truncateSync(checkpointPath(table, version), 900)
    },
    read: FROM_COMMITS,
  },
  'the commits alone, if every checkpoint is of another table': {
    spoil: async (table) => {
      for (const version of [2, 4]) await writeCheckpoint(table, version, stateAt(version, 'another'))
    },
    read: FROM_COMMITS,
  },
  'the one before half of one in parts': {
    spoil: (table) => {
      const path = checkpointPath(table, 4)
      renameSync(path, path.replace('checkpoint', 'checkpoint.0000000001.0000000002'))
    },
    read: FROM_2,
  },
}

describe('a log is read from', () => {
  for (const [what, { spoil, read }] of Object.entries(cases)) {
    test(what, async () => {
      const table = await openTable()
      await spoil(table)
      expect(await livePaths(table)).toEqual(read)
    })
  }

  test('the newest checkpoint up to a version', async () => {
    const table = await openTable()
    hint(table, 4)
    const byVersion = []
    for (let asOf = 0; asOf <= 5; asOf++) byVersion.push(await livePaths(table, asOf))
    expect(byVersion).toEqual([
      [],
      ['1.parquet'],
      ['from 2.parquet'],
      ['from 2.parquet', '3.parquet'],
      ['from 4.parquet'],
      FROM_4,
    ])
  })

  test('a hint only if so few commits follow that each was looked for by its name', async () => {
    const table = await FollowedTable.open()
    for (let version = 1; version <= 300; version++) table.commit([addOf(`${version}.parquet`)])
    await writeCheckpoint(table, 2, stateAt(2))
    hint(table, 2)
    expect(await livePaths(table)).toHaveLength(299)
  })
})

test.each([
  'the one before an empty one',
  'the one before a torn one',
  'the one before one of another table',
  'the one before some other Parquet file',
])('by SQL alone, as any DuckDB client runs it, a log is read from %s', async (what) => {
  const table = await openTable()
  await cases[what]?.spoil(table)
  await table.session.run(
    script([setVariable('lake', table.lakeFolder), lakeTablesStatement([table.ref]), snapshotSql]),
  )
  const rows = await table.session.rows(rawSql`SELECT path FROM live_files ORDER BY version, path`)
  expect(rows.map(({ path }) => path)).toEqual(FROM_2)
})

test('a gap after the checkpoint of a hint is reported', async () => {
  const table = await openTable()
  hint(table, 2)
  rmSync(checkpointPath(table, 4))
  rmSync(table.log.commitPath(4))
  await expect(livePaths(table)).rejects.toThrow(/gap: 3 entries for versions 2 to 5/)
})

test('a log whose only checkpoint cannot be read is refused by what is wrong with it', async () => {
  const table = await openTable()
  rmSync(checkpointPath(table, 2))
  copyFileSync(table.log.commitPath(0), checkpointPath(table, 4))
  for (const version of [0, 1, 2]) rmSync(table.log.commitPath(version))
  await expect(livePaths(table)).rejects.toThrow(
    /gap: 3 entries for versions 3 to 5; .*0{20}\.json is missing; passed over, because it is not whole or of another table: .*0{19}4\.checkpoint\.parquet/,
  )
})
