import { DEFAULT_ENGINE, engines } from '../engines/index.ts'
import { CONTRACT_VERSION, type Engine, type EngineLimits, type StreamShape } from '../tables/engine.ts'
import type { Target } from '../tables/target.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

/** The tables of a stream with their logs. */
export function targetsOf(lake: OpenLake, stream: LakeStream): Target[] {
  return stream.into.map((table) => ({ ...table, log: logOf(lake, table) }))
}

/** What an engine makes of the rows of a stream. */
export function shapeOf(lake: OpenLake, { source, select, rows, into }: LakeStream): StreamShape {
  const { references } = lake.config
  return {
    relation: source.relation,
    columns: source.columns,
    select: select === undefined ? null : { name: select.name, text: select.text },
    rows,
    references: references.filter(({ name }) => select?.inputs.includes(name)),
    tables: into.map(({ name, columns, partitionBy }) => ({ name, columns, partitionBy })),
  }
}

/**
 * The engine of a stream, once the stream's SELECT and its references were checked.
 * @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID
 */
export async function openEngine(lake: OpenLake, stream: LakeStream, shape: StreamShape): Promise<Engine> {
  const engine = await engines[DEFAULT_ENGINE].open({ connect: () => lake.database.connect(), disk: lake.disk })
  try {
    const { source } = stream
    const variables = await source.sampleVariables()
    await engine.check({ version: CONTRACT_VERSION, shape, inputKind: source.input, variables })
    return engine
  } catch (error) {
    await engine.close()
    throw error
  }
}

/** What the engines of a lake may use: what its DuckDB may. */
export function engineLimits({ database }: OpenLake): EngineLimits {
  const { threads, memoryLimit } = database.limits
  return { threads, memory: memoryLimit }
}
