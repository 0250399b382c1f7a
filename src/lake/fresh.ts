import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { Snapshot } from '../delta/snapshot.ts'
import { assertTableMatches, probeLinks } from '../delta/table.ts'
import type { HolderLock } from '../duckdb/holderFile.ts'
import type { Session } from '../duckdb/session.ts'
import { LakeError } from '../errors.ts'
import { ensureFolder } from '../files/folders.ts'
import { assertFits, isLeftOutOr, isListOf, isMatching, isRecordOf, isText, parsedJson } from '../files/json.ts'
import { readText, statOf } from '../files/read.ts'
import { putIfAbsent } from '../files/wholeFiles.ts'
import { LandingClaims } from '../sources/landing/claims.ts'
import { removeNotes } from '../sources/landing/notes.ts'
import { readTail } from '../tables/record.ts'
import { feeds, type LakeStream, type LakeTable } from './config/resolve.ts'
import { type Emptying, lookAhead } from './emptying.ts'
import { openEngine, targetsOf } from './engine.ts'
import type { Lake } from './lake.ts'
import { sourceOf } from './sources.ts'

/** What an emptying will do, made durable before it does anything; whoever opens the lake next can finish it. */
interface EmptyingList {
  readonly trash: string
  /** Names of the tables that are emptied. */
  readonly tables: readonly string[]
  /** Names of the streams that begin again. */
  readonly streams: readonly string[]
  /** Names of the streams whose archived files go back into their landing folder. */
  readonly reland?: readonly string[]
}

export interface EmptyOptions {
  /** Move the archived files of the landing streams back into their folders, to be taken again. */
  readonly reland?: boolean
  /** Told what will be taken away, once everything was checked; nothing is changed where it returns false. */
  readonly confirm?: (emptying: Emptying) => boolean | Promise<boolean>
}

/**
 * Empties the tables that some streams write, and all that follows from them. Takes every lock that this touches, so
 * nobody writes meanwhile; holder files stay where they are. What would stop the streams afterwards is looked for
 * first: an emptying that is followed by a refusal has only lost rows. The list is the commit point: a crash before it
 * changed nothing, one after it is finished by the next start.
 * @returns what was taken away; undefined where `confirm` said no
 * @throws LakeError LAKE_STREAM_HELD, and what the streams would stop with
 */
export async function emptyStreams(
  lake: Lake,
  streams: readonly LakeStream[],
  options: EmptyOptions = {},
): Promise<Emptying | undefined> {
  const { tables, touched } = extentOf(lake, streams)
  const landing = touched.filter(({ from }) => from.kind === 'parquetFolder')
  const isRelanding = options.reland === true
  const list: EmptyingList = {
    trash: `.trash-${randomUUID()}`,
    tables: tables.map(({ name }) => name),
    streams: touched.map(({ name }) => name),
    reland: isRelanding ? landing.map(({ name }) => name) : [],
  }
  return withLocks(lake, touched, async () => {
    await assertCanBegin(lake, tables, touched).catch((error: unknown) => {
      throw unchanged(error)
    })
    const emptying = await lake.withSession((session) =>
      lookAhead(lake, session, { tables, streams: touched, isRelanding }),
    )
    if (options.confirm !== undefined && !(await options.confirm(emptying))) return undefined
    const { disk, layout, resolved } = lake
    const text = `${JSON.stringify(list)}\n`
    if ((await putIfAbsent(disk, layout.root, layout.freshList, text)) === 'exists') {
      throw new LakeError('LAKE_STREAM_HELD', `another process is emptying ${resolved.root}.`, { canRetry: true })
    }
    await disk.syncFolder(layout.root)
    await carryOut(lake, list)
    return emptying
  })
}

/** What an emptying would take away: it is begun and not agreed to. */
export async function foretold(empty: (confirm: NonNullable<EmptyOptions['confirm']>) => unknown): Promise<Emptying> {
  const told: Emptying[] = []
  await empty((emptying) => {
    told.push(emptying)
    return false
  })
  const [emptying] = told
  if (emptying === undefined) throw new RangeError('an emptying tells what it takes away before it does')
  return emptying
}

const isEmptyingList = isRecordOf<EmptyingList>({
  // What stands there is removed: nothing else may be.
  trash: isMatching(/^\.trash-[0-9a-f-]{36}$/, 'the name of a trash folder'),
  tables: isListOf(isText),
  streams: isListOf(isText),
  reland: isLeftOutOr(isListOf(isText)),
})

/** @throws LakeError LAKE_VALUE_UNEXPECTED */
function emptyingListIn(text: string, path: string): EmptyingList {
  const damage = {
    state: 'Nothing was changed. It says what an emptying has begun to take away.',
    remedy: `Delete it, and empty what was to be emptied once more: lakeweir run STREAM --fresh`,
  }
  const list = parsedJson(text, path, damage)
  assertFits(list, isEmptyingList, path, damage)
  return list
}

/** Carries out a list that an earlier process left. */
export async function finishEmptying(lake: Lake): Promise<void> {
  const text = await readText(lake.layout.freshList)
  if (text === undefined) return
  const list = emptyingListIn(text, lake.layout.freshList)
  const streams = lake.resolved.streams.filter(({ name }) => list.streams.includes(name))
  await withLocks(lake, streams, async () => {
    if ((await readText(lake.layout.freshList)) === text) await carryOut(lake, list)
  })
}

/** The tables that the streams write, those that follow from them, and every stream that reads or writes one. */
function extentOf(lake: Lake, streams: readonly LakeStream[]): { tables: LakeTable[]; touched: LakeStream[] } {
  const tables = new Set<LakeTable>()
  const waiting = [...streams]
  const downstream = new Set<LakeStream>()
  for (let stream = waiting.pop(); stream !== undefined; stream = waiting.pop()) {
    if (downstream.has(stream)) continue
    downstream.add(stream)
    for (const table of stream.into) tables.add(table)
    const emptied = stream
    waiting.push(...lake.resolved.streams.filter((other) => feeds(emptied, other)))
  }
  const writes = (stream: LakeStream): boolean => stream.into.some((table) => tables.has(table))
  return {
    tables: [...tables],
    touched: lake.resolved.streams.filter((stream) => downstream.has(stream) || writes(stream)),
  }
}

async function withLocks<T>(lake: Lake, streams: readonly LakeStream[], work: () => Promise<T>): Promise<T> {
  const locks: HolderLock[] = []
  try {
    for (const stream of streams) {
      const checkpoint = lake.layout.checkpoint(stream)
      await checkpoint.make(lake.disk, lake.resolved.root)
      locks.push(await checkpoint.lock(stream.name, lake.clock))
    }
    return await work()
  } finally {
    for (const lock of locks) lock.release()
  }
}

/**
 * That nothing which can be known beforehand would stop the emptying halfway, or the streams after it.
 * @throws LakeError
 */
async function assertCanBegin(lake: Lake, tables: readonly LakeTable[], streams: readonly LakeStream[]): Promise<void> {
  for (const stream of streams) {
    await lake.withSession((session) => assertSqlFits(lake, stream, session))
    const { from } = stream
    const source = lake.resolved.tables.find(({ name }) => from.kind === 'deltaTable' && name === from.table)
    if (source !== undefined && !tables.includes(source)) await lake.withSession((s) => assertReadable(lake, source, s))
  }
  for (const stream of streams) {
    const { staging } = lake.layout.checkpoint(stream)
    for (const { log } of targetsOf(lake, stream)) await probeLinks(lake.disk, staging, log, stream.name)
    await openClaims(lake, stream)
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

/** A refusal that leaves open what became of the tables says it. */
function unchanged(error: unknown): unknown {
  if (!(error instanceof LakeError) || error.state !== undefined) return error
  const { code, message, remedy, canRetry, cause } = error
  const options = { state: 'Nothing was emptied.', canRetry, cause, ...(remedy === undefined ? {} : { remedy }) }
  return new LakeError(code, message, options)
}

async function assertSqlFits(lake: Lake, stream: LakeStream, session: Session): Promise<void> {
  const source = await sourceOf(lake, stream, {}, session)
  await openEngine(lake, stream, source, session)
}

/** That a table from which rows are to be made again is there, with the columns that the config names. */
async function assertReadable(lake: Lake, table: LakeTable, session: Session): Promise<void> {
  const ref = { name: table.name, folder: lake.layout.dataFolder(table), stream: null }
  const head = (await Snapshot.load(session, lake.resolved.root, [ref])).heads.get(table.name)
  if (head !== undefined) return assertTableMatches(table, head)
  const writers = lake.resolved.streams.filter(({ into }) => into.includes(table)).map(({ name }) => name)
  throw new LakeError('LAKE_SOURCE_CHANGED', `table ${table.name}, of which rows are to be made again, is gone.`, {
    state: 'Nothing was emptied.',
    remedy: `Restore it from a backup, or begin where it is filled: lakeweir run ${writers.join(' ')} --fresh`,
  })
}

/** A folder leaves its place by a rename, which no volume does that is mounted there. */
async function assertMovable(lake: Lake, folder: string): Promise<void> {
  const [own, root] = [await statOf(folder), await statOf(lake.layout.root)]
  if (own === undefined || own.dev === root?.dev) return
  throw new LakeError('LAKE_DISK_UNSUITABLE', `${folder} is on another file system than ${lake.layout.root}.`, {
    state: 'Nothing was changed.',
    remedy: 'The whole lake must be on one file system, but for landing folders.',
  })
}

/** Every step can be taken again: what is gone stays gone, what is back stays back. */
async function carryOut(lake: Lake, list: EmptyingList): Promise<void> {
  const { disk, layout, resolved } = lake
  const trash = join(layout.root, list.trash)
  await ensureFolder(disk, layout.root, trash)
  for (const stream of resolved.streams.filter(({ name }) => list.streams.includes(name))) {
    const checkpoint = layout.checkpoint(stream)
    await putFilesBack(lake, stream, list.reland?.includes(stream.name) === true)
    for (const folder of [checkpoint.commits, checkpoint.staging, checkpoint.claimed]) {
      await moveToTrash(lake, folder, join(trash, `${stream.name}.${basename(folder)}`))
    }
  }
  for (const table of resolved.tables.filter(({ name }) => list.tables.includes(name))) {
    await moveToTrash(lake, layout.data(table), join(trash, `${table.name}.data`))
  }
  await disk.syncFolder(trash)
  await disk.removeTree(trash)
  // Only the list names the trash: it goes once the trash is gone for good.
  await disk.syncFolder(layout.root)
  await disk.removeFile(layout.freshList)
  await disk.syncFolder(layout.root)
}

async function moveToTrash(lake: Lake, folder: string, target: string): Promise<void> {
  if ((await statOf(folder)) === undefined || (await statOf(target)) !== undefined) return
  await lake.disk.rename(folder, target)
  await lake.disk.syncFolder(dirname(folder))
}

/**
 * Files that were taken and not committed belong to their writers again; durable before their records go. Archived ones
 * go back too where they are to be taken again.
 */
async function putFilesBack(lake: Lake, stream: LakeStream, isRelanding: boolean): Promise<void> {
  const claims = await openClaims(lake, stream)
  if (claims === undefined) return
  const checkpoint = lake.layout.checkpoint(stream)
  // Records that cannot be read name nothing: all that is claimed goes back, and no row of it is in a table any more.
  const { last } = await readTail(checkpoint.commits).catch(() => ({ last: undefined }))
  await claims.settle(last, undefined)
  await claims.syncSettled()
  if (isRelanding) await claims.reland()
  await removeNotes(lake.disk, checkpoint)
}

async function openClaims(lake: Lake, stream: LakeStream): Promise<LandingClaims | undefined> {
  if (stream.from.kind !== 'parquetFolder') return undefined
  const { disk, layout } = lake
  const { path, afterwards } = stream.from
  const folder = layout.below(path)
  await ensureFolder(disk, layout.root, folder)
  const checkpoint = layout.checkpoint(stream)
  return LandingClaims.open({ disk, lakeFolder: layout.root, folder, checkpoint, afterwards })
}
