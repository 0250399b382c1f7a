import type { LogLevel } from '../server/log.ts'
import type { ServeOptions } from '../server/serveLake.ts'
import { suggestion } from '../words.ts'
import type { Arguments, Options } from './command.ts'
import { usage } from './optionValues.ts'

const SERVING = 'For the server:'

export const SERVER_OPTIONS = {
  host: {
    type: 'string',
    describe: 'the address to listen at (default: 127.0.0.1)',
    example: '127.0.0.1',
    group: SERVING,
  },
  port: {
    type: 'string',
    describe: 'the port to listen at; 0 takes a free one (default: 4080)',
    example: '4080',
    group: SERVING,
  },
  'log-level': {
    type: 'string',
    describe: 'what is logged, as JSON lines on stderr: debug, info, warn, error, silent',
    example: 'info',
    group: SERVING,
  },
} as const satisfies Options

export type ServerArguments = Arguments<typeof SERVER_OPTIONS>

/** As server/log.ts has them; a usage error needs none of the server. */
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

const MAX_PORT = 65_535

/**
 * Where to listen, and what to log.
 * @param isRead  whether somebody reads stderr as it is written: then only what is wrong is logged
 * @throws LakeError LAKE_USAGE
 */
export function serverOptionsOf(argv: ServerArguments, isRead: boolean): Omit<ServeOptions, 'write'> {
  const { host, port } = argv
  return {
    address: { ...(host === undefined ? {} : { host }), ...(port === undefined ? {} : { port: portOf(port) }) },
    logLevel: levelOf(argv['log-level']) ?? (isRead ? 'warn' : 'info'),
  }
}

function portOf(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= MAX_PORT) return port
  throw usage(`--port: "${text}" is not a port.`, `Write a whole number from 0 to ${MAX_PORT}: --port 4080.`)
}

function levelOf(text: string | undefined): LogLevel | undefined {
  if (text === undefined) return undefined
  const level = LEVELS.find((known) => known === text)
  if (level !== undefined) return level
  throw usage(`--log-level: "${text}" is not a level.`, suggestion(text, LEVELS))
}
