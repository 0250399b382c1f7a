import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { countRows } from '../../src/duckdb/parquet.ts'
import { Database } from '../../src/duckdb/session.ts'
import { int96File } from '../support/parquetFiles.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

test('rows are counted as footers say, and of no files there are none', async () => {
  const folder = temporaryFolder()
  const database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder: join(folder, 'temp') })
  const session = await database.connect()
  onTestFinished(() => {
    session.close()
    database.close()
  })
  const [one, other] = [join(folder, 'a.parquet'), join(folder, 'b.parquet')]
  writeFileSync(one, int96File('at', [0n, 1n]))
  writeFileSync(other, int96File('at', [0n, 1n, 2n], 9))
  expect(await countRows(session, [one, other])).toBe(11)
  expect(await countRows(session, [])).toBe(0)
})
