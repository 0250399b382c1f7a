import type { ForeignColumn } from '../parquet/foreignColumn.ts'
import type { Session } from './session.ts'
import { footerRowsInAll } from './sql/footers.ts'
import { unfitValue } from './sql/foreignFiles.ts'
import { requiredText, safeInteger } from './values.ts'

/** The sum of the rows that the footers of files count. */
export async function countRows(session: Session, files: readonly string[]): Promise<number> {
  if (files.length === 0) return 0
  const [row] = await session.rows(footerRowsInAll(files))
  return safeInteger(row?.rows, 'the number of rows')
}

/**
 * Reads a foreign file for the first value that does not fit its declared column.
 * @returns what is wrong with it, or undefined where all of them fit
 * @throws Error  as DuckDB does where the file cannot be read up to there
 */
export async function firstUnfitValue(
  session: Session,
  file: string,
  columns: readonly ForeignColumn[],
): Promise<string | undefined> {
  const query = unfitValue(file, columns)
  const [found] = query === undefined ? [] : await session.rows(query)
  return found === undefined ? undefined : requiredText(found.reason, 'a reason')
}
