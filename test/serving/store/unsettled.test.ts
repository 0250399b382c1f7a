import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { KeptLake, MODELS } from '../../support/keptLake.ts'
import { builds, openKeptLake, row, stored } from '../../support/openKeptLake.ts'
import { rawSql } from '../../support/sql.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

/** What the files of a lake were merged into, as another program does it: all its rows in one file. */
async function merged(lake: KeptLake): Promise<string> {
  const file = join(lake.folder, 'data-merged.parquet')
  const files = lake.files.map((one) => `'${one}'`).join(', ')
  await lake.session.run(rawSql`COPY (FROM read_parquet([${files}])) TO '${file}' (FORMAT parquet)`)
  return file
}

type FilesUpTo = KeptLake['parts']['filesUpTo']

/** How the next process finds the files of the rows that only the killed one had of its first rows. */
const FINDS: readonly {
  what: string
  next: 'goes on' | 'builds' | 'begins'
  filesUpTo(lake: KeptLake): Promise<FilesUpTo>
}[] = [
  { what: 'as they were written', next: 'goes on', filesUpTo: async ({ parts }) => parts.filesUpTo },
  {
    what: 'merged with others',
    next: 'goes on',
    filesUpTo: async (lake) => {
      const { files } = lake
      const all = [await merged(lake)]
      return async ({ batch }) => new Map([['events', batch < files.length ? files.slice(0, batch) : all]])
    },
  },
  {
    what: 'only all those of now',
    next: 'builds',
    filesUpTo: async ({ files, parts }) => {
      return async (position) => (position.batch < files.length ? undefined : parts.filesUpTo(position))
    },
  },
  { what: 'not at all', next: 'begins', filesUpTo: async () => async () => undefined },
]

for (const { what, next, filesUpTo } of FINDS) {
  test(`first rows that were not yet written into the store come again from the files of their batches: ${what}`, async () => {
    const killed = await openKeptLake()
    await killed.add([row(4, 'b', 1002), row(8, 'c'), row(3, 'c'), row(9, 'd')])
    await killed.take()
    expect(await stored(killed, 'SELECT settled <> position AS is_behind FROM live.kept.cursor')).toEqual([
      { is_behind: true },
    ])
    // What a kill leaves.
    const folder = temporaryFolder()
    cpSync(killed.folder, folder, { recursive: true })
    const before = await builds(killed)
    const lake = await KeptLake.make(folder)
    onTestFinished(() => lake.end())
    lake.setParts({ filesUpTo: await filesUpTo(lake) })
    await lake.open()
    expect(lake.takenBatch).toBe(next === 'begins' ? 0 : 3)
    if (next === 'begins') expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
    expect((await builds(lake)).per_minute === before.per_minute).toBe(next === 'goes on')
    await lake.add([row(2, 'c', 1003), row(1, 'd'), row(9, 'b')])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })
}

test('first rows that no model reads for a while are made anew for the next one that does', async () => {
  const { all_rows = '', per_minute = '' } = MODELS
  const lake = await openKeptLake({ models: { all_rows, per_minute } })
  await lake.setModels({ all_rows })
  await lake.reopen()
  await lake.add([row(2, 'b', 1002), row(8, 'c')])
  expect(await lake.take()).toMatchObject({ kind: 'written' })
  await lake.setModels({ all_rows, per_minute })
  await lake.reopen()
  expect(await lake.differences()).toEqual([])
})
