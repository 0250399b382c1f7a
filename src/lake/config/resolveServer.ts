import { resolve } from 'node:path'
import type { EnvironmentValue } from '../../serving/environment.ts'
import type { Fail } from '../../sources/kind.ts'
import type { LakeTable } from '../../tables/table.ts'
import { suggestion } from '../../words.ts'
import { durationMsIn } from './configError.ts'
import { type ResolvedDashboard, resolveDashboard } from './resolveDashboard.ts'
import type { CheckedConfig } from './schema.ts'

/** How the lake is served, checked; every lake has these, with the defaults where its config says nothing. */
export interface ResolvedServer {
  readonly host: string
  readonly port: number
  /** The origins of websites that may embed what is served. */
  readonly origins: readonly string[]
  /** The names by which the server may be called, besides the address that it listens at. */
  readonly hosts: readonly string[]
  /** The tables whose rows may be looked at. */
  readonly rows: readonly LakeTable[]
  /** Where the secrets are that tokens are signed with; the first signs. */
  readonly secrets: readonly EnvironmentValue[]
  /** Where the secret is with which `/metrics` may be read once tokens are needed. */
  readonly metricsSecret: EnvironmentValue | undefined
  /** The files of public keys that tokens may be signed for: absolute paths. */
  readonly publicKeys: readonly string[]
  readonly limits: {
    /** How many connections are served at a time. */
    readonly connections: number
    /** The most rows that a panel may have. */
    readonly panelRows: number
    readonly panelTimeMs: number
    /** How many streams the clients with one token may have at a time, and how many requests. */
    readonly clientsPerToken: number
    readonly requestsPerToken: number
    /** The longest that a token may be valid, from its issue on. */
    readonly tokenLifeMs: number
  }
  /** The server is not ready once rows have waited this long and none were taken. */
  readonly staleAfterMs: number
  readonly dashboard: ResolvedDashboard
}

/** What `server` may name. */
interface Surroundings {
  readonly tables: ReadonlyMap<string, LakeTable>
  /** The names of all panels. */
  readonly panels: readonly string[]
  readonly folder: string
  readonly configFile: string
}

export function resolveServer(
  server: CheckedConfig['server'],
  { tables, panels, folder, configFile }: Surroundings,
  fail: Fail,
): ResolvedServer {
  const rows = server.rows.map((name) => {
    return (
      tables.get(name) ??
      fail('server.rows', `names "${name}", which is not a table.`, suggestion(name, [...tables.keys()]))
    )
  })
  if (new Set(rows).size < rows.length) fail('server.rows', 'names a table twice.')
  const { staleAfter, dashboard, ...served } = server
  const { panelTime, tokenLife, ...limits } = server.limits
  return {
    ...served,
    rows,
    publicKeys: server.publicKeys.map((file) => resolve(folder, file)),
    metricsSecret: server.metricsSecret,
    limits: {
      ...limits,
      panelTimeMs: durationMsIn(configFile, 'server.limits.panelTime', panelTime),
      tokenLifeMs: durationMsIn(configFile, 'server.limits.tokenLife', tokenLife),
    },
    staleAfterMs: durationMsIn(configFile, 'server.staleAfter', staleAfter),
    dashboard: resolveDashboard(dashboard, { panels, configFile }, fail),
  }
}
