import { messageOf, systemCodeOf } from '../errors.ts'

/** The C library's names of disk errors, which stand at the end of DuckDB's messages. */
const DISK_MESSAGES = [
  'No space left on device',
  'Disk quota exceeded',
  'Input/output error',
  'Read-only file system',
  'Permission denied',
  'Operation not permitted',
  'File too large',
  'Not a directory',
  'Device or resource busy',
  'Stale file handle',
  'Transport endpoint is not connected',
  'No such device',
  'Too many levels of symbolic links',
]

/** DuckDB reports a system error only as text. Its other errors may quote values, and those may contain anything. */
const DISK_TEXT = new RegExp(`^(?:IO|FATAL|Fatal|Invalid) Error: .*(?:${DISK_MESSAGES.join('|')})`)

/** Whether an error of DuckDB's reports a system error of the disk. */
export function saysDisk(error: unknown): boolean {
  return DISK_TEXT.test(messageOf(error))
}

/** What to do about a system error of the disk, as far as that is known. */
export function diskRemedy(cause: unknown): string {
  const text = `${systemCodeOf(cause) ?? ''} ${messageOf(cause)}`
  if (/ENOSPC|EDQUOT|No space left|Disk quota/.test(text)) return 'Free space'
  if (/EACCES|EPERM|Permission denied|not permitted/.test(text)) return 'Check the permissions'
  if (/EROFS|Read-only/.test(text)) return 'Find out why the file system is mounted read-only'
  if (/EXDEV|EBUSY|ESTALE|ENODEV|ENXIO|busy|Stale|No such device/.test(text)) return 'Check what is mounted there'
  return 'Check what the system reports about that disk'
}
