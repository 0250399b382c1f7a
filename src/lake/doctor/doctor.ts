import { LakeError, messageOf } from '../../errors.ts'
import type { OpenLakeOptions } from '../openLake.ts'
import type { Check, Finding, Level } from './finding.ts'
import { engine } from './machine/engine.ts'
import { MACHINE_CHECKS } from './machine/index.ts'

/** What is wrong with a lake and its machine; `doctor --json` prints the same shape. */
export interface Diagnosis {
  /** Whether nothing has failed; warnings are no failures. */
  readonly ok: boolean
  /** In the order of the checks; each check has at least one. */
  readonly findings: readonly NamedFinding[]
}

export interface NamedFinding {
  readonly check: string
  readonly level: Level
  /** What was found, as a clause without its full stop. */
  readonly says: string
  /** What to do about it; undefined where there is nothing to do. */
  readonly fix: string | undefined
}

/** The lake is opened here, because what is wrong may be that it cannot be. */
export interface DiagnosisOptions extends OpenLakeOptions {
  /** The folder that contains `proc`; tests pass another one. */
  readonly machine?: string
}

/**
 * Looks at the machine, at the config and at all that a lake has on the disk. Changes nothing, and never throws: what
 * cannot be looked at is a finding of its own.
 */
export async function diagnose(options: DiagnosisOptions = {}): Promise<Diagnosis> {
  const { machine = '/', ...open } = options
  const findings: NamedFinding[] = []
  for (const check of MACHINE_CHECKS) findings.push(...(await findingsOf(check, { root: machine })))
  const isBroken = findings.some(({ check, level }) => check === engine.name && level === 'fail')
  findings.push(...(isBroken ? [NOT_LOOKED_AT] : await lakeFindings(open, machine)))
  return { ok: findings.every(({ level }) => level !== 'fail'), findings }
}

const NOT_LOOKED_AT: NamedFinding = {
  check: 'lake',
  level: 'fail',
  says: 'it was not looked at, because DuckDB does not load',
  fix: 'Do the above first',
}

/** Imported only here: without DuckDB's native binding, the modules of a lake do not load. */
async function lakeFindings(options: OpenLakeOptions, machine: string): Promise<NamedFinding[]> {
  let opened: import('./openedLake.ts').OpenedLake
  try {
    const { openForChecks } = await import('./openedLake.ts')
    opened = await openForChecks(options, machine)
  } catch (error) {
    return [{ check: 'config', ...failure(error) }]
  }
  try {
    const { configFile, root } = opened.place.lake.config
    const findings: NamedFinding[] = [{ check: 'config', level: 'ok', says: `${configFile}: ${root}`, fix: undefined }]
    for (const check of opened.checks) findings.push(...(await findingsOf(check, opened.place)))
    return findings
  } finally {
    await opened.close()
  }
}

async function findingsOf<Place>({ name, look }: Check<Place>, place: Place): Promise<NamedFinding[]> {
  try {
    return (await look(place)).map(({ level, says, fix }: Finding) => ({ check: name, level, says, fix }))
  } catch (error) {
    return [{ check: name, ...failure(error) }]
  }
}

/** A check that could not be done fails alone. */
function failure(error: unknown): Omit<NamedFinding, 'check'> {
  if (!(error instanceof LakeError)) {
    return { level: 'fail', says: messageOf(error).split('\n')[0] ?? '', fix: 'See what the message names' }
  }
  const says = `${error.code}: ${error.message.replace(/\.$/, '')}`
  return { level: 'fail', says, fix: error.remedy?.replace(/\.$/, '') ?? 'See docs/errors.md' }
}
