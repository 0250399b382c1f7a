import { cpus, release, type } from 'node:os'
import { version } from '@duckdb/node-api'
import { thisMachine as usableMachine } from '../../src/duckdb/machine.ts'

/** The machine and the versions with which the figures were measured. */
export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGb: number
  readonly system: string
  readonly node: string
  readonly duckdb: string
}

export function thisMachine(): Machine {
  const { cores, memoryBytes } = usableMachine()
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores,
    memoryGb: Math.round(memoryBytes / 1e9),
    system: `${type()} ${release()}`,
    node: process.version,
    duckdb: version(),
  }
}
