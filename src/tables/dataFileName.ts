import { basename } from 'node:path'

// The names of data files: `<stream>-<batch>-<attempt>-…`, an attempt by its uuid. Several streams may write one
// table, and a file's name tells whose it is.

/** The part of an attempt that goes into names and footers which others read. */
export function attemptId(attempt: string): string {
  return attempt.slice(0, 36)
}

/** How the names of the files of one attempt begin. */
export function dataFilePrefix(stream: string, batch: number, attempt: string): string {
  return `${stream}-${String(batch).padStart(10, '0')}-${attemptId(attempt)}`
}

/** The name of the stream that wrote a data file; undefined where no stream names files so. */
export function writerOf(path: string): string | undefined {
  // To the end of the uuid: its last part alone may look like a batch, and the next one like the begin of an attempt.
  return /^(.*)-\d{10,}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-/.exec(basename(path))?.[1]
}
