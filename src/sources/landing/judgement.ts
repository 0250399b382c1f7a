import { createHash } from 'node:crypto'
import type { Columns } from '../../columns.ts'
import { versionOf } from '../../files/version.ts'

/**
 * What files are judged by: the columns that they should have, and the Lakeweir that looks. A file that was rejected by
 * another judgement is looked at again.
 */
export function judgementOf(columns: Columns): string {
  return createHash('sha256')
    .update(JSON.stringify([versionOf(), Object.entries(columns)]))
    .digest('hex')
    .slice(0, 16)
}
