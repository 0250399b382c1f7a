import type { Database } from '../../duckdb/session.ts'
import { LakeError } from '../../errors.ts'
import type { LiveModel } from '../../serving/model.ts'
import { ModelReader } from '../../serving/models/modelReader.ts'
import type { ResolvedLake, ResolvedLive } from '../config/resolve.ts'

/** The models of a lake as they were read. */
export interface ReadModels {
  readonly models: readonly LiveModel[]
  /** The others, in the order of their names. */
  readonly refused: readonly RefusedModel[]
}

export interface RefusedModel {
  readonly name: string
  readonly error: LakeError
}

/** Why a model is refused, as a sentence. */
export function refusalSentence({ error }: RefusedModel): string {
  return `${error.code}: ${error.message}`
}

/**
 * Reads the models of a lake: DuckDB's parse trees say what can be kept. The lake's tables are not looked at.
 * @throws LakeError LAKE_CLOSED
 */
async function readModels(config: ResolvedLake, live: ResolvedLive, database: Database): Promise<ReadModels> {
  const { views, references } = config
  const session = await database.connect() // one of its own: it gets empty tables with the lake's names
  try {
    const reader = await ModelReader.open(session, { tables: live.follows.into, views, references })
    await reader.prepare(live.models)
    const models: LiveModel[] = []
    const refused: RefusedModel[] = []
    for (const file of live.models) {
      try {
        models.push(await reader.read(file))
      } catch (error) {
        if (!(error instanceof LakeError)) throw error
        refused.push({ name: file.called, error })
      }
    }
    return { models, refused }
  } finally {
    session.close()
  }
}

/**
 * Reads the models of an open lake when they are first asked for, and once: that takes DuckDB about 20 ms of CPU a
 * model, and their texts do not change while the lake is open.
 */
export function modelsOnce(config: ResolvedLake, database: Database): () => Promise<ReadModels> {
  const { live } = config
  if (live === undefined) return async () => ({ models: [], refused: [] })
  let reading: Promise<ReadModels> | undefined
  return () => {
    reading ??= readModels(config, live, database)
    reading.catch(() => {
      reading = undefined // what one call was short of, the next may have
    })
    return reading
  }
}

/** The models, all of which can be kept. @throws LakeError LAKE_SQL_INVALID for the first that cannot */
export async function soundModels(liveModels: () => Promise<ReadModels>): Promise<readonly LiveModel[]> {
  const { models, refused } = await liveModels()
  const [first] = refused
  if (first !== undefined) throw first.error
  return models
}
