import { basename, dirname, join, resolve } from 'node:path'
import { realPathOf } from '../../files/read.ts'
import { refused } from './refusal.ts'

/**
 * The path of a file that Spark's logs name by a URI: `file:///data/a%20b.parquet`, or `file:/data/…`.
 * @param where  what names it, for messages
 */
export function localPath(uri: string, where: string): string {
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(uri)?.[1]
  const path = /^file:(?:\/\/)?(\/[^/].*)$/.exec(uri)?.[1]
  if (path === undefined) {
    const what = scheme === undefined || scheme === 'file' ? 'is not a file URI' : `is on ${scheme}:, not on this disk`
    throw refused(`${where} names "${uri}", which ${what}.`, 'Only files of a file system can be imported.')
  }
  try {
    return decodeURIComponent(path)
  } catch {
    throw refused(`${where} names "${uri}", which is not valid UTF-8 once it is decoded.`)
  }
}

/** A folder by its one real path, so that two ways to it compare as equal; as it is where it is missing. */
export function realFolder(path: string): string {
  return realPathOf(resolve(path)) ?? resolve(path)
}

/** Finds the real paths of files, each folder of which is looked up once. */
export class RealPaths {
  readonly #folders = new Map<string, string>()

  of(file: string): string {
    const folder = dirname(file)
    const real = this.#folders.get(folder) ?? realFolder(folder)
    this.#folders.set(folder, real)
    return join(real, basename(file))
  }
}
