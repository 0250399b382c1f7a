import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import type { HolderLock } from '../duckdb/holderFile.ts'
import { LakeError } from '../errors.ts'
import { ensureFolder, putIfAbsent } from '../files/durable.ts'
import { readText, statOf } from '../files/read.ts'
import { LandingClaims } from '../sources/landingClaims.ts'
import { removeNotes } from '../sources/landingNotes.ts'
import { readTail } from '../stream/record.ts'
import type { Lake } from './lake.ts'
import { feeds, type LakeStream, type LakeTable } from './resolve.ts'

/** What an emptying will do, made durable before it does anything; whoever opens the lake next can finish it. */
interface EmptyingList {
  readonly trash: string
  /** Names of the tables that are emptied. */
  readonly tables: readonly string[]
  /** Names of the streams that begin again. */
  readonly streams: readonly string[]
}

/**
 * Empties the tables that some streams write, and all that follows from them. Takes every lock that this touches, so
 * nobody writes meanwhile; holder files stay where they are. The list is the commit point: a crash before it changed
 * nothing, one after it is finished by the next start.
 * @returns the names of the tables
 * @throws LakeError LAKE_STREAM_HELD
 */
export async function emptyStreams(lake: Lake, streams: readonly LakeStream[]): Promise<readonly string[]> {
  const { tables, touched } = extentOf(lake, streams)
  const list: EmptyingList = {
    trash: `.trash-${randomUUID()}`,
    tables: tables.map(({ name }) => name),
    streams: touched.map(({ name }) => name),
  }
  await withLocks(lake, touched, async () => {
    const { disk, layout, resolved } = lake
    const text = `${JSON.stringify(list)}\n`
    if ((await putIfAbsent(disk, layout.root, layout.freshList, text)) === 'exists') {
      throw new LakeError('LAKE_STREAM_HELD', `another process is emptying ${resolved.root}.`, { canRetry: true })
    }
    await disk.syncFolder(layout.root)
    await carryOut(lake, list)
  })
  return list.tables
}

/** Carries out a list that an earlier process left. */
export async function finishEmptying(lake: Lake): Promise<void> {
  const text = await readText(lake.layout.freshList)
  if (text === undefined) return
  const list = JSON.parse(text) as EmptyingList
  const streams = lake.resolved.streams.filter(({ name }) => list.streams.includes(name))
  await withLocks(lake, streams, async () => {
    if ((await readText(lake.layout.freshList)) === text) await carryOut(lake, list)
  })
}

/** The tables that the streams write, those that follow from them, and every stream that reads or writes one. */
export function extentOf(lake: Lake, streams: readonly LakeStream[]): { tables: LakeTable[]; touched: LakeStream[] } {
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

async function withLocks(lake: Lake, streams: readonly LakeStream[], work: () => Promise<void>): Promise<void> {
  const locks: HolderLock[] = []
  try {
    for (const stream of streams) {
      const checkpoint = lake.layout.checkpoint(stream)
      await checkpoint.make(lake.disk, lake.resolved.root)
      locks.push(await checkpoint.lock(stream.name, lake.clock))
    }
    await work()
  } finally {
    for (const lock of locks) lock.release()
  }
}

/** Every step can be taken again: what is gone stays gone, what is back stays back. */
async function carryOut(lake: Lake, list: EmptyingList): Promise<void> {
  const { disk, layout, resolved } = lake
  const trash = join(layout.root, list.trash)
  await ensureFolder(disk, layout.root, trash)
  for (const stream of resolved.streams.filter(({ name }) => list.streams.includes(name))) {
    const checkpoint = layout.checkpoint(stream)
    await putClaimsBack(lake, stream)
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

/** Files that were taken and not committed belong to their writers again; durable before their records go. */
async function putClaimsBack(lake: Lake, stream: LakeStream): Promise<void> {
  if (stream.from.kind !== 'parquetFolder') return
  const { disk, layout } = lake
  const { path, afterwards } = stream.from
  const checkpoint = layout.checkpoint(stream)
  const folder = layout.below(path)
  await ensureFolder(disk, layout.root, folder)
  const claims = await LandingClaims.open({ disk, lakeFolder: layout.root, folder, checkpoint, afterwards })
  const { last } = await readTail(checkpoint.commits)
  await claims.settle(last, undefined)
  await claims.syncSettled()
  await removeNotes(disk, checkpoint)
}
