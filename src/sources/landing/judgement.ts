import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Columns } from '../../duckdb/sql/literals.ts'

/**
 * What files are judged by: the columns that they should have, and the Lakeweir that looks. A file that was rejected by
 * another judgement is looked at again.
 */
export function judgementOf(columns: Columns): string {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return createHash('sha256')
    .update(JSON.stringify([version, Object.entries(columns)]))
    .digest('hex')
    .slice(0, 16)
}
