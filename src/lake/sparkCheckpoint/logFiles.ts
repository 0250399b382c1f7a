import { basename, dirname, join } from 'node:path'
import { crc32 } from 'node:zlib'
import { listFolder, readBytes } from '../../files/read.ts'
import { refused } from './refusal.ts'

// The numbered files of Spark's metadata logs: `offsets/7`, `sources/0/12.compact`, `_spark_metadata/3`. Each begins
// with a line that says its version.

/** The files of a log by the batch that each is named for, ascending. */
export interface LogListing {
  readonly folder: string
  readonly files: readonly LogFile[]
}

export interface LogFile {
  readonly batch: number
  /** Whether it also has what all files before it had. */
  readonly isCompact: boolean
  readonly path: string
}

/** Lists a log; names that Spark gives to other things, such as checksums and unfinished files, do not count. */
export async function listLog(folder: string): Promise<LogListing> {
  const files: LogFile[] = []
  for (const { name } of await listFolder(folder)) {
    const [, digits, compact] = /^(\d{1,15})(\.compact)?$/.exec(name) ?? []
    if (digits === undefined) continue
    files.push({ batch: Number(digits), isCompact: compact !== undefined, path: join(folder, name) })
  }
  return { folder, files: files.sort((one, other) => one.batch - other.batch) }
}

/**
 * The files that together hold the whole log: the newest compact one and all after it, or all from 0 on.
 * @throws LakeError LAKE_IMPORT_REFUSED if one between them is gone
 */
export function wholeLog({ folder, files }: LogListing): readonly LogFile[] {
  const compact = files.findLast(({ isCompact }) => isCompact)
  const first = compact?.batch ?? 0
  const kept = files.filter(
    (file) => file === compact || (file.batch >= first && !file.isCompact && file.batch !== compact?.batch),
  )
  for (const [index, { batch }] of kept.entries()) {
    if (batch === first + index) continue
    const missing = join(folder, String(first + index))
    throw refused(`${missing} is gone, which ${folder} needs: its newest file is ${files.at(-1)?.batch}.`)
  }
  return kept
}

/** The lines after the version of one file of a log. */
export async function logLines(path: string): Promise<readonly string[]> {
  const bytes = await readBytes(path)
  if (bytes === undefined) throw refused(`${path} is gone.`, STILL_WRITING)
  await assertChecksum(path, bytes)
  const [version = '', ...lines] = bytes.toString('utf8').split('\n')
  if (version === 'v1') return lines
  const what = /^v\d+$/.test(version) ? `is of version ${version.slice(1)}` : 'does not begin with its version'
  throw refused(
    `${path} ${what}; only version 1 is known.`,
    'Write to the project if a released Spark makes such files.',
  )
}

export const STILL_WRITING = 'Stop the query in Spark first, then import again.'

/** The JSON value of a line. */
export function lineValue(line: string, path: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw Object.assign(refused(`${path} has a line that is not JSON: it was cut short or damaged.`), { cause })
  }
}

/** Spark's own local file system writes a checksum of every 512 bytes beside each file; others write none. */
async function assertChecksum(path: string, bytes: Buffer): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.crc`)
  const sums = await readBytes(beside)
  if (sums === undefined || sums.toString('latin1', 0, 4) !== 'crc\0') return
  const pieceBytes = sums.readUInt32BE(4)
  const pieces = Math.ceil(bytes.length / pieceBytes)
  const isWhole = sums.length === CRC_HEADER_BYTES + 4 * pieces
  for (let piece = 0; isWhole && piece < pieces; piece++) {
    const sum = crc32(bytes.subarray(piece * pieceBytes, (piece + 1) * pieceBytes))
    if (sum !== sums.readUInt32BE(CRC_HEADER_BYTES + 4 * piece)) throw mismatch(path)
  }
  if (!isWhole) throw mismatch(path)
}

const CRC_HEADER_BYTES = 8

function mismatch(path: string): Error {
  return refused(`${path} does not match its checksum: it was cut short or damaged.`)
}
