import { createHash } from 'node:crypto'
import { fittingJson, isRecordOf, isText } from '../../files/json.ts'
import { readText } from '../../files/read.ts'
import { engineNeeded, versionOf } from '../../files/version.ts'
import { replaceFile } from '../../files/wholeFiles.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import type { OpenLake } from '../openLake.ts'
import type { RefusedModel } from './liveModels.ts'

// To find out that models can be kept takes DuckDB about 20 ms of CPU a model: most of what a status takes. Nothing but
// texts and versions decides it, so a run notes for which it was so.

/** What is noted: that all models can be kept, and the hash of what decides that. */
interface Noted {
  readonly sound: string
}

const isNoted = isRecordOf<Noted>({ sound: isText })

/** The models that are refused. None is read where it was noted that all, as they are now, can be kept. */
export async function refusedModels(lake: OpenLake, live: ResolvedLive): Promise<readonly RefusedModel[]> {
  return (await isNotedSound(lake, live)) ? [] : (await lake.liveModels()).refused
}

/** Notes that all models can be kept. Nothing but the time of later looks depends on it. */
export async function noteSound(lake: OpenLake, live: ResolvedLive): Promise<void> {
  if (await isNotedSound(lake, live)) return
  const noted: Noted = { sound: hashOf(lake, live) }
  // What is wrong with the disk, the batches say.
  await replaceFile(lake.disk, lake.layout.modelsNote, `${JSON.stringify(noted)}\n`).catch(() => undefined)
}

async function isNotedSound(lake: OpenLake, live: ResolvedLive): Promise<boolean> {
  const text = await readText(lake.layout.modelsNote).catch(() => undefined) // then the models are read
  const noted = text === undefined ? undefined : fittingJson(text, isNoted)
  return noted?.sound === hashOf(lake, live)
}

/** Of all that decides which models are refused, and with it of who decides. */
function hashOf({ config }: OpenLake, live: ResolvedLive): string {
  const decides = {
    versions: [versionOf(), engineNeeded()],
    tables: live.follows.into.map(({ name, columns }) => [name, Object.entries(columns)]),
    views: config.views.map(({ view, name, text }) => [view, name, text]),
    references: config.references.map(({ name, columns, key }) => [name, Object.entries(columns), key]),
    models: live.models.map(({ called, name, text, inputs }) => [called, name, text, inputs]),
  }
  return createHash('sha256').update(JSON.stringify(decides)).digest('hex')
}
