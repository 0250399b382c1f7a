import type { EngineRunOptions } from './kind.ts'
import { sparkRunOptions } from './spark/options.ts'

// What a command line may say of an engine, by the engine's word. Apart from the kinds, because a line is read before
// anything of a lake is loaded: this file and those that it imports stay as small as they are.

export const engineRunOptions: Readonly<Record<string, EngineRunOptions>> = { spark: sparkRunOptions }
