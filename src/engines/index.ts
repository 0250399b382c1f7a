import type { NonEmpty } from '../tables/table.ts'
import { duckdb } from './duckdb/kind.ts'
import type { EngineKind } from './kind.ts'

// Every kind of engine is listed here and nowhere else: its settings and the kind itself. The package exports what has
// a name here; the list of kinds is the default export, which `export *` leaves out. The first is the one that streams
// run on where nothing else is said.

/** What engines need to know, by their names. */
export type EngineSettings = Readonly<Record<string, never>>

/** What makes the files of a stream. `auto` chooses for each batch by how much it reads. */
export type EngineConfig = 'duckdb' | 'auto'

const engineKinds = [duckdb] as const satisfies NonEmpty<EngineKind>
export default engineKinds
