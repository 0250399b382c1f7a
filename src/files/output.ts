import { writeFile } from 'node:fs/promises'
import { nodeDisk } from './disk.ts'
import { replaceFile } from './durable.ts'
import { statOf } from './read.ts'

/**
 * Writes what a user asked for to a path of theirs: a file whole or not at all; a device, a pipe or a link, which a
 * rename would replace, straight.
 */
export async function writeOutput(path: string, text: string): Promise<void> {
  const standing = await statOf(path)
  if (standing === undefined || standing.isFile()) return replaceFile(nodeDisk, path, text)
  await writeFile(path, text)
}
