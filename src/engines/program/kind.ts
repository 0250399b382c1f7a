import { z } from 'zod'
import { systemClock } from '../../stream/clock.ts'
import type { BoundEngine, EngineKind } from '../kind.ts'
import { ProgramEngine } from './engine.ts'

function boundProgram(command: readonly string[]): BoundEngine {
  return {
    autoOverBytes: undefined,
    look: async () => [], // whether it can be run is known once it is
    open: ({ connect, disk, configFolder, lakeFolder, logFile }) =>
      ProgramEngine.open({ connect, disk, lakeFolder, logFile, command, folder: configFolder, clock: systemClock }),
  }
}

/** Any program that answers plans with results. */
export const program = {
  word: 'program',
  name: 'A program',
  example: "{ program: ['python3', 'engine.py'] }",
  keyExamples: {},
  schema: z.array(z.string().min(1)).min(1).transform(boundProgram),
  dialect: undefined,
  refuses: () => undefined, // it says so itself when it is asked to check
} as const satisfies EngineKind
