import type { Session } from '../../duckdb/session.ts'
import { blockBytes } from '../../duckdb/sql/keptGroups.ts'
import { STORE } from '../../duckdb/sql/liveStore.ts'
import { relationBlocks, storedRelations } from '../../duckdb/sql/storeSizes.ts'
import { requiredText, safeInteger } from '../../duckdb/values.ts'
import { keptIn } from '../relations/index.ts'

/** How large the state of a relation is. */
export interface StoredRelation {
  readonly name: string
  /** Those of its table that it has, in the order in which they settle which of several equal rows is the first. */
  readonly columns: readonly string[]
  /** About how many rows it has. */
  readonly rows: number
  /** Of the file, as of its last checkpoint. */
  readonly bytes: number
}

/** @param session  one that the store is attached to */
export async function relationSizes(session: Session): Promise<readonly StoredRelation[]> {
  const [block] = await session.rows(blockBytes)
  const bytesOfBlock = safeInteger(Number(block?.bytes), 'the size of a block')
  const relations: StoredRelation[] = []
  for (const row of await session.rows(storedRelations)) {
    const name = requiredText(row.name, 'the name of a relation')
    const [size] = await session.rows(relationBlocks(name))
    const bytes = safeInteger(size?.blocks, 'the blocks of a relation') * bytesOfBlock
    const columns = await keptIn(session, STORE, name)
    relations.push({ name, columns, rows: safeInteger(row.rows, 'the rows of a relation'), bytes })
  }
  return relations
}
