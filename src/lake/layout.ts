import { dirname, join } from 'node:path'
import { Checkpoint } from '../tables/checkpoint.ts'
import type { LakeTable } from '../tables/table.ts'
import type { LakeStream, ResolvedLive } from './config/resolve.ts'

/** The files of the live aggregates. */
export interface LivePaths {
  readonly folder: string
  readonly store: string
  /** The error that the stream stopped with. */
  readonly errorFile: string
  /** What the process that has the store open last said of it. */
  readonly statusFile: string
  /** The address of the server of that process, while it has one. */
  readonly serverFile: string
}

/** Where everything in a lake is on disk; the only place that puts its paths together. */
export class Layout {
  readonly root: string
  /** The views for any DuckDB client. */
  readonly lakeSql: string
  /** The list of an unfinished emptying. */
  readonly freshList: string
  /** For which models it was found that all can be kept. */
  readonly modelsNote: string
  /** What engines read and write for queries while these run, and their logs. */
  readonly queries: string

  constructor(root: string) {
    this.root = root
    this.lakeSql = join(root, 'lake.sql')
    this.freshList = join(root, '.fresh.json')
    this.modelsNote = join(root, '.models.json')
    this.queries = join(root, '.queries')
  }

  /** The folder of a table's files, relative to the root. */
  dataFolder(table: LakeTable): string {
    return `${table.path}/data`
  }

  data(table: LakeTable): string {
    return join(this.root, table.path, 'data')
  }

  /** The folder of the checkpoints of all streams whose first table this is. */
  checkpoints(table: LakeTable): string {
    return join(this.root, table.path, 'checkpoint')
  }

  checkpoint(stream: LakeStream): Checkpoint {
    return new Checkpoint(join(this.root, this.checkpointFolder(stream)))
  }

  /** The folder of a stream's durable state, relative to the root. */
  checkpointFolder(stream: LakeStream): string {
    const [first] = stream.into
    return `${first.path}/checkpoint/${stream.name}`
  }

  /** Where the live aggregates are, and what is known of the process that keeps them. */
  live({ store }: Pick<ResolvedLive, 'store'>): LivePaths {
    const beside = store.replace(/\.duckdb$/, '')
    return {
      folder: dirname(store),
      store,
      errorFile: `${beside}.error.json`,
      statusFile: `${beside}.status.json`,
      serverFile: `${beside}.server.json`,
    }
  }

  below(path: string): string {
    return join(this.root, path)
  }
}
