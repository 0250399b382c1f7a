import { LakeError } from '../errors.ts'

// The paths of files in a Delta log: each is a URI, below the table's folder or absolute.

/** What stands before the path in the URI of a file on this machine: `file:/a`, `file:///a` or `file://localhost/a`. */
const FILE_SCHEME = /^file:(?:\/\/(?:localhost)?)?(?=\/)/i

/** Of any other kind of place. A single letter would be a drive. */
const OTHER_SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i

/**
 * The path on this machine that a decoded path of a log leads to.
 * @param where  what has the path, for messages
 * @throws LakeError LAKE_DATA_LOST for a file in another store
 */
export function localPath(decoded: string, where: string): string {
  const scheme = OTHER_SCHEME.exec(decoded)?.[1]
  if (scheme === undefined || scheme.toLowerCase() === 'file') return decoded.replace(FILE_SCHEME, '')
  throw new LakeError('LAKE_DATA_LOST', `${where} is at ${decoded}, which is not on this machine.`, {
    state: 'Nothing of it was read.',
    remedy: `Lakeweir reads files on disks. Copy the table with its files (a deep clone), and follow the copy.`,
  })
}
