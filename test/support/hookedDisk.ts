import type { Disk } from '../../src/files/disk.ts'

/** One call that was made on a disk, numbered from 1. */
export interface DiskCall {
  readonly number: number
  readonly operation: keyof Disk
  /** The name that the call makes, syncs or removes. */
  readonly path: string
}

/** Stands around every call of a disk: may perform it, or not, and see it before and after. */
export type Around = <T>(call: DiskCall, perform: () => Promise<T>) => Promise<T>

/** A disk whose every call goes through `around`. */
export function hookedDisk(inner: Disk, around: Around): Disk {
  let calls = 0
  const through = <T>(operation: keyof Disk, path: string, perform: () => Promise<T>): Promise<T> => {
    calls += 1
    return around({ number: calls, operation, path }, perform)
  }
  return {
    makeFolder: (path) => through('makeFolder', path, () => inner.makeFolder(path)),
    writeFile: (path, text) => through('writeFile', path, () => inner.writeFile(path, text)),
    appendFile: (path, text) => through('appendFile', path, () => inner.appendFile(path, text)),
    copyWithEnd: (from, path, keptBytes, end) =>
      through('copyWithEnd', path, () => inner.copyWithEnd(from, path, keptBytes, end)),
    syncFile: (path) => through('syncFile', path, () => inner.syncFile(path)),
    syncFolder: (path) => through('syncFolder', path, () => inner.syncFolder(path)),
    link: (existing, path) => through('link', path, () => inner.link(existing, path)),
    symlink: (target, path) => through('symlink', path, () => inner.symlink(target, path)),
    rename: (from, to) => through('rename', to, () => inner.rename(from, to)),
    removeFile: (path) => through('removeFile', path, () => inner.removeFile(path)),
    removeTree: (path) => through('removeTree', path, () => inner.removeTree(path)),
  }
}

/** The process is dead: nothing that it would do to the disk happens any more. */
export class StoppedError extends Error {
  constructor(call: DiskCall) {
    super(`stopped at call ${call.number}: ${call.operation} ${call.path}`)
    this.name = 'StoppedError'
  }
}

export interface Stop {
  readonly call: number
  readonly when: 'before' | 'after'
}

/** A disk that stops before or after one call and refuses every later one. */
export function stoppingDisk(inner: Disk, stop: Stop): Disk {
  let isDead = false
  return hookedDisk(inner, async (call, perform) => {
    if (call.number >= stop.call && stop.when === 'before') isDead = true
    if (isDead) throw new StoppedError(call)
    const result = await perform()
    if (call.number >= stop.call || isDead) {
      isDead = true
      throw new StoppedError(call)
    }
    return result
  })
}

/** The error that the system would give. */
export function systemError(code: string, call: DiskCall): NodeJS.ErrnoException {
  const syscall = { syncFile: 'fdatasync', syncFolder: 'fsync' }[call.operation as string] ?? call.operation
  const error = new Error(`${code}: injected, ${call.operation} '${call.path}'`)
  return Object.assign(error, { code, syscall, path: call.path })
}

/** A disk on which the calls that `isFailing` picks fail with a system error and do nothing. */
export function failingDisk(inner: Disk, code: string, isFailing: (call: DiskCall) => boolean): Disk {
  return hookedDisk(inner, async (call, perform) => {
    if (isFailing(call)) throw systemError(code, call)
    return perform()
  })
}

/** A disk that makes one call at a time and notes each. */
export function tracingDisk(inner: Disk, trace: DiskCall[]): Disk {
  return serialDisk(inner, async (call, perform) => {
    trace.push(call)
    return perform()
  })
}

/** A disk on which no two calls overlap: what is seen between two of them is a state that a crash could leave. */
export function serialDisk(inner: Disk, around: Around): Disk {
  let previous: Promise<unknown> = Promise.resolve()
  return hookedDisk(inner, <T>(call: DiskCall, perform: () => Promise<T>): Promise<T> => {
    const turn = previous.then(() => around(call, perform))
    previous = turn.catch(() => undefined)
    return turn
  })
}

/** A disk that can be exchanged while its lake stays open, so that tests need not load the lake's config again. */
export class SwitchableDisk implements Disk {
  #current: Disk

  constructor(first: Disk) {
    this.#current = first
  }

  /** Works on `disk` until `work` has ended, then on the one before. */
  async using<T>(disk: Disk, work: () => Promise<T>): Promise<T> {
    const before = this.#current
    this.#current = disk
    try {
      return await work()
    } finally {
      this.#current = before
    }
  }

  makeFolder: Disk['makeFolder'] = (path) => this.#current.makeFolder(path)
  writeFile: Disk['writeFile'] = (path, text) => this.#current.writeFile(path, text)
  appendFile: Disk['appendFile'] = (path, text) => this.#current.appendFile(path, text)
  copyWithEnd: Disk['copyWithEnd'] = (from, path, keptBytes, end) =>
    this.#current.copyWithEnd(from, path, keptBytes, end)
  syncFile: Disk['syncFile'] = (path) => this.#current.syncFile(path)
  syncFolder: Disk['syncFolder'] = (path) => this.#current.syncFolder(path)
  link: Disk['link'] = (existing, path) => this.#current.link(existing, path)
  symlink: Disk['symlink'] = (target, path) => this.#current.symlink(target, path)
  rename: Disk['rename'] = (from, to) => this.#current.rename(from, to)
  removeFile: Disk['removeFile'] = (path) => this.#current.removeFile(path)
  removeTree: Disk['removeTree'] = (path) => this.#current.removeTree(path)
}
