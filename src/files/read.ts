import {
  accessSync,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  realpathSync,
  type Stats,
  statSync,
} from 'node:fs'
import { systemCodeOf } from '../errors.ts'

// Synchronous calls, not libuv's pool: see nodeDisk.

/** The entries of a folder in name order; none if the folder is missing. */
export async function listFolder(path: string): Promise<Dirent[]> {
  const entries = contentOrMissing(path, () => readdirSync(path, { withFileTypes: true }), [])
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** The names in a folder, in no order and without their kinds; none if the folder is missing. */
export function namesIn(path: string): readonly string[] {
  return contentOrMissing(path, () => readdirSync(path), [])
}

/** The text of a file, or undefined if it is missing. */
export async function readText(path: string): Promise<string | undefined> {
  return contentOrMissing(path, () => readFileSync(path, 'utf8'), undefined)
}

/** The bytes of a file, or undefined if it is missing. */
export async function readBytes(path: string): Promise<Buffer | undefined> {
  return contentOrMissing(path, () => readFileSync(path), undefined)
}

/** The first bytes of a file, all of them if it is shorter; undefined if it is missing. */
export async function readFirst(path: string, bytes: number): Promise<Buffer | undefined> {
  return contentOrMissing(
    path,
    () => {
      const file = FileBytes.open(path)
      try {
        return file.at(0, bytes)
      } finally {
        file.close()
      }
    },
    undefined,
  )
}

/** What a path leads to (links are followed), or undefined if it leads nowhere. */
export async function targetOf(path: string): Promise<Stats | undefined> {
  return orMissing(() => statSync(path, { throwIfNoEntry: false }), undefined)
}

/** What is at a path itself (links are not followed), or undefined if nothing is there. */
export async function statOf(path: string): Promise<Stats | undefined> {
  return orMissing(() => lstatSync(path, { throwIfNoEntry: false }), undefined)
}

/** An open file, parts of which are read. */
export class FileBytes {
  readonly size: number
  readonly #file: number

  private constructor(file: number) {
    this.#file = file
    this.size = fstatSync(file).size
  }

  static open(path: string): FileBytes {
    return new FileBytes(openSync(path, 'r'))
  }

  /** The first bytes as text, one character a byte. */
  first(bytes: number): string {
    return this.at(0, Math.min(bytes, this.size)).toString('latin1')
  }

  last(bytes: number): Buffer {
    return this.at(this.size - bytes, bytes)
  }

  close(): void {
    closeSync(this.#file)
  }

  /** Returns fewer bytes where the file ends earlier. */
  at(position: number, bytes: number): Buffer {
    const buffer = Buffer.allocUnsafe(bytes)
    return buffer.subarray(0, readSync(this.#file, buffer, 0, bytes, position))
  }
}

/** Distinguishes a folder from one that is put or mounted in its place; undefined if there is none. */
export function folderIdentity(path: string): string | undefined {
  const stats = orMissing(() => statSync(path, { throwIfNoEntry: false }), undefined)
  return stats === undefined ? undefined : [stats.dev, stats.ino, stats.birthtimeMs].join(':')
}

/** The path with all links resolved, or undefined if it is missing. */
export function realPathOf(path: string): string | undefined {
  return orMissing(() => realpathSync(path), undefined)
}

/** Whether this process may make and remove names in a folder, by the permissions of the folder itself. */
export function mayChange(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false // the call that needs it reports the reason
  }
}

function orMissing<T, M>(read: () => T, missing: M): T | M {
  try {
    return read()
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' || systemCodeOf(error) === 'ENOTDIR') return missing
    throw error
  }
}

/**
 * A missing file or folder counts as empty. A link to nothing, or a file where a folder should be, is an error:
 * something was there.
 */
function contentOrMissing<T, M>(path: string, read: () => T, missing: M): T | M {
  try {
    return read()
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' && !isLink(path)) return missing
    throw withPath(error, path)
  }
}

function isLink(path: string): boolean {
  return orMissing(() => lstatSync(path, { throwIfNoEntry: false }), undefined)?.isSymbolicLink() === true
}

/** What to say if the wrong kind of thing is at the path of a failed call; undefined for every other failure. */
export function wrongKind(error: unknown): string | undefined {
  const path = error instanceof Error && 'path' in error ? String(error.path) : undefined
  if (path === undefined) return undefined
  const code = systemCodeOf(error)
  if (code === 'EISDIR') return `${path} is a folder, not a file.`
  if (code === 'ELOOP') return `${path} is, or leads through, a symbolic link that leads in a circle.`
  if (code === 'ENOTDIR') return `${path} is not a folder, or is below something that is not.`
  if (code === 'ENOENT' && isLink(path)) return `${path} is a symbolic link to nothing.`
  return undefined
}

/** Errors of calls on an open file do not name it, as when the disk is full: adds the path, as other errors have it. */
export function withPath(error: unknown, path: string): unknown {
  if (!(error instanceof Error) || 'path' in error) return error
  return Object.assign(error, { path, message: `${error.message} '${path}'` })
}
