import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { exactPath, text } from '../../src/duckdb/sql/literals.ts'
import type { Sql } from '../../src/duckdb/sql/sql.ts'
import { script, setVariables } from '../../src/duckdb/sql/statements.ts'
import { readNamedFiles, readTableFilesOrNone, setSchema } from '../../src/duckdb/sql/tableFiles.ts'
import { selectOf, tablesOf, variablesOf } from '../../src/engines/duckdb/input.ts'
import type { Input } from '../../src/stream/input.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { rawSql } from '../support/sql.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

const ROWS = 20_000
const columns = { id: 'BIGINT', place: 'INTEGER' }
const folder = makeTemporaryFolder()
const file = join(folder, 'one.parquet')
let database: Database
let session: Session

beforeAll(async () => {
  database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, 'spill') })
  session = await database.connect()
  await session.run(rawSql`COPY (SELECT range AS id, CAST(range % 7 AS INTEGER) AS place FROM range(${ROWS}))
    TO ${text(file)} (FORMAT parquet)`)
  await session.run(rawSql`CREATE TEMP TABLE places AS SELECT CAST(range AS INTEGER) AS place FROM range(16)`)
})

afterAll(() => {
  session.close()
  database.close()
  removeFolder(folder)
})

async function inputRows(input: Input): Promise<Sql> {
  await session.run(script([...setVariables(await variablesOf(input)), ...tablesOf(input)]))
  return selectOf(input, columns, 'queried')
}

const RELATIONS: Readonly<Record<string, () => Promise<Sql>>> = {
  'a batch of a table': () => inputRows({ kind: 'table', files: [file], columns, partitionBy: [] }),
  'a batch of a foreign table': () => {
    const files = [{ file, partitionValues: {}, deleted: null }]
    return inputRows({ kind: 'delta', files, columns, partitionBy: [], storedAs: {} })
  },
  'a batch of spooled files': () => inputRows({ kind: 'spooled', format: 'parquet', files: [file], columns }),
  'files that models are filled from': async () => {
    await session.run(setSchema('schema', columns, []))
    return readNamedFiles([file], 'schema', { columns, partitionBy: [] }, ROWS)
  },
  'files that are compared': async () => {
    await session.setVariable('compared', [exactPath(file)])
    return readTableFilesOrNone('compared', { columns, partitionBy: [] }, ROWS)
  },
}

/** A plan as text, for a join of the relation with a list of 16 rows, which alone belongs in memory. */
function joined(relation: string, list: string, key: string): string {
  return `EXPLAIN SELECT r.*, l.* FROM ${relation} AS r LEFT JOIN ${list} AS l ON l.${key} = r.${key}`
}

function joinTypes(plan: unknown): string[] {
  return [...String(plan).matchAll(/Join Type: (\w+)/g)].map(([, type = '']) => type)
}

describe('a single file joined with a short list', () => {
  test.each(Object.entries(RELATIONS))('%s: the list is held in memory, not the file', async (_, relation) => {
    const [plan] = await session.rows(rawSql`${joined(`(${await relation()})`, 'places', 'place')}`)
    expect(joinTypes(plan?.explain_value)).not.toContain('RIGHT')
  })

  test('a table in lake.sql and in queries: the list is held in memory, not the file', async () => {
    const messages = await MessagesLake.open()
    await messages.run(['produce'], { generate: { rows: ROWS, seed: 1 }, limits: { maxRows: ROWS } })
    const { rows } = await messages.lake.query(joined('bronze_messages', 'countries', 'country_id'))
    expect(joinTypes(rows.flat().join('\n'))).toEqual(['LEFT'])
  })
})
