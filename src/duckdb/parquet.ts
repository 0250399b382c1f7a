import type { ForeignColumn } from '../parquet/foreignColumn.ts'
import type { Session } from './session.ts'
import { footerRowsInAll } from './sql/footers.ts'
import { unfitValue } from './sql/foreignFiles.ts'
import { requiredText, safeInteger } from './values.ts'

/** The number of rows in files, by their footers. */
export async function countRows(session: Session, files: readonly string[]): Promise<number> {
  if (files.length === 0) return 0
  const [row] = await session.rows(footerRowsInAll(files))
  return safeInteger(row?.rows, 'the number of rows')
}

/**
 * Searches a foreign file for the first value that does not fit its declared column.
 * @returns what is wrong with it, or undefined if all values fit
 * @throws Error  DuckDB's, if the file cannot be read that far
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
