import { basename } from 'node:path'

// The names of data files: `<stream>-<batch>-<attempt>-…`. Several streams may write one table, and a file's name tells
// whose it is.

/** The name of the stream that wrote a data file; undefined where no stream names files so. */
export function writerOf(path: string): string | undefined {
  return /^(.*)-\d{10,}-[0-9a-f]{8}-/.exec(basename(path))?.[1]
}
