import type { ResolvedServer } from '../../lake/config/resolveServer.ts'
import { type Environment, fromEnvironment } from '../../serving/environment.ts'
import type { Clock } from '../../stream/clock.ts'
import type { GuardSettings } from './guard.ts'
import { assertMayListen } from './hosts.ts'
import { assertSendableSecret, type TokenKeys, tokenKeys } from './keys.ts'

/** The scripts that websites load to embed a dashboard: the one at a fixed address, and what it imports. */
export const SCRIPT_PATH = /\/assets\/lakeweir-dashboard(?:-[\w-]+)?\.js$/

/**
 * Reads the keys that a config names.
 * @throws LakeError LAKE_CONFIG_INVALID naming the variable or the file
 */
export function configuredKeys(server: ResolvedServer, environment: Environment): Promise<TokenKeys> {
  const secrets = server.secrets.map((secret, index) => ({
    value: fromEnvironment(secret, `server.secrets.${index}`, environment),
    name: secret.name,
  }))
  return tokenKeys(secrets, server.publicKeys)
}

/** Where a server is about to listen, and what only processes of its lake know. */
export interface GuardedPlace {
  readonly host: string
  /** A key that this server has left for them in the lake's folder; undefined: none. */
  readonly localKey: string | undefined
}

/**
 * What the guard of a server needs, by the lake's config.
 * @throws LakeError LAKE_CONFIG_INVALID, also if others reach the address and nothing would be asked of them
 */
export async function guardSettings(
  server: ResolvedServer,
  { host, localKey }: GuardedPlace,
  environment: Environment,
  clock: Clock,
): Promise<GuardSettings> {
  const { hosts, origins, limits, metricsSecret: metrics } = server
  const keys = await configuredKeys(server, environment)
  assertMayListen({ host, hosts, needsToken: keys.secrets.length + keys.publicKeys.length > 0 })
  const metricsSecret = metrics && fromEnvironment(metrics, 'server.metricsSecret', environment)
  if (metrics !== undefined && metricsSecret !== undefined) assertSendableSecret(metricsSecret, metrics.name)
  return {
    names: { host, hosts },
    origins,
    keys,
    metricsSecret,
    localKey,
    tokenLifeMs: limits.tokenLifeMs,
    requestsPerToken: limits.requestsPerToken,
    scriptPath: SCRIPT_PATH,
    clock,
  }
}
