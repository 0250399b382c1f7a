import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { Lake } from '../../src/index.ts'
import { runTraced } from '../support/killing.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { Program } from '../support/program.ts'
import { ENGINE_COMMAND } from '../support/programEngine.ts'
import { rawSql } from '../support/sql.ts'
import { CONFIG, SPLIT } from '../support/toyEngines.ts'

// The engine of a stream changes at any batch, also after a kill in the middle of one: what the dead run has left is
// finished or undone by a run on the other engine.

/** Some twenty programs start and end: how long that takes is the machine's. Longer than this is a hang. */
const HANG_MS = 600_000

const CHECKPOINT = 'split/even/checkpoint/split'

const STEPS: readonly (readonly [when: 'before' | 'after', step: string, pattern: string])[] = [
  ['before', 'the files of the engine are durable', `^datasync ${CHECKPOINT}/staging/\\d.*\\.parquet$`],
  ['before', 'the commit', `^link ${CHECKPOINT}/commits/\\d+\\.json$`],
  ['after', 'the commit', `^link ${CHECKPOINT}/commits/\\d+\\.json$`],
  ['before', 'the first table has the batch', '^link split/even/data/_delta_log/\\d+\\.json$'],
]

const ENGINES = [
  ['a program', []],
  ['DuckDB', ['--engine', 'duckdb']],
] as const

test(
  'a batch that was killed on one engine is finished, or made again, on the other',
  async () => {
    const engine = { program: ENGINE_COMMAND }
    const streams = { ...CONFIG.streams, split: { ...CONFIG.streams.split, engine } }
    const folder = lakeFolder({
      'lakeweir.config.mjs': `export default ${JSON.stringify({ ...CONFIG, streams })}`,
      'split.sql': SPLIT,
    })
    const [config, lake] = [join(folder, 'lakeweir.config.mjs'), join(folder, 'lake')]
    const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, '.temp') })
    const session = await database.connect()
    let landed = 0
    const land = async (): Promise<void> => {
      mkdirSync(join(lake, 'landing'), { recursive: true })
      const rows = `SELECT range AS id, 'row ' || range AS name FROM range(${landed}, ${landed + 5})`
      await session.run(rawSql`COPY (${rows}) TO '${lake}/landing/${landed}.parquet' (FORMAT parquet)`)
      landed += 5
    }
    for (const [when, step, pattern] of STEPS) {
      for (const [index, [name, words]] of ENGINES.entries()) {
        await land()
        const args = ['run', 'land', 'split', '--available-now']
        const end = await runTraced([...args, ...words], lake, { pattern, nth: 1, when }, config)
        const what = `${when} ${step}, on ${name}: ${end.stderr}`
        expect(end.killedAt, what).toMatch(new RegExp(pattern))
        const [, otherWords] = ENGINES[1 - index] ?? ENGINES[0]
        await land()
        expect(await Program.run([...args, ...otherWords], { lake, config }), what).toMatchObject({ exitCode: 0 })
      }
    }
    session.close()
    database.close()
    const open = await Lake.open({ config, database: { threads: 1 } })
    const { rows } = await open.query('SELECT id FROM even UNION ALL SELECT id FROM odd ORDER BY id')
    expect(rows.map(([id]) => id)).toEqual(Array.from({ length: landed }, (_, id) => id))
    expect(await open.validate({ deep: true })).toMatchObject({ ok: true, pending: 0 })
    const engines = new Set<string | undefined>()
    for await (const { batch, engine: made } of open.history('even')) if (batch !== undefined) engines.add(made)
    expect([...engines].sort()).toEqual([expect.stringMatching(/^lakeweir duckdb \d/), 'lakeweir program 1'])
    await open.close()
  },
  HANG_MS,
)
