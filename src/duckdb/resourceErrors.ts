import { messageOf, systemCodeOf } from '../errors.ts'

/** What a process can run out of. */
export type Resource = 'memory' | 'file descriptors' | 'threads' | 'time'

/** What the system says where a process has reached a limit of its own. */
const CODES: Readonly<Record<string, Resource>> = {
  ENOMEM: 'memory',
  EMFILE: 'file descriptors',
  ENFILE: 'file descriptors',
  EAGAIN: 'threads',
}

/**
 * What DuckDB 1.5 says then, which is all there is to know it by: its errors are texts. Only the kind of error and the
 * words of the C library after the last colon count, since a message may quote a value that says anything.
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
 * What this process was short of when something failed, or undefined where the failure is another one. It says nothing
 * against the file that was being read: the next try, or another process, may read it.
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
