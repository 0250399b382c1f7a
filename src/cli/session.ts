import type { Lake } from '../lake/lake.ts'
import type { OpenLake } from '../lake/openLake.ts'
import { knownError } from '../stream/failures.ts'
import type { CommonArguments } from './command.ts'

/**
 * Opens the lake that the arguments name, does the work, and closes the lake whatever happens.
 * @param work  gets the calls of the library, and the open lake behind them
 */
export async function withLake<T>(argv: CommonArguments, work: (lake: Lake, open: OpenLake) => Promise<T>): Promise<T> {
  // Imported only here, because --help and usage errors need no DuckDB.
  const { ALSO_IN_LIBRARY, Lake } = await import('../lake/lake.ts')
  const { openLake } = await import('../lake/openLake.ts')
  const open = await openLake({
    alsoInLibrary: ALSO_IN_LIBRARY,
    ...(argv.config === undefined ? {} : { config: argv.config }),
    ...(argv.lake === undefined ? {} : { lake: argv.lake }),
  })
  const lake = Lake.of(open)
  try {
    return await work(lake, open)
  } catch (cause) {
    throw knownError(cause) // commands look at the disk themselves, too
  } finally {
    await lake.close()
  }
}
