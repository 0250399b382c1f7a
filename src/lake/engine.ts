import type { Session } from '../duckdb/session.ts'
import type { VariableValue } from '../duckdb/sql/literals.ts'
import { DuckdbEngine } from '../engines/duckdb/engine.ts'
import { generatorVariables } from '../sources/generated/source.ts'
import type { Source } from '../stream/source.ts'
import type { Target } from '../tables/engine.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { loadPools } from './sources.ts'
import { logOf } from './tableLogs.ts'

/** The tables of a stream with their logs. */
export function targetsOf(lake: OpenLake, stream: LakeStream): Target[] {
  return stream.into.map((table) => ({ ...table, log: logOf(lake, table) }))
}

/**
 * The engine of a stream, once its SELECT and its references were checked.
 * @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID
 */
export async function openEngine(
  lake: OpenLake,
  stream: LakeStream,
  source: Source,
  session: Session,
): Promise<DuckdbEngine> {
  const { references } = lake.config
  return DuckdbEngine.open({
    session,
    disk: lake.disk,
    relation: source.relation,
    relationColumns: source.columns,
    select: stream.select,
    rows: stream.rows,
    references: references.filter(({ name }) => stream.select?.inputs.includes(name)),
    variables: await variablesOf(stream),
    targets: targetsOf(lake, stream),
  })
}

/** The variables of a stream's SELECT, with values of the right types. */
async function variablesOf({ from }: LakeStream): Promise<Record<string, VariableValue>> {
  const batchTime = { batch_time: '1970-01-01T00:00:00.000Z' }
  if (from.kind !== 'generated') return batchTime
  const { fillPools } = await loadPools()
  return { ...batchTime, ...generatorVariables(0, fillPools(from.pools, 0)) }
}
