import { randomInt } from 'node:crypto'
import type { Session } from '../duckdb/session.ts'
import { ensureFolder } from '../files/folders.ts'
import { DeltaTableSource } from '../sources/delta/source.ts'
import { GeneratedSource } from '../sources/generated/source.ts'
import { LandingFolderSource } from '../sources/landing/source.ts'
import type { Source } from '../stream/source.ts'
import type { LakeStream } from './config/resolve.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

/** For streams whose rows are generated. */
export interface GenerateOptions {
  readonly rowsPerSecond?: number
  /** Make so many rows as fast as possible, then stop. */
  readonly rows?: number
  readonly seed?: number
  /** Milliseconds since 1970: the time of row 0. */
  readonly startTimeMs?: number
}

/** Only where rows are generated: loading faker takes 200 ms, a fifth of a command's start. */
export function loadPools(): Promise<typeof import('../sources/generated/pools.ts')> {
  return import('../sources/generated/pools.ts')
}

/** The source of a stream, as its config says and a run wants it. */
export async function sourceOf(
  lake: OpenLake,
  stream: LakeStream,
  generate: GenerateOptions,
  session: Session,
): Promise<Source> {
  const { disk, layout, config } = lake
  const { from } = stream
  if (from.kind === 'generated') {
    const { rowsPerSecond, rows, seed, startTimeMs } = generate
    const { fillPools } = await loadPools()
    return new GeneratedSource({
      rowsPerSecond: rowsPerSecond ?? from.rowsPerSecond,
      rows,
      seed,
      freshSeed: randomInt(2 ** 31),
      startMicros: startTimeMs === undefined ? undefined : startTimeMs * 1000,
      fillPools: (poolSeed) => fillPools(from.pools, poolSeed),
    })
  }
  if (from.kind === 'parquetFolder') {
    const folder = layout.below(from.path)
    await ensureFolder(disk, config.root, folder)
    return new LandingFolderSource({
      folder,
      columns: from.columns ?? stream.into[0]?.columns ?? {},
      checkpoint: layout.checkpoint(stream),
      lakeFolder: config.root,
      session,
      disk,
      afterwards: from.afterwards,
    })
  }
  return deltaSourceOf(lake, stream, session)
}

/** The source of a stream that follows a table. */
export function deltaSourceOf(lake: OpenLake, stream: LakeStream, session: Session): DeltaTableSource {
  const { from } = stream
  if (from.kind !== 'deltaTable') throw new RangeError(`stream ${stream.name} follows no table`)
  const table = lake.config.tables.find(({ name }) => name === from.table)
  if (table === undefined) throw new RangeError(`there is no table ${from.table}`)
  return new DeltaTableSource({
    table: { name: table.name, folder: lake.layout.dataFolder(table), stream: null },
    columns: table.columns,
    partitionBy: table.partitionBy,
    log: logOf(lake, table),
    lakeFolder: lake.config.root,
    session,
    disk: lake.disk,
    skipChangeCommits: from.skipChangeCommits,
  })
}
