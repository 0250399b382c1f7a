import { dirname } from 'node:path'
import type { Columns } from '../columns.ts'
import { AutoEngine } from '../engines/auto.ts'
import type { EngineMeans } from '../engines/kind.ts'
import { TranslatedEngine } from '../engines/translated.ts'
import { LakeError } from '../errors.ts'
import type { CheckPlan, Engine, EngineLimits, SqlFile, StreamShape } from '../tables/engine.ts'
import type { Target } from '../tables/target.ts'
import type { LakeStream } from './config/resolve.ts'
import { type ChosenEngine, enginesIn, type SetEngine } from './config/resolveEngines.ts'
import { sqlFor } from './config/sqlFile.ts'
import type { OpenLake } from './openLake.ts'
import { checkedEngine } from './openStream.ts'
import { withRunSession } from './sessions.ts'
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

/** What was chosen for a stream, ready to be asked; with a session of its own. @throws LakeError LAKE_ENGINE_FAILED */
export async function openEngine(lake: OpenLake, stream: LakeStream, chosen: ChosenEngine): Promise<Engine> {
  const means = engineMeans(lake, stream)
  if (chosen.by === 'name') return openOne(lake, means, stream, chosen.only)
  const { small, large, overBytes } = chosen
  return new AutoEngine(await openOne(lake, means, stream, small), {
    name: large.kind.name,
    overBytes,
    checkFirst: ({ shape }) => assertSameMeaning(lake, stream, large, shape), // DuckDB checks it anyway
    open: () => openOne(lake, means, stream, large),
  })
}

async function openOne(lake: OpenLake, means: EngineMeans, stream: LakeStream, set: SetEngine): Promise<Engine> {
  const engine = await set.engine.open(means)
  if (set.kind.dialect === undefined) return engine
  const translation = {
    own: ownFile(stream, set),
    checkFirst: (plan: CheckPlan) => checkFirst(lake, means, stream, set, plan),
  }
  return new TranslatedEngine(engine, translation)
}

/**
 * Checks that a stream can begin on what was chosen, as far as that can be known without a start that takes long.
 * @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID, LAKE_PACKAGE_MISSING
 */
export async function checkOnly(
  lake: OpenLake,
  stream: LakeStream,
  chosen: ChosenEngine,
  plan: CheckPlan,
): Promise<void> {
  const means = engineMeans(lake, stream)
  for (const set of enginesIn(chosen)) {
    if (set.kind.dialect === undefined) {
      const engine = await checkedEngine({ ...plan, openEngine: () => set.engine.open(means) })
      await engine.close()
      continue
    }
    await checkFirst(lake, means, stream, set, plan)
    const missing = (await set.engine.look(means.configFolder)).find(({ level }) => level === 'fail')
    if (missing === undefined) continue
    const remedy = missing.fix === undefined ? {} : { remedy: `${missing.fix}.` }
    throw new LakeError('LAKE_PACKAGE_MISSING', `${set.kind.name}: ${missing.says}.`, remedy)
  }
}

/** The file that a stream has for one kind of engine alone. */
function ownFile({ select }: LakeStream, { kind }: SetEngine): SqlFile | undefined {
  if (select === undefined) return undefined
  const own = sqlFor(select, kind.dialect)
  return own === select ? undefined : { name: own.name, text: own.text }
}

/**
 * Checks a SELECT for an engine that reads another SQL, before that is asked: by DuckDB, which also proves that rows
 * are kept, and for what the other engine would take to mean something else.
 * @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID
 */
async function checkFirst(
  lake: OpenLake,
  means: EngineMeans,
  stream: LakeStream,
  set: SetEngine,
  { shape, inputKind, variables }: CheckPlan,
): Promise<void> {
  const engine = await checkedEngine({ openEngine: () => openFirst(lake, means), shape, inputKind, variables })
  await engine.close()
  await assertSameMeaning(lake, stream, set, shape)
}

/**
 * Refuses a SELECT that an engine would take to mean something else, where no other file takes its place there.
 * @param shape  of the stream
 * @throws LakeError LAKE_SQL_INVALID
 */
export async function assertSameMeaning(
  lake: OpenLake,
  stream: LakeStream,
  set: SetEngine,
  shape: StreamShape,
): Promise<void> {
  const { select } = shape
  const { assertSameMeaning: assertSame } = set.kind
  if (select === null || assertSame === undefined || ownFile(stream, set) !== undefined) return
  await withRunSession(lake, (session) => assertSame(session, select, relationsOf(shape)))
}

/** The engine that is in this process, whatever was chosen for the stream. */
export function openInProcess(lake: OpenLake, stream: LakeStream): Promise<Engine> {
  return openFirst(lake, engineMeans(lake, stream))
}

function openFirst(lake: OpenLake, means: EngineMeans): Promise<Engine> {
  const [first] = lake.config.engines.kinds
  return first.schema.parse(undefined).open(means)
}

/** What the SELECT of a stream may read: name → columns. */
function relationsOf({ relation, columns, references }: StreamShape): ReadonlyMap<string, Columns> {
  return new Map([[relation, columns], ...references.map(({ name, columns: own }) => [name, own] as const)])
}

function engineMeans(lake: OpenLake, stream: LakeStream): EngineMeans {
  return meansOf(lake, lake.layout.checkpoint(stream).engineLog)
}

/** What an engine gets to work with. @param logFile  where a program's log goes */
export function meansOf(lake: OpenLake, logFile: string): EngineMeans {
  const { config, database, disk, programs } = lake
  return {
    connect: () => database.connect(),
    disk,
    configFolder: dirname(config.configFile),
    lakeFolder: config.root,
    logFile,
    programs,
    limits: engineLimits(lake),
  }
}

/** What the engines of a lake may use: the same as its DuckDB. */
export function engineLimits({ database }: OpenLake): EngineLimits {
  const { threads, memoryLimit } = database.limits
  return { threads, memory: memoryLimit }
}
