import { html, nothing, type ReactiveControllerHost, type SVGTemplateResult, svg, type TemplateResult } from 'lit'
import {
  type BrushPart,
  type BrushScale,
  brushMoveOfKey,
  isLiveWindow,
  movedWindow,
  shareOfScale,
  type Window,
} from '../../charts/brush.ts'
import { extentOf } from '../../charts/cells.ts'
import { type DayValues, dayOf, dayPlaces } from '../../charts/dayValues.ts'
import { bandPath, linePath } from '../../charts/paths.ts'
import { timeOf } from '../../charts/timeline.ts'
import { timeTicks, zoneOffset } from '../../charts/timeTicks.ts'
import { placed } from '../../style/placed.ts'
import { isSameRange, type ViewRange } from '../../view/view.ts'
import type { ChartModel } from './chartModel.ts'

/** In units: how high the brush is, and its axis. */
const HEIGHT_UNITS = 32
const AXIS_UNITS = 20
const TICK_UNITS = 72

/** How far from an edge it can still be grabbed. */
const GRAB_PIXELS = 12

/** What is dragged, and what the window was before. */
interface Drag {
  readonly part: BrushPart
  readonly pointerX: number
  readonly window: Window
}

/** Where the window is being moved to. */
interface Wanted {
  readonly window: Window
  /** What the chart showed before. */
  readonly shown: Window
  /** The range that was looked at when the window was let go, and the one since then; undefined while it is dragged. */
  readonly picked: { readonly before: ViewRange; readonly since: ViewRange | undefined } | undefined
}

/** The range that the reader picks. */
export type PickedRange = { readonly fromMs: number; readonly toMs: number; readonly isLive: boolean }

/** The day below a chart, and in it the window that the chart shows. Its edges and the whole of it can be moved. */
export class Brush {
  readonly #host: ReactiveControllerHost
  readonly #pick: (range: PickedRange) => void
  #drag: Drag | undefined
  /** Undefined while nobody moves the window, and once the chart shows it. */
  #wanted: Wanted | undefined
  /** What the chart shows. */
  #shown: Window | undefined
  /** What is looked at: the chart may not have its numbers yet. */
  #range: ViewRange | undefined
  #scale: BrushScale | undefined
  #width = 0

  constructor(host: ReactiveControllerHost, pick: (range: PickedRange) => void) {
    this.#host = host
    this.#pick = pick
  }

  render(model: ChartModel): TemplateResult | typeof nothing {
    const { input, box, unit } = model
    const { spark, head, view, answer } = input
    const day = spark === undefined || head.brush === null ? undefined : dayOf(spark, head.y[0], undefined, view.nowMs)
    const shown = windowOf(answer.range)
    if (day === undefined || shown === undefined) return nothing
    this.#shown = shown
    this.#scale = { fromMs: day.fromMs, toMs: day.toMs, grainMs: head.grainMs ?? 60_000, nowMs: view.nowMs }
    this.#width = box.right - box.left
    this.#range = view.range
    if (this.#drag === undefined && this.#wanted !== undefined) {
      this.#wanted = stillWanted(this.#wanted, shown, view.range)
    }
    const window = this.#window ?? shown
    const from = shareOfScale(day, window.fromMs) * this.#width
    const to = shareOfScale(day, window.toMs) * this.#width
    const height = HEIGHT_UNITS * unit
    const { brush } = input.text.words
    return html`<div class="brush">
      <span class="brush-name">${brush.title}</span>
      <div class="brush-plot" ${placed({ 'margin-left': `${box.left}px`, width: `${this.#width}px` })}
        @pointerdown=${this.#onPointerDown} @pointermove=${this.#onPointerMove}
        @pointerup=${this.#onPointerUp} @pointercancel=${this.#onPointerCancel}>
        <svg width=${this.#width} height=${height + AXIS_UNITS * unit} aria-hidden="true">
          ${overview(day, this.#width, height)}
          <rect class="brush-window" x=${from} y="0" width=${Math.max(0, to - from)} height=${height}></rect>
          ${[from, to].map((x) => handle(x, height, unit))}
          ${dayTicks(model, day, this.#width, height + 15 * unit)}
        </svg>
        ${this.#edge('from', window.fromMs, from, model)}${this.#edge('to', window.toMs, to, model)}
      </div>
      <span class="brush-note">${brush.hint}</span>
    </div>`
  }

  get #window(): Window | undefined {
    return this.#wanted?.window ?? this.#shown
  }

  #edge(part: 'from' | 'to', timeMs: number, x: number, { input, text }: ChartModel): TemplateResult {
    const { brush } = input.text.words
    const { fromMs = 0, toMs = 0, grainMs = 1 } = this.#scale ?? {}
    const grains = (ms: number): number => Math.round((ms - fromMs) / grainMs)
    return html`<div class="brush-edge" role="slider" tabindex="0" data-part=${part}
      aria-label=${part === 'from' ? brush.from : brush.to} aria-orientation="horizontal"
      aria-valuemin="0" aria-valuemax=${grains(toMs)} aria-valuenow=${grains(timeMs)}
      aria-valuetext=${text.bucket(timeMs)} ${placed({ left: `${x}px` })} @keydown=${this.#onKey}></div>`
  }

  #show(window: Window, picked?: Wanted['picked']): void {
    const shown = this.#wanted?.shown ?? this.#shown
    if (shown !== undefined) this.#wanted = { window, shown, picked }
    this.#host.requestUpdate()
  }

  #tell(window: Window): void {
    const scale = this.#scale
    const before = this.#range
    if (scale === undefined || before === undefined) return
    this.#show(window, { before, since: undefined })
    this.#pick({ ...window, isLive: isLiveWindow(scale, window) })
  }

  readonly #onPointerDown = (event: PointerEvent): void => {
    const plot = event.currentTarget as HTMLElement
    const scale = this.#scale
    const window = this.#window
    if (scale === undefined || window === undefined || event.button !== 0 || this.#width === 0) return
    const x = event.clientX - plot.getBoundingClientRect().left
    const part = this.#partAt(x, window, scale)
    // Beside the window, it comes to the pointer.
    const middle = (shareOfScale(scale, window.fromMs) + shareOfScale(scale, window.toMs)) / 2
    const jumpMs = part === undefined ? (x / this.#width - middle) * (scale.toMs - scale.fromMs) : 0
    const from = movedWindow(scale, window, 'window', jumpMs)
    this.#drag = { part: part ?? 'window', pointerX: event.clientX, window: part === undefined ? from : window }
    if (part === undefined) this.#show(from)
    plot.setPointerCapture(event.pointerId)
  }

  /** Both edges can be grabbed 12 px to either side; a narrow window leaves a third of itself to be moved by. */
  #partAt(x: number, { fromMs, toMs }: Window, scale: BrushScale): BrushPart | undefined {
    const from = shareOfScale(scale, fromMs) * this.#width
    const to = shareOfScale(scale, toMs) * this.#width
    const inside = Math.min(GRAB_PIXELS, (to - from) / 3)
    if (x >= from - GRAB_PIXELS && x <= from + inside) return 'from'
    if (x >= to - inside && x <= to + GRAB_PIXELS) return 'to'
    return x > from && x < to ? 'window' : undefined
  }

  readonly #onPointerMove = (event: PointerEvent): void => {
    const drag = this.#drag
    const scale = this.#scale
    if (drag === undefined || scale === undefined || this.#width === 0) return
    const byMs = ((event.clientX - drag.pointerX) / this.#width) * (scale.toMs - scale.fromMs)
    if (byMs !== 0) this.#show(movedWindow(scale, drag.window, drag.part, byMs))
  }

  readonly #onPointerUp = (): void => {
    const isMoved = this.#drag !== undefined && this.#wanted !== undefined
    this.#drag = undefined
    if (isMoved && this.#window !== undefined) this.#tell(this.#window)
  }

  readonly #onPointerCancel = (): void => {
    this.#drag = undefined
    this.#wanted = undefined
    this.#host.requestUpdate()
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const part = (event.currentTarget as HTMLElement).dataset.part === 'from' ? 'from' : 'to'
    const scale = this.#scale
    const window = this.#window
    if (scale === undefined || window === undefined || event.altKey || event.ctrlKey || event.metaKey) return
    const byMs = brushMoveOfKey(event, scale)
    if (byMs === undefined) return
    event.preventDefault()
    event.stopPropagation()
    this.#tell(movedWindow(scale, window, part, byMs))
  }
}

/**
 * A window is wanted until its numbers are there, which makes it the one that is shown, or until another range is
 * looked at than the one that was picked with it: the reader may have gone back.
 */
function stillWanted(wanted: Wanted, shown: Window, range: ViewRange): Wanted | undefined {
  if (!isSame(wanted.shown, shown)) return undefined
  if (wanted.picked === undefined) return wanted
  const { before, since } = wanted.picked
  if (isSameRange(range, since ?? before)) return wanted
  return since === undefined ? { ...wanted, picked: { before, since: range } } : undefined
}

function windowOf(range: { readonly from: string; readonly to: string } | null): Window | undefined {
  const fromMs = timeOf(range?.from)
  const toMs = timeOf(range?.to)
  return fromMs === undefined || toMs === undefined ? undefined : { fromMs, toMs }
}

function isSame(one: Window, other: Window): boolean {
  return one.fromMs === other.fromMs && one.toMs === other.toMs
}

function overview(day: DayValues, width: number, height: number): SVGTemplateResult {
  const [, most] = extentOf([day.values]) ?? [0, 0]
  const place = dayPlaces(day, day.values)
  const x = (index: number): number => place(index) * width
  const y = (value: number): number =>
    height - 0.5 - (most > 0 ? (Math.max(0, value) / most) * height * OVERVIEW_SHARE : 0)
  const zeros = day.values.map(() => 0)
  return svg`<path class="brush-area" d=${bandPath(zeros, day.values, x, y, { width: 2 })}></path>
    <path class="brush-line" d=${linePath(day.values, x, y)}></path>
    <path class="chart-zero" d=${`M0 ${height - 0.5}H${width}`}></path>`
}

/** The highest value leaves some room above it. */
const OVERVIEW_SHARE = 0.9

function handle(x: number, height: number, unit: number): SVGTemplateResult {
  const width = 7 * unit
  return svg`<line class="brush-handle" x1=${x} x2=${x} y1="0" y2=${height}></line>
    <rect class="brush-grip" x=${x - width / 2} y=${height * 0.3}
      width=${width} height=${height * 0.4} rx=${2 * unit}></rect>`
}

function dayTicks(
  { input, text, unit }: ChartModel,
  day: DayValues,
  width: number,
  y: number,
): readonly SVGTemplateResult[] {
  const room = Math.max(2, Math.min(4, Math.floor(width / (TICK_UNITS * unit))))
  const ticks = timeTicks(day.fromMs, day.toMs, room, zoneOffset(input.text.numbers.timeZone))
  return ticks.map(({ timeMs }) => {
    const share = shareOfScale(day, timeMs)
    const anchor = share < 0.02 ? 'start' : share > 0.98 ? 'end' : 'middle'
    const moment = text.moment(timeMs, false)
    // The end of a day is no beginning.
    const label = timeMs === day.toMs ? moment.replace(/^00:00$/, '24:00') : moment
    return svg`<text x=${share * width} y=${y} text-anchor=${anchor}>${label}</text>`
  })
}
