import type { Column, Value } from '../../client/index.ts'
import { amountOf, exactOf, keyOf, sumOf } from '../values.ts'
import { type ChosenSeries, chooseSeries, OTHERS, totalsOf } from './series.ts'
import { isTimeType, type Timeline, timelineOf, timelineOfLabels, timelineOfTimes, timeOf } from './timeline.ts'

/** What a header says of how its rows are drawn. */
export interface PlotHead {
  readonly x: string | null
  readonly y: readonly string[]
  readonly series: string | null
  readonly before: string | null
  readonly order: readonly string[]
}

export interface PlotAnswer {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Value[])[]
  readonly range: { readonly from: string; readonly to: string } | null
}

/** What is known of the time. */
export interface PlotTime {
  readonly grainMs: number | undefined
  readonly nowMs: number
  readonly completeToMs: number | undefined
  readonly isBehind: boolean
}

/** A series with a value for each place of the timeline. */
export interface PlottedSeries extends ChosenSeries {
  /** As the server wrote them; undefined where there is no row. */
  readonly cells: readonly (Value | undefined)[]
  /** As they are drawn: null is a gap. The open bucket's value stands here too. */
  readonly values: readonly (number | null)[]
}

/** The rows of an answer, ready to be drawn. */
export interface Plotted {
  readonly timeline: Timeline
  /** x of the rows of each place, as the server wrote it; undefined where there is no row. */
  readonly xs: readonly (Value | undefined)[]
  readonly series: readonly PlottedSeries[]
  /** The same measure a day earlier, of all series together; null where nothing is known. */
  readonly before: readonly (number | null)[]
  /** Values that are not drawn: in a chart of lines, which cannot be added up, all that have no place of their own. */
  readonly leftOutCount: number
}

/** How a missing row is to be understood, and whether rows can be added up. */
export type PlotKind = 'amounts' | 'measures'

/**
 * Reads an answer by its header. In a chart of amounts, a complete bucket without a row has 0: nothing was counted
 * there. A measure that is missing is not known.
 * @param kept  the series of the drawing before
 */
export function plot(
  head: PlotHead,
  answer: PlotAnswer,
  { kind, time, kept }: { readonly kind: PlotKind; readonly time: PlotTime; readonly kept: readonly string[] },
): Plotted {
  const indexOf = (name: string | null | undefined): number => answer.columns.findIndex((each) => each.name === name)
  const { timeline, placeOf } = placesOf(answer, indexOf(head.x), time)
  const count = timeline.starts.length
  const seriesIndex = indexOf(head.series)
  const valueIndex = indexOf(head.y[0])
  const chosen = seriesIndex >= 0 ? chosenOf(answer, { head, seriesIndex, valueIndex, kept }) : measuresOf(head)
  const drawn = kind === 'amounts' ? chosen : chosen.filter(({ key }) => key !== OTHERS)
  const lists = new Map(drawn.map(({ key }) => [key, Array.from<Value | undefined>({ length: count })]))
  const others = lists.get(OTHERS)
  const beforeIndex = indexOf(head.before)
  const before: (number | null)[] = Array.from({ length: count }, () => null)
  const measures =
    seriesIndex >= 0 ? [] : head.y.map((name) => ({ index: indexOf(name), list: lists.get(keyOf(name)) }))
  const xs = Array.from<Value | undefined>({ length: count })
  const xIndex = indexOf(head.x)
  for (const [rowIndex, row] of answer.rows.entries()) {
    const at = placeOf(row, rowIndex)
    if (at === undefined) continue
    xs[at] = row[xIndex]
    if (seriesIndex >= 0) {
      put(lists.get(keyOf(row[seriesIndex] ?? null)) ?? others, at, row[valueIndex], kind)
    } else {
      for (const { index, list } of measures) put(list, at, row[index], kind)
    }
    const earlier = beforeIndex < 0 ? null : drawnAs(row[beforeIndex])
    if (earlier !== null) before[at] = kind === 'amounts' ? (before[at] ?? 0) + earlier : earlier
  }
  const fill = kind === 'amounts' && timeline.grainMs !== undefined ? 0 : null
  return {
    timeline,
    xs,
    series: drawn.map((each) => withValues(each, lists.get(each.key) ?? [], timeline, fill)),
    before: beforeOf(before, timeline, fill),
    leftOutCount: chosen.find(({ key }) => key === OTHERS && drawn !== chosen)?.valueCount ?? 0,
  }
}

/** Without any row of the day before, nothing of it is known or drawn; beside some, a missing one is zero. */
function beforeOf(
  before: readonly (number | null)[],
  { completeCount }: Timeline,
  fill: 0 | null,
): readonly (number | null)[] {
  if (before.every((value) => value === null)) return []
  return before.map((value, index) => value ?? (index < completeCount ? fill : null))
}

function withValues(
  chosen: ChosenSeries,
  cells: readonly (Value | undefined)[],
  { completeCount, openIndex }: Timeline,
  fill: 0 | null,
): PlottedSeries {
  const values = cells.map((cell, index) => {
    if (index >= completeCount && index !== openIndex) return null
    // NULL is what a panel says where nothing is counted.
    return cell === undefined || cell === null ? fill : drawnAs(cell)
  })
  return { ...chosen, cells, values }
}

/** Amounts of one place are added up; of a measure, the last row counts. */
function put(list: (Value | undefined)[] | undefined, at: number, value: Value | undefined, kind: PlotKind): void {
  if (list === undefined) return
  const there = list[at]
  list[at] = kind === 'measures' || there === undefined ? (value ?? null) : sumOf([exactOf(there), exactOf(value)])
}

/** NaN and the infinities are there, and have no place on a scale. */
function drawnAs(value: Value | undefined): number | null {
  return amountOf(value) ?? null
}

const SLOTS = [1, 2, 3, 4, 5] as const

function measuresOf({ y }: PlotHead): readonly ChosenSeries[] {
  return y.map((name, index) => ({
    key: keyOf(name),
    value: name,
    slot: y.length === 1 ? 'accent' : (SLOTS[index] ?? 'other'),
    valueCount: 1,
  }))
}

function chosenOf(
  { rows }: PlotAnswer,
  about: {
    readonly head: PlotHead
    readonly seriesIndex: number
    readonly valueIndex: number
    readonly kept: readonly string[]
  },
): readonly ChosenSeries[] {
  return chooseSeries(totalsOf(rows, about.seriesIndex, about.valueIndex), about.head.order, about.kept)
}

interface Places {
  readonly timeline: Timeline
  readonly placeOf: (row: readonly Value[], rowIndex: number) => number | undefined
}

function placesOf({ columns, rows, range }: PlotAnswer, xIndex: number, time: PlotTime): Places {
  if (xIndex < 0 || !isTimeType(columns[xIndex]?.type ?? '')) return placesOfLabels(rows, xIndex)
  const timeAt = rememberedTimes()
  const fromMs = timeOf(range?.from)
  const toMs = timeOf(range?.to)
  const { grainMs } = time
  if (fromMs === undefined || toMs === undefined || grainMs === undefined) {
    const times = rows.map((row) => timeAt(row[xIndex])).filter((timeMs) => timeMs !== undefined)
    const timeline = timelineOfTimes(times)
    const places = new Map(timeline.starts.map((start, index) => [start, index]))
    return { timeline, placeOf: (row) => places.get(timeAt(row[xIndex]) ?? Number.NaN) }
  }
  const lastRowMs = rows.reduce<number | undefined>((last, row) => later(last, timeAt(row[xIndex])), undefined)
  const timeline = timelineOf({ ...time, grainMs, fromMs, toMs, lastRowMs })
  return {
    timeline,
    placeOf: (row) => {
      const timeMs = timeAt(row[xIndex])
      const at = timeMs === undefined ? -1 : Math.floor((timeMs - fromMs) / grainMs)
      return at >= 0 && at < timeline.starts.length ? at : undefined
    },
  }
}

function later(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || (b !== undefined && b > a) ? b : a
}

/** The same few hundred times stand in thousands of rows: each is read once. */
function rememberedTimes(): (value: Value | undefined) => number | undefined {
  const known = new Map<Value | undefined, number | undefined>()
  return (value) => {
    if (known.has(value)) return known.get(value)
    const timeMs = timeOf(value)
    known.set(value, timeMs)
    return timeMs
  }
}

function placesOfLabels(rows: readonly (readonly Value[])[], xIndex: number): Places {
  const labels = new Map<string, Value>()
  for (const [index, row] of rows.entries()) {
    const label = xIndex < 0 ? index + 1 : (row[xIndex] ?? null)
    const key = keyOf(label)
    if (!labels.has(key)) labels.set(key, label)
  }
  const places = new Map([...labels.keys()].map((key, index) => [key, index]))
  const placeOf = (row: readonly Value[], rowIndex: number): number | undefined =>
    xIndex < 0 ? rowIndex : places.get(keyOf(row[xIndex] ?? null))
  return { timeline: timelineOfLabels([...labels.values()]), placeOf }
}
