import { shapeOf } from '../values.ts'
import { shareOfScale } from './brush.ts'
import { type PlotAnswer, plot } from './plotted.ts'
import { isTimeType, type Timeline, timeOf } from './timeline.ts'

/** A measure over a whole day, drawn small: beside a number, or below a chart. */
export interface DayValues {
  readonly fromMs: number
  readonly toMs: number
  readonly timeline: Timeline
  readonly values: readonly (number | null)[]
  /** The day before, up to its end; empty if it is not known. */
  readonly before: readonly (number | null)[]
}

/** An answer that says up to where it is complete. */
export interface DayAnswer extends PlotAnswer {
  readonly completeTo: string | null
}

/**
 * Reads a day's rows by names alone, because of the panel they are of only the answer is known: its time, the column
 * that is called as the measure (else its first number), and the one that is called as the measure of the day before.
 */
export function dayOf(
  answer: DayAnswer,
  measure: string | undefined,
  before: string | undefined,
  nowMs: number,
): DayValues | undefined {
  const { columns, range } = answer
  const x = columns.find(({ type }) => isTimeType(type))
  const numbers = columns.filter(({ type }) => NUMBERS.has(shapeOf(type)))
  const y = numbers.find(({ name }) => name === measure) ?? numbers[0]
  if (x === undefined || y === undefined) return undefined
  const earlier = numbers.find(({ name }) => name === before)?.name ?? null
  const times = timesOf(answer, columns.indexOf(x))
  const grainMs = leastStep(times)
  const plotted = plot({ x: x.name, y: [y.name], series: null, before: earlier, order: [] }, answer, {
    // What is counted is zero where there is no row; a share of nothing is not known.
    kind: shapeOf(y.type) === 'integer' ? 'amounts' : 'measures',
    kept: [],
    time: { grainMs, nowMs, completeToMs: timeOf(answer.completeTo), isBehind: false },
  })
  const { timeline, series } = plotted
  const fromMs = timeOf(range?.from) ?? times[0]
  const toMs = timeOf(range?.to) ?? times.at(-1)
  if (fromMs === undefined || toMs === undefined || toMs <= fromMs) return undefined
  const values = (series[0]?.values ?? []).map((value, index) => (index < timeline.completeCount ? value : null))
  return { fromMs, toMs, timeline, values, before: plotted.before }
}

/**
 * Where the values of a line stand in the day, from 0 to 1: in the middle of their buckets, because an hour is a long
 * time in a day. The first stands at its beginning and the last at its end: the line is as long as what it tells.
 */
export function dayPlaces(day: DayValues, values: readonly (number | null)[]): (index: number) => number {
  const { starts, grainMs = 0 } = day.timeline
  const last = values.findLastIndex((value) => value !== null)
  return (index) => {
    const within = index === last ? grainMs : index === 0 ? 0 : grainMs / 2
    return shareOfScale(day, (starts[index] ?? 0) + within)
  }
}

const NUMBERS: ReadonlySet<string> = new Set(['integer', 'decimal', 'float'])

function timesOf({ rows }: PlotAnswer, xIndex: number): readonly number[] {
  const times = new Set<number>()
  for (const row of rows) {
    const timeMs = timeOf(row[xIndex])
    if (timeMs !== undefined) times.add(timeMs)
  }
  return [...times].sort((a, b) => a - b)
}

/** How long the buckets are: no answer says it of another panel's. */
function leastStep(times: readonly number[]): number | undefined {
  let least: number | undefined
  for (let index = 1; index < times.length; index++) {
    const step = (times[index] ?? 0) - (times[index - 1] ?? 0)
    if (step > 0 && (least === undefined || step < least)) least = step
  }
  return least
}
