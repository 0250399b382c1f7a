import { fileURLToPath } from 'node:url'
import type { BoundEngine, EngineMeans } from '../../src/engines/kind.ts'
import { ProgramEngine } from '../../src/engines/program/engine.ts'
import type { KeptProgram } from '../../src/engines/program/keptProgram.ts'
import { program } from '../../src/engines/program/kind.ts'
import { type Clock, systemClock } from '../../src/stream/clock.ts'

const JITI = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url))
const PROGRAM = fileURLToPath(new URL('./engineProgram.ts', import.meta.url))

/** An engine that is a program, which knows nothing but what the contract says; as a config names it. */
export const ENGINE_COMMAND = [process.execPath, JITI, PROGRAM] as const

/** The same as what a config that names it becomes. */
export const programEngine: BoundEngine = program.schema.parse(ENGINE_COMMAND)

/** Any program as an engine. */
export function openProgram(
  { connect, disk, lakeFolder, logFile, configFolder }: EngineMeans,
  command: readonly string[],
  options: { readonly name?: string; readonly clock?: Clock; readonly program?: KeptProgram } = {},
): Promise<ProgramEngine> {
  return ProgramEngine.open({
    connect,
    disk,
    lakeFolder,
    logFile,
    folder: configFolder,
    clock: systemClock,
    command,
    ...options,
  })
}
