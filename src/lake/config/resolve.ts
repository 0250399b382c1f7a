import { relative, resolve } from 'node:path'
import engineKinds from '../../engines/index.ts'
import sourceKinds from '../../sources/index.ts'
import type { Fail } from '../../sources/kind.ts'
import type { Reference } from '../../tables/engine.ts'
import type { LakeTable } from '../../tables/table.ts'
import { failOf, shapeError } from './configError.ts'
import { RelationNames } from './relationNames.ts'
import type { LakeEngines } from './resolveEngines.ts'
import { LIVE, panelNames, type ResolvedLive, resolveLive } from './resolveLive.ts'
import { type ResolvedServer, resolveServer } from './resolveServer.ts'
import { assertNamesApart, assertNoCircle, type LakeStream, resolveStream } from './resolveStreams.ts'
import { isOverlapping, resolveReferences, resolveTables } from './resolveTables.ts'
import { type ResolvedUpkeep, resolveUpkeep } from './resolveUpkeep.ts'
import { type LakeView, resolveReports, resolveViews } from './resolveViews.ts'
import { type Kinds, lakeSchema } from './schema.ts'
import type { ContractedSql } from './sqlFile.ts'

export type { LiveFile, PanelFile, ResolvedLive } from './resolveLive.ts'
export type { ResolvedServer } from './resolveServer.ts'
export type { LakeSource, LakeStream } from './resolveStreams.ts'
export type { ResolvedUpkeep } from './resolveUpkeep.ts'
export type { LakeView } from './resolveViews.ts'

/** A config that was checked: its parts fit together. */
export interface ResolvedLake {
  readonly configFile: string
  readonly root: string
  readonly tables: readonly LakeTable[]
  readonly references: readonly Reference[]
  readonly streams: readonly LakeStream[]
  readonly engines: LakeEngines
  /** In an order in which each view reads only earlier ones. */
  readonly views: readonly LakeView[]
  /** Report name, with dashes → its file. */
  readonly reports: ReadonlyMap<string, ContractedSql>
  /** The live aggregates, if it keeps any. */
  readonly live: ResolvedLive | undefined
  readonly server: ResolvedServer
  /** How its files are tended. */
  readonly upkeep: ResolvedUpkeep
  /** What DuckDB may use; undefined where that follows the machine. */
  readonly threads: number | undefined
  readonly memoryBytes: number | undefined
}

/**
 * Checks a whole config and reads the .sql files that it names.
 * @throws LakeError LAKE_CONFIG_INVALID naming the key, LAKE_SQL_INVALID naming the file
 */
export function resolveLake(
  config: unknown,
  configFile: string,
  root: string | undefined,
  given: Partial<Kinds> = {},
): ResolvedLake {
  const kinds: Kinds = { sources: sourceKinds, engines: engineKinds, ...given }
  const parsed = lakeSchema(kinds).safeParse(config, { reportInput: true })
  if (!parsed.success) throw shapeError(configFile, parsed.error, config, kinds)
  const checked = parsed.data
  const folder = resolve(configFile, '..')
  const fail = failOf(configFile)
  const names = new RelationNames(
    [...kinds.sources.flatMap(({ relation }) => relation ?? []), ...(checked.live === undefined ? [] : [LIVE])],
    fail,
  )
  const tables = resolveTables(checked, names, fail)
  const references = resolveReferences(checked, folder, names, fail)
  const views = resolveViews(folder, checked.views, names, fail)
  const settings = Object.entries(checked.engines).flatMap(([word, set]) =>
    set === undefined ? [] : [[word, set] as const],
  )
  const engines: LakeEngines = { kinds: kinds.engines, settings: new Map(settings) }
  const streams = Object.entries(checked.streams).map(([name, stream]) =>
    resolveStream(name, stream, { tables, references, engines, folder, configFile }, fail),
  )
  assertNamesApart(streams, checked.live === undefined ? [] : [LIVE], fail)
  assertNoCircle(streams, fail)
  assertFoldersApart(streams, tables, checked.live?.store, fail)
  const lakeRoot = resolve(root ?? resolve(folder, checked.root))
  assertTableFoldersForeign(streams, tables, lakeRoot, fail)
  const live =
    checked.live === undefined ? undefined : resolveLive(checked.live, { streams, names, folder, root: lakeRoot }, fail)
  return {
    configFile,
    root: lakeRoot,
    tables: [...tables.values()],
    references,
    streams,
    engines,
    views,
    reports: resolveReports(folder, checked.reports, [...names.all, ...(live?.relations ?? [])], fail),
    live,
    server: resolveServer(checked.server, { tables, panels: panelNames(live), folder, configFile }, fail),
    upkeep: resolveUpkeep(checked.upkeep, configFile),
    threads: checked.threads,
    memoryBytes: checked.memory,
  }
}

/** A stream that follows a table of its own lake by its folder would not be known as one, and could feed itself. */
function assertTableFoldersForeign(
  streams: readonly LakeStream[],
  tables: ReadonlyMap<string, LakeTable>,
  root: string,
  fail: Fail,
): void {
  for (const { name, source } of streams) {
    if (source.tableFolder === undefined) continue
    const path = relative(root, resolve(root, source.tableFolder.path))
    const table = [...tables.values()].find((other) => isOverlapping(path, other.path))
    if (table === undefined) continue
    fail(
      `streams.${name}.from`,
      `"${source.tableFolder.path}" is in the folder of table ${table.name} of this lake.`,
      `Write deltaTable('${table.name}').`,
    )
  }
}

/**
 * A source's folder belongs to one stream alone, and to no table: whatever is in it may be moved away. The store of
 * the live aggregates is in no such folder either.
 */
function assertFoldersApart(
  streams: readonly LakeStream[],
  tables: ReadonlyMap<string, LakeTable>,
  store: string | undefined,
  fail: Fail,
): void {
  const taken = [...tables.values()].map(({ name, path }) => ({ owner: `table ${name}`, path }))
  for (const { name, source } of streams) {
    if (source.folder === undefined) continue
    const { path } = source.folder
    const other = taken.find((place) => isOverlapping(path, place.path))
    if (other !== undefined) {
      fail(`streams.${name}.from`, `"${path}" overlaps with ${other.owner} at "${other.path}".`)
    }
    taken.push({ owner: `stream ${name}`, path })
  }
  const other = taken.find((place) => store !== undefined && isOverlapping(store, place.path))
  if (other !== undefined) fail('live.store', `"${store}" overlaps with ${other.owner} at "${other.path}".`)
}
