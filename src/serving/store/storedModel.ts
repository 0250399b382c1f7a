import { randomUUID } from 'node:crypto'
import type { Session } from '../../duckdb/session.ts'
import { readStoredModels } from '../../duckdb/sql/liveStore.ts'
import { requiredText } from '../../duckdb/values.ts'

/** What the store knows of a model besides its rows. */
export interface StoredModel {
  readonly name: string
  /** Of everything that makes its rows what they are. */
  readonly hash: string
  /** Changes whenever it is made anew. */
  readonly build: string
  /** For batches after this one all changes are known; undefined if it was never built. */
  readonly knownAfter: number | undefined
  readonly isBuilt: boolean
}

/** The models of an attached store. */
export async function readStored(session: Session): Promise<StoredModel[]> {
  const rows = await session.rows(readStoredModels)
  return rows.map(({ name, hash, build, known_after: knownAfter, is_built: isBuilt }) => ({
    name: requiredText(name, 'the name of a model'),
    hash: requiredText(hash, 'the hash of a model'),
    build: requiredText(build, 'the build of a model'),
    knownAfter: typeof knownAfter === 'number' ? knownAfter : undefined,
    isBuilt: isBuilt === true,
  }))
}

export function unbuilt(name: string, hash: string): StoredModel {
  return { name, hash, build: randomUUID(), knownAfter: undefined, isBuilt: false }
}
