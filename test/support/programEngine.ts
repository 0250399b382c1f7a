import { fileURLToPath } from 'node:url'
import type { BoundEngine, EngineMeans } from '../../src/engines/kind.ts'
import { ProgramEngine } from '../../src/engines/program/engine.ts'
import { type Clock, systemClock } from '../../src/stream/clock.ts'

const JITI = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url))
const PROGRAM = fileURLToPath(new URL('./engineProgram.ts', import.meta.url))

/** An engine that is a program, which knows nothing but what the contract says. */
export const programEngine: Pick<BoundEngine, 'open'> = {
  open: (means) => openProgram(means, [process.execPath, JITI, PROGRAM], { name: 'program 1' }),
}

/** Any program as an engine. */
export function openProgram(
  { connect, disk, lakeFolder, logFile, configFolder }: EngineMeans,
  command: readonly string[],
  options: { readonly name?: string; readonly clock?: Clock } = {},
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
