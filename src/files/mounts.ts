import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file system that this process sees, or a part of one. */
export interface Mount {
  /** The folder of its file system that it shows. */
  readonly shows: string
  /** The folder where it stands. */
  readonly folder: string
  /** The kind of file system. */
  readonly type: string
  /** Options of the file system. */
  readonly options: readonly string[]
}

const MOUNT = /^\d+ \d+ \S+ (\S+) (\S+) .*- (\S+) \S+ (\S+)$/

/**
 * What is mounted, as far as the system tells: nothing is known anywhere but on Linux.
 * @param root  where the system's files are; a test puts others there
 */
export function mountsSeen(root = '/'): Mount[] {
  return linesOf(join(root, 'proc/self/mountinfo')).flatMap((line) => {
    const [, shows, folder, type, options] = MOUNT.exec(line) ?? []
    if (shows === undefined || folder === undefined || type === undefined || options === undefined) return []
    return [{ shows: unescaped(shows), folder: unescaped(folder), type, options: options.split(',') }]
  })
}

function linesOf(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').trimEnd().split('\n')
  } catch {
    return [] // whatever the reason, nothing is known then
  }
}

/** Spaces and the like stand there as octal numbers. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
