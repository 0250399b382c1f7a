import { basename, join } from 'node:path'
import type { Disk } from '../../files/disk.ts'
import { temporaryName } from '../../files/temporaryNames.ts'
import type { PlainEnd } from '../../parquet/footer.ts'

/**
 * Paths by which DuckDB can read files of any name. DuckDB takes every path for a glob: a name with a bracket makes it
 * list the folder for each file (measured: landing 1,000 such names took 11.9 s, with links 2.6 s), and a name with a
 * bracket and a backslash cannot be expressed at all. Such a file is read through a symbolic link with a plain name. A
 * hard link would be faster to make, but it changes the file's change time: a rejected file is recognized by it, and it
 * wakes the watcher.
 */
export class PlainNames {
  readonly #disk: Disk
  readonly #folder: string
  #links = 0

  /** @param staging  the folder for the links, in which every start removes temporary files */
  constructor(disk: Disk, staging: string) {
    this.#disk = disk
    this.#folder = join(staging, temporaryName('reading'))
  }

  /** A path by which the file at `path` can be read until `clear`. */
  async pathOf(path: string): Promise<string> {
    if (!/[*?[\\]/.test(basename(path))) return path
    if (this.#links === 0) await this.#disk.makeFolder(this.#folder)
    this.#links += 1
    const link = join(this.#folder, `${this.#links}.parquet`)
    await this.#disk.symlink(path, link)
    return link
  }

  /** The path, until `clear`, of a copy of the file at `path` with another end. */
  async copyOf(path: string, { keptBytes, end }: PlainEnd): Promise<string> {
    if (this.#links === 0) await this.#disk.makeFolder(this.#folder)
    this.#links += 1
    const copy = join(this.#folder, `${this.#links}.parquet`)
    await this.#disk.copyWithEnd(path, copy, keptBytes, end)
    return copy
  }

  async clear(): Promise<void> {
    if (this.#links === 0) return
    this.#links = 0
    await this.#disk.removeTree(this.#folder)
  }
}
