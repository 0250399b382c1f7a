import { randomUUID } from 'node:crypto'
import { chmod, type FileHandle, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { statOf } from './read.ts'

/**
 * Writes a file that a user asked for, whole or not at all: under a temporary name beside it, which is then renamed. A
 * device or a pipe, which a rename would replace, is written directly; of a link, the target is replaced.
 * @param write  writes the file at the given path, which exists and is empty
 */
export async function replaceOutput(path: string, write: (file: string) => Promise<void>): Promise<void> {
  const target = await realpath(path).catch(() => path) // the file need not exist yet
  const existing = await statOf(target)
  if (existing?.isDirectory() === true) throw Object.assign(new Error('it is a folder'), { code: 'EISDIR' })
  if (existing !== undefined && !existing.isFile()) return write(target)
  // A rename could replace even a file that may not be written.
  if (existing !== undefined) await (await open(target, 'r+')).close()
  const temporary = join(dirname(target), `.lakeweir-${randomUUID()}.tmp`)
  await (await open(temporary, 'wx')).close()
  try {
    if (existing !== undefined) await chmod(temporary, existing.mode)
    await write(temporary)
    await rename(temporary, target)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined) // the first error is the one to report
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

/** A pipe may accept fewer bytes than it is offered. */
async function writeAll(handle: FileHandle, bytes: Buffer): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await handle.write(bytes, written)).bytesWritten
  }
}
