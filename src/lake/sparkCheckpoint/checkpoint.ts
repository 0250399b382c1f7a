import { join } from 'node:path'
import { fits, isCount, isRecordOf, isText } from '../../files/json.ts'
import { listFolder, readText, statOf } from '../../files/read.ts'
import { localPath } from './localPath.ts'
import { type LogListing, lineValue, listLog, logLines, wholeLog } from './logFiles.ts'
import { RUN_ONCE_MORE, refused } from './refusal.ts'

/** What the checkpoint of a Structured Streaming query says. */
export interface SparkCheckpoint {
  readonly folder: string
  /** The query's, which stays the same when it starts again. */
  readonly id: string
  /** The last batch that was planned: its files were chosen. */
  readonly planned: number
  /** The last batch that the query knows to be written; undefined if there is none. */
  readonly committed: number | undefined
  /** The files that a batch, and those before it, have read. @throws LakeError LAKE_IMPORT_REFUSED */
  filesUpTo(batch: number): readonly ReadFile[]
  /** Changes when Spark writes to it. */
  readonly print: string
}

/** A file that Spark has read. */
export interface ReadFile {
  readonly path: string
  /** When it was last changed, in milliseconds since 1970. */
  readonly modifiedMs: number
}

interface SourceEntry extends ReadFile {
  /** The file of the source's log that it was added with. */
  readonly added: number
}

/** @throws LakeError LAKE_IMPORT_REFUSED for anything but a query over one folder of files that keeps no state */
export async function readCheckpoint(folder: string): Promise<SparkCheckpoint> {
  const id = await queryId(folder)
  if ((await statOf(join(folder, 'state'))) !== undefined) {
    throw refused(
      `${folder} keeps state: its query aggregates, joins streams or drops duplicates across batches.`,
      "Only a query that treats each row alone can be taken over. Start the lake's stream from the files instead.",
    )
  }
  const print = await printOf(folder)
  await assertOneSource(folder)
  const offsets = await listLog(join(folder, 'offsets'))
  const commits = await listLog(join(folder, 'commits'))
  const planned = lastOf(offsets)
  if (planned === undefined) throw refused(`${folder} has no batch: its query has read nothing.`)
  const committed = lastOf(commits)
  assertFollowing(folder, planned, committed)
  const ends = new Map<number, number>()
  for (const { batch, path } of offsets.files) ends.set(batch, await offsetIn(path))
  for (const { path } of commits.files) for (const line of await logLines(path)) lineValue(line, path)
  const entries = await readSource(join(folder, 'sources', '0'))
  const newest = entries.reduce((most, { added }) => Math.max(most, added), 0)
  const filesUpTo = (batch: number): readonly ReadFile[] => {
    const end = ends.get(batch)
    if (end === undefined) throw refused(`${join(folder, 'offsets', String(batch))} is gone.`, RUN_ONCE_MORE)
    if (end > newest) {
      throw refused(`batch ${batch} of ${folder} has read files up to ${end}, but sources/0 ends with ${newest}.`)
    }
    return entries.filter(({ added }) => added <= end)
  }
  return { folder, id, planned, committed, filesUpTo, print }
}

const isMetadata = isRecordOf<{ readonly id: string }>({ id: isText })

/** The id of the query whose checkpoint a folder is. @throws LakeError LAKE_IMPORT_REFUSED */
export async function queryId(folder: string): Promise<string> {
  const path = join(folder, 'metadata')
  const text = await readText(path)
  const parts = ['offsets', 'commits', 'sources']
  const missing: string[] = []
  for (const part of parts) if ((await statOf(join(folder, part)))?.isDirectory() !== true) missing.push(part)
  if (text === undefined || missing.length > 0) {
    const lacks = text === undefined ? ['metadata', ...missing] : missing
    throw refused(
      `${folder} is not the checkpoint of a streaming query that has run: it has no ${lacks.join(', ')}.`,
      'Name the folder that the query has as its checkpointLocation.',
    )
  }
  const value = lineValue(text, path)
  if (!fits(value, isMetadata)) throw refused(`${path} has no id of a query.`)
  return value.id
}

/** What of a checkpoint changes with every batch. */
export async function printOf(folder: string): Promise<string> {
  const names: string[] = []
  for (const part of ['offsets', 'commits', 'sources/0']) {
    for (const { name } of await listFolder(join(folder, part))) names.push(`${part}/${name}`)
  }
  return names.join('\n')
}

async function assertOneSource(folder: string): Promise<void> {
  const sources = (await listFolder(join(folder, 'sources'))).filter(({ name }) => /^\d+$/.test(name))
  if (sources.length === 1 && sources[0]?.name === '0') return
  const found = sources.length === 0 ? 'no source' : `${sources.length} sources`
  throw refused(`${folder} has ${found}, and only a query over one folder of files can be taken over.`)
}

/** The newest file of offsets or commits; between the oldest that is kept and the newest, none may be missing. */
function lastOf({ folder, files }: LogListing): number | undefined {
  const [first] = files
  for (const [index, { batch }] of files.entries()) {
    const expected = (first?.batch ?? 0) + index
    if (batch !== expected) throw refused(`${join(folder, String(expected))} is gone, but later ones are there.`)
  }
  return files.at(-1)?.batch
}

/** A query plans one batch after it has committed the one before. */
function assertFollowing(folder: string, planned: number, committed: number | undefined): void {
  const last = committed ?? -1
  if (last === planned || last === planned - 1) return
  if (last > planned) throw refused(`${folder} has committed batch ${last}, but planned only up to ${planned}.`)
  throw refused(
    `${folder} has planned batch ${planned} and committed ${committed === undefined ? 'none' : `only ${committed}`}: ` +
      'a query plans no batch before it has committed the one before.',
  )
}

const isFileOffset = isRecordOf<{ readonly logOffset: number }>({ logOffset: isCount })

/** How far a batch has read the log of its source. */
async function offsetIn(path: string): Promise<number> {
  const [about = '', ...sources] = await logLines(path)
  lineValue(about, path)
  const [source = ''] = sources
  if (sources.length !== 1) {
    throw refused(`${path} has the offsets of ${sources.length} sources; only a query with one can be taken over.`)
  }
  const value = lineValue(source, path)
  if (fits(value, isFileOffset)) return value.logOffset
  throw refused(`the query's source is not a folder of files: ${path} has the offset ${shortened(source)}.`)
}

const isSourceEntry = isRecordOf<{ readonly path: string; readonly timestamp: number; readonly batchId: number }>({
  path: isText,
  timestamp: isCount,
  batchId: isCount,
})

/** Every file that the source has handed out, with the number of its log's file. */
async function readSource(folder: string): Promise<readonly SourceEntry[]> {
  const entries: SourceEntry[] = []
  const seen = new Set<string>()
  for (const { batch, isCompact, path } of wholeLog(await listLog(folder))) {
    const added = new Set<number>()
    for (const line of await logLines(path)) {
      const value = lineValue(line, path)
      if (!fits(value, isSourceEntry)) throw refused(`${path} has a line that names no file: ${shortened(line)}.`)
      const isPlaced = isCompact ? value.batchId <= batch : value.batchId === batch
      if (!isPlaced) throw refused(`${path} has a file of ${value.batchId}, which belongs elsewhere.`)
      const file = localPath(value.path, path)
      if (seen.has(file)) throw refused(`Spark has read ${file} twice, by ${folder}.`)
      seen.add(file)
      added.add(value.batchId)
      entries.push({ path: file, modifiedMs: value.timestamp, added: value.batchId })
    }
    // Spark makes no file of the log without a file of the source: one that has none was cut at the end of a line.
    const missing = firstMissing(added, isCompact ? 0 : batch, batch)
    if (missing !== undefined) throw refused(`${path} has no file of ${missing}: it was cut short.`)
  }
  if (entries.length === 0) throw refused(`${folder} names no file: the query has read nothing.`)
  return entries
}

function firstMissing(found: ReadonlySet<number>, first: number, last: number): number | undefined {
  for (let number = first; number <= last; number++) if (!found.has(number)) return number
  return undefined
}

/** How much of a line a message shows. */
const SHOWN_CHARACTERS = 80

function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}
