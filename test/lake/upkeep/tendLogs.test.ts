import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Lake } from '../../../src/index.ts'
import { inDuckdb } from '../../support/duckdb.ts'
import { DECLARED, LoggedLake } from '../../support/loggedLake.ts'
import { rawSql } from '../../support/sql.ts'

const TENDED = { ...DECLARED, upkeep: { checkpointEvery: 3, smallFiles: false, keepLog: '1 day' } }

function logOf(logged: LoggedLake, table: string): string {
  return join(logged.root, table, 'data', '_delta_log')
}

function versionsIn(logged: LoggedLake, table: string, kind: string): number[] {
  const names = readdirSync(logOf(logged, table)).filter((name) => name.endsWith(kind))
  return names.flatMap((name) => (/^\d{20}\./.test(name) ? [Number(name.slice(0, 20))] : [])).sort((a, b) => a - b)
}

/** As if all commits had been made ten days ago. */
function age(logged: LoggedLake): void {
  const seconds = Date.now() / 1000 - 10 * 86_400
  for (const table of ['raw/events', 'by/day']) {
    const log = logOf(logged, table)
    for (const name of readdirSync(log)) utimesSync(join(log, name), seconds, seconds)
  }
}

async function landEach(logged: LoggedLake, lake: Lake, ids: readonly number[]): Promise<void> {
  for (const id of ids) await logged.land(lake, String(id), `SELECT ${id}::BIGINT AS id, 'k' AS kind`)
}

async function opened(): Promise<{ logged: LoggedLake; lake: Lake }> {
  const logged = new LoggedLake()
  return { logged, lake: await logged.open(TENDED) }
}

describe('a run', () => {
  test('writes checkpoints of the logs, each after so many commits, and everything reads from them', async () => {
    const { logged, lake } = await opened()
    await landEach(logged, lake, [1, 2, 3, 4, 5, 6, 7])
    for (const table of ['raw/events', 'by/day']) {
      expect(versionsIn(logged, table, 'checkpoint.parquet')).toEqual([2, 5])
      expect(JSON.parse(readFileSync(join(logOf(logged, table), '_last_checkpoint'), 'utf8'))).toMatchObject({
        version: 5,
      })
    }
    const { rows } = await lake.query('SELECT count(*)::INT, sum(id)::INT FROM days')
    expect(rows).toEqual([[7, 28]])
    expect((await logged.byLakeSql('SELECT count(*)::INT, sum(id)::INT FROM days')).rows).toEqual([[7, 28]])
    expect((await logged.byLakeSql('SELECT count(*)::INT FROM batches')).rows).toEqual([[14]])
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
    expect((await lake.status()).tables).toMatchObject([
      { name: 'events', version: 7, rows: 7, files: 7, unreferencedFiles: [] },
      { name: 'days', version: 7, rows: 7, files: 7, unreferencedFiles: [] },
    ])
  })

  test('without a batch, and optimize, write the checkpoint of a log that has none', async () => {
    const logged = new LoggedLake()
    const untended = await logged.open({ ...DECLARED, upkeep: { byItself: false, checkpointEvery: 3 } })
    await landEach(logged, untended, [1, 2, 3])
    expect(versionsIn(logged, 'by/day', 'checkpoint.parquet')).toEqual([])
    await untended.optimize({ tables: ['days'] })
    expect(versionsIn(logged, 'by/day', 'checkpoint.parquet')).toEqual([3])
    expect(versionsIn(logged, 'raw/events', 'checkpoint.parquet')).toEqual([])
    const lake = await logged.open(TENDED)
    await lake.run({ streams: [], availableNow: true })
    expect(versionsIn(logged, 'raw/events', 'checkpoint.parquet').length).toBe(1)
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
  })

  test('cleans logs up once they are old enough, down to what a stream has still to compare', async () => {
    const { logged, lake } = await opened()
    await landEach(logged, lake, [1, 2, 3, 4, 5, 6, 7])
    expect(versionsIn(logged, 'raw/events', '.json')).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
    age(logged)
    await landEach(logged, lake, [8])
    expect(versionsIn(logged, 'by/day', '.json')).toEqual([5, 6, 7, 8])
    // The stream that follows the table had read version 7, so that what comes after 5 is there for it.
    expect(versionsIn(logged, 'raw/events', '.json')).toEqual([5, 6, 7, 8])
    await landEach(logged, lake, [9])
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [], notCompared: [] })
    expect((await lake.query('SELECT count(*)::INT FROM days')).rows).toEqual([[9]])
  })

  test('tells other writers how long to keep a log, also of a table that was made before', async () => {
    const { logged, lake } = await opened()
    await landEach(logged, lake, [1])
    const first = readFileSync(join(logOf(logged, 'by/day'), `${'0'.repeat(20)}.json`), 'utf8')
    expect(first).toContain('"delta.logRetentionDuration":"interval 1 days"')
    const later = await logged.open({ ...TENDED, upkeep: { ...TENDED.upkeep, keepLog: '2 days' } })
    await landEach(logged, later, [2, 3, 4])
    const commits = versionsIn(logged, 'by/day', '.json').map((version) =>
      readFileSync(join(logOf(logged, 'by/day'), `${String(version).padStart(20, '0')}.json`), 'utf8'),
    )
    const settings = commits.filter((text) => text.includes('SET TBLPROPERTIES'))
    expect(settings).toHaveLength(1)
    expect(settings[0]).toContain('"delta.logRetentionDuration":"interval 2 days"')
    expect(await later.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
  })

  test('tells a folder in the place of the hint by its name, and goes on; its checkpoint counts all the same', async () => {
    const { logged, lake } = await opened()
    await landEach(logged, lake, [1])
    const hint = join(logOf(logged, 'by/day'), '_last_checkpoint')
    mkdirSync(hint)
    const notes: string[] = []
    await inDuckdb((session) =>
      session.run(rawSql`COPY (SELECT 2::BIGINT AS id, 'k' AS kind) TO '${logged.root}/landing/2.parquet'`),
    )
    await lake.run({ streams: ['land', 'days'], availableNow: true, onNote: (_, text) => notes.push(text) })
    expect(notes).toEqual([expect.stringMatching(/^the logs of its tables could not be tended: .*_last_checkpoint/)])
    expect(versionsIn(logged, 'by/day', 'checkpoint.parquet').length).toBe(1)
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
    rmSync(hint, { recursive: true })
    await landEach(logged, lake, [3, 4, 5])
    expect(JSON.parse(readFileSync(hint, 'utf8'))).toMatchObject({
      version: versionsIn(logged, 'by/day', 'checkpoint.parquet').at(-1),
    })
    expect((await lake.query('SELECT count(*)::INT FROM days')).rows).toEqual([[5]])
  })

  test('leaves logs alone where its config says so', async () => {
    const logged = new LoggedLake()
    const lake = await logged.open({ ...TENDED, upkeep: { ...TENDED.upkeep, byItself: false } })
    await landEach(logged, lake, [1, 2, 3, 4])
    expect(versionsIn(logged, 'raw/events', 'checkpoint.parquet')).toEqual([])
  })
})
