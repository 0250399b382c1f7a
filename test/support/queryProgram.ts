// An engine as a program that runs queries alone: what docs/engine.md says of them is all that it knows.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Database } from '../../src/duckdb/session.ts'
import { readReference } from '../../src/duckdb/sql/references.ts'
import { createTempTable, createTempView, script, setVariables } from '../../src/duckdb/sql/statements.ts'
import { selectOf, tablesOf, variablesOf } from '../../src/engines/duckdb/input.ts'
import { messageOf } from '../../src/errors.ts'
import { CONTRACT_VERSION, type QueryPlan } from '../../src/tables/engine.ts'
import { rawSql } from './sql.ts'

const tempFolder = mkdtempSync(join(tmpdir(), 'lakeweir-test-queries-'))
const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder })

async function answerTo({ query, outputFolder }: QueryPlan): Promise<object> {
  const session = await database.connect()
  try {
    for (const { name, input } of query.tables) {
      const columns = 'columns' in input ? input.columns : {}
      const rows = createTempTable(name, selectOf(input, columns, 'queried'))
      await session.run(script([...setVariables(await variablesOf(input)), ...tablesOf(input), rows]))
    }
    for (const reference of query.references) {
      await session.run(createTempView(reference.name, readReference(reference)))
    }
    for (const { view, text } of query.views) await session.run(createTempView(view, rawSql`${text}`))
    const columns = Object.keys(await session.describe(rawSql`${query.text}`))
    const places = columns.map((_, index) => `c${index}`).join(', ')
    const rows = `SELECT * FROM (${query.text.replace(/--.*/g, '')}) AS found(${places})`
    await session.run(rawSql`COPY (${rows}) TO '${join(outputFolder, 'rows.parquet')}' (FORMAT parquet)`)
    return { columns, files: ['rows.parquet'] }
  } finally {
    session.close()
  }
}

process.stdout.write(`${JSON.stringify({ engine: 'queries 1' })}\n`)
for await (const line of createInterface(process.stdin)) {
  process.stdout.write(`${JSON.stringify({ progress: '1 of 2 tasks' })}\n`)
  const answer = await answerTo(JSON.parse(line)).catch((error: unknown) => ({
    error: { code: null, message: messageOf(error), remedy: null, isOfValue: false },
  }))
  process.stdout.write(`${JSON.stringify({ version: CONTRACT_VERSION, ...answer })}\n`)
}
database.close()
rmSync(tempFolder, { recursive: true })
