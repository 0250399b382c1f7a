import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { z } from 'zod'
import { duckdb, duckdbEngine } from '../../src/engines/duckdb/kind.ts'
import type { BoundEngine, EngineFinding, EngineKind, EngineMeans } from '../../src/engines/kind.ts'
import { Lake } from '../../src/lake/lake.ts'
import { type OpenLakeOptions, openLake } from '../../src/lake/openLake.ts'
import { sizeBytes } from '../../src/size.ts'
import type { Engine, StagePlan } from '../../src/tables/engine.ts'
import { lakeFolder } from './lakeFolder.ts'

// Engines that are DuckDB's by another name, so that what is around an engine can be tried without one.

/** What a toy engine was asked to do. */
export interface ToyLog {
  readonly opened: string[]
  readonly staged: number[]
  /** What is to happen before the next batches are staged, one for each: it may change what is staged. */
  readonly faults: ((plan: StagePlan, onProgress: (text: string) => void) => StagePlan)[]
  /** What the next checks wait for. */
  readonly starts: ((signal: AbortSignal | undefined) => Promise<void>)[]
  closed: number
  findings: readonly EngineFinding[]
}

/** A kind for large batches, called `big`, with a dialect of its own; it reads no landing folders. */
export function bigKind(log: ToyLog): EngineKind {
  return {
    word: 'big',
    name: 'Big',
    example: "'big'",
    keyExamples: { site: "site: 'here'" },
    schema: z
      .strictObject({
        site: z.string().min(1, 'is empty').default('here'),
        words: z.array(z.string()).default([]),
        autoOver: z.string().default('10GB'),
      })
      .prefault({})
      .transform(
        ({ site, words, autoOver }): BoundEngine => ({
          autoOverBytes: sizeBytes(autoOver),
          look: async () => log.findings,
          open: (means) => openToy(means, log, [site, ...words].join(' ')),
        }),
      ),
    dialect: 'big',
    refuses: ({ input }) => (input === 'foreign' ? 'landed files need checks that only DuckDB makes' : undefined),
  }
}

/** A kind that has to be told something. */
export const toldKind: EngineKind = {
  word: 'told',
  name: 'Told',
  example: "{ told: ['python3', 'engine.py'] }",
  keyExamples: {},
  schema: z
    .array(z.string().min(1, 'is empty'))
    .min(1, 'is empty')
    .transform(() => duckdbEngine),
  dialect: undefined,
  refuses: () => undefined,
}

export const TOY_KINDS = (log: ToyLog): OpenLakeOptions['kinds'] => ({ engines: [duckdb, bigKind(log), toldKind] })

export function toyLog(): ToyLog {
  return { opened: [], staged: [], faults: [], starts: [], closed: 0, findings: [] }
}

async function openToy(means: EngineMeans, log: ToyLog, settings: string): Promise<Engine> {
  log.opened.push(settings)
  const engine = await duckdbEngine.open(means)
  return {
    name: 'big 1.2',
    check: async (plan, signal) => {
      await log.starts.shift()?.(signal)
      return engine.check(plan)
    },
    stage: async (plan, signal, onProgress = () => undefined) => {
      const changed = log.faults.shift()?.(plan, onProgress) ?? plan
      log.staged.push(plan.batch)
      return engine.stage(changed, signal)
    },
    close: async () => {
      log.closed += 1
      await engine.close()
    },
  }
}

const columns = { id: 'BIGINT', name: 'VARCHAR' } as const

/** Streams from a landing folder into `landed`, and from there into `even` and `odd`. */
export const CONFIG = {
  root: 'lake',
  tables: {
    landed: { path: 'landed', columns },
    even: { path: 'split/even', columns },
    odd: { path: 'split/odd', columns },
  },
  streams: {
    land: { from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'delete' }, into: ['landed'] },
    split: {
      from: { kind: 'deltaTable', table: 'landed', skipChangeCommits: false },
      select: 'split.sql',
      into: ['even', 'odd'],
    },
  },
}

export const SPLIT = `-- split.sql: the rows by whether their id is even; one row per row that landed.
--
-- in   landed   the batch
-- out  destination, with the columns of the tables
SELECT id, name, CASE WHEN id % 2 = 0 THEN 'even' ELSE 'odd' END AS destination
FROM landed
`

/** The folder of such a lake. @param streams  what is said of `split` beside; @param rest  keys of the config beside */
export function engineLakeFolder(split: object = {}, rest: object = {}): string {
  const streams = { ...CONFIG.streams, split: { ...CONFIG.streams.split, ...split } }
  return lakeFolder({
    'lakeweir.config.mjs': `export default ${JSON.stringify({ ...CONFIG, streams, ...rest })}`,
    'split.sql': SPLIT,
  })
}

/** Opens it; closed when the test ends. */
export async function openEngineLake(folder: string, kinds?: OpenLakeOptions['kinds']): Promise<Lake> {
  const open = await openLake({
    config: join(folder, 'lakeweir.config.mjs'),
    database: { threads: 1 },
    ...(kinds === undefined ? {} : { kinds }),
  })
  const lake = Lake.of(open)
  onTestFinished(() => lake.close())
  return lake
}
