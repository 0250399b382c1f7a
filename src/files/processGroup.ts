import { readdirSync, readFileSync } from 'node:fs'
import { systemCodeOf } from '../errors.ts'

const PROCESSES = '/proc'

/** Kills all processes of a group at once; none is left is fine. */
export function killGroup(group: number): void {
  try {
    process.kill(-group, 'SIGKILL')
  } catch (error) {
    // EPERM, on macOS: only processes that have ended but that nobody has asked about are left.
    if (systemCodeOf(error) !== 'ESRCH' && systemCodeOf(error) !== 'EPERM') throw error
  }
}

/** Whether a process of a group can still do anything. */
export function isGroupAlive(group: number): boolean {
  try {
    process.kill(-group, 0)
  } catch (error) {
    return systemCodeOf(error) !== 'ESRCH' && systemCodeOf(error) !== 'EPERM'
  }
  return hasLivingMember(group)
}

/**
 * A process that has ended stays in its group until its parent asks how. Where that is the first process of a container
 * it may never do so. Without /proc every member counts as alive.
 */
function hasLivingMember(group: number): boolean {
  const states = processes().map(statOf)
  if (states.length === 0) return true
  return states.some((state) => state !== undefined && state.group === group && !/[ZX]/.test(state.state))
}

function processes(): readonly string[] {
  try {
    return readdirSync(PROCESSES).filter((name) => /^\d+$/.test(name))
  } catch {
    return [] // not Linux
  }
}

function statOf(id: string): { readonly state: string; readonly group: number } | undefined {
  try {
    const text = readFileSync(`${PROCESSES}/${id}/stat`, 'latin1')
    // The second field is the program's name, which may contain anything.
    const [state = '', , group] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state, group: Number(group) }
  } catch {
    return undefined // it has ended meanwhile
  }
}
