import { tmpdir } from 'node:os'
import { folded } from '../../duckdb/parseTree.ts'
import { Database, type Session } from '../../duckdb/session.ts'
import { spillFolder } from '../../duckdb/spillFolder.ts'
import { attachServed } from '../../duckdb/sql/servedRows.ts'
import { LakeError } from '../../errors.ts'
import { readStored } from '../../serving/store/storedModel.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import { LIVE } from '../config/resolveLive.ts'
import type { OpenLake } from '../openLake.ts'
import { withSession } from '../sessions.ts'
import { heldWithoutServer, serverOf } from './modelServer.ts'
import { mayNameModels, modelsNamed } from './namedModels.ts'
import { assertOfLake } from './ofLake.ts'
import { loadModel, modelOfReader, modelOfServer, type WholeModel } from './servedModel.ts'

/** A database in which a query finds the live aggregates that it reads. */
export interface QueriedModels {
  readonly database: Database
  release(): void
}

/**
 * Opens a database for a query over live aggregates. The store's file is attached where nobody has it open; else the
 * models that the query names come whole from the process that has.
 * @returns undefined for a query that reads none
 * @throws LakeError LAKE_QUERY_FAILED where there is no store, LAKE_STREAM_HELD where its process serves no models
 */
export async function modelsFor(lake: OpenLake, sql: string, signal: AbortSignal): Promise<QueriedModels | undefined> {
  const { live } = lake.config
  if (live === undefined || !mayNameModels(sql)) return undefined
  const named = await withSession(lake, (session) => modelsNamed(session, sql))
  if (named === undefined) return undefined
  const names = live.relations.map((name) => name.slice(LIVE.length + 1)).filter((name) => named.has(folded(name)))
  const { store, release } = await lake.storeReads.acquire()
  if (store.kind === 'file') {
    try {
      await assertAnswers(
        lake,
        live,
        store.database,
        names.filter((name) => live.models.some(({ called }) => called === name)),
      )
    } catch (error) {
      release()
      throw error
    }
    return { database: store.database, release }
  }
  // What is called `live` there is something else, such as the alias of a table.
  if (names.length === 0) return undefined
  switch (store.kind) {
    case 'missing':
      throw noStore(live)
    case 'own':
      return copied(lake, names, (name) => modelOfReader(store.reader, name))
    case 'held': {
      const server = await serverOf(lake, live, store.processId)
      if (server === undefined) throw heldWithoutServer(live, store.processId)
      return copied(lake, names, (name) => modelOfServer(server, name, signal))
    }
  }
}

/**
 * Asserts that a store is this lake's, and that models have rows: one that was not built yet would look as if it had
 * none.
 */
async function assertAnswers(
  lake: OpenLake,
  live: ResolvedLive,
  database: Database,
  names: readonly string[],
): Promise<void> {
  const session = await database.connect()
  try {
    await assertOfLake(lake, live, session)
    const built = (await readStored(session)).filter(({ isBuilt }) => isBuilt).map(({ name }) => name)
    const missing = names.find((name) => !built.includes(name))
    if (missing === undefined) return
    throw new LakeError('LAKE_QUERY_FAILED', `${LIVE}.${missing} is not built yet.`, {
      state: 'Nothing was run.',
      remedy: `Build it: lakeweir run ${LIVE}; with --available-now it takes what there is, then stops.`,
    })
  } finally {
    session.close()
  }
}

function noStore({ store }: ResolvedLive): LakeError {
  return new LakeError('LAKE_QUERY_FAILED', `there are no live aggregates yet: there is no ${store}.`, {
    state: 'Nothing was run.',
    remedy: `Keep them: lakeweir run ${LIVE}; with --available-now it takes what there is, then stops.`,
  })
}

/** A database in which models stand that were handed over. */
async function copied(
  lake: OpenLake,
  names: readonly string[],
  modelNamed: (name: string) => Promise<WholeModel>,
): Promise<QueriedModels & { readonly positions: readonly WholeModel['position'][] }> {
  const database = await Database.open({ ...lake.database.limits, tempFolder: spillFolder(tmpdir()) })
  const session = await database.connect()
  try {
    await session.run(attachServed)
    const positions: WholeModel['position'][] = []
    for (const name of names) {
      const model = await modelNamed(name)
      await loadModel(session, model)
      positions.push(model.position)
    }
    return { database, positions, release: () => database.close() }
  } catch (error) {
    database.close()
    throw error
  } finally {
    session.close()
  }
}

/** Does work in a session in which models stand that were handed over. */
export async function withServedModels<T>(
  lake: OpenLake,
  names: readonly string[],
  modelNamed: (name: string) => Promise<WholeModel>,
  work: (session: Session, positions: readonly WholeModel['position'][]) => Promise<T>,
): Promise<T> {
  const { database, positions, release } = await copied(lake, names, modelNamed)
  try {
    const session = await database.connect()
    try {
      return await work(session, positions)
    } finally {
      session.close()
    }
  } finally {
    release()
  }
}
