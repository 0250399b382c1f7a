import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { SpooledInput } from '../../src/stream/input.ts'
import { openEngine, type TestEngine } from '../support/stagedRows.ts'

const COLUMNS = { id: 'BIGINT' }

/** A row for each two numbers below the id of a row that comes in: for a large one it would take years. */
const SELECT = 'SELECT count(*)::BIGINT AS id FROM input_rows AS r, range(r.id) AS a, range(r.id) AS b'

function inputOf(engine: TestEngine, id: number): SpooledInput {
  const file = join(engine.folder, `${id}.ndjson`)
  writeFileSync(file, `{"id": ${id}}\n`)
  return { kind: 'spooled', format: 'ndjson', files: [file], columns: COLUMNS }
}

test.each([
  // DuckDB forgets an interruption that comes before a query: only the ones after it end the stage.
  ['before it begins', async (abort: AbortController) => abort.abort()],
  ['once it has begun', (abort: AbortController) => turn().then(() => abort.abort())],
])('a stage that is abandoned %s fails, and the next one is whole', async (_, abandon) => {
  const engine = await openEngine({
    columns: COLUMNS,
    select: SELECT,
    rows: 'any',
    tables: [{ name: 't', columns: COLUMNS }],
  })
  const abort = new AbortController()
  const abandoned = abandon(abort)
  await expect(engine.stageInput(inputOf(engine, 1e12), abort.signal)).rejects.toThrow(/interrupt/i)
  await abandoned
  const files = await engine.stageInput(inputOf(engine, 10))
  expect(await engine.rowsIn(files, 'id')).toEqual([{ id: 100 }])
})
