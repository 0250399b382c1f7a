import { messageOf } from '../../../errors.ts'
import { engineNeeded } from '../../../files/version.ts'
import { type Check, fail, type MachinePlace, ok, warn } from '../finding.ts'

const INSTALL_AGAIN = 'Install the packages again on this machine, for this Node: npm ci'

/** Whether DuckDB's native binding loads, and answers. */
export const engine: Check<MachinePlace> = {
  name: 'engine',
  look: async () => {
    const needed = engineNeeded()
    const found = await engineFound().catch((error: unknown) => error)
    if (typeof found !== 'string') {
      return [fail(`DuckDB does not load: ${messageOf(found).split('\n')[0]}`, INSTALL_AGAIN)]
    }
    if (found === needed) return ok(`DuckDB ${found}`)
    return [warn(`DuckDB ${found}, but Lakeweir was tested with ${needed}`, INSTALL_AGAIN)]
  },
}

/** Loaded here: if it cannot be, that is what this check is for. */
async function engineFound(): Promise<string> {
  const { engineVersion } = await import('../../../duckdb/engineVersion.ts')
  return engineVersion()
}
