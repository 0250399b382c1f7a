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

/** The name of the stream that wrote a data file; undefined if no stream names files like this. */
export function writerOf(path: string): string | undefined {
  return DATA_FILE.exec(basename(path))?.[1]
}

/** The batch that a data file is of; undefined if no stream names files like this. */
export function batchOf(path: string): number | undefined {
  const batch = DATA_FILE.exec(basename(path))?.[2]
  return batch === undefined ? undefined : Number(batch)
}
