import { readdirSync, readlinkSync } from 'node:fs'

// Which programs have files open, where the system tells it: on Linux.

const PROCESSES = '/proc'

/** Another process that has a file below a folder open; undefined if there is none, or the system does not say. */
export function readerBelow(folder: string): number | undefined {
  for (const name of namesIn(PROCESSES)) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    const open = `${PROCESSES}/${name}/fd`
    if (namesIn(open).some((file) => linkAt(`${open}/${file}`).startsWith(`${folder}/`))) return Number(name)
  }
  return undefined
}

/** Of processes of other users nothing is told, and those that end meanwhile have nothing open. */
function namesIn(path: string): readonly string[] {
  try {
    return readdirSync(path)
  } catch {
    return []
  }
}

function linkAt(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return '' // it was closed meanwhile
  }
}
