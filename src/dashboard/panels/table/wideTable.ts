import type { Column, PanelHead, Value } from '../../../client/index.ts'
import { orderedSeries } from '../../charts/orderedSeries.ts'
import { addsUp, amountOf, type Exact, exactOf, keyOf, placeOf, sumOf } from '../../values.ts'

/** What a table reads of its panel's head. */
type WideHead = Pick<
  PanelHead,
  'kind' | 'x' | 'y' | 'series' | 'group' | 'before' | 'compared' | 'order' | 'unit' | 'units' | 'headings'
>

/** Rows with a column for each value of the series, where the panel has a row for each. */
export interface WideTable {
  /** What is said otherwise of these columns than of the panel's. */
  readonly head: Pick<PanelHead, 'series' | 'y' | 'headings' | 'compared'>
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Value[])[]
  /** How many values have no column, because they do not add up. */
  readonly leftOutCount: number
}

export interface WideWords {
  readonly all: string
  readonly others: (count: number) => string
  readonly nameOf: (value: Value) => string
}

/** More columns than these cannot be compared. */
const MAX_SERIES = 12

/** The names of columns that no panel has. */
const ALL = 'all\u0000'
const OTHERS = 'others\u0000'

/**
 * The rows of a panel by the values of its series, side by side; undefined where it has none, or further columns that
 * would have no place.
 */
export function wideTable(
  head: WideHead,
  { columns, rows }: { readonly columns: readonly Column[]; readonly rows: readonly (readonly Value[])[] },
  words: WideWords,
): WideTable | undefined {
  const [measure] = head.y
  const seriesAt = placeOf(columns, head.series)
  const measureAt = placeOf(columns, measure)
  const column = columns[measureAt ?? -1]
  if (head.kind === 'table' || seriesAt === undefined || measureAt === undefined || column === undefined)
    return undefined
  const sums = [head.compared, head.before].flatMap((name) => placeOf(columns, name) ?? [])
  const names = [head.group, head.x].flatMap((name) => placeOf(columns, name) ?? [])
  const known = new Set([seriesAt, measureAt, ...sums, ...names])
  if (head.y.length > 1 || columns.some((_, place) => !known.has(place))) return undefined
  const hasTotals = addsUp(column.type, head.unit)
  const lines = linesOf(rows, { names, seriesAt, measureAt, sums })
  const { shown, others } = seriesOf(rows, { seriesAt, measureAt, order: head.order })
  const series = shown.map(({ key, value }) => ({ name: `${key}\u0000`, key, heading: words.nameOf(value) }))
  const extra = hasTotals ? [...(others.length > 0 ? [OTHERS] : []), ALL] : []
  const sumNames = hasTotals ? sums : []
  return {
    head: {
      series: null,
      y: [...series.map(({ name }) => name), ...extra],
      headings: {
        ...head.headings,
        ...Object.fromEntries(series.map(({ name, heading }) => [name, heading])),
        [ALL]: words.all,
        [OTHERS]: words.others(others.length),
      },
      compared: head.compared,
    },
    columns: [
      ...names.flatMap((place) => columns[place] ?? []),
      ...[...series.map(({ name }) => name), ...extra].map((name) => ({ name, type: column.type })),
      ...sumNames.flatMap((place) => columns[place] ?? []),
    ],
    rows: lines.map(({ values, cells, sums: found }) => [
      ...values,
      ...series.map(({ key }) => total(cells.get(key))),
      ...extra.map((name) =>
        total(name === ALL ? [...cells.values()].flat() : others.flatMap((key) => cells.get(key) ?? [])),
      ),
      ...sumNames.map((_, at) => total(found[at])),
    ]),
    leftOutCount: hasTotals ? 0 : others.length,
  }
}

interface Line {
  readonly values: readonly Value[]
  /** Series → what stands there, as often as there are rows. */
  readonly cells: Map<string, Value[]>
  readonly sums: readonly Value[][]
}

/** A line for each x of each group, in the order of the answer. */
function linesOf(
  rows: readonly (readonly Value[])[],
  about: {
    readonly names: readonly number[]
    readonly seriesAt: number
    readonly measureAt: number
    readonly sums: readonly number[]
  },
): readonly Line[] {
  const lines = new Map<string, Line>()
  for (const row of rows) {
    const values = about.names.map((place) => row[place] ?? null)
    const key = values.map(keyOf).join(' ')
    const line = lines.get(key) ?? {
      values,
      cells: new Map<string, Value[]>(),
      sums: about.sums.map((): Value[] => []),
    }
    lines.set(key, line)
    const series = keyOf(row[about.seriesAt] ?? null)
    const cell = line.cells.get(series) ?? []
    line.cells.set(series, cell)
    cell.push(row[about.measureAt] ?? null)
    for (const [at, place] of about.sums.entries()) line.sums[at]?.push(row[place] ?? null)
  }
  return [...lines.values()]
}

/** The values that have a column: those of the header first, then the largest; and the keys of all others. */
function seriesOf(
  rows: readonly (readonly Value[])[],
  about: { readonly seriesAt: number; readonly measureAt: number; readonly order: readonly string[] },
): { readonly shown: readonly { readonly key: string; readonly value: Value }[]; readonly others: readonly string[] } {
  const sizes = new Map<string, number>()
  const values = new Map<string, Value>()
  for (const row of rows) {
    const value = row[about.seriesAt] ?? null
    const key = keyOf(value)
    values.set(key, value)
    sizes.set(key, (sizes.get(key) ?? 0) + Math.abs(amountOf(row[about.measureAt]) ?? 0))
  }
  const all = orderedSeries(values.values(), about.order)
  const isNamed = ({ value }: { readonly value: Value }): boolean => about.order.includes(String(value))
  const bySize = [...all].sort(
    (one, other) =>
      Number(isNamed(other)) - Number(isNamed(one)) || (sizes.get(other.key) ?? 0) - (sizes.get(one.key) ?? 0),
  )
  const kept = new Set(bySize.slice(0, MAX_SERIES).map(({ key }) => key))
  return { shown: all.filter(({ key }) => kept.has(key)), others: [...values.keys()].filter((key) => !kept.has(key)) }
}

/** Where nothing stands, nothing is known; one value stays as the server wrote it. */
function total(values: readonly Value[] | undefined): Value {
  if (values === undefined || values.length === 0) return null
  const [only = null] = values
  if (values.length === 1) return only
  const found: Exact | undefined = sumOf(values.map(exactOf))
  return found ?? null
}
