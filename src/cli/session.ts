import type { Lake } from '../lake/lake.ts'
import { knownError } from '../stream/failures.ts'
import type { CommonArguments } from './command.ts'

/** Opens the lake that the arguments name, does the work, and closes the lake whatever happens. */
export async function withLake<T>(argv: CommonArguments, work: (lake: Lake) => Promise<T>): Promise<T> {
  // Imported only here, because --help and usage errors need no DuckDB.
  const { Lake } = await import('../lake/lake.ts')
  const lake = await Lake.open({
    ...(argv.config === undefined ? {} : { config: argv.config }),
    ...(argv.lake === undefined ? {} : { lake: argv.lake }),
  })
  try {
    return await work(lake)
  } catch (cause) {
    throw knownError(cause) // commands look at the disk themselves, too
  } finally {
    await lake.close()
  }
}
