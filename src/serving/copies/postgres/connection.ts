import type { Socket } from 'node:net'
import type { Client, ClientConfig } from 'pg'
import { LakeError, messageOf, systemCodeOf } from '../../../errors.ts'

/** How long a server may take to answer a connection. */
const CONNECT_MS = 10_000

/** The package, as it is imported. */
type Pg = typeof import('pg').default

/** The numbers of PostgreSQL's types text[] and varchar[]. */
const TEXT_LISTS: ReadonlySet<number> = new Set([1009, 1015])

/**
 * Opens a connection; what it reads stays text, except lists of texts.
 * @throws LakeError LAKE_COPY_FAILED, LAKE_PACKAGE_MISSING
 */
export async function connect(url: string, who: string): Promise<Client> {
  const pg = await loadPg()
  const client = new pg.Client(clientConfig(pg, url, who))
  // Without a listener, a connection that the server ends would end this process. The next query fails.
  client.on('error', () => undefined)
  try {
    await client.connect()
    return client
  } catch (cause) {
    await client.end().catch(() => undefined) // it never was a connection
    throw copyError(url, cause)
  }
}

/** Cuts a connection, whatever it waits for. */
export function cutConnection(client: Client): void {
  // The driver's types do not know it; its own end of a connection waits for the server.
  const { connection } = client as unknown as { readonly connection: { readonly stream: Socket } }
  connection.stream.destroy()
}

/** Settings by which all values stay text, except lists of texts. */
export function clientConfig({ types }: Pg, url: string, who: string): ClientConfig {
  return {
    connectionString: url,
    application_name: who,
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    options: '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=postgres -c extra_float_digits=1',
    types: { getTypeParser: (id, format) => (TEXT_LISTS.has(id) ? types.getTypeParser(id, format) : String) },
  }
}

/** Optional, like the next: whoever keeps no copy in PostgreSQL needs none. @throws LakeError LAKE_PACKAGE_MISSING */
export async function loadPg(): Promise<Pg> {
  return (await installed('pg', () => import('pg'))).default
}

/** How rows are written by COPY. @throws LakeError LAKE_PACKAGE_MISSING */
export async function loadCopyFrom(): Promise<typeof import('pg-copy-streams').from> {
  return (await installed('pg-copy-streams', () => import('pg-copy-streams'))).from
}

async function installed<T>(name: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load()
  } catch (cause) {
    throw new LakeError('LAKE_PACKAGE_MISSING', `a copy in PostgreSQL needs the package ${name}, which is not there.`, {
      cause,
      remedy: 'Install it beside lakeweir: npm install pg pg-copy-streams',
    })
  }
}

/** A server's address as messages show it: without user and password. */
export function nameOf(url: string): string {
  try {
    const { hostname, port, pathname } = new URL(url)
    return `postgres://${hostname}${port === '' ? '' : `:${port}`}${pathname}`
  } catch {
    return 'PostgreSQL' // an address that only the driver understands
  }
}

/** What PostgreSQL, or the way to it, objects to; tried again, because most of it passes. */
export function copyError(url: string, cause: unknown): LakeError {
  if (cause instanceof LakeError) return cause
  const code = systemCodeOf(cause)
  const reason = messageOf(cause) === '' ? (code ?? 'no reason given') : messageOf(cause)
  return new LakeError('LAKE_COPY_FAILED', `${nameOf(url)}: ${reason}${code === undefined ? '' : ` (${code})`}`, {
    cause,
    state: 'The copy is as its last whole transaction left it; the store is not affected.',
    canRetry: true,
  })
}
