import { LakeError } from '../../errors.ts'
import { fittingJson, isCount, isMatching, isRecordOf, isText } from '../../files/json.ts'
import { readText } from '../../files/read.ts'
import { HeldError } from '../../tables/checkpoint.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import { LIVE } from '../config/resolveLive.ts'
import type { OpenLake } from '../openLake.ts'

/** A server of the process that has the store of a lake open; it says so in a file beside the store. */
export interface ModelServer {
  readonly processId: number
  /** `http://127.0.0.1:4080` */
  readonly address: string
  /** Sent as a token, it lets a client read whole models: whoever may read the lake's folder has it. */
  readonly key: string
}

export const isModelServer = isRecordOf<ModelServer>({
  processId: isCount,
  address: isMatching(/^https?:\/\/[^/]+$/, 'an address'),
  key: isText,
})

/** The server of the process that has the store open, if it has one. */
export async function serverOf(
  { layout }: OpenLake,
  live: ResolvedLive,
  processId: number | undefined,
): Promise<ModelServer | undefined> {
  const text = await readText(layout.live(live).serverFile)
  const server = text === undefined ? undefined : fittingJson(text, isModelServer)
  // A process that was killed leaves its file.
  return server?.processId === processId ? server : undefined
}

/** The same error, with the address of the server that whoever has the store open may have. */
export async function heldWithServer(lake: OpenLake, live: ResolvedLive, { processId }: HeldError): Promise<HeldError> {
  const server = await serverOf(lake, live, processId)
  return new HeldError(LIVE, processId, server === undefined ? undefined : `${server.address}/`)
}

/** The error for models that nobody can be asked for. */
export function heldWithoutServer({ store }: ResolvedLive, processId: number | undefined): LakeError {
  const holder = processId === undefined ? 'another process' : `process ${processId}`
  return new LakeError('LAKE_STREAM_HELD', `live is run by ${holder}, which has ${store} open and serves no models.`, {
    state: 'Nothing was run.',
    remedy: `Run it with a server, which other processes can ask: lakeweir run ${LIVE} --serve. Or stop that process.`,
    canRetry: true,
  })
}
