import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cpuMs } from '../cpuTime.ts'
import { durationFigure, type Figure } from '../figure.ts'
import { CONFIG, REPOSITORY } from '../lakes.ts'
import { interleaved } from '../measure.ts'

const BIN = join(REPOSITORY, 'dist/cli/bin.cjs')
const PYTHON = join(REPOSITORY, '.cache/python/bin/python')
const DUCKDB = join(REPOSITORY, '.cache/python/bin/duckdb')

/** Opens a table and forgets it; the first one opens nothing, to be subtracted. */
const OPENING = `
import sys, time
from deltalake import DeltaTable
print([DeltaTable(folder).version() for folder in sys.argv[1:]])
`

/** What looking at a lake costs that has many commits: the processors' time of whole processes. */
export async function* commitFigures(root: string, commits: number, isQuick: boolean): AsyncGenerator<Figure> {
  const rounds = isQuick ? 3 : 7
  const behind = `${commits.toLocaleString('en-US')} commits`
  const program = (...args: readonly string[]): (() => Promise<number>) => {
    return () => cpuMs([process.execPath, BIN, ...args, '--lake', root, '--config', CONFIG])
  }
  const samples = await interleaved(rounds, {
    status: program('status'),
    sql: program('sql', 'select 1'),
    validate: program('validate'),
    'validate --deep': program('validate', '--deep'),
  })
  yield durationFigure(`CPU of status, ${behind}`, samples, 'status', 0.5, { reach: { atMost: 600 } })
  yield durationFigure(`CPU of sql "select 1", ${behind}`, samples, 'sql', 0.5, { reach: { atMost: 600 } })
  yield durationFigure(`CPU of validate, ${behind}`, samples, 'validate', 0.5, { reach: { atMost: 2_500 } })
  yield durationFigure(`CPU of validate --deep, ${behind}`, samples, 'validate --deep', 0.5, {})
  if (!existsSync(PYTHON)) {
    console.error('tables: without deltalake and the DuckDB CLI: npx jiti scripts/install-python.ts')
    return
  }
  yield* foreignFigures(root, behind, rounds)
}

async function* foreignFigures(root: string, behind: string, rounds: number): AsyncGenerator<Figure> {
  const table = join(root, 'silver/messages/data')
  const samples = await interleaved(rounds, {
    'duckdb alone': () => cpuMs([DUCKDB, '-c', 'SELECT 1']),
    'lake.sql': () => cpuMs([DUCKDB, '-init', join(root, 'lake.sql'), '-c', 'SELECT 1']),
    'deltalake alone': () => cpuMs([PYTHON, '-I', '-c', OPENING]),
    deltalake: () => cpuMs([PYTHON, '-I', '-c', OPENING, table]),
  })
  yield durationFigure(`CPU of lake.sql in DuckDB's CLI, ${behind}`, samples, 'lake.sql', 0.5, {
    reach: { atMost: 400 },
  })
  const openings = samples.deltalake.map((ms, round) => ms - (samples['deltalake alone'][round] ?? Number.NaN))
  const opening = { opening: openings, ...samples }
  yield durationFigure(`CPU of deltalake opening a table, ${behind}`, opening, 'opening', 0.5, {
    reach: { atMost: 200 },
  })
}
