import type { Session } from '../../duckdb/session.ts'
import { blockBytes, storedSize } from '../../duckdb/sql/keptGroups.ts'
import { safeInteger } from '../../duckdb/values.ts'
import type { ServedPosition } from '../reader.ts'
import { readStoreCursor } from './head.ts'
import { readStored } from './storedModel.ts'

/** What a store has, for people. */
export interface StoreStatus {
  /** Undefined before its first batch. */
  readonly position: ServedPosition | undefined
  readonly models: readonly StoredSize[]
}

export interface StoredSize {
  readonly name: string
  /** If it is not, the other fields count what is there so far. */
  readonly isBuilt: boolean
  /** One row each in the model. */
  readonly groups: number
  /** Rows that batches have added since these were summed up. */
  readonly addedRows: number
  /** Of the file, as of its last checkpoint. */
  readonly bytes: number
}

/** @param session  one that the store is attached to */
export async function storeStatus(session: Session, file: string): Promise<StoreStatus> {
  const { taken } = await readStoreCursor(session, file)
  const [block] = await session.rows(blockBytes)
  const bytesOfBlock = safeInteger(Number(block?.bytes), 'the size of a block')
  const models: StoredSize[] = []
  for (const { name, isBuilt } of await readStored(session)) {
    const [size] = await session.rows(storedSize(name))
    models.push({
      name,
      isBuilt,
      groups: safeInteger(size?.groups, 'the groups of a model'),
      addedRows: safeInteger(size?.added, 'the rows of a model'),
      bytes: safeInteger(size?.blocks, 'the blocks of a model') * bytesOfBlock,
    })
  }
  return { position: taken?.served, models }
}
