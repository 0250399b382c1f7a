import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { replaceFile } from '../files/wholeFiles.ts'
import type { ResolvedLive } from '../lake/config/resolve.ts'
import type { ModelServer } from '../lake/live/modelServer.ts'
import { type OpenedLive, openLive } from '../lake/live/openLive.ts'
import type { OpenLake } from '../lake/openLake.ts'
import type { StoreStart } from '../serving/store/parts.ts'
import { openCopy } from './copyReader.ts'
import type { Dashboard } from './dashboard.ts'
import { DEFAULT_LIMITS } from './guard/server.ts'
import { copyDashboard, lakeDashboard } from './lakeDashboard.ts'
import { type Address, type Listening, listen } from './listen.ts'
import { type LogLevel, openLog } from './log.ts'

export interface ServeOptions {
  /** What the config says where left out. */
  readonly address: Partial<Address>
  readonly logLevel: LogLevel
  /** Takes each line of the log. */
  readonly write: (line: string) => void
}

/** A server that answers. */
export interface Served {
  /** Where it can be opened. */
  readonly url: string
  /** Why panels cannot be answered, each as a sentence. */
  readonly problems: readonly string[]
  /** Takes no more requests, ends the streams of clients, and answers what is under way, within a few seconds. */
  stop(): Promise<void>
  /** Closes what it answers from, too. */
  close(): Promise<void>
}

/** A lake that is served: its live aggregates are open in this process. */
export interface ServedLake extends Served {
  readonly live: OpenedLive
}

/** How long answers that are under way have when the server ends. */
const GRACE_MS = 3_000

const KEY_BYTES = 32

/**
 * Opens the live aggregates of a lake and a server for them. Nobody keeps them yet.
 * @param start  whether the store is made anew
 * @throws LakeError LAKE_LISTEN_FAILED, LAKE_STREAM_HELD, LAKE_STORE_INVALID, LAKE_CONFIG_INVALID, LAKE_SQL_INVALID
 */
export async function serveLake(
  lake: OpenLake,
  live: ResolvedLive,
  options: ServeOptions,
  start: StoreStart,
): Promise<ServedLake> {
  const { disk, layout } = lake
  const { serverFile } = layout.live(live)
  const { address, log } = placeOf(lake, options)
  const key = randomBytes(KEY_BYTES).toString('base64url')
  const opened = await openLive(lake, live, start)
  const served = await servedAt(lake, address, log, {
    open: () => lakeDashboard(lake, live, opened, { host: address.host, localKey: key, log }),
    // Other processes cannot open the store meanwhile; whoever may read the lake's folder may ask for whole models.
    onListening: async ({ url }) => {
      const server: ModelServer = { processId: process.pid, address: url.slice(0, -1), key }
      await replaceFile(disk, serverFile, JSON.stringify(server))
    },
    onStopping: () => disk.removeFile(serverFile).catch(() => undefined), // left behind, it names a dead process
    close: () => opened.close(),
  })
  return { ...served, live: opened }
}

/**
 * Opens a copy of the live aggregates and a server for it; the lake itself is not needed.
 * @throws LakeError LAKE_LISTEN_FAILED, LAKE_COPY_FAILED, LAKE_CONFIG_INVALID, LAKE_SQL_INVALID, LAKE_ARGUMENT_INVALID
 */
export async function serveCopy(
  lake: OpenLake,
  live: ResolvedLive,
  options: ServeOptions,
  kind: string,
): Promise<Served> {
  const { address, log } = placeOf(lake, options)
  const copy = await openCopy(lake, live, kind)
  return servedAt(lake, address, log, {
    open: () => copyDashboard(lake, copy, { host: address.host, localKey: undefined, log }),
    onListening: async () => undefined,
    onStopping: async () => undefined,
    close: () => copy.reader.close(),
  })
}

function placeOf(
  { config, clock }: OpenLake,
  { address, logLevel, write }: ServeOptions,
): { readonly address: Address; readonly log: Logger } {
  const { host, port } = config.server
  return { address: { host, port, ...address }, log: openLog(logLevel, write, () => clock.nowMs()) }
}

/** What a server begins and ends with. */
interface Around {
  readonly open: () => Promise<Dashboard>
  readonly onListening: (listening: Listening) => Promise<void>
  readonly onStopping: () => Promise<void>
  /** Closes what the dashboard answers from, however far this has come. */
  readonly close: () => Promise<void>
}

async function servedAt(
  { config, clock }: OpenLake,
  address: Address,
  log: Logger,
  { open, onListening, onStopping, close }: Around,
): Promise<Served> {
  const opened: { close(): Promise<unknown> }[] = [{ close }]
  try {
    const dashboard = await open()
    opened.unshift(dashboard)
    const limits = { ...DEFAULT_LIMITS, connections: config.server.limits.connections }
    const listening = await listen(dashboard.app, address, clock, limits)
    opened.unshift({ close: () => listening.close(0) })
    await onListening(listening)
    log.info({ url: listening.url }, 'the server takes requests')
    let stopped: Promise<void> | undefined
    const stop = async (): Promise<void> => {
      await onStopping() // first, so that nobody asks a server that ends
      await Promise.all([dashboard.close(), listening.close(GRACE_MS)])
      log.info('the server has ended')
    }
    const stopOnce = (): Promise<void> => {
      stopped ??= stop()
      return stopped
    }
    const problems = dashboard.parts.answers.heads().flatMap(({ name, problem }) => {
      return problem === null ? [] : [`panel ${name} cannot be answered: ${problem}`]
    })
    return { url: listening.url, problems, stop: stopOnce, close: () => stopOnce().then(close) }
  } catch (error) {
    for (const each of opened) await each.close()
    throw error
  }
}
