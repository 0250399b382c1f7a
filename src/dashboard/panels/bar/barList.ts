import type { Column, Value } from '../../../client/index.ts'
import { orderedSeries, type Series, type Slot } from '../../charts/orderedSeries.ts'
import { addsUp, amountOf, difference, type Exact, exactOf, keyOf, placeOf, sumOf } from '../../values.ts'

// A list of bars, from the rows of its panel: one for each value of x, in the order of the answer.

/** What the list reads of its panel's head. */
export interface BarHead {
  readonly x: string | null
  readonly y: readonly string[]
  readonly series: string | null
  readonly before: string | null
  readonly compared: string | null
  readonly order: readonly string[]
  readonly unit: string | null
}

export interface BarRows {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Value[])[]
  readonly isCut: boolean
}

/** A piece of a bar. Those without a colour of their own are one piece. */
export interface BarPart {
  readonly key: string
  /** The value of the series; undefined for a bar without one, and for a piece that several share. */
  readonly value: Value | undefined
  readonly slot: Slot | undefined
  /** How many values of the series are in it. */
  readonly count: number
  readonly amount: Exact
  /** Where it begins and ends, as shares of the width. */
  readonly from: number
  readonly to: number
}

export interface Bar {
  readonly key: string
  readonly value: Value
  /** Of all parts; undefined where there is no number. */
  readonly amount: Exact | undefined
  readonly parts: readonly BarPart[]
  /** Of all that is listed; undefined where nothing adds up, or not all rows came. */
  readonly share: number | undefined
  /** Against a day earlier; undefined where there was nothing then. */
  readonly change: Exact | undefined
  /** The values of `further`. */
  readonly further: readonly Value[]
}

export interface BarList {
  readonly bars: readonly Bar[]
  readonly series: readonly Series[]
  /** Columns that are shown beside the bar as they are. */
  readonly further: readonly Column[]
  readonly hasShares: boolean
  readonly hasChanges: boolean
  /** Where nothing is, as a share of the width: 0 unless something is below it. */
  readonly zero: number
}

interface Gathered {
  readonly value: Value
  readonly rows: (readonly Value[])[]
}

export function barList(head: BarHead, { columns, rows, isCut }: BarRows): BarList {
  const place = (name: string | null | undefined): number | undefined => placeOf(columns, name)
  const measure = place(head.y[0])
  const series = place(head.series)
  const further = furtherColumns(head, columns)
  const known = series === undefined ? [] : orderedSeries(valuesAt(rows, series), head.order)
  const before = place(head.before)
  const compared = place(head.compared) ?? measure
  const gathered = gather(rows, place(head.x))
  const amounts = gathered.map((bar) => totalOf(bar.rows, measure))
  const canAdd = measure !== undefined && addsUp(columns[measure]?.type ?? '', head.unit)
  const hasShares = canAdd && !isCut && !amounts.some((amount) => Number(amount) < 0)
  const total = hasShares ? amountOf(sumOf(amounts)) : undefined
  const pieces = gathered.map((bar) => piecesOf(bar.rows, measure, series, known))
  const scale = scaleOf(pieces)
  return {
    bars: gathered.map(({ value, rows: own }, at): Bar => {
      const amount = amounts[at]
      return {
        key: keyOf(value),
        value,
        amount,
        parts: placed(pieces[at] ?? [], scale),
        share: shareOf(amount, total),
        change: changeOf(totalOf(own, compared), totalOf(own, before)),
        further: further.map(({ name }) => own[0]?.[place(name) ?? -1] ?? null),
      }
    }),
    series: known,
    further,
    hasShares,
    hasChanges: before !== undefined,
    zero: scale.least === 0 ? 0 : -scale.least / (scale.most - scale.least),
  }
}

/** What stands beside a bar: all columns that are no part of it. */
function furtherColumns({ x, y, series, before, compared }: BarHead, columns: readonly Column[]): readonly Column[] {
  const drawn = [x, y[0], series, before, compared]
  return columns.filter(({ name }) => !drawn.includes(name))
}

function valuesAt(rows: readonly (readonly Value[])[], place: number): readonly Value[] {
  return rows.map((row) => row[place] ?? null)
}

function gather(rows: readonly (readonly Value[])[], x: number | undefined): readonly Gathered[] {
  const bars = new Map<string, Gathered>()
  for (const row of rows) {
    const value = x === undefined ? null : (row[x] ?? null)
    const key = keyOf(value)
    const bar = bars.get(key)
    if (bar === undefined) bars.set(key, { value, rows: [row] })
    else bar.rows.push(row)
  }
  return [...bars.values()]
}

function totalOf(rows: readonly (readonly Value[])[], place: number | undefined): Exact | undefined {
  return place === undefined ? undefined : sumOf(rows.map((row) => exactOf(row[place])))
}

type Piece = Omit<BarPart, 'from' | 'to'>

function piecesOf(
  rows: readonly (readonly Value[])[],
  measure: number | undefined,
  place: number | undefined,
  series: readonly Series[],
): readonly Piece[] {
  if (place === undefined) {
    const amount = totalOf(rows, measure)
    return amount === undefined ? [] : [{ key: 'all', value: undefined, slot: undefined, count: 1, amount }]
  }
  const amountIn = new Map<string, Exact | undefined>()
  for (const row of rows) {
    const key = keyOf(row[place] ?? null)
    amountIn.set(key, sumOf([amountIn.get(key), measure === undefined ? undefined : exactOf(row[measure])]))
  }
  const pieces = series.flatMap(({ key, value, slot }): Piece[] => {
    const amount = amountIn.get(key)
    return amount === undefined ? [] : [{ key, value, slot, count: 1, amount }]
  })
  const others = pieces.filter(({ slot }) => slot === 'other')
  if (others.length < 2) return pieces
  const amount = sumOf(others.map((piece) => piece.amount)) ?? 0
  const rest: Piece = { key: 'rest', value: undefined, slot: 'other', count: others.length, amount }
  return [...pieces.filter(({ slot }) => slot !== 'other'), rest]
}

interface Scale {
  readonly least: number
  readonly most: number
}

/** From nothing, or below it, to the largest. */
function scaleOf(bars: readonly (readonly Piece[])[]): Scale {
  let [least, most] = [0, 0]
  for (const pieces of bars) {
    let [below, above] = [0, 0]
    for (const { amount } of pieces) {
      if (Number(amount) < 0) below += Number(amount)
      else above += Number(amount)
    }
    least = Math.min(least, below)
    most = Math.max(most, above)
  }
  return { least, most: most === least ? least + 1 : most }
}

/** What is above nothing goes to the right of it, in the order of the series; what is below goes to the left. */
function placed(pieces: readonly Piece[], { least, most }: Scale): readonly BarPart[] {
  const at = (amount: number): number => (amount - least) / (most - least)
  let [below, above] = [0, 0]
  return pieces.map((piece) => {
    const amount = Number(piece.amount)
    if (amount < 0) {
      below += amount
      return { ...piece, from: at(below), to: at(below - amount) }
    }
    above += amount
    return { ...piece, from: at(above - amount), to: at(above) }
  })
}

function shareOf(amount: Exact | undefined, total: number | undefined): number | undefined {
  const part = amountOf(amount)
  return part === undefined || total === undefined || total <= 0 ? undefined : part / total
}

function changeOf(now: Exact | undefined, before: Exact | undefined): Exact | undefined {
  return before === undefined ? undefined : difference(now ?? 0, before)
}
