import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Lake } from '../../src/index.ts'
import { CaseLake, type CaseStream } from '../support/caseLake.ts'

/** Streams with a row that no table can hold, and the column that takes its place. */
const CASES: readonly (CaseStream & { readonly instead: string })[] = [
  {
    stream: 'late',
    select: "SELECT id, CASE id WHEN 2 THEN DATE '10000-01-01' ELSE DATE '2026-11-22' END AS day FROM given",
    tables: { '': { columns: { id: 'INTEGER', day: 'DATE' }, partitionBy: ['day'] } },
    instead: "CASE id WHEN 2 THEN NULL ELSE DATE '2026-11-22' END AS day",
  },
  {
    stream: 'long',
    select: "SELECT id, CASE id WHEN 2 THEN repeat('x', 300) ELSE 'a' END AS k FROM given",
    tables: { '': { columns: { id: 'INTEGER', k: 'VARCHAR' }, partitionBy: ['k'] } },
    instead: "CASE id WHEN 2 THEN 'x…' ELSE 'a' END AS k",
  },
]

test('a row that its table cannot hold has a way out: its stream goes on with another SELECT, and loses none', async () => {
  const cases = await CaseLake.open({ id: 'INTEGER' }, 'SELECT i::INTEGER AS id FROM range(3) AS r(i)', CASES)
  onTestFinished(() => cases.close())
  for (const { stream, instead } of CASES) {
    expect(await cases.refusal(stream)).toContain("in the stream's SQL")
    const path = join(cases.folder, 'sql', `${stream}.sql`)
    const header = readFileSync(path, 'utf8').split('\nSELECT')[0]
    writeFileSync(path, `${header}\nSELECT id, ${instead} FROM given\n`)
  }
  const lake = await Lake.open({ config: join(cases.folder, 'lakeweir.config.mjs'), database: { threads: 1 } })
  onTestFinished(() => lake.close())
  await lake.run({ streams: ['late', 'long'], availableNow: true })
  expect(await lake.validate()).toMatchObject({ ok: true, pending: 0, tables: { late: 3, long: 3 } })
})
