import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

async function confined(folder: string, file: string): Promise<Database> {
  const database = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, 'spill') })
  await database.confine({ folders: [folder], files: [file] })
  return database
}

describe('a confined database', () => {
  test('reaches the folders and files that it was given, and no others', async () => {
    const [inside, outside] = [temporaryFolder(), temporaryFolder()]
    const [allowed, other] = [join(outside, 'a.csv'), join(outside, 'b.csv')]
    for (const path of [join(inside, 'c.csv'), allowed, other]) writeFileSync(path, 'x\n1\n')
    const database = await confined(inside, allowed)
    const session = await database.connect()
    for (const path of [join(inside, 'c.csv'), allowed]) {
      expect(await session.rows(rawSql`FROM read_csv('${path}')`)).toEqual([{ x: 1 }])
    }
    for (const path of [other, join(inside, '..', 'b.csv'), `${inside}/../${other}`]) {
      await expect(session.rows(rawSql`FROM read_csv('${path}')`), path).rejects.toThrow('Permission Error')
    }
    await expect(session.run(rawSql`ATTACH '${join(outside, 'd.duckdb')}' AS d`)).rejects.toThrow('Permission Error')
    await expect(session.run(rawSql`COPY (SELECT 1) TO '${other}'`)).rejects.toThrow('Permission Error')
    database.close()
  })

  test('keeps its options, which are those of every other database, whatever a session runs', async () => {
    const folder = temporaryFolder()
    const database = await confined(folder, join(folder, 'none'))
    const open = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, 'spill') })
    const options = rawSql`SELECT name, value FROM duckdb_settings() WHERE name IN ('TimeZone',
      'preserve_insertion_order', 'partitioned_write_max_open_files', 'enable_geoparquet_conversion') ORDER BY name`
    const [session, other] = [await database.connect(), await open.connect()]
    expect(await session.rows(options)).toEqual(await other.rows(options))
    for (const change of [
      "SET TimeZone = 'CET'",
      'SET enable_external_access = true',
      'SET threads = 2',
      'RESET ALL',
    ]) {
      await expect(session.run(rawSql`${change}`), change).rejects.toThrow()
    }
    await session.run(rawSql`SET VARIABLE a = 1`)
    database.close()
    open.close()
  })
})
