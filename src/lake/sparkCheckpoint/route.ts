import { basename, dirname } from 'node:path'
import { NAME } from '../../sources/configParts.ts'
import type { LakeTable } from '../../tables/table.ts'
import { namedTable } from '../byName.ts'
import type { LakeStream, ResolvedLake } from '../config/resolve.ts'
import type { Layout } from '../layout.ts'
import { realFolder } from './localPath.ts'
import { refused } from './refusal.ts'

/** A folder that a query has written, and the table that its rows are for. */
export interface NamedSink {
  readonly table: LakeTable
  readonly folder: string
}

/** Which streams take over what a query did. */
export interface Route {
  /** Takes files from the folder that the query has read. */
  readonly land: LakeStream
  /** Its tables have what the query wrote; undefined where those of `land` have. */
  readonly next: LakeStream | undefined
  /** In the order of the stream's tables. */
  readonly sinks: readonly NamedSink[]
}

/** @param given  each `FOLDER`, named like its table, or `TABLE=FOLDER` */
export function namedSinks(config: ResolvedLake, given: readonly string[]): readonly NamedSink[] {
  return given.map((text) => {
    const equals = text.indexOf('=')
    const prefix = text.slice(0, Math.max(0, equals))
    if (NAME.test(prefix)) return { table: namedTable(config, prefix), folder: realFolder(text.slice(equals + 1)) }
    const folder = realFolder(text)
    const name = basename(folder) === 'data' ? basename(dirname(folder)) : basename(folder)
    const table = config.tables.find((one) => one.name === name)
    if (table !== undefined) return { table, folder }
    const [first] = config.tables
    throw refused(
      `no table is named like the sink ${folder}.`,
      `Say which table its rows are for: --sink ${first?.name}=${text}`,
    )
  })
}

/** Finds the streams by their tables and by the folder that the query has read. */
export function routeOf(config: ResolvedLake, layout: Layout, named: readonly NamedSink[], source: string): Route {
  const writers = config.streams.filter(({ into }) => named.every(({ table }) => into.includes(table)))
  for (const writer of writers) {
    const sinks = writer.into.flatMap((table) => named.filter((sink) => sink.table === table))
    if (readsFrom(layout, writer, source)) return checked({ land: writer, next: undefined, sinks }, named)
    const followed = writer.source.follows?.table
    const land = config.streams.find(
      (stream) =>
        followed !== undefined &&
        stream.into.length === 1 &&
        stream.into[0] === followed &&
        readsFrom(layout, stream, source),
    )
    if (land !== undefined) return checked({ land, next: writer, sinks }, named)
  }
  throw noRoute(config, layout, named, source)
}

function readsFrom(layout: Layout, { source: { folder, chosen } }: LakeStream, source: string): boolean {
  return chosen !== undefined && folder !== undefined && realFolder(layout.below(folder.path)) === source
}

function checked(route: Route, named: readonly NamedSink[]): Route {
  const { into, name } = route.next ?? route.land
  const tables = new Set(named.map(({ table }) => table))
  if (tables.size < named.length)
    throw refused('two sinks are for one table.', 'Name each table once: --sink TABLE=FOLDER')
  const missing = into.find((table) => !tables.has(table))
  if (missing === undefined) return route
  throw refused(
    `stream ${name} also writes ${missing.name}, and no --sink is for it.`,
    `Add it: --sink ${missing.name}=FOLDER`,
  )
}

function noRoute(config: ResolvedLake, layout: Layout, named: readonly NamedSink[], source: string): Error {
  const tables = named.map(({ table }) => table.name).join(' and ')
  const landings = config.streams.flatMap(({ source: { folder } }) =>
    folder === undefined ? [] : [layout.below(folder.path)],
  )
  const [landing] = landings
  const remedy =
    landing === undefined
      ? 'A stream with from: parquetFolder(…) must take the rest of that folder.'
      : `Make the landing folder a link to it: ln -s '${source}' '${landing}'`
  return refused(
    `no stream takes files from ${source}, which the query has read, and fills ${tables} from them.`,
    remedy,
  )
}
