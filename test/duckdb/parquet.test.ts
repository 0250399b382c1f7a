import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { countRowGroups, countRows, readFooters } from '../../src/duckdb/parquet.ts'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { int96File, writeParquet } from '../support/parquetFiles.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

async function open(): Promise<{ session: Session; folder: string }> {
  const folder = temporaryFolder()
  const database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder: join(folder, 'temp') })
  const session = await database.connect()
  onTestFinished(() => {
    session.close()
    database.close()
  })
  return { session, folder }
}

describe('footers', () => {
  test('give the outermost columns of a file in order, nested ones as one', async () => {
    const { session, folder } = await open()
    const file = join(folder, 'a [1].parquet')
    await writeParquet(
      session,
      file,
      "SELECT 1 AS a, {'x': 1, 'y': {'z': 2}} AS s, [{'q': 1}] AS l, MAP {'k': [1]} AS m, 'end' AS \"last one\" FROM range(3)",
    )
    expect(await readFooters(session, [file])).toEqual(
      new Map([
        [
          file,
          {
            rows: 3,
            columns: [
              { name: 'a', type: 'INTEGER' },
              { name: 's', type: 'NESTED' },
              { name: 'l', type: 'NESTED' },
              { name: 'm', type: 'NESTED' },
              { name: 'last one', type: 'VARCHAR' },
            ],
          },
        ],
      ]),
    )
  })

  test('of whole files are read however many broken ones stand between them', async () => {
    const { session, folder } = await open()
    const files: string[] = []
    for (let index = 0; index < 20; index++) {
      const file = join(folder, `${index}.parquet`)
      if (index % 7 === 3) writeFileSync(file, 'this is no Parquet file')
      else if (index === 12) files.push(join(folder, 'missing.parquet'))
      else await writeParquet(session, file, `SELECT range AS x FROM range(${index})`)
      files.push(file)
    }
    files.splice(files.indexOf(join(folder, '12.parquet')), 1)
    const footers = await readFooters(session, files)
    expect([...footers.keys()].sort()).toEqual([...files].sort())
    for (const [file, footer] of footers) {
      const name = file.slice(folder.length + 1)
      if (['3.parquet', '10.parquet', '17.parquet', 'missing.parquet'].includes(name)) {
        expect(footer, name).toEqual({ reason: expect.stringMatching(/./) })
      } else {
        expect(footer, name).toMatchObject({ rows: Number.parseInt(name, 10) })
      }
    }
  })

  test('of no files are none', async () => {
    const { session } = await open()
    expect(await readFooters(session, [])).toEqual(new Map())
    expect(await countRows(session, [])).toBe(0)
    expect(await countRowGroups(session, [])).toEqual(new Map())
  })

  test('may count other rows than the row groups, which is told by counting those', async () => {
    const { session, folder } = await open()
    const [honest, lying] = [join(folder, 'a.parquet'), join(folder, 'b.parquet')]
    writeFileSync(honest, int96File('at', [0n, 1n]))
    writeFileSync(lying, int96File('at', [0n, 1n, 2n], 9))
    expect(await countRows(session, [honest, lying])).toBe(11)
    expect(await countRowGroups(session, [honest, lying])).toEqual(
      new Map([
        [honest, 2],
        [lying, 3],
      ]),
    )
  })
})
