import { join } from 'node:path'
import { readText } from '../../../files/read.ts'
import { type Check, type MachinePlace, ok, warn } from '../finding.ts'

const FOLDER = 'proc/sys/fs/inotify'

/** A watch a folder, and an instance for each stream; but editors and other servers of the same user have some too. */
const ENOUGH = { max_user_watches: 1024, max_user_instances: 64 } as const

/** How many folders may be watched: without, a stream looks every second. */
export const inotify: Check<MachinePlace> = {
  name: 'inotify',
  look: async ({ root }) => {
    const limits = await Promise.all(
      Object.entries(ENOUGH).map(async ([name, enough]) => {
        const text = await readText(join(root, FOLDER, name))
        return { name, enough, limit: text === undefined ? undefined : Number(text) }
      }),
    )
    const known = limits.filter(({ limit }) => limit !== undefined && !Number.isNaN(limit))
    if (known.length === 0) return ok('there are no limits of inotify on this system')
    const short = known.filter(({ limit = 0, enough }) => limit < enough)
    if (short.length === 0) return ok(known.map(({ name, limit }) => `${name} ${limit}`).join(', '))
    return short.map(({ name, limit, enough }) =>
      warn(
        `${name} is ${limit}: a stream that may not watch a folder looks every second`,
        `sudo sysctl fs.inotify.${name}=${enough * 8}`,
      ),
    )
  },
}
