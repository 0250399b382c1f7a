import type { PanelAnswer, PanelHead, RowsParameter, Value } from '../../client/index.ts'
import { shapeOf } from '../values.ts'

/** What the rows of a table must have, by what they are looked for: columns, and `from`, `to` and `batch`. */
export type RowsValues = Readonly<Record<string, RowsParameter>>

type Mark = Readonly<Record<string, Value>>

/**
 * The rows behind a mark of a panel: those with the values of the mark, of the panel's range, and with the values that
 * it is narrowed to. A mark at a time stands for its whole grain, and one of a batch for all that the batch wrote.
 * @param mark  column of the panel → value; none for the whole panel
 */
export function rowsOfMark(
  { columns, grainMs, group, x }: Pick<PanelHead, 'columns' | 'grainMs' | 'group' | 'x'>,
  { range, filters }: Pick<PanelAnswer, 'range' | 'filters'>,
  mark: Mark,
): RowsValues {
  // A batch has rows of any time.
  if (Object.hasOwn(mark, 'batch')) return { batch: numberOf(mark.batch) }
  const values: Record<string, RowsParameter> = range === null ? {} : { ...range }
  for (const [name, narrowed] of Object.entries(filters)) if (narrowed.length > 0) values[name] = narrowed
  for (const [name, value] of Object.entries(mark)) {
    const shape = shapeOf(columns.find((column) => column.name === name)?.type ?? '')
    const isTime = shape === 'moment' || shape === 'date' || shape === 'timestamp'
    const fromMs = isTime && (name === x || name === group) ? timeMsOf(value) : Number.NaN
    if (!Number.isNaN(fromMs)) {
      values.from = new Date(fromMs)
      values.to = new Date(fromMs + (grainMs ?? (shape === 'date' ? DAY_MS : 1)))
    } else values[name] = plainOf(value)
  }
  return values
}

const DAY_MS = 86_400_000

function numberOf(value: Value | undefined): number {
  return Number(value)
}

/** Times without a zone are in UTC, as the server's days are. */
function timeMsOf(value: Value): number {
  const text = String(value).replace(' ', 'T')
  return Date.parse(/^\d{4}-\d\d-\d\d$|Z$|[+-]\d\d(:?\d\d)?$/.test(text) ? text : `${text}Z`)
}

function plainOf(value: Value): RowsParameter {
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value
}
