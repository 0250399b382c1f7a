import type { Column, PanelHead, Value } from '../../../client/index.ts'
import { difference, type Exact, exactOf, isNumeric, keyOf, placeOf, shapeOf } from '../../values.ts'
import { isMeasure } from '../names.ts'

// What a table shows of an answer: which columns, and which rows.

type TableHead = Pick<PanelHead, 'kind' | 'x' | 'y' | 'before' | 'compared' | 'units' | 'series'>

export interface TableColumn {
  readonly column: Column
  /** Where its values are in each row. */
  readonly place: number
  /** Numbers that are compared stand below each other. */
  readonly isRight: boolean
  /** Where there is little room, the first column and the first two measures are shown. */
  readonly isMinor: boolean
  /** The change against a day before stands after it. */
  readonly hasChange: boolean
}

export interface TableRow {
  readonly key: string
  readonly values: readonly Value[]
  readonly change: Exact | undefined
}

/**
 * The columns of a table. As the table view of another kind it has all that its CSV has; a panel of kind `table` shows
 * what a day earlier was as the change.
 */
export function tableColumns(head: TableHead, columns: readonly Column[]): readonly TableColumn[] {
  const isOwn = head.kind === 'table'
  const hidden = isOwn ? [head.before, head.compared] : []
  const compared = isOwn && head.before !== null ? head.y[0] : undefined
  return columns.flatMap((column, place) => {
    if (hidden.includes(column.name) && !head.y.includes(column.name)) return []
    const isRight = isMeasure(head, column) && isNumeric(shapeOf(column.type))
    const isMinor = isOwn && head.y.length > 0 && place > 0 && !head.y.slice(0, 2).includes(column.name)
    return [{ column, place, isRight, isMinor, hasChange: column.name === compared }]
  })
}

/** Rows with keys by which they are found again: their x, or their place where x is not the only one of its kind. */
export function tableRows(
  head: TableHead,
  columns: readonly Column[],
  rows: readonly (readonly Value[])[],
): readonly TableRow[] {
  const before = placeOf(columns, head.before)
  const compared = placeOf(columns, head.compared) ?? placeOf(columns, head.y[0])
  const names = [placeOf(columns, head.x), placeOf(columns, head.series)].filter((place) => place !== undefined)
  const seen = new Map<string, number>()
  return rows.map((values): TableRow => {
    const name = names.map((place) => keyOf(values[place] ?? null)).join(' ')
    const times = seen.get(name) ?? 0
    seen.set(name, times + 1)
    const was = before === undefined ? undefined : exactOf(values[before])
    const is = compared === undefined ? undefined : exactOf(values[compared])
    return { key: `${name} ${times}`, values, change: was === undefined ? undefined : difference(is ?? 0, was) }
  })
}
