import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'

// A server that slow, silent and too many clients cannot take from the others.

export interface ConnectionLimits {
  /** How many connections are served at once; further ones are told to come back. */
  readonly connections: number
  /** How long a client may take to send the headers of a request. */
  readonly headersMs: number
  /** How long a client may take to send a whole request. */
  readonly requestMs: number
  /** How long a connection may stay open without a request. */
  readonly keepAliveMs: number
  /** How long a connection may move no byte, also while it is answered. */
  readonly silenceMs: number
}

export const DEFAULT_LIMITS: ConnectionLimits = {
  connections: 1_000,
  headersMs: 10_000,
  requestMs: 20_000,
  keepAliveMs: 5_000,
  silenceMs: 60_000,
}

/** The headers of a request together; Node answers more with 431. */
const MAX_HEADER_BYTES = 16 * 1024

/** Connections above the limit that are told so at the same time; beyond them they are closed without a word. */
const TURNED_AWAY_AT_ONCE = 200

/** How long a client that is turned away has to send its request. */
const TURNED_AWAY_MS = 2_000

const RETRY_AFTER_SECONDS = 5

/** @param listener  gets the requests of the connections that are served */
export function guardedServer(listener: RequestListener, limits: ConnectionLimits): Server {
  const server = createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    // How often Node looks for those that have taken too long; its own default is half a minute.
    connectionsCheckingInterval: Math.min(1_000, limits.headersMs),
    requireHostHeader: true,
    insecureHTTPParser: false,
  })
  // Node would leave out headers beyond a number without saying so. Their size is limited, and so is their number.
  server.maxHeadersCount = 0
  server.timeout = limits.silenceMs
  server.maxConnections = limits.connections + TURNED_AWAY_AT_ONCE
  const turnedAway = new WeakSet<Socket>()
  let served = 0
  server.on('connection', (socket: Socket) => {
    if (served >= limits.connections) {
      turnedAway.add(socket)
      socket.setTimeout(TURNED_AWAY_MS, () => socket.destroy())
      return
    }
    served += 1
    socket.once('close', () => {
      served -= 1
    })
  })
  server.on('request', (request, response) => {
    if (turnedAway.has(request.socket)) turnAway(response)
    else listener(request, response)
  })
  return server
}

function turnAway(response: ServerResponse): void {
  const body = JSON.stringify({ title: 'The server has as many connections as it serves.', status: 503 })
  response.writeHead(503, {
    'Content-Type': 'application/problem+json',
    'Content-Length': Buffer.byteLength(body),
    'Cache-Control': 'no-store',
    'Retry-After': RETRY_AFTER_SECONDS,
    Connection: 'close',
  })
  response.end(body)
}
