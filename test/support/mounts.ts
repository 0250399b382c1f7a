import { execFileSync } from 'node:child_process'
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
