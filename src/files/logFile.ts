import { closeSync, constants, fstatSync, openSync, renameSync } from 'node:fs'
import { FileBytes, statOf } from './read.ts'

/** A log that is longer than this gives way to a new one before a program starts; the one before is kept beside it. */
const MAX_BYTES = 1_000_000

/** How much of its end is read for a message. */
const TAIL_BYTES = 16_384

/** The log of one run of a program, which writes to it itself: whatever happens to us, its last words are there. */
export class LogFile {
  readonly path: string
  /** For the program; `close` it once the program has it. */
  readonly descriptor: number
  /** Where the log of this run begins. */
  readonly #start: number

  private constructor(path: string, descriptor: number) {
    this.path = path
    this.descriptor = descriptor
    this.#start = fstatSync(descriptor).size
  }

  /** Adds to the log at `path`, in a folder that exists. */
  static async open(path: string): Promise<LogFile> {
    const found = await statOf(path)
    if (found !== undefined && found.size > MAX_BYTES) renameSync(path, `${path}.old`)
    return new LogFile(path, openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o644))
  }

  close(): void {
    closeSync(this.descriptor)
  }

  /** The end of what this run has written; empty if that cannot be read. */
  tail(): string {
    try {
      const file = FileBytes.open(this.path)
      try {
        const start = Math.max(this.#start, file.size - TAIL_BYTES)
        return file.at(start, Math.max(0, file.size - start)).toString('utf8')
      } finally {
        file.close()
      }
    } catch {
      return '' // it was removed meanwhile: the error that it would have explained matters more
    }
  }
}
