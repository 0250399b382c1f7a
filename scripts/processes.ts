import { readdirSync, readFileSync } from 'node:fs'

// Who has started whom, and with how much memory, by what Linux says of its processes.

interface Process {
  readonly id: number
  readonly parent: number
  /** The words that it was started with. */
  readonly command: string
}

/** The processes that a process has started, and those that these have, whose command matches. */
export function descendants(of: number, command = /(?:)/): number[] {
  const all = processes()
  const found: Process[] = []
  const known = new Set([of])
  // A process may have a lower id than its parent: ids begin again.
  for (let more = all; more.length > 0; ) {
    more = all.filter(({ id, parent }) => known.has(parent) && !known.has(id))
    for (const each of more) known.add(each.id)
    found.push(...more)
  }
  return found.filter((each) => command.test(each.command)).map(({ id }) => id)
}

/** Whether a process runs: one that has ended, and that nobody has waited for, does not. */
export function isAlive(id: number): boolean {
  const status = textOf(`/proc/${id}/status`)
  return status !== '' && !/^State:\s+Z/m.test(status)
}

/** The largest resident memory so far of a process and of each that it has started, summed, in bytes. */
export function peakBytesOfTree(of: number): number {
  return [of, ...descendants(of)].reduce((sum, id) => {
    return sum + Number(/^VmHWM:\s+(\d+) kB$/m.exec(textOf(`/proc/${id}/status`))?.[1] ?? 0) * 1024
  }, 0)
}

function processes(): Process[] {
  return readdirSync('/proc').flatMap((name) => {
    const stat = /^\d+$/.test(name) ? textOf(`/proc/${name}/stat`) : ''
    if (stat === '') return []
    const command = textOf(`/proc/${name}/cmdline`).replaceAll('\0', ' ')
    // The second field, the program's name, may hold anything; the parent is the second field after it.
    return { id: Number(name), parent: Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]), command }
  })
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return '' // it has ended in between
  }
}
