import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Lake } from '../../src/index.ts'
import { lakeFolder } from '../support/lakeFolder.ts'

const DEPRECATED: [string, string] = [
  'land',
  'streams.land.from has the key afterwards, which is called afterCommit now; the next version refuses the old name',
]

test.each([
  { options: '{}', isArchived: true, notes: [] },
  { options: "{ afterCommit: 'archive' }", isArchived: true, notes: [] },
  { options: "{ afterCommit: 'delete' }", isArchived: false, notes: [] },
  { options: "{ afterwards: 'archive' }", isArchived: true, notes: [DEPRECATED] },
  { options: "{ afterwards: 'delete' }", isArchived: false, notes: [DEPRECATED] },
  { options: "{ afterCommit: 'delete', afterwards: 'delete' }", isArchived: false, notes: [DEPRECATED] },
])('parquetFolder with $options says what becomes of a file, and of an old name that it is one', async (given) => {
  const folder = lakeFolder({
    'lakeweir.config.ts': `import { defineLake, parquetFolder } from 'lakeweir'
export default defineLake({
  root: 'lake',
  tables: { events: { path: 'events', columns: { id: 'BIGINT' } } },
  streams: { land: { from: parquetFolder('landing', ${given.options}), into: ['events'] } },
})`,
  })
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.ts') })
  onTestFinished(() => lake.close())
  const notes: [string, string][] = []
  const run = (): Promise<void> =>
    lake.run({ streams: [], availableNow: true, onNote: (stream, text) => notes.push([stream, text]) })
  await run()
  const file = join(folder, 'lake/landing/a.parquet')
  await lake.query(`COPY (SELECT 1::BIGINT AS id) TO '${file}' (FORMAT parquet)`)
  notes.length = 0
  await run()
  expect(notes).toEqual(given.notes)
  expect((await lake.query('FROM events')).rows).toEqual([[1]])
  expect(existsSync(file)).toBe(false)
  const archived = await lake.query(`SELECT count(*) FROM glob('${folder}/lake/landing/_archive/*/a.parquet')`)
  expect(archived.rows).toEqual([[given.isArchived ? 1 : 0]])
})
