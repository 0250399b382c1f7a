import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { LakeError, messageOf } from '../../errors.ts'
import { fittingJson, isListOf, isMatching, isNullOr, isRecordOf, isText } from '../../files/json.ts'
import { versionOf } from '../../files/version.ts'
import { sizeBytes } from '../../size.ts'
import { CONTRACT_VERSION } from '../../tables/engine.ts'
import type { EngineFinding, EngineMeans } from '../kind.ts'
import type { Said } from '../program/program.ts'

/** How Spark is started, as it was set. */
export interface SparkLaunch {
  readonly master: string | undefined
  readonly python: string | undefined
  readonly arguments: readonly string[]
  readonly driverMemoryBytes: number | undefined
  readonly startSeconds: number
}

/** Where the program that runs in Spark's driver is: beside this file, or where the build puts it. */
const PROGRAMS = ['./runner/main.py', '../spark/main.py', './spark/main.py'].map((place) => {
  return fileURLToPath(new URL(place, import.meta.url))
})

const LOOK_MS = 60_000

/** The command that runs it. */
export function commandOf(launch: SparkLaunch, { limits, logFile }: Pick<EngineMeans, 'limits' | 'logFile'>): string[] {
  const master = launch.master ?? `local[${limits.threads}]`
  const options = {
    master,
    arguments: launch.arguments,
    driverMemory: memoryOf(launch, master, limits.memory),
    startSeconds: launch.startSeconds,
    scratch: join(dirname(logFile), 'spark-scratch'),
  }
  return [pythonOf(launch), '-B', programFile(), JSON.stringify(options)]
}

/**
 * What has to be the same for two streams to have one session: all that its command says, but for where the one that
 * starts it has its log and its scratch files.
 */
export function sessionKey(launch: SparkLaunch, { limits }: Pick<EngineMeans, 'limits'>): string {
  return JSON.stringify(commandOf(launch, { limits, logFile: '' }))
}

/** With a local master, tasks run in the driver: it may use what the lake's DuckDB may. */
function memoryOf({ driverMemoryBytes }: SparkLaunch, master: string, lakeMemory: string): string | null {
  const bytes = driverMemoryBytes ?? (/^local(\[|$)/.test(master) ? sizeBytes(lakeMemory) : undefined)
  return bytes === undefined ? null : `${Math.max(1, Math.floor(bytes / 2 ** 20))}m`
}

function pythonOf({ python }: SparkLaunch): string {
  return python ?? process.env.PYSPARK_DRIVER_PYTHON ?? process.env.PYSPARK_PYTHON ?? 'python3'
}

function programFile(): string {
  const found = PROGRAMS.find((path) => existsSync(path))
  if (found !== undefined) return found
  throw new LakeError('LAKE_PACKAGE_MISSING', 'the program that runs batches on Spark is not there: spark/main.py.', {
    state: 'Nothing was changed.',
    remedy: 'Install Lakeweir again; in a checkout: npm run build',
  })
}

/** @throws LakeError LAKE_PACKAGE_MISSING if the program is not the one of this package */
export function assertOwnProgram({ runner, contract }: Said): void {
  const version = versionOf()
  if (runner === undefined || (runner === version && contract === CONTRACT_VERSION)) return
  throw new LakeError(
    'LAKE_PACKAGE_MISSING',
    `the program that runs batches on Spark is of Lakeweir ${runner} (contract ${contract}), not ${version}.`,
    { state: 'Nothing was changed.', remedy: 'Install Lakeweir again; in a checkout: npm run build' },
  )
}

const isFindings = isListOf(
  isRecordOf<{ readonly level: string; readonly says: string; readonly fix: string | null }>({
    level: isMatching(/^(ok|warn|fail)$/, 'a level'),
    says: isText,
    fix: isNullOr(isText),
  }),
)

/** What of Python, pyspark and Java is there. Starts no Spark. @param cwd  where a relative path of Python begins */
export async function lookAt(launch: SparkLaunch, cwd: string): Promise<readonly EngineFinding[]> {
  const python = pythonOf(launch)
  try {
    const { stdout } = await promisify(execFile)(python, ['-B', programFile(), '--look'], { cwd, timeout: LOOK_MS })
    const found = fittingJson(stdout, isFindings)
    if (found === undefined) throw new Error('it does not say what is there')
    return found.map(({ level, says, fix }) => ({ level: levelOf(level), says, ...(fix === null ? {} : { fix }) }))
  } catch (error) {
    const [reason] = messageOf(error).split('\n')
    const fix = 'Install Python 3 with pyspark, or write where it is into engines.spark.python of the config'
    return [{ level: 'fail', says: `Python does not run as ${python}: ${reason}`, fix }]
  }
}

function levelOf(level: string): EngineFinding['level'] {
  return level === 'ok' || level === 'warn' ? level : 'fail'
}
