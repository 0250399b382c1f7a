import type { Column, Value } from '../../../client/index.ts'
import { orderedSeries, type Slot } from '../../charts/orderedSeries.ts'
import { addsUp, amountOf, compareValues, type Exact, exactOf, keyOf, placeOf, sum, sumOf } from '../../values.ts'

// What a heat table shows, from the rows of its panel: groups (days), rows (x), columns (series) and their cells.

/** What the table reads of its panel's head. */
export interface HeatHead {
  readonly x: string | null
  readonly y: readonly string[]
  readonly series: string | null
  readonly group: string | null
  readonly order: readonly string[]
  readonly unit: string | null
}

export interface HeatRows {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Value[])[]
  /** Filter → the values that it was narrowed to. */
  readonly filters: Readonly<Record<string, readonly string[]>>
}

/** A row or a column: a value, or all that had no place of their own. */
export type HeatKey =
  | { readonly kind: 'value'; readonly key: string; readonly value: Value }
  | { readonly kind: 'rest'; readonly key: string; readonly count: number }

export type HeatColumn = HeatKey & { readonly slot: Slot | undefined }

export interface HeatCell {
  /** As the server wrote it, also where it is no number; undefined if there is no such row. */
  readonly value: Value | undefined
  /** From 0, no shade, to 8: the share of the group's largest cell. */
  readonly step: number
}

export interface HeatRow {
  readonly row: HeatKey
  readonly cells: readonly HeatCell[]
  /** Undefined where nothing adds up. */
  readonly total: Exact | undefined
}

export interface HeatGroup {
  readonly key: string
  /** Undefined where the table has no groups. */
  readonly value: Value | undefined
  readonly rows: readonly HeatRow[]
  readonly total: Exact | undefined
}

export interface HeatTable {
  readonly columns: readonly HeatColumn[]
  /** In the order of the answer. */
  readonly groups: readonly HeatGroup[]
  /** Whether there are totals. */
  readonly hasTotals: boolean
  /** Groups, rows and columns that have no place; those of a table that adds up are in the rest. */
  readonly left: { readonly groups: number; readonly rows: number; readonly columns: number }
}

const STEPS = 8
const MAX_GROUPS = 31
const MAX_ROWS = 40
const MAX_COLUMNS = 12

/** Group → row → column → what stands there. */
type Cells = Map<string, { readonly value: Value | undefined; readonly rows: Map<string, Map<string, Value>> }>

interface Reading {
  readonly groups: Cells
  readonly rows: readonly { readonly key: string; readonly value: Value }[]
  readonly columns: readonly { readonly key: string; readonly value: Value; readonly slot: Slot | undefined }[]
}

export function heatTable(head: HeatHead, answer: HeatRows): HeatTable {
  const { groups, rows, columns } = readCells(head, answer)
  const measure = answer.columns.find(({ name }) => name === head.y[0])
  const isSummed = head.series !== null || head.y.length === 1
  const hasTotals = isSummed && measure !== undefined && addsUp(measure.type, head.unit)
  const sizes = sizesOf(groups)
  const shownColumns = keptOf(columns, sizes.columns, MAX_COLUMNS, head.order.length)
  const shownRows = keptOf(rows, sizes.rows, MAX_ROWS, 0)
  const left = { columns: columns.length - shownColumns.length, rows: rows.length - shownRows.length }
  const rowKeys = keysOf(shownRows, rows, hasTotals)
  const columnKeys = keysOf(shownColumns, columns, hasTotals)
  const slots = new Map(columns.map(({ key, slot }) => [key, slot]))
  const shown = [...groups].slice(0, MAX_GROUPS).map(([key, group]): HeatGroup => {
    return groupOf(key, group.value, rowKeys, columnKeys, group.rows, hasTotals)
  })
  return {
    columns: columnKeys.map(({ key }) => ({ ...key, slot: key.kind === 'rest' ? 'other' : slots.get(key.key) })),
    groups: shown,
    hasTotals,
    left: { ...left, groups: groups.size - shown.length },
  }
}

function readCells(head: HeatHead, { columns, rows, filters }: HeatRows): Reading {
  const groupAt = placeOf(columns, head.group)
  const rowAt = placeOf(columns, head.x)
  const columnAt = placeOf(columns, head.series)
  // Without a series, each measure is a column of its own.
  const measures = columnAt === undefined ? head.y : head.y.slice(0, 1)
  const groups: Cells = new Map()
  const rowValues = new Map<string, Value>()
  const columnValues = new Map<string, Value>()
  for (const row of rows) {
    const at = (place: number | undefined): Value => (place === undefined ? null : (row[place] ?? null))
    const [groupValue, rowValue] = [at(groupAt), at(rowAt)]
    const [groupKey, rowKey] = [keyOf(groupValue), keyOf(rowValue)]
    const group = groups.get(groupKey) ?? { value: groupAt === undefined ? undefined : groupValue, rows: new Map() }
    groups.set(groupKey, group)
    const cells = group.rows.get(rowKey) ?? new Map<string, Value>()
    group.rows.set(rowKey, cells)
    rowValues.set(rowKey, rowValue)
    for (const name of measures) {
      const columnValue = columnAt === undefined ? name : at(columnAt)
      const columnKey = keyOf(columnValue)
      columnValues.set(columnKey, columnValue)
      cells.set(columnKey, added(cells.get(columnKey), at(placeOf(columns, name))))
    }
  }
  // The columns that the header names stand there from the beginning, unless somebody looks at some of them only.
  const isNarrowed = head.series !== null && (filters[head.series] ?? []).length > 0
  if (columnAt !== undefined && !isNarrowed && rows.length > 0) {
    const written = new Set([...columnValues.values()].map(String))
    for (const name of head.order) if (!written.has(name)) columnValues.set(keyOf(name), name)
  }
  return {
    groups,
    rows: [...rowValues].map(([key, value]) => ({ key, value })).sort((a, b) => compareValues(a.value, b.value)),
    columns:
      columnAt === undefined
        ? [...columnValues].map(([key, value]) => ({ key, value, slot: undefined }))
        : orderedSeries(columnValues.values(), head.order),
  }
}

/** Of several rows for one cell, the sum; what is no number has nothing to add. */
function added(before: Value | undefined, value: Value): Value {
  const [one, other] = [exactOf(before), exactOf(value)]
  if (one === undefined) return value
  return other === undefined ? one : sum(one, other)
}

/** How much stands in each row and each column, of all groups. */
function sizesOf(groups: Cells): { readonly rows: Map<string, number>; readonly columns: Map<string, number> } {
  const rows = new Map<string, number>()
  const columns = new Map<string, number>()
  const grow = (sizes: Map<string, number>, key: string, by: number): void => {
    sizes.set(key, (sizes.get(key) ?? 0) + by)
  }
  for (const group of groups.values()) {
    for (const [row, cells] of group.rows) {
      for (const [column, value] of cells) {
        const amount = Math.abs(amountOf(value) ?? 0)
        grow(rows, row, amount)
        grow(columns, column, amount)
      }
    }
  }
  return { rows, columns }
}

/** The largest, in the order that they have; the first `fixed` ones stay whatever their size. */
function keptOf<Key extends { readonly key: string }>(
  keys: readonly Key[],
  sizes: ReadonlyMap<string, number>,
  limit: number,
  fixed: number,
): readonly Key[] {
  if (keys.length <= limit) return keys
  const sizeOf = (key: Key, at: number): number => (at < fixed ? Number.POSITIVE_INFINITY : (sizes.get(key.key) ?? 0))
  const bySize = keys.map((key, at) => ({ key, size: sizeOf(key, at), at }))
  // One place is the rest's.
  const largest = bySize.sort((a, b) => (a.size === b.size ? a.at - b.at : b.size - a.size)).slice(0, limit - 1)
  return largest.sort((a, b) => a.at - b.at).map(({ key }) => key)
}

/** A shown row or column, and which of those that were read are in it. */
interface Shown {
  readonly key: HeatKey
  readonly holds: readonly string[]
}

function keysOf(
  kept: readonly { readonly key: string; readonly value: Value }[],
  all: readonly { readonly key: string; readonly value: Value }[],
  hasRest: boolean,
): readonly Shown[] {
  const shown = kept.map(({ key, value }): Shown => ({ key: { kind: 'value', key, value }, holds: [key] }))
  if (!hasRest || kept.length === all.length) return shown
  const own = new Set(kept.map(({ key }) => key))
  const holds = all.map(({ key }) => key).filter((key) => !own.has(key))
  return [...shown, { key: { kind: 'rest', key: 'rest', count: holds.length }, holds }]
}

function groupOf(
  key: string,
  value: Value | undefined,
  rows: readonly Shown[],
  columns: readonly Shown[],
  cells: ReadonlyMap<string, ReadonlyMap<string, Value>>,
  hasTotals: boolean,
): HeatGroup {
  const rowAt = placesOf(rows)
  const columnAt = placesOf(columns)
  const table = rows.map(() => columns.map((): Value | undefined => undefined))
  for (const [rowKey, values] of cells) {
    const row = table[rowAt.get(rowKey) ?? -1]
    if (row === undefined) continue
    for (const [columnKey, cell] of values) {
      const at = columnAt.get(columnKey)
      if (at !== undefined) row[at] = row[at] === undefined ? cell : added(row[at], cell)
    }
  }
  const largest = Math.max(0, ...table.flat().map((cell) => amountOf(cell) ?? 0))
  const totals = table.map((row) => (hasTotals ? sumOf(row.map(exactOf)) : undefined))
  return {
    key,
    value,
    rows: rows.map((row, at) => ({
      row: row.key,
      cells: (table[at] ?? []).map((cell) => ({ value: cell, step: stepOf(amountOf(cell), largest) })),
      total: totals[at],
    })),
    total: sumOf(totals),
  }
}

/** Where each row or column that was read is shown. */
function placesOf(shown: readonly Shown[]): ReadonlyMap<string, number> {
  return new Map(shown.flatMap(({ holds }, at) => holds.map((key) => [key, at] as const)))
}

function stepOf(amount: number | undefined, largest: number): number {
  if (amount === undefined || amount <= 0) return 0
  return Math.max(1, Math.round((amount / largest) * STEPS))
}
