import { basename, dirname, join } from 'node:path'
import type { StreamLock } from '../duckdb/lock.ts'
import { LakeError } from '../errors.ts'
import { ensureFolder } from '../files/folders.ts'
import {
  assertFits,
  isBoolean,
  isLeftOutOr,
  isListOf,
  isMatching,
  isRecordOf,
  isText,
  parsedJson,
} from '../files/json.ts'
import { readText, statOf } from '../files/read.ts'
import { putIfAbsent } from '../files/wholeFiles.ts'
import type { LakeStream } from './config/resolve.ts'
import { emptyStore } from './live/emptyStore.ts'
import type { OpenLake } from './openLake.ts'
import { placeOf } from './sources.ts'
import { lastRecord } from './streamRecords.ts'

/** What an emptying will do, made durable before it does anything, so that the next run can finish it. */
export interface EmptyingList {
  readonly trash: string
  /** Names of the tables that are emptied. */
  readonly tables: readonly string[]
  /** Names of the streams that begin again. */
  readonly streams: readonly string[]
  /** Names of the streams whose archived files go back into their landing folder. */
  readonly reland?: readonly string[]
  /** Whether the live aggregates are removed, too. */
  readonly live?: boolean
}

const isEmptyingList = isRecordOf<EmptyingList>({
  // This folder is removed, so the list must not be able to name any other.
  trash: isMatching(/^\.trash-[0-9a-f-]{36}$/, 'the name of a trash folder'),
  tables: isListOf(isText),
  streams: isListOf(isText),
  reland: isLeftOutOr(isListOf(isText)),
  live: isLeftOutOr(isBoolean),
})

/** @throws LakeError LAKE_VALUE_UNEXPECTED */
function emptyingListIn(text: string, path: string): EmptyingList {
  const damage = {
    state: 'Nothing was changed. The file says what an unfinished emptying (--fresh) was removing.',
    remedy: 'Delete the file, then run the same streams with --fresh again: lakeweir run STREAM --fresh',
  }
  const list = parsedJson(text, path, damage)
  assertFits(list, isEmptyingList, path, damage)
  return list
}

/**
 * Writes the list where the next run finds it, and carries it out. Writing it is the commit point: a crash before it
 * has changed nothing; after a later one, the next run finishes the emptying.
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

/** Does work while none of these streams can run: it holds their locks. @throws LakeError LAKE_STREAM_HELD */
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

/** Every step can be repeated: what is gone stays gone, and what was given back stays back. */
async function carryOut(lake: OpenLake, list: EmptyingList): Promise<void> {
  const { disk, layout, config } = lake
  // First: they would otherwise show what is no longer in the tables.
  if (list.live === true && config.live !== undefined) await emptyStore(lake, config.live)
  const trash = join(layout.root, list.trash)
  await ensureFolder(disk, layout.root, trash)
  for (const stream of config.streams.filter(({ name }) => list.streams.includes(name))) {
    const checkpoint = layout.checkpoint(stream)
    await giveBack(lake, stream, list.reland?.includes(stream.name) === true)
    await disk.removeFile(checkpoint.importFile)
    for (const folder of [checkpoint.commits, checkpoint.staging, checkpoint.claimed]) {
      await moveToTrash(lake, folder, join(trash, `${stream.name}.${basename(folder)}`))
    }
  }
  for (const table of config.tables.filter(({ name }) => list.tables.includes(name))) {
    await moveToTrash(lake, layout.data(table), join(trash, `${table.name}.data`))
  }
  await disk.syncFolder(trash)
  await disk.removeTree(trash)
  // Only the list names the trash, so it is deleted once the trash is durably gone.
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
 * Returns to the source what was taken but not committed, and makes that durable before the records are removed. With
 * `isRelanding`, what the source kept of committed batches is returned too, to be taken again.
 */
async function giveBack(lake: OpenLake, stream: LakeStream, isRelanding: boolean): Promise<void> {
  // Unreadable records name nothing: everything that was taken goes back, since its tables are emptied anyway.
  const last = await lastRecord(lake, stream).catch(() => undefined)
  await stream.source.emptying.giveBack(placeOf(lake, stream), last, isRelanding)
}
