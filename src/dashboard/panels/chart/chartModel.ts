import type { Value } from '../../../client/index.ts'
import { extentOf, meanOf } from '../../charts/cells.ts'
import { type Across, across } from '../../charts/frame.ts'
import { type PlotKind, type Plotted, type PlottedSeries, plot } from '../../charts/plotted.ts'
import { type Band, stack, totalsOfStack } from '../../charts/stack.ts'
import { timeOf } from '../../charts/timeline.ts'
import { type HeldScale, heldScale, type ValueScale, valueScaleOf } from '../../charts/valueScale.ts'
import { shapeOf } from '../../values.ts'
import { headingOf, labelOf, unitOf } from '../names.ts'
import type { PanelInput } from '../panelInput.ts'
import { ChartText } from './chartText.ts'

/** Where the names of the series stand: beside the chart, in a list below it, or nowhere, because there is only one. */
export type RailPlace = 'side' | 'below' | 'none'

/** How large a chart's element is, in pixels, and how long the unit of its sizes is. */
export interface ChartSize {
  readonly width: number
  /** How high it may be where nothing stands below it. */
  readonly height: number
  readonly unit: number
  /** Whether the reader's system has given everything its own few colours. */
  readonly hasForcedColors: boolean
}

/** What a chart remembers from one drawing to the next. */
export interface ChartMemory {
  /** Keys of the series that the reader has hidden. */
  readonly hidden: ReadonlySet<string>
  /** Keys of those that were shown. */
  readonly kept: readonly string[]
  readonly scale: HeldScale | undefined
}

/** The plot within the drawing, in pixels. */
export interface PlotBox {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
  readonly width: number
  readonly height: number
}

/** Everything of a chart that is worked out before it is drawn. */
export interface ChartModel {
  readonly kind: PlotKind
  readonly input: PanelInput
  readonly plotted: Plotted
  /** Those that are not hidden. */
  readonly shown: readonly PlottedSeries[]
  /** Where each of them lies, if they are on top of each other. */
  readonly bands: readonly Band[]
  readonly totals: readonly (number | null)[]
  /** The day before, as it is drawn. */
  readonly before: readonly (number | null)[]
  readonly rail: RailPlace
  /** Whether it is as high as its panel: nothing stands below it. */
  readonly isFilling: boolean
  readonly box: PlotBox
  readonly unit: number
  readonly hasDecals: boolean
  readonly across: Across
  readonly held: HeldScale
  readonly y: (value: number) => number
  readonly text: ChartText
}

/** From this width on there is room for the names beside the plot: a panel in a component of 900. */
const SIDE_FROM_UNITS = 850
const NARROW_BELOW_UNITS = 588

/** In units: the scale, the leaders and the names beside the plot, the row above it and the axis below. */
const SCALE_UNITS = 44
const NARROW_SCALE_UNITS = 36
export const LEADER_UNITS = 24
export const RAIL_UNITS = 204
const TOP_UNITS = 22
const AXIS_UNITS = 20

const MEAN_OF = 5

export function chartModel(input: PanelInput, kind: PlotKind, size: ChartSize, memory: ChartMemory): ChartModel {
  const { head, answer, view } = input
  const rangeMs = (timeOf(answer.range?.to) ?? 0) - (timeOf(answer.range?.from) ?? 0)
  const grainMs = head.grainMs ?? undefined
  const plotted = plot(head, answer, {
    kind,
    kept: memory.kept,
    time: { grainMs, nowMs: view.nowMs, completeToMs: timeOf(answer.completeTo), isBehind: isBehind(input) },
  })
  const shown = plotted.series.filter(({ key }) => !memory.hidden.has(key))
  const count = plotted.timeline.starts.length
  const bands =
    kind === 'amounts'
      ? stack(
          shown.map(({ values }) => values),
          count,
        )
      : []
  const before = beforeOf(plotted, { kind, shown, isWhole: shown.length === plotted.series.length })
  const rail = railPlace(plotted, size)
  const isFilling = rail === 'none' && head.brush === null
  const box = boxOf(size, rail, plotted.series.length, isFilling)
  const needed = neededScale(input, kind, { shown, totals: totalsOfStack(bands), before })
  const subject = JSON.stringify([answer.panel, rangeMs, answer.filters, [...memory.hidden]])
  const held = heldScale(memory.scale, needed, { subject, nowMs: view.nowMs })
  const { low, high } = held.scale
  return {
    kind,
    input,
    plotted,
    shown,
    bands,
    totals: kind === 'amounts' ? totalsOfStack(bands) : (shown[0]?.values ?? []),
    before,
    rail,
    isFilling,
    box,
    unit: size.unit,
    hasDecals: size.hasForcedColors,
    across: across(plotted.timeline, [box.left, box.right], size.unit),
    held,
    y: (value) => box.bottom - ((value - low) / (high - low)) * (box.bottom - box.top),
    text: new ChartText(input.text, {
      unit: unitOf(input.head, input.head.y[0] ?? ''),
      grainMs,
      rangeMs,
      step: isWhole(input) ? 1_000 : stepOf(held.scale),
    }),
  }
}

/** Whether time goes on without numbers: what is missing is then not about to come. */
function isBehind({ view }: PanelInput): boolean {
  return view.freshness === 'stale' || view.freshness === 'catching-up' || view.freshness === 'disconnected'
}

function railPlace({ series, leftOutCount }: Plotted, { width, unit }: ChartSize): RailPlace {
  if (series.length <= 1 && leftOutCount === 0) return 'none'
  return width >= SIDE_FROM_UNITS * unit ? 'side' : 'below'
}

function boxOf({ width, height, unit }: ChartSize, rail: RailPlace, seriesCount: number, isFilling: boolean): PlotBox {
  const isNarrow = width < NARROW_BELOW_UNITS * unit
  const drawn = rail === 'side' ? width - RAIL_UNITS * unit : width
  const plotUnits = plotHeightUnits({ isNarrow, unit, seriesCount })
  const top = TOP_UNITS * unit
  const least = top + plotUnits * unit
  const bottom = isFilling ? Math.max(least, height - AXIS_UNITS * unit) : least
  return {
    left: (isNarrow ? NARROW_SCALE_UNITS : SCALE_UNITS) * unit,
    right: Math.max(drawn - (rail === 'side' ? LEADER_UNITS * unit : 0), (SCALE_UNITS + 20) * unit),
    top,
    bottom,
    width: drawn,
    height: bottom + AXIS_UNITS * unit,
  }
}

/** On a wall the unit is longer than a pixel, and there is room to read from far away. */
function plotHeightUnits(about: {
  readonly isNarrow: boolean
  readonly unit: number
  readonly seriesCount: number
}): number {
  if (about.seriesCount <= 1) return 128
  if (about.unit > WALL_UNIT) return 328
  return about.isNarrow ? 220 : 208
}

const WALL_UNIT = 1.05

/** The line of the day before: of all series together. Of amounts it is smoothed: another day's minutes are noise. */
function beforeOf(
  { before }: Plotted,
  about: { readonly kind: PlotKind; readonly shown: readonly PlottedSeries[]; readonly isWhole: boolean },
): readonly (number | null)[] {
  // It is not known by series: where some are hidden, or several measures stand beside each other, it is no comparison.
  if (!about.isWhole || (about.kind === 'measures' && about.shown.length !== 1)) return []
  return about.kind === 'amounts' ? meanOf(before, MEAN_OF) : before
}

function neededScale(
  input: PanelInput,
  kind: PlotKind,
  about: {
    readonly shown: readonly PlottedSeries[]
    readonly totals: readonly (number | null)[]
    readonly before: readonly (number | null)[]
  },
): ValueScale {
  const lists = kind === 'amounts' ? [about.totals] : about.shown.map(({ values }) => values)
  const extent = extentOf([...lists, about.before]) ?? [0, 0]
  return valueScaleOf(extent, { hasZero: kind === 'amounts', isWhole: isWhole(input) })
}

function isWhole({ head, answer }: PanelInput): boolean {
  const types = head.y.map((name) => answer.columns.find((column) => column.name === name)?.type ?? '')
  return types.every((type) => shapeOf(type) === 'integer')
}

function stepOf({ ticks }: ValueScale): number {
  return (ticks[1] ?? 1) - (ticks[0] ?? 0)
}

/** The name that is shown for a series. */
export function nameOf({ input }: Pick<ChartModel, 'input'>, { value, valueCount }: PlottedSeries): string {
  const { head, text } = input
  if (value === undefined) return text.words.chart.others(text.numbers.whole(valueCount))
  return head.series === null ? headingOf(head, String(value)) : valueName(input, value)
}

/** What a value of x or of the series is called. */
export function valueName({ head, text }: PanelInput, value: Value): string {
  const isNothing = value === null || value === ''
  return labelOf(head, value) ?? (isNothing ? text.words.chart.noValue : String(value))
}
