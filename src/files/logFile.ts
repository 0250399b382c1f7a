import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeFileSync } from 'node:fs'
import { systemCodeOf } from '../errors.ts'
import { FileBytes } from './read.ts'

/** A longer log begins anew, where nobody waits for an answer. So much of its end is kept beside it. */
const MAX_BYTES = 1_000_000

/** How much of its end is read for a message. */
const TAIL_BYTES = 16_384

/** The log of one run of a program, which writes to it itself: whatever happens to us, its last words are there. */
export class LogFile {
  readonly path: string
  /** For the program; `close` it once the program has it. */
  readonly descriptor: number
  /** Where the log of this run begins. */
  #start: number

  private constructor(path: string, descriptor: number) {
    this.path = path
    this.descriptor = descriptor
    this.#start = fstatSync(descriptor).size
  }

  /** Adds to the log at `path`, in a folder that exists. */
  static open(path: string): LogFile {
    shorten(path)
    return new LogFile(path, openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND, 0o644))
  }

  close(): void {
    closeSync(this.descriptor)
  }

  /** Begins the log anew if it is too long. The program goes on writing at its end, wherever that is. */
  shorten(): void {
    if (shorten(this.path)) this.#start = 0
  }

  /** The end of what this run has written; empty if that cannot be read. */
  tail(): string {
    try {
      const file = FileBytes.open(this.path)
      try {
        // Another process may have begun it anew.
        const own = this.#start > file.size ? 0 : this.#start
        const start = Math.max(own, file.size - TAIL_BYTES)
        return file.at(start, Math.max(0, file.size - start)).toString('utf8')
      } finally {
        file.close()
      }
    } catch {
      return '' // it was removed meanwhile: the error that it would have explained matters more
    }
  }
}

/** Empties a log that is too long, after its end was copied. @returns whether it was */
function shorten(path: string): boolean {
  const descriptor = opened(path)
  if (descriptor === undefined) return false
  try {
    const { size } = fstatSync(descriptor)
    if (size <= MAX_BYTES) return false
    keepEnd(path, size)
    ftruncateSync(descriptor)
    return true
  } finally {
    closeSync(descriptor)
  }
}

function opened(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY)
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

function keepEnd(path: string, size: number): void {
  try {
    const file = FileBytes.open(path)
    try {
      writeFileSync(`${path}.old`, file.at(size - MAX_BYTES, MAX_BYTES))
    } finally {
      file.close()
    }
  } catch {
    // Such as a disk that is full: what was logged longest ago matters least then.
  }
}
