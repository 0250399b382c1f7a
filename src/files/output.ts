import { randomUUID } from 'node:crypto'
import { chmod, type FileHandle, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { statOf } from './read.ts'

/**
 * Has a file that a user asked for written whole or not at all: under a temporary name beside it, then renamed. A
 * device or a pipe, which a rename would replace, is written straight; of a link, what it points to is replaced.
 * @param write  writes the file at the path that it is given, which is there and empty
 */
export async function replaceOutput(path: string, write: (file: string) => Promise<void>): Promise<void> {
  const target = await realpath(path).catch(() => path) // what is not there yet is made
  const standing = await statOf(target)
  if (standing?.isDirectory() === true) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
  if (standing !== undefined && !standing.isFile()) return write(target)
  // A file that may not be written may still stand in a folder where it could be replaced.
  if (standing !== undefined) await (await open(target, 'r+')).close()
  const temporary = join(dirname(target), `.lakeweir-${randomUUID()}.tmp`)
  await (await open(temporary, 'wx')).close()
  try {
    if (standing !== undefined) await chmod(temporary, standing.mode)
    await write(temporary)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined) // what failed is told, not that it also stays
    throw error
  }
}

/** Writes pieces of text to a file as they come. */
export async function writePieces(file: string, pieces: AsyncIterable<string>): Promise<void> {
  const handle = await open(file, 'w')
  try {
    for await (const piece of pieces) await writeAll(handle, Buffer.from(piece))
  } finally {
    await handle.close()
  }
}

/** A pipe may take less than it is given. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written)).bytesWritten
  }
}
