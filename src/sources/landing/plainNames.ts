import { basename, join } from 'node:path'
import type { Disk } from '../../files/disk.ts'
import { temporaryName } from '../../files/temporaryNames.ts'
import type { PlainEnd } from '../../parquet/footer.ts'

/**
 * Paths by which DuckDB can read files of any name. It takes every path for a glob: a name with a bracket makes it list
 * the folder for each file (measured: landing 1,000 such names 11.9 s, with links 2.6 s), and one with a bracket and a
 * backslash cannot be said at all. Such a file is read through a symbolic link of a plain name. A hard link would be
 * made faster and change the file itself: its time of change is how a rejected file is known, and wakes the watcher.
 */
export class PlainNames {
  readonly #disk: Disk
  readonly #folder: string
  #links = 0

  /** @param staging  where the links stand for a while; every start clears temporary names away there */
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

  /** The path of a copy of the file at `path` that ends otherwise, until `clear`. */
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
