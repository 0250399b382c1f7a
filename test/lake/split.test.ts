import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { recordsOf } from '../../src/duckdb/session.ts'
import { Lake, type LakeError } from '../../src/index.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const ROW = { id: 'INTEGER', site: 'VARCHAR' }
const DATED = { ...ROW, day: 'DATE' }

/** Three tables of one stream: two alike, one with other columns and other folders. */
const CONFIG = {
  root: 'lake',
  tables: {
    all_rows: { path: 'bronze/rows', columns: { ...ROW, wanted: 'VARCHAR' } },
    left_rows: { path: 'silver/left', columns: ROW, partitionBy: ['site'] },
    right_rows: { path: 'silver/right', columns: ROW, partitionBy: ['site'] },
    dated_rows: { path: 'silver/dated', columns: DATED, partitionBy: ['day', 'site'] },
  },
  reference: { days: { file: 'days.csv', columns: { id: 'INTEGER', day: 'DATE' }, key: 'id' } },
  streams: {
    land: { from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'archive' }, into: ['all_rows'] },
    split: {
      from: { kind: 'deltaTable', table: 'all_rows', skipChangeCommits: false },
      select: 'split.sql',
      into: ['left_rows', 'right_rows', 'dated_rows'],
    },
  },
}

const SPLIT = `-- split.sql: every row with its day and the table that it asks for; one row per row.
--
-- in   all_rows   the batch's rows
--      days       one row per id
-- out  destination, with the columns of the tables
SELECT id, site, day, wanted AS destination FROM all_rows LEFT JOIN days USING (id)
`

const DAYS = 'id,day\n1,2026-11-21\n2,2026-11-22\n'

class SplitLake {
  readonly lake: Lake
  readonly folder: string

  private constructor(lake: Lake, folder: string) {
    this.lake = lake
    this.folder = folder
  }

  static async open(): Promise<SplitLake> {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'lakeweir.config.mjs'), `export default ${JSON.stringify(CONFIG)}`)
    writeFileSync(join(folder, 'split.sql'), SPLIT)
    writeFileSync(join(folder, 'days.csv'), DAYS)
    const lake = await Lake.open({ config: join(folder, 'lakeweir.config.mjs') })
    onTestFinished(() => lake.close())
    return new SplitLake(lake, folder)
  }

  /** Lands rows of (id, site, wanted) and runs both streams. */
  async take(name: string, rows: string): Promise<void> {
    const landing = join(this.folder, 'lake/landing')
    mkdirSync(landing, { recursive: true })
    await inDuckdb((session) =>
      session.run(
        rawSql`COPY (SELECT id, site::VARCHAR AS site, wanted::VARCHAR AS wanted FROM (VALUES ${rows}) AS v(id, site, wanted))
          TO '${landing}/${name}.parquet' (FORMAT parquet)`,
      ),
    )
    await this.lake.run({ streams: ['land', 'split'], availableNow: true })
  }

  async rows(table: string): Promise<unknown[]> {
    return recordsOf(await this.lake.query(`FROM ${table} ORDER BY ALL`))
  }

  /** Data files, staged files and commits of the stream that splits. */
  traces(): string[] {
    const below = (path: string) => readdirSync(join(this.folder, 'lake', path), { recursive: true, encoding: 'utf8' })
    const files = ['silver/left/data', 'silver/right/data', 'silver/dated/data'].flatMap(below)
    const checkpoint = 'silver/left/checkpoint/split'
    return [
      ...files.filter((name) => name.endsWith('.parquet')),
      ...['commits', 'staging'].flatMap((name) => below(`${checkpoint}/${name}`)),
    ]
  }
}

describe('a batch with a row that no table can have', () => {
  for (const [what, row, says] of [
    ['NULL', "(9, 'a', NULL)", /split batch 1 failed: split\.sql returns a row with the destination NULL/],
    [
      'unknown',
      "(9, 'a', 'elsewhere')",
      /split batch 1 failed: split\.sql returns a row with the destination 'elsewhere'/,
    ],
  ] as const) {
    test(`${what} fails as a whole, publishes nothing, and is done when it is mended`, async () => {
      const split = await SplitLake.open()
      const failed = await split.take('bad', `(1, 'a', 'left_rows'), (2, 'b', 'dated_rows'), ${row}`).then(
        () => undefined,
        (error: unknown) => error as LakeError,
      )
      expect(failed).toMatchObject({ code: 'LAKE_SPLIT_FAILED', exitCode: 1 })
      expect(failed?.message).toMatch(says)
      expect(failed?.state).toBe('Nothing was published; batch 1 runs again on the next start.')
      expect(split.traces()).toEqual([])
      for (const table of ['left_rows', 'right_rows', 'dated_rows']) expect(await split.rows(table)).toEqual([])
      writeFileSync(
        join(split.folder, 'split.sql'),
        SPLIT.replace(
          'wanted AS destination',
          "CASE WHEN wanted IN ('left_rows', 'dated_rows') THEN wanted ELSE 'right_rows' END AS destination",
        ),
      )
      const mended = await Lake.open({ config: join(split.folder, 'lakeweir.config.mjs') })
      onTestFinished(() => mended.close())
      await mended.run({ streams: ['split'], availableNow: true })
      expect(await mended.validate({ deep: true })).toMatchObject({ ok: true, pending: 0 })
    })
  }
})

describe('a batch for tables of several shapes', () => {
  test('is split once, each row into its table with its columns and folders', async () => {
    const split = await SplitLake.open()
    await split.take(
      'a',
      `(1, 'a b', 'left_rows'), (2, NULL, 'right_rows'), (3, '', 'left_rows'),
       (1, 'x/y=%41', 'dated_rows'), (7, NULL, 'dated_rows'), (2, 'ü', 'dated_rows')`,
    )
    expect(await split.rows('left_rows')).toEqual([
      { id: 1, site: 'a b' },
      { id: 3, site: '' },
    ])
    expect(await split.rows('right_rows')).toEqual([{ id: 2, site: null }])
    expect(await split.rows('dated_rows')).toEqual([
      { id: 1, site: 'x/y=%41', day: '2026-11-21' },
      { id: 2, site: 'ü', day: '2026-11-22' },
      { id: 7, site: null, day: null },
    ])
    expect(await split.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0, rows: { all_rows: 6 } })
  })

  test('takes a reference as it stands when the batch begins, and its record says which it was', async () => {
    const split = await SplitLake.open()
    await split.take('a', "(7, 'a', 'dated_rows')")
    writeFileSync(join(split.folder, 'days.csv'), `${DAYS}7,2026-11-27\n`)
    await split.take('b', "(7, 'b', 'dated_rows')")
    expect(await split.rows('dated_rows')).toEqual([
      { id: 7, site: 'a', day: null },
      { id: 7, site: 'b', day: '2026-11-27' },
    ])
    // Today's reference gives the first row another day: the rows are counted.
    expect(await split.lake.validate()).toMatchObject({ ok: true })
    expect(await split.lake.validate({ deep: true })).toMatchObject({
      ok: true,
      notCompared: [expect.stringMatching(/has changed since batch 1: its rows are counted, not compared\.$/)],
    })
  })

  test('stops where a reference went bad, and goes on when it is mended', async () => {
    const split = await SplitLake.open()
    await split.take('a', "(1, 'a', 'dated_rows')")
    writeFileSync(join(split.folder, 'days.csv'), `${DAYS}1,2026-11-27\n`)
    await expect(split.take('b', "(2, 'b', 'dated_rows')")).rejects.toMatchObject({
      code: 'LAKE_REFERENCE_INVALID',
      message: expect.stringMatching(/every id must occur once.*1 \(2×\)/),
    })
    writeFileSync(join(split.folder, 'days.csv'), DAYS)
    await split.lake.run({ streams: ['land', 'split'], availableNow: true })
    expect(await split.rows('dated_rows')).toMatchObject([{ id: 1 }, { id: 2, day: '2026-11-22' }])
  })
})
