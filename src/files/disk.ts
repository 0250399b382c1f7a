import { constants } from 'node:fs'
import { link, mkdir, open, rename, rm, unlink } from 'node:fs/promises'
import { systemCodeOf } from '../errors.ts'

/**
 * Everything that Lakeweir does to a disk, one system call each. The other writers are DuckDB's: COPY into a staging
 * folder, and the lock file of a stream, once. Tests put a disk here that stops, fails or forgets; nothing above knows
 * the difference. Every method throws the system error of the call that failed.
 */
export interface Disk {
  /** Makes one folder; its parent must exist. */
  makeFolder(path: string): Promise<'made' | 'exists'>
  /** Writes a new file; fails if the name is taken. Not durable before `syncFile`. */
  writeFile(path: string, text: string): Promise<void>
  /** Makes the contents of a file durable. */
  syncFile(path: string): Promise<void>
  /** Makes the names in a folder durable. */
  syncFolder(path: string): Promise<void>
  /** Gives a file a second name; never replaces. */
  link(existing: string, path: string): Promise<'linked' | 'exists'>
  /** Moves a name; replaces what stands there. */
  rename(from: string, to: string): Promise<void>
  /** Removes one name of a file; a missing name is fine. */
  removeFile(path: string): Promise<void>
  /** Removes a folder with all that it holds; a missing one is fine. */
  removeTree(path: string): Promise<void>
}

/** The real disk. */
export const nodeDisk: Disk = {
  async makeFolder(path) {
    try {
      await mkdir(path)
      return 'made'
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST') return 'exists'
      throw error
    }
  },

  async writeFile(path, text) {
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o644)
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
  },

  async syncFile(path) {
    const file = await open(path, constants.O_RDONLY)
    try {
      await file.datasync()
    } finally {
      await file.close()
    }
  },

  async syncFolder(path) {
    const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
    try {
      await folder.sync()
    } finally {
      await folder.close()
    }
  },

  async link(existing, path) {
    try {
      await link(existing, path)
      return 'linked'
    } catch (error) {
      if (systemCodeOf(error) === 'EEXIST') return 'exists'
      throw error
    }
  },

  rename,

  async removeFile(path) {
    try {
      await unlink(path)
    } catch (error) {
      if (systemCodeOf(error) !== 'ENOENT') throw error
    }
  },

  async removeTree(path) {
    await rm(path, { recursive: true, force: true, maxRetries: 0 })
  },
}
