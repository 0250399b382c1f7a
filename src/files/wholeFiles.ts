import { basename, dirname, join } from 'node:path'
import type { Disk } from './disk.ts'
import { temporaryName } from './temporaryNames.ts'

/**
 * Writes a whole file under a temporary name in `staging` and makes its contents durable.
 * @returns its path, which the caller links to the final name and then removes
 */
export async function writeTemporary(disk: Disk, staging: string, name: string, text: string): Promise<string> {
  const temporary = join(staging, temporaryName(name))
  try {
    await disk.writeFile(temporary, text)
    await disk.syncFile(temporary)
  } catch (error) {
    await disk.removeFile(temporary).catch(() => undefined) // the first error is the one to report
    throw error
  }
  return temporary
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
  const temporary = await writeTemporary(disk, staging, basename(path), text)
  const outcome = await disk.link(temporary, path)
  await disk.removeFile(temporary)
  return outcome
}

/**
 * Replaces a small file whose loss would do no harm: readers see the old or the new text, a power cut may bring back
 * the old one.
 */
export async function replaceFile(disk: Disk, path: string, text: string): Promise<void> {
  const temporary = join(dirname(path), temporaryName(basename(path)))
  try {
    await disk.writeFile(temporary, text)
    await disk.rename(temporary, path)
  } catch (error) {
    await disk.removeFile(temporary).catch(() => undefined) // the first error is the one to report
    throw error
  }
}
