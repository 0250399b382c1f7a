import { copyFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { recordsOf } from '../../src/duckdb/session.ts'
import { Lake } from '../../src/index.ts'
import { reportOf } from '../support/answers.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { DuckdbCliSession, duckdbCliRows } from '../support/duckdbCli.ts'
import { messageRows } from '../support/messageRows.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasPython, PYTHON_NEED } from '../support/python.ts'
import { rawSql } from '../support/sql.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const CONFIG = join(REPOSITORY, 'lakeweir.config.ts')
const VIEWS = ['bronze_messages', 'messages', 'messages_corrupted', 'first_messages', 'countries', 'batches']
const REPORTS = [
  { name: 'event-types', file: 'sql/reports/event_types.sql' },
  { name: 'user-activity', file: 'sql/reports/user_activity.sql' },
]
/** Folder names of lakes: an everyday one, and one with what a shell, a glob and a quoted text would trip over. */
const LAKES = ['lake', `it's my "lake" [1] *`]

/** All rows of views, each as one text, in order. */
function rowsOf(...views: readonly string[]): string {
  const selects = views.map(
    (view) => `SELECT '${view}' AS view, CAST(to_json(r) AS VARCHAR) AS row FROM (FROM ${view}) AS r`,
  )
  return `${selects.join(' UNION ALL ')} ORDER BY ALL`
}

async function makeLake(root: string): Promise<Lake> {
  const lake = await Lake.open({ config: CONFIG, lake: root })
  await land(root, 0, 120)
  await lake.run({ streams: ['land', 'silver'], availableNow: true })
  await land(root, 120, 80)
  await lake.run({ streams: ['land', 'silver'], availableNow: true })
  return lake
}

async function land(root: string, first: number, count: number): Promise<void> {
  const landing = join(root, 'landing/messages')
  mkdirSync(landing, { recursive: true })
  await inDuckdb(async (session) => {
    await session.run(rawSql`COPY (${messageRows(first, count)}) TO '${folder}/temporary.parquet' (FORMAT parquet)`)
  })
  copyFileSync(join(folder, 'temporary.parquet'), join(landing, `${first}.parquet`))
}

let folder: string

describeWith(hasPython, PYTHON_NEED, 'lake.sql in the DuckDB CLI', () => {
  const lakes = new Map<string, Lake>()

  function lakeIn(name: string): Lake {
    const lake = lakes.get(name)
    if (lake === undefined) throw new Error(`there is no lake ${name}`)
    return lake
  }

  const lakeSqlOf = (name: string): string => join(folder, name, 'lake.sql')

  beforeAll(async () => {
    folder = makeTemporaryFolder()
    for (const name of LAKES) lakes.set(name, await makeLake(join(folder, name)))
  }, 60_000)

  afterAll(() => {
    for (const lake of lakes.values()) lake.close()
    removeFolder(folder)
  })

  for (const name of LAKES) {
    describe(`of a lake in a folder named ${name}`, () => {
      test('every view has the rows that the library gives', async () => {
        const lake = lakeIn(name)
        const ours = recordsOf(await lake.query(rowsOf(...VIEWS)))
        expect(new Set(ours.map(({ view }) => view))).toEqual(new Set(VIEWS))
        expect(await duckdbCliRows({ args: ['-init', lakeSqlOf(name), '-c', rowsOf(...VIEWS)] })).toEqual(ours)
      })

      for (const { name: report, file } of REPORTS) {
        test(`.read ${file} gives the rows of the report ${report}`, async () => {
          const lake = lakeIn(name)
          const ours = await reportOf(lake, report)
          expect(ours.length).toBeGreaterThan(0)
          const call = { args: ['-init', lakeSqlOf(name)], input: `.read ${file}\n`, folder: REPOSITORY }
          expect(await duckdbCliRows(call)).toEqual(ours)
        })
      }
    })
  }

  test('a report names its columns after event types that differ only in case, and refuses one that is named like it', async () => {
    const given = (types: string): string =>
      `CREATE TABLE first_messages AS SELECT DATE '2026-01-02' AS date, 'CHAT' AS channel, unnest([${types}]) AS event_type`
    const report = (types: string): Promise<unknown[]> => {
      const input = '.read sql/reports/event_types.sql\n'
      return duckdbCliRows({ args: ['-cmd', given(types)], input, folder: REPOSITORY })
    }
    const known = { CLICKED: null, CREATED: null, RECEIVED: null, SENT: null }
    const found = { date: '2026-01-02', channel: 'CHAT', ...known, OPEN: 1, Open: 1, a: 1, 'a\\x00b': 1, open: 1 }
    expect(await report(`'OPEN', 'open', 'Open', 'a', 'a' || chr(0) || 'b'`)).toEqual([found])
    await expect(report(`'date'`)).rejects.toThrow(
      'the event type "date" has the name of another column of this report',
    )
  })

  test('SET VARIABLE lake before it is read shows another lake than the one that it was written for', async () => {
    const other = `it's my "lake" [1] *`
    const [here, there] = [lakeIn('lake'), lakeIn(other)]
    await land(join(folder, other), 500, 7)
    await there.run({ streams: ['land', 'silver'], availableNow: true })
    const theirs = recordsOf(await there.query(rowsOf('messages')))
    expect(theirs).not.toEqual(recordsOf(await here.query(rowsOf('messages'))))
    const path = join(folder, other).replaceAll("'", "''")
    for (const root of [path, `${path}/`]) {
      for (const read of [
        ['-cmd', '.read lake.sql'],
        ['-f', 'lake.sql'],
      ]) {
        const args = ['-cmd', `SET VARIABLE lake = '${root}'`, ...read, '-c', rowsOf('messages')]
        expect(await duckdbCliRows({ args, folder: join(folder, 'lake') })).toEqual(theirs)
      }
    }
  })

  test('also runs as -f, where the times of the views are UTC whatever the machine is set to', async () => {
    const args = ['-f', lakeSqlOf('lake'), '-c', "SELECT current_setting('TimeZone') AS zone"]
    expect(await duckdbCliRows({ args })).toEqual([{ zone: 'UTC' }])
  })

  test('stays at the moment of its reading, and .read brings the newest batches', async () => {
    const lake = lakeIn('lake')
    const cli = new DuckdbCliSession()
    try {
      const count = 'SELECT count(*) FROM messages UNION ALL SELECT NULL LIMIT 1;'
      const before = await cli.ask(`.read ${lakeSqlOf('lake')}`, count)
      await land(join(folder, 'lake'), 1000, 100)
      await lake.run({ streams: ['land', 'silver'], availableNow: true })
      expect(await cli.ask(count)).toBe(before)
      const after = await cli.ask(`.read ${lakeSqlOf('lake')}`, count)
      expect(after).toBe(String((await lake.query('SELECT count(*) FROM messages')).rows[0]?.[0]))
      expect(Number(after)).toBeGreaterThan(Number(before))
    } finally {
      cli.close()
    }
  })

  test('loads no extension that is not built in', async () => {
    const foreign =
      "SELECT extension_name FROM duckdb_extensions() WHERE loaded AND install_mode <> 'STATICALLY_LINKED'"
    expect(await duckdbCliRows({ args: ['-init', lakeSqlOf('lake'), '-c', foreign] })).toEqual([])
  })
})
