import { z } from 'zod'
import type { BoundEngine, EngineKind } from '../kind.ts'
import { DuckdbEngine } from './engine.ts'

/** The DuckDB of this process. What it may use is said by `threads` and `memory` of the lake. */
export const duckdbEngine: BoundEngine = {
  autoOverBytes: undefined,
  look: async () => [], // the doctor looks at DuckDB anyway
  async open({ connect, disk }) {
    const session = await connect()
    try {
      return await DuckdbEngine.open({ session, disk })
    } catch (error) {
      session.close()
      throw error
    }
  },
}

export const duckdb = {
  word: 'duckdb',
  name: 'DuckDB',
  example: "'duckdb'",
  keyExamples: {},
  schema: z
    .strictObject({})
    .prefault({})
    .transform(() => duckdbEngine),
  dialect: undefined,
  refuses: () => undefined,
} as const satisfies EngineKind
