import type { Session } from '../../duckdb/session.ts'
import { builtRelations, dropState } from '../../duckdb/sql/firstRows.ts'
import { script } from '../../duckdb/sql/statements.ts'
import { requiredText } from '../../duckdb/values.ts'
import type { FirstRelation, LiveRelation } from '../model.ts'
import { AllRows } from './allRows.ts'
import { KeptFirstRows, type RelationStore } from './firstRows.ts'
import type { KeptRelation } from './keptRelation.ts'

export { KeptFirstRows, keptIn, type RelationStore } from './firstRows.ts'
export type { KeptRelation, NewRows, ReadRows, RelationChange, RelationSize, Unsettled } from './keptRelation.ts'

/**
 * Opens a relation outside a transaction.
 * @param wanted  the columns that models are to read from it
 * @param least  those without which what the store has of it is of no use
 */
export async function openRelation(
  store: RelationStore,
  relation: LiveRelation,
  wanted: readonly string[],
  least = wanted,
): Promise<KeptRelation> {
  if (relation.kind === 'table') return new AllRows(relation.name, wanted)
  return KeptFirstRows.open(store, { ...relation, kept: wanted }, least)
}

/** First rows that have no state until they have taken all rows. */
export function unbuiltRelation(
  store: RelationStore,
  relation: FirstRelation,
  kept: readonly string[],
): Promise<KeptFirstRows> {
  return KeptFirstRows.unbuilt(store, { ...relation, kept })
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

/**
 * The columns of a relation that get others besides. They settle which of several equal rows is the first, each by what
 * those before it leave open: so those that models read come first and stay in their order, and a row that was the
 * first is still equal to the first in all of them.
 */
export function grownColumns(kept: readonly string[], wanted: readonly string[]): readonly string[] {
  const stay = kept.slice(0, kept.findLastIndex((name) => wanted.includes(name)) + 1)
  return [...stay, ...wanted.filter((name) => !stay.includes(name))]
}
