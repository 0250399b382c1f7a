import { DEFAULT_ENGINE, engines } from '../engines/index.ts'
import type { Engine, EngineLimits, StreamShape } from '../tables/engine.ts'
import type { Target } from '../tables/target.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { placeOf } from './sources.ts'
import { logOf } from './tableLogs.ts'

/** The tables of a stream with their logs. */
export function targetsOf(lake: OpenLake, stream: LakeStream): Target[] {
  return stream.into.map((table) => ({ ...table, log: logOf(lake, table) }))
}

/** What an engine does with the rows of a stream. @throws LakeError  where the source's columns cannot be read */
export async function shapeOf(lake: OpenLake, stream: LakeStream): Promise<StreamShape> {
  const { source, select, rows, into } = stream
  const { references } = lake.config
  return {
    relation: source.relation,
    columns: typeof source.columns === 'function' ? await source.columns(placeOf(lake, stream)) : source.columns,
    select: select === undefined ? null : { name: select.name, text: select.text },
    rows,
    references: references.filter(({ name }) => select?.inputs.includes(name)),
    tables: into.map(({ name, columns, partitionBy }) => ({ name, columns, partitionBy })),
  }
}

/** An engine with a session of its own. */
export function openEngine({ database, disk }: OpenLake): Promise<Engine> {
  return engines[DEFAULT_ENGINE].open({ connect: () => database.connect(), disk })
}

/** What the engines of a lake may use: the same as its DuckDB. */
export function engineLimits({ database }: OpenLake): EngineLimits {
  const { threads, memoryLimit } = database.limits
  return { threads, memory: memoryLimit }
}
