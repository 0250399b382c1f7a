import { basename } from 'node:path'

// The names of data files: `<stream>-<batch>-<attempt>-…`, with the attempt's uuid. Several streams may write one
// table, and a file's name says which one wrote it.

/** The part of an attempt that goes into file names and footers, which others read: its uuid. */
export function attemptId(attempt: string): string {
  return attempt.slice(0, 36)
}

/** How the names of all files of one attempt begin. */
export function dataFilePrefix(stream: string, batch: number, attempt: string): string {
  return `${stream}-${String(batch).padStart(10, '0')}-${attemptId(attempt)}`
}

// Matches the whole uuid: its last part alone may look like a batch, and what follows like the start of an attempt.
const DATA_FILE = /^(.*)-(\d{10,})-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-/

/** Stands for the writer of files that no stream has written; no stream can be called so. */
const FOREIGN_WRITER = '0'

/** The name of the stream that wrote a data file; undefined if no stream names files like this. */
export function writerOf(path: string): string | undefined {
  const writer = DATA_FILE.exec(basename(path))?.[1]
  return writer === FOREIGN_WRITER ? undefined : writer
}

/** The batch that a data file is of; undefined if it has rows of several, or if no stream names files like this. */
export function batchOf(path: string): number | undefined {
  return isJoined(path) ? undefined : newestBatchOf(path)
}

/** The newest batch of which a data file has rows; undefined if no stream names files like this. */
export function newestBatchOf(path: string): number | undefined {
  const batch = DATA_FILE.exec(basename(path))?.[2]
  return batch === undefined ? undefined : Number(batch)
}

const JOINED_END = '-joined.parquet'

/** The name of a file with the rows of several files of one writer: `<stream>-<newest batch>-<id>-joined.parquet`. */
export function joinedFileName(writer: string | undefined, newestBatch: number, id: string): string {
  return `${dataFilePrefix(writer ?? FOREIGN_WRITER, newestBatch, id)}${JOINED_END}`
}

/** Whether a file has the rows of several files. */
export function isJoined(path: string): boolean {
  return path.endsWith(JOINED_END) && DATA_FILE.test(basename(path))
}

/** Whether a file is named as streams name theirs, or as files are that were joined. */
export function isOurName(path: string): boolean {
  return DATA_FILE.test(basename(path))
}
