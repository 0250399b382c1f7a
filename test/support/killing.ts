import { existsSync, readFileSync, rmSync } from 'node:fs'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Program, type ProgramEnd } from './program.ts'

const PRELOAD = pathToFileURL(fileURLToPath(new URL('./killAtCall.mjs', import.meta.url))).href

/** How the trace tells the call that was picked from those that others began meanwhile. */
const KILLED = 'KILLED '

/** Which call the program is killed at. */
export interface Kill {
  /** Matches lines of the trace: `link silver/messages/data/…`. */
  readonly pattern: string
  /** The first match is 1. */
  readonly nth: number
  readonly when: 'before' | 'after'
}

export interface TracedEnd extends ProgramEnd {
  /** The calls that the program began on the lake's disk. */
  readonly calls: readonly string[]
  /** The one that it was killed at; undefined where that never came. */
  readonly killedAt: string | undefined
}

/**
 * Runs the real program, which kills itself at a call.
 * @param config  the repository's where left out
 */
export async function runTraced(
  args: readonly string[],
  lake: string,
  kill?: Kill,
  config?: string,
): Promise<TracedEnd> {
  const trace = `${lake}.trace`
  rmSync(trace, { force: true })
  const end = await Program.run(args, {
    lake,
    ...(config === undefined ? {} : { config }),
    nodeOptions: ['--import', PRELOAD],
    env: {
      LAKEWEIR_TEST_LAKE: lake,
      LAKEWEIR_TEST_TRACE: trace,
      ...(kill === undefined ? {} : { LAKEWEIR_TEST_KILL: JSON.stringify(kill) }),
    },
  })
  const lines = existsSync(trace) ? readFileSync(trace, 'utf8').trimEnd().split('\n') : []
  const killed = lines.filter((line) => line.startsWith(KILLED))
  return {
    ...end,
    calls: lines.filter((line) => !line.startsWith(KILLED)),
    killedAt: killed.at(0)?.slice(KILLED.length),
  }
}

/** The steps of the protocol, by the calls that they are; every stream's, whatever its tables. */
export const PROTOCOL_STEPS: Readonly<Record<string, RegExp>> = {
  'try that links work': /^link .*\.probe-/,
  'make the attempt’s folder': /^mkdir .*\/staging\/\d/,
  'sync a staged file': /^datasync .*\/staging\/\d.*\.parquet$/,
  'sync a staging folder': /^sync .*\/staging\/\d[^/]*$/,
  'write the record': /^writeFile .*\/record\./,
  'sync the record': /^datasync .*\/record\./,
  'commit: link the record': /^link .*\/commits\/\d+\.json$/,
  'sync the commits': /^sync .*\/commits$/,
  'link a file into its table': /^link .*\/data\/.*\.parquet$/,
  'make a partition’s folder': /^mkdir .*\/data\/date=/,
  'sync a table’s folder': /^sync .*\/data$/,
  'write a Delta commit': /^writeFile .*\/staging\/commit\./,
  'sync a Delta commit': /^datasync .*\/staging\/commit\./,
  'link a Delta commit': /^link .*_delta_log\/\d+\.json$/,
  'drop a temporary name': /^unlink .*\.tmp$/,
  'sync a Delta log': /^sync .*_delta_log$/,
  'drop the staged names': /^rm .*\/staging\/\d/,
  'sync the last record again at a start': /^datasync .*\/commits\/\d+\.json$/,
  'make the folder of claims': /^mkdir .*\/claimed\/\d+$/,
  'claim a file': /^rename .*\/claimed\/\d+\//,
  'sync the landing folder': /^sync landing\/messages$/,
  'sync the claims': /^sync .*\/claimed\/\d+$/,
  'archive a claimed file': /^link .*\/_archive\//,
  'drop a claim': /^unlink .*\/claimed\/\d+\//,
  'drop the folder of claims': /^rm .*\/claimed\/\d+$/,
  'sync the source’s log': /^datasync bronze\/.*_delta_log\/\d+\.json$/,
}
