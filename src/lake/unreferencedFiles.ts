import { join } from 'node:path'
import { isParquet } from '../files/names.ts'
import { listFolder } from '../files/read.ts'

/**
 * The Parquet files in a table's folder that its log does not name, by their paths below that folder.
 * @param namesOf  the paths that it names; only asked for if there are files
 */
export async function unreferencedFiles(data: string, namesOf: () => Promise<ReadonlySet<string>>): Promise<string[]> {
  const found: string[] = []
  const walk = async (below: string): Promise<void> => {
    for (const entry of await listFolder(join(data, below))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.name === '_delta_log') continue
      if (entry.isDirectory()) await walk(path)
      else if (isParquet(entry.name)) found.push(path)
    }
  }
  await walk('')
  if (found.length === 0) return []
  const named = await namesOf()
  return found.filter((path) => !named.has(path))
}
