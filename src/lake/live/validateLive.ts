import type { Session } from '../../duckdb/session.ts'
import { STORE } from '../../duckdb/sql/liveStore.ts'
import { LakeError } from '../../errors.ts'
import { beginningOf } from '../../serving/follow/beginning.ts'
import { changedError, type Followed } from '../../serving/follow/followed.ts'
import { type BatchOffset, isBatchOffset } from '../../serving/follow/offset.ts'
import { filesAt } from '../../serving/follow/wholeTables.ts'
import type { LiveModel } from '../../serving/model.ts'
import { keptIn } from '../../serving/relations/index.ts'
import { readStoreCursor } from '../../serving/store/head.ts'
import { modelHash } from '../../serving/store/keptModel.ts'
import { readStored } from '../../serving/store/storedModel.ts'
import { endOf } from '../../stream/position.ts'
import { referenceHash } from '../../tables/referenceFile.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import { LIVE } from '../config/resolveLive.ts'
import type { OpenLake } from '../openLake.ts'
import { endAtBatch } from './batchPlace.ts'
import { type Compared, ComparedTables } from './comparedModels.ts'
import { readLeftStatus } from './leftStatus.ts'
import { refusalSentence } from './liveModels.ts'
import { heldWithoutServer, serverOf } from './modelServer.ts'
import { withServedModels } from './queriedModels.ts'
import { modelOfReader, modelOfServer, type WholeModel } from './servedModel.ts'
import { followedBy } from './storeParts.ts'

/** Whether a live model has the rows that its SELECT returns over the tables, as of the batch that it has. */
export interface ModelValidation {
  readonly name: string
  /** The batch of the followed stream as of which it was compared; undefined if it was not. */
  readonly batch: number | undefined
  /** Its rows; undefined if it was not compared. */
  readonly rows: number | undefined
  /** What is wrong, each as a sentence. */
  readonly problems: readonly string[]
  /** Why it was not compared, each as a sentence; none where there is no store yet. */
  readonly notCompared: readonly string[]
}

/** Compares every live model, in the store or as the process hands it over that has the store open. */
export async function validateLive(lake: OpenLake, live: ResolvedLive): Promise<readonly ModelValidation[]> {
  const { models, refused } = await lake.liveModels()
  const compared = await orProblem(models, () => compareFound(lake, live, models))
  return live.models.map(({ called }): ModelValidation => {
    const refusal = refused.find(({ name }) => name === called)
    const found = compared.find(({ name }) => name === called)
    if (refusal === undefined && found !== undefined) return found
    const problems = refusal === undefined ? [] : [`${LIVE}: ${refusalSentence(refusal)}`]
    return { ...NOT_COMPARED, name: called, problems }
  })
}

const NOT_COMPARED = { batch: undefined, rows: undefined, problems: [], notCompared: [] }

/** Compares the models where they are found. */
function compareFound(
  lake: OpenLake,
  live: ResolvedLive,
  models: readonly LiveModel[],
): Promise<readonly ModelValidation[]> {
  return lake.storeReads.use(async (store) => {
    switch (store.kind) {
      case 'missing':
        return []
      case 'file': {
        const session = await store.database.connect()
        try {
          return await compareStored(lake, live, models, session)
        } finally {
          session.close()
        }
      }
      case 'own':
        return compareServed(lake, live, models, (name) => modelOfReader(store.reader, name))
      case 'held': {
        const server = await serverOf(lake, live, store.processId)
        if (server !== undefined) {
          return compareServed(lake, live, models, (name) => modelOfServer(server, name, lake.lifetime.signal))
        }
        const why = heldWithoutServer(live, store.processId).message
        return models.map(({ name }) => ({ ...NOT_COMPARED, name, notCompared: [`${LIVE}: ${why}`] }))
      }
    }
  })
}

/** What keeps all models from being compared, and from being kept: a store or tables that are not what they were. */
const ABOUT_ALL: ReadonlySet<string> = new Set(['LAKE_STORE_INVALID', 'LAKE_NEWER', 'LAKE_SOURCE_CHANGED'])

/** Does work, whose error about all of the models is a problem of each: the tables are checked without them. */
async function orProblem(
  models: readonly LiveModel[],
  work: () => Promise<readonly ModelValidation[]>,
): Promise<readonly ModelValidation[]> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof LakeError && ABOUT_ALL.has(error.code))) throw error
    const remedy = error.remedy === undefined ? '' : ` ${error.remedy}`
    const problems = [`${LIVE}: ${error.code}: ${error.message}${remedy}`]
    return models.map(({ name }) => ({ ...NOT_COMPARED, name, problems }))
  }
}

/** @param why  without its full stop */
function notCompared(name: string, why: string): ModelValidation {
  return { ...NOT_COMPARED, name, notCompared: [`${LIVE}.${name}: ${why}.`] }
}

const LOG_GONE = 'the logs no longer say which rows the tables had then'

/** Compares the models in the store that is attached in a session. */
async function compareStored(
  lake: OpenLake,
  live: ResolvedLive,
  models: readonly LiveModel[],
  session: Session,
): Promise<readonly ModelValidation[]> {
  const { taken } = await readStoreCursor(session, live.store)
  if (taken === undefined) return []
  const { batch } = taken.position
  const followed = followedBy(lake, live)
  const end = endOf(taken.position, isBatchOffset)
  await assertFollows(followed, end)
  const files = await filesAt(followed, end)
  if (files === undefined) return models.map(({ name }) => notCompared(name, `batch ${batch}: ${LOG_GONE}`))
  const stored = await readStored(session)
  const tables = await ComparedTables.open(session, live, models, files, (name) => keptIn(session, STORE, name))
  const compared: ModelValidation[] = []
  for (const model of models) {
    const hashes = await Promise.all(model.references.map(referenceHash))
    const known = stored.find(({ name }) => name === model.name)
    if (known?.hash !== modelHash(model, hashes)) {
      compared.push(notCompared(model.name, 'it is new or has changed; the next run of live builds it'))
    } else if (!known.isBuilt)
      compared.push(notCompared(model.name, 'it is not built yet; the next run of live builds it'))
    else compared.push(asValidation(model, batch, await tables.compare(model)))
  }
  return compared
}

/**
 * Asserts that the tables are still those that the models were made from.
 * @throws LakeError LAKE_SOURCE_CHANGED as a run does, and where one would build all models again
 */
async function assertFollows(followed: Followed, end: BatchOffset): Promise<void> {
  const beginning = await beginningOf(followed, end)
  if (beginning.kind !== 'whole' || beginning.why !== 'other tables') return
  throw changedError(followed, `its tables are other ones than those of its batch ${end.batch}`)
}

/** Compares models as another process, or this one, hands them over: each at the batch that it has then. */
async function compareServed(
  lake: OpenLake,
  live: ResolvedLive,
  models: readonly LiveModel[],
  modelNamed: (name: string) => Promise<WholeModel>,
): Promise<readonly ModelValidation[]> {
  const followed = followedBy(lake, live)
  const keptOf = async (name: string): Promise<readonly string[]> => {
    const relations = (await readLeftStatus(lake, live))?.relations ?? []
    return relations.find((relation) => relation.name === name)?.columns ?? []
  }
  const compared: ModelValidation[] = []
  for (const model of models) {
    try {
      const { name } = model
      const validation = await withServedModels(lake, [name], modelNamed, async (session, [position]) => {
        const batch = position?.batch ?? 0
        const end = await endAtBatch(followed, batch)
        const files = end && (await filesAt(followed, end))
        if (files === undefined) return notCompared(name, `batch ${batch}: ${LOG_GONE}`)
        const tables = await ComparedTables.open(session, live, models, files, keptOf)
        return asValidation(model, batch, await tables.compare(model))
      })
      compared.push(validation)
    } catch (error) {
      if (!(error instanceof LakeError && error.code === 'LAKE_QUERY_FAILED')) throw error
      compared.push(notCompared(model.name, error.message.replace(/\.$/, '')))
    }
  }
  return compared
}

function asValidation(
  { name, file }: LiveModel,
  batch: number,
  { rows, surplus, missing, examples }: Compared,
): ModelValidation {
  const sides = [
    surplus === 0 ? undefined : `${plural(surplus)} in it that ${file} does not return`,
    missing === 0 ? undefined : `${plural(missing)} that ${file} returns missing in it`,
  ].filter((side) => side !== undefined)
  const problems =
    sides.length === 0
      ? []
      : [
          `${LIVE}.${name} at batch ${batch}: ${sides.join(', ')}; for example ${examples.join(', ')}. ` +
            `Make it again: lakeweir run ${LIVE} --rebuild.`,
        ]
  return { name, batch, rows, problems, notCompared: [] }
}

function plural(rows: number): string {
  return `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'}`
}
