import { mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROTOCOL } from '../../src/delta/actions.ts'
import { Snapshot } from '../../src/delta/snapshot.ts'
import { exactPath, text } from '../../src/duckdb/sql/literals.ts'
import { writeCheckpoint } from '../support/checkpointFile.ts'
import { addOf, META_DATA, txn } from '../support/deltaActions.ts'
import { FollowedTable } from '../support/followedTable.ts'
import { rawSql } from '../support/sql.ts'

// The kinds of checkpoints that other writers make. Each names other files than the commits do.

const UUID = '80a083e8-7026-4e79-81be-64bd76c43a11'

const STATE = {
  protocol: PROTOCOL,
  metaData: META_DATA,
  txns: [txn('s@1', 2).txn],
  adds: [addOf('one.parquet', 1).add, addOf('two.parquet', 2).add],
  removes: [{ path: 'gone.parquet', deletionTimestamp: 1 }],
}

const NAME = '00000000000000000002.checkpoint'

/** Commits 0 to 3, and the checkpoint of version 2 in the form that every writer knows. */
async function openTable(): Promise<FollowedTable> {
  const table = await FollowedTable.open()
  for (let version = 1; version <= 3; version++) table.commit([addOf(`${version}.parquet`), txn('s@1', version)])
  await writeCheckpoint(table, 2, STATE)
  return table
}

/** Writes rows of the checkpoint, as a SELECT makes them of `c`, to another file of the log. */
async function copyRows(table: FollowedTable, select: string, path: string): Promise<number> {
  const file = join(table.log.folder, path)
  mkdirSync(join(file, '..'), { recursive: true })
  const rows = `WITH c AS (FROM read_parquet(${text(exactPath(table.log.checkpointPath(2)))})) ${select}`
  await table.session.run(rawSql`COPY (${rows}) TO ${text(file)} (FORMAT parquet)`)
  return statSync(file).size
}

const HEADS = [{ protocol: PROTOCOL }, { metaData: META_DATA }, { txn: txn('s@1', 2).txn }]
const SIDECARS = ['a.parquet', 'b.parquet']

async function writeSidecars(table: FollowedTable): Promise<object[]> {
  const halves = ["add.path = 'one.parquet'", "add.path = 'two.parquet' OR remove IS NOT NULL"]
  const sidecars: object[] = []
  for (const [index, name] of SIDECARS.entries()) {
    const where = `SELECT add, remove FROM c WHERE ${halves[index]}`
    const sizeInBytes = await copyRows(table, where, `_sidecars/${name}`)
    sidecars.push({ sidecar: { path: name, sizeInBytes, modificationTime: 1, tags: {} } })
  }
  return sidecars
}

async function writeV2(table: FollowedTable, kind: 'json' | 'parquet'): Promise<void> {
  const actions = [{ checkpointMetadata: { version: 2, tags: {} } }, ...HEADS, ...(await writeSidecars(table))]
  const name = join(table.log.folder, `${NAME}.${UUID}.json`)
  writeFileSync(name, `${actions.map((action) => JSON.stringify(action)).join('\n')}\n`)
  if (kind === 'json') return
  const file = name.replace(/json$/, 'parquet')
  const rows = rawSql`FROM read_json(${text(exactPath(name))}, format = 'newline_delimited')`
  await table.session.run(rawSql`COPY (${rows}) TO ${text(file)} (FORMAT parquet)`)
  rmSync(name)
}

const kinds: Readonly<Record<string, (table: FollowedTable) => Promise<unknown>>> = {
  'in two parts': async (table) => {
    await copyRows(table, "FROM c WHERE add.path = 'one.parquet'", `${NAME}.0000000001.0000000002.parquet`)
    const rest = "FROM c WHERE add.path IS DISTINCT FROM 'one.parquet'"
    await copyRows(table, rest, `${NAME}.0000000002.0000000002.parquet`)
  },
  'of the second version, as JSON': (table) => writeV2(table, 'json'),
  'of the second version, as Parquet': (table) => writeV2(table, 'parquet'),
  'with statistics as columns alone': async (table) => {
    const typed = "{numRecords: CAST(add.stats::JSON ->> '$.numRecords' AS BIGINT)}"
    const add = `CASE WHEN add IS NOT NULL THEN {"path": add.path, partitionValues: add.partitionValues,
      "size": add.size, modificationTime: add.modificationTime, dataChange: false, stats_parsed: ${typed}} END`
    await copyRows(table, `SELECT * REPLACE (${add} AS add) FROM c`, `${NAME}.${UUID}.parquet`)
  },
}

async function stateOf(table: FollowedTable) {
  const snapshot = await Snapshot.load(table.session, table.lakeFolder, [table.ref])
  const files = (await snapshot.liveFiles(table.name)).map(({ path, rows }) => [path, rows])
  return { files, named: [...(await snapshot.namedPaths(table.name))].sort(), head: snapshot.head(table.name) }
}

describe('a checkpoint', () => {
  for (const [what, write] of Object.entries(kinds)) {
    test(`${what} is read, with what follows it`, async () => {
      const table = await openTable()
      await write(table)
      rmSync(table.log.checkpointPath(2))
      for (const version of [0, 1]) rmSync(table.log.commitPath(version))
      const { files, named, head } = await stateOf(table)
      expect(files).toEqual([
        ['one.parquet', 1],
        ['two.parquet', 2],
        ['3.parquet', 1],
      ])
      expect(named).toEqual(['3.parquet', 'gone.parquet', 'one.parquet', 'two.parquet'])
      expect(head).toMatchObject({ version: 3, tableId: META_DATA.id })
      expect(head.txns.get('s@1')).toBe(3)
    })
  }

  test.each(['json', 'parquet'] as const)(
    'of the second version without one of its files is passed over: %s',
    async (kind) => {
      const table = await openTable()
      await writeV2(table, kind)
      rmSync(table.log.checkpointPath(2))
      rmSync(join(table.log.folder, '_sidecars', 'b.parquet'))
      expect((await stateOf(table)).files.map(([path]) => path)).toEqual(['1.parquet', '2.parquet', '3.parquet'])
    },
  )
})
