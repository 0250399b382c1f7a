import { isParquet } from '../files/names.ts'
import { filesBelow } from '../files/read.ts'

/**
 * The Parquet files in a table's folder that its log does not name, by their paths below that folder, in their order.
 * @param namesOf  the paths that it names; only asked for if there are files
 */
export async function unreferencedFiles(data: string, namesOf: () => Promise<ReadonlySet<string>>): Promise<string[]> {
  const found = filesBelow(data, '_delta_log').filter(isParquet)
  if (found.length === 0) return []
  const named = await namesOf()
  return found.filter((path) => !named.has(path)).sort()
}
