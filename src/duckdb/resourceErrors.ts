import { messageOf, systemCodeOf } from '../errors.ts'

/** What a process can run out of. */
export type Resource = 'memory' | 'file descriptors' | 'threads' | 'time'

/** The system's error codes for a process that has reached one of its limits. */
const CODES: Readonly<Record<string, Resource>> = {
  ENOMEM: 'memory',
  EMFILE: 'file descriptors',
  ENFILE: 'file descriptors',
  EAGAIN: 'threads',
}

/**
 * DuckDB 1.5's messages for the same: its errors have no codes. Only the kind of error and the words of the C library
 * after the last colon count, since a message may quote a value that contains anything.
 */
const MESSAGES: readonly (readonly [pattern: RegExp, resource: Resource])[] = [
  [/^Out of Memory Error: /, 'memory'],
  [/^(?:[A-Z]\w*(?: [A-Z]\w*)* Error: )?std::bad_alloc$/, 'memory'],
  [/^[A-Z]\w*(?: [A-Z]\w*)* Error: (?:[^"']*: )?(?:bad allocation|std::bad_alloc)/, 'memory'],
  [/^[A-Z]\w*(?: [A-Z]\w*)* Error: .*: Cannot allocate memory$/s, 'memory'],
  [/^(?:Array buffer|Buffer) allocation failed/, 'memory'],
  [/^[A-Z]\w*(?: [A-Z]\w*)* Error: .*: Too many open files(?: in system)?$/s, 'file descriptors'],
  [/^(?:[A-Z]\w*(?: [A-Z]\w*)* Error: )?(?:[^"']*: )?Resource temporarily unavailable$/, 'threads'],
  [/^INTERRUPT Error: /, 'time'],
]

/**
 * What this process ran short of when something failed, or undefined if that is not why it failed. The file that was
 * being read is not to blame: it may be readable at the next try, or in another process.
 */
export function exhaustedResource(error: unknown): Resource | undefined {
  for (let cause = error; cause !== undefined && cause !== null; cause = (cause as { cause?: unknown }).cause) {
    const ofSystem = CODES[systemCodeOf(cause) ?? '']
    if (ofSystem !== undefined) return ofSystem
    const message = messageOf(cause).trim()
    const found = MESSAGES.find(([pattern]) => pattern.test(message))
    if (found !== undefined) return found[1]
    if (typeof cause !== 'object') return undefined
  }
  return undefined
}

/** Whether something failed because this process was short of memory, descriptors or threads, or was interrupted. */
export function isResourceError(error: unknown): boolean {
  return exhaustedResource(error) !== undefined
}
