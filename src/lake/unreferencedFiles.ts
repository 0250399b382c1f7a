import { join } from 'node:path'
import { isParquet } from '../files/names.ts'
import { listFolder } from '../files/read.ts'

/** The Parquet files in a table's folder that its log does not name, by their paths below that folder. */
export async function unreferencedFiles(data: string, named: ReadonlySet<string>): Promise<string[]> {
  const unreferenced: string[] = []
  const walk = async (below: string): Promise<void> => {
    for (const entry of await listFolder(join(data, below))) {
      const path = below === '' ? entry.name : `${below}/${entry.name}`
      if (entry.name === '_delta_log') continue
      if (entry.isDirectory()) await walk(path)
      else if (isParquet(entry.name) && !named.has(path)) unreferenced.push(path)
    }
  }
  await walk('')
  return unreferenced
}
