import { duckdb } from './duckdb/kind.ts'
import type { EngineKind } from './kind.ts'

/** Every kind of engine by its name. A new one is a folder here and a line. */
export const engines = { duckdb } as const satisfies Readonly<Record<string, EngineKind>>

export type EngineName = keyof typeof engines

export const DEFAULT_ENGINE: EngineName = 'duckdb'
