import type { Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import type { Hono } from 'hono'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import type { Clock } from '../stream/clock.ts'
import { type ConnectionLimits, DEFAULT_LIMITS, guardedServer } from './guard/server.ts'
import type { ServerEnv } from './parts.ts'

export interface Address {
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

/** A server that takes connections. */
export interface Listening {
  /** Where it can be opened, with a slash at the end. */
  readonly url: string
  readonly port: number
  readonly server: Server
  /**
   * Takes no more connections, and waits for the answers that are under way.
   * @param graceMs  after this time they are cut off
   */
  close(graceMs: number): Promise<void>
}

/** Opens the app at an address. @throws LakeError LAKE_LISTEN_FAILED */
export async function listen(
  app: Hono<ServerEnv>,
  { host, port }: Address,
  clock: Clock,
  limits: ConnectionLimits = DEFAULT_LIMITS,
): Promise<Listening> {
  // The app has its own Request and Response only within a call: the process may be somebody else's.
  const server = guardedServer(getRequestListener(app.fetch, { overrideGlobalObjects: false }), limits)
  const quiet = quietSockets(server)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(listenError(host, port, cause)))
    server.listen({ host, port, exclusive: true }, resolve)
  })
  const taken = (server.address() as AddressInfo).port
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}/`,
    port: taken,
    server,
    close: async (graceMs) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const socket of quiet) socket.destroy()
      const timer = clock.after(graceMs, () => server.closeAllConnections())
      await closed
      timer.cancel()
    },
  }
}

/** The connections that wait for no answer. Node's own count leaves out those that have never asked for anything. */
function quietSockets(server: Server): ReadonlySet<Socket> {
  const quiet = new Set<Socket>()
  server.on('connection', (socket) => {
    quiet.add(socket)
    socket.on('close', () => quiet.delete(socket))
  })
  server.on('request', ({ socket }, response) => {
    quiet.delete(socket)
    response.on('close', () => {
      if (!socket.destroyed) quiet.add(socket)
      if (!server.listening) socket.destroy()
    })
  })
  return quiet
}

/** System error code → why nobody can listen there, and what to do. */
const FAULTS: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  EADDRINUSE: [
    'another process already listens there.',
    'Stop that process, or take another port: --port 0 takes a free one.',
  ],
  EACCES: ['this user may not listen there.', 'Take a port from 1024 on: --port 4080.'],
  EADDRNOTAVAIL: ['this machine has no such address.', 'Take one that it has: --host 127.0.0.1.'],
  ENOTFOUND: ['there is no machine of this name.', 'Take an address that this machine has: --host 127.0.0.1.'],
}

function listenError(host: string, port: number, cause: unknown): LakeError {
  const [what, remedy] = FAULTS[systemCodeOf(cause) ?? ''] ?? [
    messageOf(cause),
    'Take another address: --host, --port.',
  ]
  return new LakeError('LAKE_LISTEN_FAILED', `the server cannot listen at ${host} port ${port}: ${what}`, {
    cause,
    state: 'Nothing was started, and the lake is as it was.',
    remedy,
  })
}
