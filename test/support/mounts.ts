import { execFileSync, spawnSync } from 'node:child_process'
import { isRoot } from './otherUser.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

/** Mounts an empty file system of so many megabytes of memory on a folder, and of so many names where that is said. */
export function mountSmall(folder: string, megabytes: number, names?: number): void {
  const options = names === undefined ? `size=${megabytes}m` : `size=${megabytes}m,nr_inodes=${names}`
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'lakeweir-test', folder], { stdio: 'pipe' })
}

/** Mounts a folder on itself: a volume of the same file system. */
export function mountOnItself(folder: string): void {
  execFileSync('mount', ['--bind', folder, folder], { stdio: 'pipe' })
}

/** Ways in which a process and those that it starts may see a folder otherwise than everybody else. */
const VIEWS = {
  /** Another folder, which is empty, is in its place. */
  empty: 'mount -t tmpfs lakeweir-test "$1"',
  /** It is there, and may only be read. */
  readOnly: 'mount --bind "$1" "$1" && mount -o remount,bind,ro "$1"',
  /** It is there, but what they write to it goes elsewhere. */
  copied:
    'mount -t tmpfs lakeweir-test "$2" && mkdir "$2/upper" "$2/work" && ' +
    'mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" lakeweir-test "$1"',
} as const

export type View = keyof typeof VIEWS

/**
 * The words before a command that runs it with such a view of a folder.
 * @param spare  an empty folder
 */
export function withView(view: View, folder: string, spare: string): string[] {
  return ['unshare', '--mount', 'sh', '-c', `${VIEWS[view]} && shift 2 && exec "$@"`, 'sh', folder, spare]
}

/** Whether a command can have a view of its own. */
export function canView(view: View): boolean {
  if (!isRoot || process.platform !== 'linux') return false
  const [folder, spare] = [makeTemporaryFolder(), makeTemporaryFolder()]
  const [program = '', ...words] = withView(view, folder, spare)
  const { status } = spawnSync(program, [...words, 'true'])
  removeFolder(folder)
  removeFolder(spare)
  return status === 0
}

export function unmount(folder: string): void {
  execFileSync('umount', [folder], { stdio: 'pipe' })
}

export function canMount(): boolean {
  if (!isRoot || process.platform !== 'linux') return false
  const folder = makeTemporaryFolder()
  try {
    mountSmall(folder, 1)
    unmount(folder)
    return true
  } catch {
    // No right to mount, as in most containers.
    return false
  } finally {
    removeFolder(folder)
  }
}
