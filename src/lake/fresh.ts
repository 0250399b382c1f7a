import { randomUUID } from 'node:crypto'
import { assertTableMatches, probeLinks } from '../delta/table.ts'
import type { Session } from '../duckdb/session.ts'
import { LakeError } from '../errors.ts'
import { mountsSeen } from '../files/mounts.ts'
import { realPathOf, statOf } from '../files/read.ts'
import type { SourceRunOptions } from '../sources/index.ts'
import { knownError } from '../stream/failures.ts'
import { CONTRACT_VERSION } from '../tables/engine.ts'
import type { LakeTable } from '../tables/table.ts'
import { namedStream } from './byName.ts'
import type { LakeStream } from './config/resolve.ts'
import type { ChosenEngine } from './config/resolveEngines.ts'
import { LIVE } from './config/resolveLive.ts'
import { feeds } from './config/resolveStreams.ts'
import { type Emptying, lookAhead } from './emptying.ts'
import { commitEmptying, type EmptyingList, withLocks } from './emptyingList.ts'
import { checkOnly, shapeOf, targetsOf } from './engine.ts'
import { assertStoreFree } from './live/emptyStore.ts'
import type { OpenLake } from './openLake.ts'
import { prepare, withPrepared } from './prepare.ts'
import { runEngines } from './runEngines.ts'
import type { BegunRun } from './runnable.ts'
import { runnablesOf } from './runnables.ts'
import type { RunOptions } from './runOptions.ts'
import { withSession } from './sessions.ts'
import { placeOf } from './sources.ts'
import { newestOf } from './tableLogs.ts'
import { whileUntended } from './upkeep/tendedTable.ts'

/** What the streams will be run with is checked too: they could be refused for that. */
export interface EmptyOptions extends SourceRunOptions, Pick<RunOptions, 'engine' | 'engines'> {
  /** Move the archived files of the landing streams back into their folders, to be taken again. */
  readonly reland?: boolean
  /** Called with what will be removed, after all checks; nothing is changed where it returns false. */
  readonly confirm?: (emptying: Emptying) => boolean | Promise<boolean>
}

/**
 * Empties the tables of streams and everything that was made from them, once it is sure that the streams can begin
 * again.
 * @returns what was removed; undefined where `confirm` returned false
 * @throws LakeError LAKE_STREAM_HELD, and what the streams would stop with
 */
export async function emptyStreams(
  lake: OpenLake,
  streams: readonly string[],
  options: EmptyOptions,
): Promise<Emptying | undefined> {
  return withPrepared(lake, async () => {
    const emptied = await emptyLocked(lake, streams, options)
    await prepare(lake)
    return emptied
  })
}

/** What an emptying would remove. Throws what would stop it: it is begun, and not confirmed. */
export async function wouldEmpty(
  lake: OpenLake,
  streams: readonly string[],
  options: Pick<EmptyOptions, 'reland'>,
): Promise<Emptying> {
  const announced: Emptying[] = []
  const confirm = (emptying: Emptying): boolean => {
    announced.push(emptying)
    return false
  }
  await emptyStreams(lake, streams, { ...options, confirm })
  const [emptying] = announced
  if (emptying === undefined) throw new RangeError('an emptying asks for confirmation before it removes anything')
  return emptying
}

/**
 * Takes the lock of every stream that this concerns, so that nothing is written meanwhile; the lock files stay. First
 * it looks for what would stop the streams afterwards: if they refused to start, rows would be lost for nothing.
 */
async function emptyLocked(
  lake: OpenLake,
  streams: readonly string[],
  options: EmptyOptions,
): Promise<Emptying | undefined> {
  const { tables, touched, isLive } = extentOf(lake, streams)
  const isRelanding = options.reland === true
  const list: EmptyingList = {
    trash: `.trash-${randomUUID()}`,
    tables: tables.map(({ name }) => name),
    streams: touched.map(({ name }) => name),
    reland: isRelanding ? touched.flatMap(({ name, source }) => (source.folder === undefined ? [] : [name])) : [],
    live: isLive,
  }
  const empty = async (): Promise<Emptying | undefined> => {
    if (isLive) await assertStoreFree(lake)
    const named = runnablesOf(lake.config).filter(({ name }) => streams.includes(name))
    const { engineOf } = runEngines(lake.config, named, { ...options, streams: [] })
    await assertCanBegin(lake, tables, touched, { ...options, engineOf }).catch((error: unknown) => {
      throw unchanged(knownError(error))
    })
    const emptying = await withSession(lake, (session) =>
      lookAhead(lake, session, { tables, streams: touched, isRelanding, isLive }),
    )
    if (options.confirm !== undefined && !(await options.confirm(emptying))) return undefined
    await commitEmptying(lake, list)
    return emptying
  }
  return withLocks(lake, touched, () => whileUntended(lake, tables, empty))
}

/** What an emptying concerns. */
interface Extent {
  readonly tables: readonly LakeTable[]
  /** Every stream that reads or writes one of them. */
  readonly touched: readonly LakeStream[]
  /** Whether the live aggregates are named, or made from one of them. */
  readonly isLive: boolean
}

/** The tables that the streams write, those made from them, and all that reads or writes one. */
function extentOf({ config }: OpenLake, names: readonly string[]): Extent {
  const { live } = config
  const tables = new Set<LakeTable>()
  const waiting = names.flatMap((name) => (live !== undefined && name === LIVE ? [] : [namedStream(config, name)]))
  const downstream = new Set<LakeStream>()
  for (let stream = waiting.pop(); stream !== undefined; stream = waiting.pop()) {
    if (downstream.has(stream)) continue
    downstream.add(stream)
    for (const table of stream.into) tables.add(table)
    const emptied = stream
    waiting.push(...config.streams.filter((other) => feeds(emptied, other)))
  }
  const writes = (stream: LakeStream): boolean => stream.into.some((table) => tables.has(table))
  return {
    tables: [...tables],
    touched: config.streams.filter((stream) => downstream.has(stream) || writes(stream)),
    isLive: live !== undefined && (names.includes(LIVE) || writes(live.follows)),
  }
}

/**
 * Checks that nothing that can be known beforehand would stop the emptying halfway, or the streams after it.
 * @throws LakeError
 */
async function assertCanBegin(
  lake: OpenLake,
  tables: readonly LakeTable[],
  streams: readonly LakeStream[],
  run: SourceRunOptions & Pick<BegunRun, 'engineOf'>,
): Promise<void> {
  for (const stream of streams) {
    await assertSqlFits(lake, stream, run.engineOf(stream))
    const table = stream.source.follows?.table
    if (table !== undefined && !tables.includes(table)) {
      await withSession(lake, (session) => assertReadable(lake, table, session))
    }
  }
  for (const stream of streams) {
    const { staging } = lake.layout.checkpoint(stream)
    for (const { log } of targetsOf(lake, stream)) await probeLinks(lake.disk, staging, log, stream.name)
    await stream.source.emptying.assertCanBegin(placeOf(lake, stream), run)
  }
  const folders = [
    ...tables.map((table) => lake.layout.data(table)),
    ...streams.flatMap((stream) => {
      const { commits, staging, claimed } = lake.layout.checkpoint(stream)
      return [commits, staging, claimed]
    }),
  ]
  for (const folder of folders) await assertMovable(lake, folder)
}

/** A refusal that does not yet say what happened to the tables. */
function unchanged(error: unknown): unknown {
  if (!(error instanceof LakeError) || error.state !== undefined) return error
  const { code, message, remedy, canRetry, cause } = error
  const options = { state: 'Nothing was emptied.', canRetry, cause, ...(remedy === undefined ? {} : { remedy }) }
  return new LakeError(code, message, options)
}

async function assertSqlFits(lake: OpenLake, stream: LakeStream, engine: ChosenEngine): Promise<void> {
  const shape = await shapeOf(lake, stream)
  const { input: inputKind } = stream.source
  const variables = await stream.source.sampleVariables()
  await checkOnly(lake, stream, engine, { version: CONTRACT_VERSION, shape, inputKind, variables })
}

/** Checks that a table from which rows will be made again exists, with the columns of the config. */
async function assertReadable(lake: OpenLake, table: LakeTable, session: Session): Promise<void> {
  const head = (await newestOf(lake, session, [table])).heads.get(table.name)
  if (head !== undefined) return assertTableMatches(table, head)
  const writers = lake.config.streams.filter(({ into }) => into.includes(table)).map(({ name }) => name)
  throw new LakeError('LAKE_SOURCE_CHANGED', `table ${table.name}, from which the rows would be made again, is gone.`, {
    state: 'Nothing was emptied.',
    remedy: `Restore it from a backup, or start with what fills it: lakeweir run ${writers.join(' ')} --fresh`,
  })
}

/** Emptying renames folders, which fails for a mounted volume, even one of the same file system. */
async function assertMovable(lake: OpenLake, folder: string): Promise<void> {
  const [own, root] = [await statOf(folder), await statOf(lake.layout.root)]
  if (own === undefined) return
  const refuse = (what: string): never => {
    throw new LakeError('LAKE_DISK_UNSUITABLE', `${folder} ${what}.`, {
      state: 'Nothing was changed.',
      remedy: 'Put the whole lake on one file system; only landing folders may be on another.',
    })
  }
  if (own.dev !== root?.dev) refuse(`is on another file system than ${lake.layout.root}`)
  const place = realPathOf(folder)
  if (mountsSeen().some((mount) => mount.folder === place)) refuse('is a mounted volume')
}
