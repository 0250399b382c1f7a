import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Lake } from '../../src/index.ts'
import { CaseLake } from '../support/caseLake.ts'

const COLUMNS = { id: 'BIGINT' }

async function openedCase(): Promise<CaseLake> {
  const cases = [{ stream: 'doubled', select: 'SELECT id FROM given', tables: { '': { columns: COLUMNS } } }]
  const lake = await CaseLake.open(COLUMNS, 'SELECT 1::BIGINT AS id', cases)
  onTestFinished(() => lake.close())
  return lake
}

/** What a start of the stream has to say, in another process. */
async function notesOfStart({ folder }: CaseLake): Promise<[string, string][]> {
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.mjs'), database: { threads: 1 } })
  const notes: [string, string][] = []
  try {
    await lake.run({ streams: ['doubled'], availableNow: true, onNote: (...note) => notes.push(note) })
  } finally {
    lake.close()
  }
  return notes
}

test('a SELECT that has changed since the last batch is told at the start, and no more once a batch was made with it', async () => {
  const lake = await openedCase()
  expect(await notesOfStart(lake)).toEqual([])
  await lake.land('more', 'SELECT 2::BIGINT AS id')
  const sql = join(lake.folder, 'sql/doubled.sql')
  writeFileSync(sql, readFileSync(sql, 'utf8').replace('SELECT id', 'SELECT 2 * id AS id'))
  expect(await notesOfStart(lake)).toEqual([
    [
      'doubled',
      'its SQL has changed since batch 1, and what that and earlier batches made stays as it is; ' +
        'to make all of it again: lakeweir run doubled --fresh',
    ],
  ])
  expect(await notesOfStart(lake)).toEqual([])
})

test('rows that another SELECT made are counted by validate --deep, and not called wrong', async () => {
  const cases = await openedCase()
  await cases.run('doubled')
  const sql = join(cases.folder, 'sql/doubled.sql')
  writeFileSync(sql, readFileSync(sql, 'utf8').replace('SELECT id', 'SELECT 2 * id AS id'))
  const lake = await Lake.open({ config: join(cases.folder, 'lakeweir.config.mjs'), database: { threads: 1 } })
  onTestFinished(() => lake.close())
  expect(await lake.validate({ deep: true })).toMatchObject({
    ok: true,
    notCompared: ['doubled: sql/doubled.sql has changed since batch 1: its rows are counted, not compared.'],
  })
})
