import type { Session } from '../../duckdb/session.ts'
import { builtRelations, dropState } from '../../duckdb/sql/firstRows.ts'
import { script } from '../../duckdb/sql/statements.ts'
import { requiredText } from '../../duckdb/values.ts'
import type { LiveRelation } from '../model.ts'
import { AllRows } from './allRows.ts'
import { KeptFirstRows, type RelationStore } from './firstRows.ts'
import type { KeptRelation } from './keptRelation.ts'

export { keptIn, type RelationStore } from './firstRows.ts'
export type { KeptRelation, NewRows, ReadRows, RelationChange, RelationSize, Unsettled } from './keptRelation.ts'

/**
 * Opens a relation outside a transaction.
 * @param reads  the columns that models read from it
 */
export async function openRelation(
  store: RelationStore,
  relation: LiveRelation,
  reads: Iterable<string>,
): Promise<KeptRelation> {
  const kept = keptColumns(relation, reads)
  if (relation.kind === 'table') return new AllRows(relation.name, kept)
  return KeptFirstRows.open(store, { ...relation, kept })
}

/** Removes the states of relations that are not among these: nobody keeps them any more. */
export async function dropOtherStates(session: Session, catalog: string, names: readonly string[]): Promise<void> {
  const states = await session.rows(builtRelations(catalog))
  const others = states
    .map(({ name }) => requiredText(name, 'the name of a relation'))
    .filter((name) => !names.includes(name))
  if (others.length > 0) await session.run(script(others.map((name) => dropState(catalog, name))))
}

/** The columns that are kept of a relation, in the order of its table. */
export function keptColumns(relation: LiveRelation, reads: Iterable<string>): readonly string[] {
  const order = relation.kind === 'first' ? relation.order.map(({ column }) => column) : []
  const wanted = new Set([...order, ...reads])
  const all = Object.keys(relation.columns)
  const kept = all.filter((name) => wanted.has(name))
  // A relation needs a column, also where its models read none.
  return kept.length > 0 ? kept : all.slice(0, 1)
}
