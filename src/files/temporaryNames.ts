import { createHash, randomUUID } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { systemCodeOf } from '../errors.ts'
import type { Disk } from './disk.ts'
import { listFolder, statOf } from './read.ts'

/**
 * Where a process id means something: one machine, and on Linux one process namespace in it. Another machine that
 * shares the disk has processes with the same ids, and nobody here can tell which of those are alive.
 */
const PLACE = createHash('sha256').update(`${hostname()} ${processNamespace()}`).digest('hex').slice(0, 8)

/** This process, as written into names on the disk: place, id and start time. By it a later start knows it is dead. */
export const OWNER = `${PLACE}-${process.pid}-${startOf(process.pid) ?? '00000000'}`

const OWNER_IN_NAME = /\.([0-9a-f]{8})-(\d+)-([0-9a-f]{8})(?=\.|$)/

/** The end of a temporary name. Other programs may end names in .tmp too. */
const TEMPORARY = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/

/** A temporary name exists for milliseconds. An older one of an unknown owner was left by a dead process. */
const STALE_MS = 3_600_000

/** How much of a name its temporary name repeats, so that no file system finds that too long. */
const MAX_CHARACTERS = 80

/** A name that nobody else uses, for a file that is renamed or linked to `name` once it is whole. */
export function temporaryName(name: string): string {
  return `${[...name].slice(0, MAX_CHARACTERS).join('')}.${OWNER}.${randomUUID()}.tmp`
}

/** Whether the process that made a name is known to be dead. Of a process elsewhere that is never known. */
export function isOwnerDead(name: string): boolean {
  const [owner, place, digits, start] = OWNER_IN_NAME.exec(name) ?? []
  if (owner === undefined || owner === `.${OWNER}` || place !== PLACE) return false
  const number = Number(digits)
  try {
    process.kill(number, 0)
  } catch (error) {
    if (systemCodeOf(error) === 'ESRCH') return true
  }
  // Process ids are used again, in a container at every start.
  const startNow = startOf(number)
  return startNow !== undefined && startNow !== start
}

/**
 * Removes the temporary names of dead processes from a folder that processes share without a lock. If the owner of an
 * old one was only asleep, it fails before its link.
 */
export async function removeDeadNames(disk: Disk, folder: string, nowMs: number): Promise<void> {
  for (const { name } of await listFolder(folder)) {
    if (!TEMPORARY.test(name)) continue
    const stats = await statOf(join(folder, name))
    if (stats?.isFile() !== true) continue
    if (isOwnerDead(name) || nowMs - stats.mtimeMs > STALE_MS) await disk.removeFile(join(folder, name))
  }
}

function processNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid')
  } catch {
    return '' // not Linux: there is one namespace for the whole machine
  }
}

/** When a process started, in ticks since the machine started; undefined if the system does not say. */
function startOf(number: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${number}/stat`, 'latin1')
    // The second field is the program's name, which may contain anything; the start time is the 20th field after it.
    const ticks = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19])
    return ticks.toString(16).padStart(8, '0').slice(-8)
  } catch {
    return undefined
  }
}
