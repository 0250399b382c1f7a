import { join } from 'node:path'
import { listFolder, readText } from '../../../files/read.ts'
import { type Check, type MachinePlace, ok, warn } from '../finding.ts'

/** A batch opens its files, the logs, DuckDB's spill and its watches; a server has a connection for each client. */
const ENOUGH = 1024

/** How many files a process may have open. */
export const descriptors: Check<MachinePlace> = {
  name: 'open files',
  look: async ({ root }) => {
    const limits = await readText(join(root, 'proc/self/limits'))
    const [, soft] = /^Max open files\s+(\S+)/m.exec(limits ?? '') ?? []
    if (soft === undefined) return ok('the limit is not known on this system')
    const open = (await listFolder(join(root, 'proc/self/fd'))).length
    const words = `${open} open, ${soft} allowed`
    if (soft === 'unlimited' || Number(soft) >= ENOUGH) return ok(words)
    return [
      warn(`${words}: large batches and many clients need more`, `ulimit -n 65536, or LimitNOFILE= of the service`),
    ]
  },
}
