import { fileURLToPath } from 'node:url'
import { loadLake } from '../../src/lake/config/load.ts'
import type { ResolvedLake } from '../../src/lake/config/resolve.ts'
import type { ResolvedLive } from '../../src/lake/config/resolveLive.ts'
import type { LiveModel } from '../../src/serving/model.ts'
import { ModelReader } from '../../src/serving/models/modelReader.ts'
import { inDuckdb } from './duckdb.ts'

const CONFIGS = {
  messages: '../../lakeweir.config.ts',
  sensors: '../fixtures/sensors/lakeweir.config.ts',
} as const

/** A lake of this repository with its live models. */
export async function liveLake(name: keyof typeof CONFIGS): Promise<ResolvedLake & { readonly live: ResolvedLive }> {
  const lake = await loadLake({ config: fileURLToPath(new URL(CONFIGS[name], import.meta.url)) })
  if (lake.live === undefined) throw new Error(`${lake.configFile} has no live models`)
  return { ...lake, live: lake.live }
}

export async function modelsOf(lake: ResolvedLake & { readonly live: ResolvedLive }): Promise<readonly LiveModel[]> {
  return await inDuckdb(async (session) => {
    const { live, views, references } = lake
    const reader = await ModelReader.open(session, { tables: live.follows.into, views, references })
    const models: LiveModel[] = []
    for (const file of live.models) models.push(await reader.read(file))
    return models
  })
}
