import { isParquet } from '../files/names.ts'
import { namesIn, statOf } from '../files/read.ts'

/**
 * The Parquet files in a table's folder that its log does not name, by their paths below that folder, in their order.
 * There may be a million: only the kinds of those that are not named are looked at.
 * @param namesOf  the paths that it names; only asked for if there are files
 */
export async function unreferencedFiles(data: string, namesOf: () => Promise<ReadonlySet<string>>): Promise<string[]> {
  const found: string[] = []
  let named: ReadonlySet<string> | undefined
  const walk = async (below: string): Promise<void> => {
    for (const name of namesIn(`${data}/${below}`)) {
      if (name === '_delta_log') continue
      const path = below + name
      if (isParquet(name)) {
        named ??= await namesOf()
        if (named.has(path)) continue
      }
      if ((await statOf(`${data}/${path}`))?.isDirectory() === true) await walk(`${path}/`)
      else if (isParquet(name)) found.push(path)
    }
  }
  await walk('')
  return found.sort()
}
