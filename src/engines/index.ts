import type { NonEmpty } from '../tables/table.ts'
import { duckdb } from './duckdb/kind.ts'
import type { EngineKind } from './kind.ts'
import type { ProgramSettings } from './program/config.ts'
import { program } from './program/kind.ts'
import type { SparkSettings } from './spark/config.ts'
import { spark } from './spark/kind.ts'

// Every kind of engine is listed here and nowhere else: its settings and the kind itself. The package exports what has
// a name here; the list of kinds is the default export, which `export *` leaves out. The first is the one that streams
// run on where nothing else is said.

export * from './program/config.ts'
export * from './spark/config.ts'

/** What engines need to know, by their names. */
export interface EngineSettings {
  readonly program?: ProgramSettings
  readonly spark?: SparkSettings
}

/** What makes the files of a stream. `auto` chooses for each batch by how much it reads. */
export type EngineConfig =
  | 'duckdb'
  | 'auto'
  | 'program'
  | { readonly program: ProgramSettings }
  | 'spark'
  | { readonly spark: SparkSettings }

const engineKinds = [duckdb, spark, program] as const satisfies NonEmpty<EngineKind>
export default engineKinds
