import { xOfTime } from '../../charts/frame.ts'
import { pushedApart } from '../../charts/labels.ts'
import { bandPath, linePath } from '../../charts/paths.ts'
import { restingPlace } from '../../charts/reading.ts'
import { timeTicks, zoneOffset } from '../../charts/timeTicks.ts'
import { NO_LATE_MARKS } from '../lateMarks.ts'
import { type ChartModel, LEADER_UNITS, valueName } from './chartModel.ts'

/** A text at a point of the drawing. */
export interface PlacedText {
  readonly x: number
  readonly y: number
  readonly text: string
  readonly anchor: 'start' | 'middle' | 'end'
}

/** A column of the open bucket, or the stretch of which nothing is known. */
export interface Box {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** The drawing of a chart: a path for each series, whatever its length. */
export interface ChartMarks {
  readonly grid: string
  readonly zero: string
  readonly valueTicks: readonly PlacedText[]
  readonly timeTicks: readonly PlacedText[]
  /** Areas, in the order of the shown series. */
  readonly areas: readonly string[]
  /** Lines, in the order of the shown series; of a stack, the seams between its areas. */
  readonly lines: readonly string[]
  readonly before: string
  /** The open bucket: its frame is as high as the last complete one. */
  readonly open: { readonly frame: Box; readonly parts: readonly Box[] } | undefined
  readonly unknown: Box | undefined
  /** The value above which all is bad, if it lies within the scale. */
  readonly alarm: PlacedText | undefined
  /** The highest value, if it stands out. */
  readonly peak: PlacedText | undefined
  readonly late: string
  readonly leaders: string
  /** Where the names beside the plot stand: the sum, the day before, and each series. */
  readonly labels: { readonly total: number; readonly before: number; readonly series: readonly number[] }
}

export function chartMarks(model: ChartModel): ChartMarks {
  const { box, held, y, across, plotted } = model
  const until = plotted.timeline.completeCount
  const isStack = model.kind === 'amounts'
  const ofLine = (values: readonly (number | null)[]): string => linePath(values, across.x, y, until)
  const columns = { width: Math.max(2, across.step * 0.8), until }
  const floor = Math.max(held.scale.low, Math.min(0, held.scale.high))
  const alone = !isStack && model.shown.length === 1 ? (model.shown[0]?.values ?? []) : []
  const gridYs = held.scale.ticks.map((value) => ({ value, y: crisp(y(value)) }))
  const horizontal = (at: number): string => `M${box.left} ${at}H${box.right}`
  return {
    grid: gridYs
      .filter(({ value }) => value !== 0)
      .map((line) => horizontal(line.y))
      .join(''),
    zero: gridYs
      .filter(({ value }) => value === 0)
      .map((line) => horizontal(line.y))
      .join(''),
    valueTicks: held.scale.ticks.map((value) => ({
      x: 0,
      y: y(value),
      text: model.text.tick(value),
      anchor: 'start' as const,
    })),
    timeTicks: ticksOf(model),
    areas: isStack
      ? model.bands.map(({ low, high }) => bandPath(low, high, across.x, y, columns))
      : alone.length > 0
        ? [
            bandPath(
              alone.map(() => floor),
              alone,
              across.x,
              y,
              { ...columns, width: 0 },
            ),
          ]
        : [],
    lines: isStack
      ? model.bands.slice(1).map(({ high }) => ofLine(high))
      : model.shown.map(({ values }) => ofLine(values)),
    before: linePath(model.before, across.x, y, plotted.timeline.endsNow ? until : undefined),
    open: openOf(model),
    unknown: across.unknown && { ...across.unknown, y: box.top, height: box.bottom - box.top },
    alarm: alarmOf(model),
    peak: alone.length > 0 ? peakOf(model, alone) : undefined,
    late: lateOf(model),
    ...railOf(model),
  }
}

/** On the middle of a pixel, so that a line of one is one. */
function crisp(pixels: number): number {
  return Math.round(pixels - 0.5) + 0.5
}

/** The least room for a label of the axis, in units, and for one with a date. */
const TICK_UNITS = 120
const NARROW_TICK_UNITS = 64
const LABEL_TICK_UNITS = 96

function ticksOf(model: ChartModel): readonly PlacedText[] {
  const { plotted, across, box, unit, text, input } = model
  const { timeline } = plotted
  const y = box.bottom + 15 * unit
  const width = across.right - across.left
  const [first] = timeline.starts
  const last = timeline.starts.at(-1)
  if (first === undefined || last === undefined) return []
  if (timeline.labels !== undefined) return labelTicks(model, y, Math.floor(width / (LABEL_TICK_UNITS * unit)))
  const room = Math.max(2, Math.floor(width / ((width > 620 * unit ? TICK_UNITS : NARROW_TICK_UNITS) * unit)))
  const now: PlacedText[] = timeline.endsNow
    ? [{ x: across.right, y, text: input.text.words.chart.now, anchor: 'end' }]
    : []
  const offset = zoneOffset(isOfDays(model) ? 'UTC' : input.text.numbers.timeZone)
  const ticks = timeTicks(first, last, room, offset).map(({ timeMs, isDay }): PlacedText => {
    const x = xOfTime(timeline, across, timeMs) ?? Number.NaN
    return { x, y, text: text.moment(timeMs, isDay), anchor: 'middle' }
  })
  // None so near to "now" that the two would be read as one, and none that would leave the drawing.
  const end = timeline.endsNow ? across.right - Math.max(0.03 * width, 44 * unit) : across.right + 1
  return [...ticks.filter(({ x }) => x >= across.left + 14 * unit && x <= end), ...now]
}

function isOfDays({ input }: ChartModel): boolean {
  return (input.head.grainMs ?? 0) >= 86_400_000
}

function labelTicks({ plotted, across, input }: ChartModel, y: number, room: number): readonly PlacedText[] {
  const labels = plotted.timeline.labels ?? []
  const every = Math.max(1, Math.ceil(labels.length / Math.max(1, room)))
  return labels.flatMap((label, index): PlacedText[] => {
    if (index % every !== 0) return []
    const text = shortened(valueName(input, label))
    const anchor =
      index === 0 && labels.length > 1 ? 'start' : index === labels.length - 1 && index > 0 ? 'end' : 'middle'
    return [{ x: across.x(index), y, text, anchor }]
  })
}

const LONGEST_TICK = 14

function shortened(text: string): string {
  const letters = [...text]
  return letters.length <= LONGEST_TICK ? text : `${letters.slice(0, LONGEST_TICK - 1).join('')}…`
}

function openOf({ across, plotted, bands, kind, shown, totals, y, box }: ChartModel): ChartMarks['open'] {
  const { openIndex, completeCount } = plotted.timeline
  if (openIndex === undefined || across.open === undefined) return undefined
  const { x, width } = across.open
  const boxOf = (low: number, high: number): Box => ({ x, width, y: y(high), height: Math.max(0, y(low) - y(high)) })
  const parts =
    kind === 'amounts'
      ? bands.map(({ low, high }) => boxOf(low[openIndex] ?? 0, high[openIndex] ?? 0))
      : shown.map(({ values }) => openMark(values[openIndex] ?? null, y, { x, width }))
  const last = kind === 'amounts' ? (totals[completeCount - 1] ?? null) : null
  // A measure fills nothing, and without a complete bucket there is nothing to be as high as.
  const top = last === null ? box.top : Math.min(y(last), box.bottom)
  return { frame: { x, width, y: top, height: box.bottom - top }, parts }
}

/** Of a measure, the open bucket has a level, no height. */
function openMark(value: number | null, y: ChartModel['y'], { x, width }: Pick<Box, 'x' | 'width'>): Box {
  return value === null ? { x, width, y: 0, height: 0 } : { x, width, y: y(value) - 1, height: 2 }
}

function alarmOf({ input, held, y, box, text, unit }: ChartModel): PlacedText | undefined {
  const { alarm } = input.head
  if (alarm === null || alarm <= held.scale.low || alarm > held.scale.high) return undefined
  return { x: box.left + 2 * unit, y: crisp(y(alarm)), text: text.tick(alarm), anchor: 'start' }
}

/** A peak is told by its value if it is so many times the middle one. */
const PEAK_TIMES = 1.5
/** Half of the room that its text takes. */
const PEAK_UNITS = 60

function peakOf(
  { across, y, text, unit, plotted, box }: ChartModel,
  values: readonly (number | null)[],
): PlacedText | undefined {
  const { starts, completeCount } = plotted.timeline
  const known = values.slice(0, completeCount).filter((value) => value !== null)
  const sorted = [...known].sort((a, b) => a - b)
  const most = sorted.at(-1)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (most === undefined || middle === undefined || middle <= 0 || most < PEAK_TIMES * middle) return undefined
  const place = values.indexOf(most)
  const x = across.x(place)
  const label = `${text.bucket(starts[place] ?? 0)}\u2002${text.value(most)}`
  const [toLeft, toRight] = [x - across.left, across.right - x].map((room) => room > PEAK_UNITS * unit)
  if (y(most) >= box.top + 16 * unit && toLeft === true && toRight === true) {
    return { x, y: y(most) - 6 * unit, text: label, anchor: 'middle' }
  }
  // Beside it where there is no room above.
  const isLate = toRight !== true
  const beside = { x: x + (isLate ? -10 : 10) * unit, y: Math.max(y(most) + 3 * unit, box.top + 10 * unit) }
  return { ...beside, text: label, anchor: isLate ? 'end' : 'start' }
}

/** A short line below each bucket whose values were corrected. */
function lateOf({ input, plotted, across, box }: ChartModel): string {
  const { lateMarks } = input
  if (lateMarks === NO_LATE_MARKS) return ''
  const half = Math.max(3, across.step) / 2
  return plotted.xs
    .map((x, index) => {
      if (x === undefined) return ''
      const isLate =
        lateMarks.has(x) || plotted.series.some(({ value }) => value !== undefined && lateMarks.has(x, value))
      return isLate ? `M${Math.round(across.x(index) - half)} ${box.bottom}h${Math.round(2 * half)}` : ''
    })
    .join('')
}

/** The least distance between two names, in units, and how far the sum stands above its mark. */
const NAME_GAP_UNITS = 18
const HEAD_RISE_UNITS = 14

function railOf(model: ChartModel): Pick<ChartMarks, 'leaders' | 'labels'> {
  const { rail, shown, plotted, y, unit, box } = model
  const place = restingPlace(plotted.timeline)
  if (rail !== 'side' || place === undefined) return { leaders: '', labels: { total: 0, before: 0, series: [] } }
  const marks = shown.map((_, index) => markOf(model, index, place))
  const order = model.kind === 'amounts' ? marks.map((_, index) => index) : indexesBy(marks)
  const earlier = model.before[Math.min(place, model.before.length - 1)] ?? null
  const rise = HEAD_RISE_UNITS * unit
  const total = y(model.totals[place] ?? 0) - rise
  const before = earlier === null ? total : y(earlier) - rise
  const hasTotal = model.kind === 'amounts'
  const heads = hasTotal ? [total, before].sort((a, b) => a - b) : []
  const wanted = [...heads, ...order.map((index) => marks[index] ?? 0)]
  const gap = NAME_GAP_UNITS * unit
  const at = pushedApart(wanted, { gap, low: box.top + gap / 4, high: box.bottom - gap / 4 })
  const series = marks.map(() => 0)
  for (const [position, index] of order.entries()) series[index] = at[heads.length + position] ?? 0
  const isTotalAbove = total <= before
  return {
    leaders: leadersOf(model, marks, series),
    labels: { total: at[isTotalAbove ? 0 : 1] ?? 0, before: at[isTotalAbove ? 1 : 0] ?? 0, series },
  }
}

/** The height at which a series ends at the right edge: the middle of its band, or its line. */
function markOf({ kind, bands, shown, y, box }: ChartModel, index: number, place: number): number {
  if (kind === 'measures') {
    const last = shown[index]?.values[place] ?? null
    return last === null ? box.bottom : y(last)
  }
  const band = bands[index]
  return y(((band?.low[place] ?? 0) + (band?.high[place] ?? 0)) / 2)
}

function indexesBy(marks: readonly number[]): readonly number[] {
  return marks.map((_, index) => index).sort((a, b) => (marks[a] ?? 0) - (marks[b] ?? 0))
}

function leadersOf({ box, unit }: ChartModel, marks: readonly number[], labels: readonly number[]): string {
  const from = box.right + 0.1 * LEADER_UNITS * unit
  const to = box.right + 0.8 * LEADER_UNITS * unit
  const at = (pixels: number): number => Math.round(pixels * 10) / 10
  return marks.map((mark, index) => `M${at(from)} ${at(mark)}L${at(to)} ${at(labels[index] ?? 0)}`).join('')
}
