import type { Footer } from '../../parquet/footer.ts'
import type { ForeignColumn } from '../../parquet/foreignColumn.ts'
import { mismatchedColumn } from '../../parquet/pageChecksums.ts'
import type { ColumnMatcher, Fit, Match } from './foreignColumns.ts'
import type { ListedFile } from './listing.ts'

/** What a batch needs to know about a file. */
export interface FittingFile extends ListedFile {
  readonly rows: number
  readonly bytes: number
  readonly columns: readonly ForeignColumn[]
}

/** A file in the landing folder that is complete and fits. */
export interface ReadyFile extends FittingFile, Fit {}

/** Matches the columns of a file, and checks the page checksums of those that are taken. */
export async function matchWhole(matcher: ColumnMatcher, path: string, footer: Footer): Promise<Match> {
  const match = matcher.match(footer)
  if ('reason' in match || footer.rows === 0) return match
  const taken = new Set(match.columns.map(({ found }) => found?.name))
  const mismatched = await mismatchedColumn(
    path,
    footer,
    footer.columns.filter(({ name }) => taken.has(name)),
  )
  return mismatched === undefined
    ? match
    : { reason: `column ${mismatched}: a page does not match its checksum, so the file is damaged` }
}
