import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Database } from '../../duckdb/session.ts'
import { spillFolder } from '../../duckdb/spillFolder.ts'
import { nodeDisk } from '../../files/disk.ts'
import { OWNER } from '../../files/temporaryNames.ts'
import { systemClock } from '../../stream/clock.ts'
import { ProgramEngine } from '../program/engine.ts'
import type { CaseResult, KitReport } from './kit.ts'

export interface TestEngineOptions {
  /** Only the cases whose key or sentence has this text. */
  readonly only?: string
  /** How long the program may take for one answer, in milliseconds; 5 minutes where left out. */
  readonly patienceMs?: number
  /** Called after each case. */
  readonly onResult?: (result: CaseResult) => void
  /** Where the program runs; this process's own folder where left out. */
  readonly folder?: string
}

export interface TestEngineReport extends KitReport {
  /** What the program wrote to stderr; null if every case passed: then it is removed. */
  readonly logFile: string | null
}

/** A cluster may have to be waited for. */
const PATIENCE_MS = 300_000

/** What the kit and an engine in its process may use. */
const LIMITS = { threads: 2, memoryLimit: '1GB' }

/**
 * Runs a program through the test kit of the contract with engines, which docs/engine.md describes.
 * @param command  the program and its arguments
 * @throws LakeError LAKE_PACKAGE_MISSING where it cannot be run at all, LAKE_ARGUMENT_INVALID
 */
export async function testEngine(
  command: readonly [string, ...string[]],
  options: TestEngineOptions = {},
): Promise<TestEngineReport> {
  const { only, patienceMs = PATIENCE_MS, onResult, folder = process.cwd() } = options
  const own = join(tmpdir(), ['lakeweir-test-engine', OWNER, randomUUID()].join('.'))
  const logFile = join(own, 'engine.log')
  const cases = join(own, 'cases')
  const database = await Database.open({ ...LIMITS, tempFolder: spillFolder(tmpdir()) })
  const session = await database.connect()
  let report: KitReport | undefined
  try {
    await nodeDisk.makeFolder(own)
    await nodeDisk.makeFolder(cases)
    const open = () =>
      ProgramEngine.open({
        connect: () => database.connect(),
        disk: nodeDisk,
        clock: systemClock,
        logFile,
        lakeFolder: own,
        command,
        folder,
      })
    const means = { session, disk: nodeDisk, clock: systemClock, folder: cases }
    const { tryEngine } = await import('./kit.ts') // only now: every start of a lake knows this function
    report = await tryEngine(open, means, { only, patienceMs, onResult })
  } finally {
    session.close()
    database.close()
    await nodeDisk.removeTree(report?.ok === true ? own : cases)
  }
  return { ...report, logFile: report.ok ? null : logFile }
}
