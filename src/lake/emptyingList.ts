import { basename, dirname, join } from 'node:path'
import type { StreamLock } from '../duckdb/lock.ts'
import { LakeError } from '../errors.ts'
import { ensureFolder } from '../files/folders.ts'
import { assertFits, isLeftOutOr, isListOf, isMatching, isRecordOf, isText, parsedJson } from '../files/json.ts'
import { readText, statOf } from '../files/read.ts'
import { putIfAbsent } from '../files/wholeFiles.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { placeOf } from './sources.ts'
import { lastRecord } from './streamRecords.ts'

/** What an emptying will do, made durable before it does anything; whoever opens the lake next can finish it. */
export interface EmptyingList {
  readonly trash: string
  /** Names of the tables that are emptied. */
  readonly tables: readonly string[]
  /** Names of the streams that begin again. */
  readonly streams: readonly string[]
  /** Names of the streams whose archived files go back into their landing folder. */
  readonly reland?: readonly string[]
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

/**
 * Puts the list where whoever opens the lake next finds it, and carries it out. That is the commit point: a crash
 * before it changed nothing, one after it is finished by the next start.
 * @throws LakeError LAKE_STREAM_HELD where another process is emptying the lake
 */
export async function commitEmptying(lake: OpenLake, list: EmptyingList): Promise<void> {
  const { disk, layout, config } = lake
  const text = `${JSON.stringify(list)}\n`
  if ((await putIfAbsent(disk, layout.root, layout.freshList, text)) === 'exists') {
    throw new LakeError('LAKE_STREAM_HELD', `another process is emptying ${config.root}.`, { canRetry: true })
  }
  await disk.syncFolder(layout.root)
  await carryOut(lake, list)
}

/** Carries out a list that an earlier process left. */
export async function finishEmptying(lake: OpenLake): Promise<void> {
  const text = await readText(lake.layout.freshList)
  if (text === undefined) return
  const list = emptyingListIn(text, lake.layout.freshList)
  const streams = lake.config.streams.filter(({ name }) => list.streams.includes(name))
  await withLocks(lake, streams, async () => {
    if ((await readText(lake.layout.freshList)) === text) await carryOut(lake, list)
  })
}

/** Works while no stream of these runs: their locks are held. @throws LakeError LAKE_STREAM_HELD */
export async function withLocks<T>(lake: OpenLake, streams: readonly LakeStream[], work: () => Promise<T>): Promise<T> {
  const locks: StreamLock[] = []
  try {
    for (const stream of streams) {
      const checkpoint = lake.layout.checkpoint(stream)
      await checkpoint.make(lake.disk, lake.config.root)
      locks.push(await checkpoint.lock(stream.name, lake.clock))
    }
    return await work()
  } finally {
    for (const lock of locks) lock.release()
  }
}

/** Every step can be taken again: what is gone stays gone, what is back stays back. */
async function carryOut(lake: OpenLake, list: EmptyingList): Promise<void> {
  const { disk, layout, config } = lake
  const trash = join(layout.root, list.trash)
  await ensureFolder(disk, layout.root, trash)
  for (const stream of config.streams.filter(({ name }) => list.streams.includes(name))) {
    const checkpoint = layout.checkpoint(stream)
    await giveBack(lake, stream, list.reland?.includes(stream.name) === true)
    for (const folder of [checkpoint.commits, checkpoint.staging, checkpoint.claimed]) {
      await moveToTrash(lake, folder, join(trash, `${stream.name}.${basename(folder)}`))
    }
  }
  for (const table of config.tables.filter(({ name }) => list.tables.includes(name))) {
    await moveToTrash(lake, layout.data(table), join(trash, `${table.name}.data`))
  }
  await disk.syncFolder(trash)
  await disk.removeTree(trash)
  // Only the list names the trash: it goes once the trash is gone for good.
  await disk.syncFolder(layout.root)
  await disk.removeFile(layout.freshList)
  await disk.syncFolder(layout.root)
}

async function moveToTrash(lake: OpenLake, folder: string, target: string): Promise<void> {
  if ((await statOf(folder)) === undefined || (await statOf(target)) !== undefined) return
  await lake.disk.rename(folder, target)
  await lake.disk.syncFolder(dirname(folder))
}

/**
 * What was taken and not committed belongs to those again who made it; durable before its records go. What was kept of
 * that which was committed goes back too where it is to be taken again.
 */
async function giveBack(lake: OpenLake, stream: LakeStream, isRelanding: boolean): Promise<void> {
  // Records that cannot be read name nothing: all that was taken goes back, and no row of it is in a table any more.
  const last = await lastRecord(lake, stream).catch(() => undefined)
  await stream.source.emptying.giveBack(placeOf(lake, stream), last, isRelanding)
}
