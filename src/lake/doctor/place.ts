import { DeltaLog } from '../../delta/log.ts'
import type { ForeignTail, LiveFile, Snapshot, TableHead } from '../../delta/snapshot.ts'
import { LakeError } from '../../errors.ts'
import { knownError } from '../../stream/failures.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { OpenLake } from '../openLake.ts'
import { withSession } from '../sessions.ts'
import { newestOf } from '../tableLogs.ts'
import { type CountedGroup, smallFileGroups } from '../upkeep/smallFiles.ts'

/** A table as its log says, or why that cannot be read. */
export type SeenTable =
  | { readonly kind: 'none'; readonly table: LakeTable }
  | { readonly kind: 'broken'; readonly table: LakeTable; readonly error: LakeError }
  | {
      readonly kind: 'there'
      readonly table: LakeTable
      readonly head: TableHead
      readonly live: readonly LiveFile[]
      readonly namedPaths: ReadonlySet<string>
      readonly tail: ForeignTail
      readonly smallFiles: readonly CountedGroup[]
    }

/** What the checks of a lake look at; a log is read once for all of them. */
export class LakePlace {
  readonly lake: OpenLake
  /** Where a machine's own files are, such as `/proc`. */
  readonly root: string
  #tables: Promise<readonly SeenTable[]> | undefined

  constructor(lake: OpenLake, root: string) {
    this.lake = lake
    this.root = root
  }

  /** Every table, each by its own log alone. */
  tables(): Promise<readonly SeenTable[]> {
    this.#tables ??= this.#readTables()
    return this.#tables
  }

  /** Those whose logs can be read; another check tells of the others. */
  async readable(): Promise<Extract<SeenTable, { kind: 'there' }>[]> {
    return (await this.tables()).filter((seen) => seen.kind === 'there')
  }

  async #readTables(): Promise<readonly SeenTable[]> {
    const seen: SeenTable[] = []
    for (const table of this.lake.config.tables) seen.push(await this.#readTable(table))
    return seen
  }

  async #readTable(table: LakeTable): Promise<SeenTable> {
    const { lake } = this
    try {
      return await withSession(lake, async (session): Promise<SeenTable> => {
        const log = new DeltaLog(lake.disk, lake.layout.data(table))
        if ((await log.newestVersion()) === undefined) return { kind: 'none', table }
        const snapshot: Snapshot = await newestOf(lake, session, [table])
        const head = snapshot.head(table.name)
        return {
          kind: 'there',
          table,
          head,
          tail: (await snapshot.foreignTails()).get(table.name) ?? { tableId: head.tableId, after: -1, versions: [] },
          live: await snapshot.liveFiles(table.name),
          namedPaths: await snapshot.namedPaths(table.name),
          smallFiles: await smallFileGroups(session, table, lake.config.upkeep.fileBytes),
        }
      })
    } catch (cause) {
      const error = knownError(cause)
      if (error instanceof LakeError) return { kind: 'broken', table, error }
      throw error
    }
  }
}
