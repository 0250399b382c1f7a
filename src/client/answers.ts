import { type Fields, fieldsOf, listOf } from './fields.ts'
import { type Column, LakeweirError, type PanelAnswer, type Position, type Value } from './types.ts'

type Rows = readonly (readonly Value[])[]

/** A panel's answer from its parts; its records are made when somebody looks at them. */
export function panelAnswer(head: Fields, rows: unknown, position: unknown): PanelAnswer {
  const columns = listOf(head.columns, 'the columns of a panel') as readonly Column[]
  const values = listOf(rows, 'the rows of a panel') as Rows
  let records: PanelAnswer['records'] | undefined
  return {
    ...(head as unknown as Omit<PanelAnswer, 'records'>),
    rows: values,
    position: (position ?? null) as Position | null,
    get records() {
      records ??= values.map((row) => Object.fromEntries(columns.map(({ name }, at) => [name, row[at] ?? null])))
      return records
    },
  }
}

/** Rows made of those before: a step copies a run of them, or adds what was not there. */
export function patchedRows(before: Rows, patch: unknown): Rows {
  return listOf(patch, 'a change of rows').flatMap((step): Rows => {
    if (!Array.isArray(step)) return listOf(fieldsOf(step, 'a change of rows').rows, 'the rows of a panel') as Rows
    const [first, count] = step as readonly number[]
    return before.slice(Number(first), Number(first) + Number(count))
  })
}

export function problemOf(value: unknown): LakeweirError {
  const { title, status, detail } = fieldsOf(value, 'a problem')
  return new LakeweirError(String(title), {
    status: Number(status),
    detail: detail === undefined ? undefined : String(detail),
  })
}
