import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { removeDeadSpill, spillFolder } from '../../src/duckdb/spillFolder.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import { OWNER } from '../../src/files/temporaryNames.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const [place, , start] = OWNER.split('-')
/** Of a process that has ended by now. */
const ended = spawnSync(process.execPath, ['--version']).pid
const DEAD = `${place}-${ended}-00000001`

const FOLDERS: readonly { readonly what: string; readonly name: string; readonly stays: boolean }[] = [
  { what: 'of a process that has ended', name: `lakeweir-spill.${DEAD}.${randomUUID()}`, stays: false },
  {
    what: 'of an earlier process with the number of this one',
    name: `lakeweir-spill.${place}-${process.pid}-00000001.${randomUUID()}`,
    stays: false,
  },
  { what: 'of this process', name: `lakeweir-spill.${OWNER}.${randomUUID()}`, stays: true },
  { what: 'of another machine', name: `lakeweir-spill.00000000-${ended}-${start}.${randomUUID()}`, stays: true },
  { what: 'of somebody who took the name', name: `lakeweir-spill.${DEAD}`, stays: true },
  { what: 'of another program', name: `other-spill.${DEAD}.${randomUUID()}`, stays: true },
]

test.each(FOLDERS)('a spill folder $what stays: $stays', async ({ name, stays }) => {
  const below = temporaryFolder()
  mkdirSync(join(below, name))
  writeFileSync(join(below, name, 'duckdb_temp_storage_DEFAULT-0.tmp'), 'blocks')
  await removeDeadSpill(nodeDisk, below)
  expect(existsSync(join(below, name))).toBe(stays)
})

test('what is no folder stays, and so does what a link leads to', async () => {
  const below = temporaryFolder()
  const [file, link] = [`lakeweir-spill.${DEAD}.${randomUUID()}`, `lakeweir-spill.${DEAD}.${randomUUID()}`]
  writeFileSync(join(below, file), '')
  mkdirSync(join(below, 'precious'))
  writeFileSync(join(below, 'precious/rows'), '')
  symlinkSync(join(below, 'precious'), join(below, link))
  await removeDeadSpill(nodeDisk, below)
  expect(readdirSync(below).sort()).toEqual([file, link, 'precious'].sort())
  expect(readdirSync(join(below, 'precious'))).toEqual(['rows'])
})

test('a folder that cannot be listed, and a spill folder that cannot be removed, are nobody’s concern', async () => {
  const below = temporaryFolder()
  await removeDeadSpill(nodeDisk, join(below, 'missing'))
  await removeDeadSpill(nodeDisk, '\0')
  mkdirSync(join(below, `lakeweir-spill.${DEAD}.${randomUUID()}`))
  const refusing = {
    ...nodeDisk,
    removeTree: () => Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' })),
  }
  await removeDeadSpill(refusing, below)
  expect(readdirSync(below)).toHaveLength(1)
})

test('two DuckDBs of one process spill beside each other, and leave nothing behind', async () => {
  const below = temporaryFolder()
  const names = async (first: number): Promise<{ readonly tempFolder: string; readonly spilled: boolean }> => {
    const tempFolder = spillFolder(below)
    const database = await Database.open({ threads: 1, memoryLimit: '40MB', tempFolder })
    const session = await database.connect()
    const name = `md5(CAST(value + ${first} AS VARCHAR))`
    await session.run(
      rawSql`CREATE TEMP TABLE named AS SELECT value, ${name} AS name FROM range(1_000_000) AS r (value)`,
    )
    const spilled = readdirSync(tempFolder).length > 0
    const rows = await session.rows(
      rawSql`SELECT count(*) AS rows, count(*) FILTER (name = ${name}) AS whole FROM named`,
    )
    expect(rows).toEqual([{ rows: 1_000_000, whole: 1_000_000 }])
    session.close()
    database.close()
    return { tempFolder, spilled }
  }
  const [first, second] = await Promise.all([names(1), names(2)])
  expect([first.spilled, second.spilled]).toEqual([true, true])
  expect(first.tempFolder).not.toBe(second.tempFolder)
  expect(readdirSync(below)).toEqual([])
})
