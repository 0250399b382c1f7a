import { createHash } from 'node:crypto'
import type { Columns } from '../../columns.ts'
import { versionOf } from '../../files/version.ts'

/**
 * Identifies what files are judged by: the columns that they should have, and the version of Lakeweir. A file that was
 * rejected under another judgement is looked at again.
 */
export function judgementOf(columns: Columns): string {
  return createHash('sha256')
    .update(JSON.stringify([versionOf(), Object.entries(columns)]))
    .digest('hex')
    .slice(0, 16)
}
