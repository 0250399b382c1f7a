import { LakeError } from '../errors.ts'
import { logInvalid } from './protocol.ts'

// The paths of files in a Delta log: each is a URI, below the table's folder or absolute.

/** The `path` of an add for a file below the table's folder: each part of its path on disk, URL-encoded. */
export function encodePath(relativePath: string): string {
  // '=' stays: every writer names Hive-style folders like `date=2026-11-22`.
  return relativePath
    .split('/')
    .map((step) => encodeURIComponent(step).replaceAll('%3D', '='))
    .join('/')
}

/** The file that a `path` of a log names: below the table's folder, or absolute. */
export function decodePath(path: string): string {
  // As DuckDB decodes: a % without its two digits stays as it is.
  const decoded = path.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded)
    } catch (cause) {
      throw logInvalid(`the path ${path} in a Delta log is not UTF-8`, cause)
    }
  })
  return decoded.replace(FILE_SCHEME, '')
}

/** What may stand before the absolute path of a file on this machine. */
const FILE_SCHEME = /^file:(?:\/\/)?(?=\/)/

/** Of any other kind of place. A single letter would be a drive. */
const OTHER_SCHEME = /^[a-z][a-z0-9+.-]+:\/\//i

/**
 * A decoded path of a log, once it is certain that it leads to a file on this machine.
 * @param where  what has the path, for messages
 * @throws LakeError LAKE_DATA_LOST for a file in another store
 */
export function localPath(decoded: string, where: string): string {
  if (!OTHER_SCHEME.test(decoded)) return decoded
  throw new LakeError('LAKE_DATA_LOST', `${where} is at ${decoded}, which is not on this machine.`, {
    state: 'Nothing of it was read.',
    remedy: `Lakeweir reads files on disks. Copy the table with its files (a deep clone), and follow the copy.`,
  })
}
