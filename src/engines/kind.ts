import type { Session } from '../duckdb/session.ts'
import type { Disk } from '../files/disk.ts'
import type { Engine } from '../tables/engine.ts'

/** What an engine gets to work with. */
export interface EngineMeans {
  /** A new session of the lake's DuckDB, which the caller closes. */
  connect(): Promise<Session>
  readonly disk: Disk
}

/** A kind of engine, as the index lists it. */
export interface EngineKind {
  /** An engine for one run of a stream, which closes it. */
  open(means: EngineMeans): Promise<Engine>
}
