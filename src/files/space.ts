import { statfsSync } from 'node:fs'

/** What is free on a file system for this user. */
export interface FreeSpace {
  readonly bytes: number
  /** How many more files it can have; undefined where it does not count them. */
  readonly names: number | undefined
}

/** @param path  of anything on it */
export function freeSpace(path: string): FreeSpace {
  const { bavail, bsize, files, ffree } = statfsSync(path)
  return { bytes: bavail * bsize, names: files === 0 ? undefined : ffree }
}
