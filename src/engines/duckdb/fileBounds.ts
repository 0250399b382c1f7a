import type { Session } from '../../duckdb/session.ts'
import { boundsInFiles } from '../../duckdb/sql/batch.ts'
import type { Columns } from '../../duckdb/sql/literals.ts'
import { type Row, requiredText, safeInteger } from '../../duckdb/values.ts'
import { type Bounds, MAX_TEXT_CHARACTERS, untoldColumns } from './stats.ts'

/**
 * The bounds that RETURN_STATS does not tell, read from the files that a COPY wrote, by file and column. Costs nothing
 * where all are told, else a scan of the columns that are not: no others of the files are read.
 * @param files  the rows that a COPY with RETURN_STATS returned
 */
export async function readBounds(
  session: Session,
  files: readonly Row[],
  columns: Columns,
): Promise<Map<string, Map<string, Bounds>>> {
  const untold = new Set<string>()
  const paths: string[] = []
  for (const { filename, count, column_statistics: statistics } of files) {
    const names = untoldColumns(safeInteger(count, 'rows of a file'), statistics, columns)
    if (names.length === 0) continue
    paths.push(requiredText(filename, 'filename'))
    for (const name of names) untold.add(name)
  }
  if (paths.length === 0) return new Map()
  // One character more than is kept tells that a text goes on.
  const rows = await session.rows(boundsInFiles(paths, [...untold], MAX_TEXT_CHARACTERS + 1))
  return new Map(rows.map(({ file, bounds }) => [requiredText(file, 'file'), boundsByColumn(bounds)]))
}

function boundsByColumn(list: Row[string] | undefined): Map<string, Bounds> {
  if (!Array.isArray(list)) return new Map()
  return new Map(list.map(({ name, min, max }) => [name, { min: min ?? undefined, max: max ?? undefined }]))
}
