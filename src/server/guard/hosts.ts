import { isIP } from 'node:net'
import { LakeError } from '../../errors.ts'
import { hostOf } from '../../lake/config/webNames.ts'

// By which names the server may be asked. A page of another website can make a name of its own point to this machine
// ("DNS rebinding"): its requests are same-origin for the browser, and only their Host header tells them apart.

/** Where the server listens, and by which names it is reached. */
export interface ServerNames {
  readonly host: string
  /** Names besides the loopback ones: `dash.example`, or `dash.example:8443` for one port alone. */
  readonly hosts: readonly string[]
  /** Whether requests need a token. */
  readonly needsToken: boolean
}

/** Whether only programs of this machine can reach an address. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  if (isIP(name) === 4) return name.startsWith('127.')
  return name === 'localhost' || name === '::1' || /^::ffff:127\.\d+\.\d+\.\d+$/.test(name)
}

/** Addresses that stand for all of a machine's. */
const ALL_ADDRESSES: ReadonlySet<string> = new Set(['0.0.0.0', '::', '[::]'])

/**
 * Checks that a server may listen where it is told to.
 * @throws LakeError LAKE_CONFIG_INVALID for an address that others reach while nothing would be asked of them
 */
export function assertMayListen({ host, hosts, needsToken }: ServerNames): void {
  if (isLoopback(host)) return
  const state = 'The server has not started.'
  if (!needsToken) {
    throw new LakeError(
      'LAKE_CONFIG_INVALID',
      `the server would listen at ${host}, where other machines reach it, without asking for a token.`,
      {
        state,
        remedy: "Set server.secrets: [env('LAKEWEIR_SECRET')] in the config, or let it listen at 127.0.0.1.",
      },
    )
  }
  if (ALL_ADDRESSES.has(host) && hosts.length === 0) {
    throw new LakeError(
      'LAKE_CONFIG_INVALID',
      `the server would listen at ${host}, but server.hosts does not say by which names it is reached.`,
      { state, remedy: "List them in the config: server: { hosts: ['dash.example'] }" },
    )
  }
}

/** Whether a Host header has one of the server's names. Loopback names are always among them, at any port. */
export function isHostAllowed(
  header: string | undefined,
  { host, hosts }: Pick<ServerNames, 'host' | 'hosts'>,
): boolean {
  const asked = hostOf(header ?? '')
  if (asked === undefined) return false
  if (LOOPBACK_NAMES.has(asked.name)) return true
  const allowed = ALL_ADDRESSES.has(host) ? hosts : [...hosts, isIP(host) === 6 ? `[${host}]` : host]
  return allowed.some((text) => {
    const own = hostOf(text)
    return own !== undefined && own.name === asked.name && (own.port === undefined || own.port === asked.port)
  })
}

const LOOPBACK_NAMES: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])
