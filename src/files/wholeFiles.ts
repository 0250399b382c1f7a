import { basename, dirname, join } from 'node:path'
import type { Disk } from './disk.ts'
import { temporaryName } from './temporaryNames.ts'

/**
 * Writes a whole file under a temporary name in `staging` and makes its contents durable.
 * @returns its path, which the caller links to the final name and then removes
 */
export async function writePassing(disk: Disk, staging: string, name: string, text: string): Promise<string> {
  const passing = join(staging, temporaryName(name))
  try {
    await disk.writeFile(passing, text)
    await disk.syncFile(passing)
  } catch (error) {
    await disk.removeFile(passing).catch(() => undefined) // what failed is told, not that it also stays
    throw error
  }
  return passing
}

/**
 * Puts a whole file at `path`, or nothing: it is written under a temporary name in `staging` (same file system), then
 * linked. Of several writers one wins and the others see 'exists'. The name itself is durable only after the caller
 * has synced the folder.
 */
export async function putIfAbsent(
  disk: Disk,
  staging: string,
  path: string,
  text: string,
): Promise<'linked' | 'exists'> {
  const passing = await writePassing(disk, staging, basename(path), text)
  const outcome = await disk.link(passing, path)
  await disk.removeFile(passing)
  return outcome
}

/**
 * Replaces a small file whose loss would do no harm: readers see the old or the new text, a power cut may bring back
 * the old one.
 */
export async function replaceFile(disk: Disk, path: string, text: string): Promise<void> {
  const passing = join(dirname(path), temporaryName(basename(path)))
  try {
    await disk.writeFile(passing, text)
    await disk.rename(passing, path)
  } catch (error) {
    await disk.removeFile(passing).catch(() => undefined) // what failed is told, not that it also stays
    throw error
  }
}
