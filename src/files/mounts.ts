import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A mounted file system, or part of one, as this process sees it. */
export interface Mount {
  /** The folder of the file system that is mounted. */
  readonly shows: string
  /** The folder where it is mounted. */
  readonly folder: string
  /** The type of the file system, such as `cgroup2`. */
  readonly type: string
  readonly options: readonly string[]
}

const MOUNT = /^\d+ \d+ \S+ (\S+) (\S+) .*- (\S+) \S+ (\S+)$/

/**
 * The mounts that the system reports; none except on Linux.
 * @param root  the folder that contains `proc`; tests pass another one
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
    return [] // whatever the reason, no mount is known then
  }
}

/** Spaces and other special characters are written as octal numbers. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}
