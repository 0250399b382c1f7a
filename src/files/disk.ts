import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fdatasync,
  fsync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { systemCodeOf } from '../errors.ts'
import { withPath } from './read.ts'

/**
 * Every change that Lakeweir makes to a disk, one system call a method. Only DuckDB writes as well: COPY into a staging
 * folder, and the lock file of a stream, once. Tests pass in a disk that stops, fails or forgets; the code above cannot
 * tell. Every method throws the system error of the call that failed.
 */
export interface Disk {
  /** Makes one folder; its parent must exist. */
  makeFolder(path: string): Promise<'made' | 'exists'>
  /** Writes a new file; fails if the name is taken. Not durable before `syncFile`. */
  writeFile(path: string, text: string): Promise<void>
  /** Adds to the end of a file, which is made if it is missing. Not made durable. */
  appendFile(path: string, text: string): Promise<void>
  /** Writes a new file: the first bytes of another file, then a different end. Not made durable. */
  copyWithEnd(from: string, path: string, keptBytes: number, end: Uint8Array): Promise<void>
  /** Makes the contents of a file durable. */
  syncFile(path: string): Promise<void>
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>
  /** Gives a file a second name; never replaces a file. */
  link(existing: string, path: string): Promise<'linked' | 'exists'>
  /** Makes a symbolic link to a path, whether it exists or not; fails if the name is taken. Not made durable. */
  symlink(target: string, path: string): Promise<void>
  /** Renames a file or folder; replaces what has the new name. */
  rename(from: string, to: string): Promise<void>
  /** Removes one name of a file; a missing name is fine. */
  removeFile(path: string): Promise<void>
  /** Removes a folder with all that it holds; a missing one is fine. */
  removeTree(path: string): Promise<void>
}

/**
 * The real disk. Only syncs, which wait for a device, and the removal of folders, which waits for the journal of the
 * file system, go through libuv's pool: meanwhile others are answered. All other calls are synchronous: for a call that
 * changes a name, the way through the pool takes four to eight times as long as the call itself (measured: a link takes
 * 17 µs synchronously, 66 µs through the pool).
 */
export const nodeDisk: Disk = {
  async makeFolder(path) {
    return unlessItExists('made', () => mkdirSync(path))
  },

  async writeFile(path, text) {
    await onOpened(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, (file) => writeFileSync(file, text))
  },

  async appendFile(path, text) {
    await onOpened(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, (file) =>
      writeFileSync(file, text),
    )
  },

  async copyWithEnd(from, path, keptBytes, end) {
    // Where the file system can, the copy shares the blocks of the original.
    copyFileSync(from, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
    chmodSync(path, 0o600) // the original may be read-only
    await onOpened(path, constants.O_WRONLY, (file) => {
      ftruncateSync(file, keptBytes)
      for (let written = 0; written < end.length; ) {
        written += writeSync(file, end, written, end.length - written, keptBytes + written)
      }
    })
  },

  async syncFile(path) {
    await onOpened(path, constants.O_RDONLY, dataToDevice)
  },

  async syncFolder(path) {
    await onOpened(path, constants.O_RDONLY | constants.O_DIRECTORY, namesToDevice)
  },

  async link(existing, path) {
    return unlessItExists('linked', () => linkSync(existing, path))
  },

  async symlink(target, path) {
    symlinkSync(target, path)
  },

  async rename(from, to) {
    renameSync(from, to)
  },

  async removeFile(path) {
    try {
      unlinkSync(path)
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error
    }
  },

  async removeTree(path) {
    await rm(path, { recursive: true, force: true, maxRetries: 0 })
  },
}

const dataToDevice = promisify(fdatasync)
const namesToDevice = promisify(fsync)

/** What is done to an open file fails without its path. A new one gets the rights of `0o644`. */
async function onOpened(path: string, flags: number, work: (file: number) => Promise<void> | void): Promise<void> {
  const file = openSync(path, flags, 0o644)
  try {
    await work(file)
  } catch (error) {
    throw withPath(error, path)
  } finally {
    closeSync(file)
  }
}

function unlessItExists<Done>(done: Done, call: () => void): Done | 'exists' {
  try {
    call()
    return done
  } catch (error) {
    if (systemCodeOf(error) === 'EEXIST') return 'exists'
    throw error
  }
}
