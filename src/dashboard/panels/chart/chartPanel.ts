import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { placeAt } from '../../charts/frame.ts'
import type { PlotKind, PlottedSeries } from '../../charts/plotted.ts'
import { lastReadable, placeOfReading, type Reading, readingMove, restingPlace } from '../../charts/reading.ts'
import { rowsOfMark } from '../../rows/rowsOfMark.ts'
import { placed } from '../../style/placed.ts'
import { canFilter } from '../names.ts'
import { PanelElement } from '../panelElement.ts'
import { Brush } from './brush.ts'
import { type ChartMarks, chartMarks } from './chartMarks.ts'
import { type ChartModel, type ChartSize, chartModel, nameOf } from './chartModel.ts'
import { drawing, seriesAt } from './drawing.ts'
import { rail, type ShowRows, topRow } from './rail.ts'
import { placeName, type ReadOut, readOut, spokenReadOut } from './readOut.ts'

/** The element's text is so many units high. */
const TEXT_UNITS = 13

/** What is worked out once for all drawings of the same input. */
interface Worked {
  readonly model: ChartModel
  readonly marks: ChartMarks
}

/**
 * A chart over time, or over the values of any other column: what its kinds share. It is worked out when something new
 * is known, and drawn again, at little cost, when the reading line moves.
 */
export abstract class ChartPanel extends PanelElement {
  static override properties = {
    ...PanelElement.properties,
    size: { state: true },
    hiddenKeys: { state: true },
    reading: { state: true },
  }
  declare size: ChartSize | undefined
  /** Keys of the series that the reader has hidden. */
  declare hiddenKeys: ReadonlySet<string>
  declare reading: Reading | undefined
  abstract readonly kind: PlotKind
  #worked: Worked | undefined
  readonly #brush = new Brush(this, (range) => this.tell('lakeweir-range', range))
  readonly #forcedColors = matchMedia('(forced-colors: active)')
  readonly #resizes = new ResizeObserver(() => this.#measure())

  constructor() {
    super()
    this.size = undefined
    this.hiddenKeys = new Set()
    this.reading = undefined
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.#resizes.observe(this)
    this.#forcedColors.addEventListener('change', this.#onColors)
    this.ownerDocument.addEventListener('pointerdown', this.#onPointerElsewhere)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#resizes.disconnect()
    this.#forcedColors.removeEventListener('change', this.#onColors)
    this.ownerDocument.removeEventListener('pointerdown', this.#onPointerElsewhere)
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.size === undefined) this.#measure()
    const { input, size } = this
    if (input === undefined || size === undefined) return
    if (this.#worked !== undefined && !['input', 'size', 'hiddenKeys'].some((name) => changed.has(name))) return
    const memory = {
      hidden: this.hiddenKeys,
      kept: this.#worked?.model.plotted.series.map(({ key }) => key) ?? [],
      scale: this.#worked?.model.held,
    }
    const model = chartModel(input, this.kind, size, memory)
    this.#worked = { model, marks: chartMarks(model) }
  }

  readonly #onColors = (): void => this.#measure()

  #measure(): void {
    const { clientWidth: width, clientHeight: height } = this
    if (width === 0) return
    const unit = Number.parseFloat(getComputedStyle(this).fontSize) / TEXT_UNITS
    const hasForcedColors = this.#forcedColors.matches
    const { size } = this
    // What a chart with names below it is high follows from its width.
    const isAsHigh = this.#worked?.model.isFilling !== true || size?.height === height
    const isSame = size?.width === width && isAsHigh && size.unit === unit
    if (!isSame || size.hasForcedColors !== hasForcedColors) this.size = { width, height, unit, hasForcedColors }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.#worked === undefined) return nothing
    const { model, marks } = this.#worked
    const { timeline } = model.plotted
    const readPlace = placeOfReading(timeline, this.reading)
    const read = readPlace === undefined ? undefined : readOut(model, readPlace)
    const restPlace = restingPlace(timeline)
    const shown = read ?? (restPlace === undefined ? undefined : readOut(model, restPlace))
    const open = timeline.openIndex === undefined ? undefined : readOut(model, timeline.openIndex)
    const filling = model.isFilling ? ' is-filling' : ''
    const classes = `chart is-rail-${model.rail}${filling}${read === undefined ? '' : ' is-reading'}`
    return html`<figure class=${classes} aria-label=${this.#label(model)} @keydown=${this.#onKey}>
      <div class="chart-plot" @pointermove=${this.#onPointerMove} @pointerdown=${this.#onPointerDown}
        @pointerleave=${this.#onPointerLeave} @click=${this.#onClick}>
        ${topRow(model, {
          shown,
          open: read === undefined || model.rail === 'none' ? open : undefined,
          showRows: this.#showRows(model),
        })}
        ${drawing(model, marks, read)}
        ${this.#slider(model, shown)}
      </div>
      ${this.#brush.render(model)}
      ${model.rail === 'none' ? nothing : this.#rail(model, marks, shown)}
    </figure>`
  }

  #slider(model: ChartModel, shown: ReadOut | undefined): TemplateResult {
    const { box, plotted, input } = model
    return html`<div class="chart-slider" role="slider" tabindex="0"
      aria-label=${input.text.words.chart.reading} aria-orientation="horizontal"
      aria-valuemin="0" aria-valuemax=${lastReadable(plotted.timeline)} aria-valuenow=${shown?.place ?? 0}
      aria-valuetext=${shown === undefined ? input.text.words.chart.nothing : spokenReadOut(model, shown)}
      ${placed({
        left: `${box.left}px`,
        top: `${box.top}px`,
        width: `${box.right - box.left}px`,
        height: `${box.bottom - box.top}px`,
      })}></div>`
  }

  #rail(model: ChartModel, marks: ChartMarks, shown: ReadOut | undefined): TemplateResult {
    return rail(model, {
      marks,
      shown,
      isReading: this.reading !== undefined,
      showRows: this.#showRows(model),
      actions: {
        pick: (series, event) => this.#pick(series, event),
        canFilter: (series) => filterValue(model, series) !== undefined,
        isPicked: (series) => {
          const value = filterValue(model, series)
          return value !== undefined && (model.input.view.filters[value.column]?.includes(value.value) ?? false)
        },
        isHidden: ({ key }) => this.hiddenKeys.has(key),
        nameOf: (series) => nameOf(model, series),
      },
    })
  }

  #showRows({ input, plotted }: ChartModel): ShowRows | undefined {
    const { rows: table, x } = input.head
    if (table === null || x === null) return undefined
    return (place) => {
      const { starts, labels } = plotted.timeline
      const value = plotted.xs[place] ?? labels?.[place] ?? new Date(starts[place] ?? 0).toISOString()
      this.tell('lakeweir-rows', { table, values: rowsOfMark(input.head, input.answer, { [x]: value }) })
    }
  }

  /** What the chart is, for those who do not see it. */
  #label(model: ChartModel): string {
    const { input, plotted } = model
    const { head, text } = input
    const { starts } = plotted.timeline
    const names = head.series === null ? [] : plotted.series.map((series) => nameOf(model, series))
    const [from, to] = starts.length === 0 ? [] : [placeName(model, 0), placeName(model, starts.length - 1)]
    const { chart } = text.words
    const range = from === undefined || to === undefined ? [] : [chart.range(from, to)]
    return [head.title, ...range, ...(names.length === 0 ? [] : [chart.bySeries(names)])].join(', ')
  }

  /** Alt hides a series, or shows it again; without, rows are narrowed to it, if they can be. */
  #pick(series: PlottedSeries, event: MouseEvent): void {
    const model = this.#worked?.model
    if (model === undefined) return
    const filter = filterValue(model, series)
    const isHidden = this.hiddenKeys.has(series.key)
    if (filter !== undefined && !event.altKey && !isHidden) {
      this.tell('lakeweir-filter', { ...filter, isOnly: !(event.ctrlKey || event.metaKey || event.shiftKey) })
      return
    }
    const hidden = new Set(this.hiddenKeys)
    if (!hidden.delete(series.key)) hidden.add(series.key)
    this.hiddenKeys = hidden
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    const model = this.#worked?.model
    const target = event.composedPath()[0]
    // Enter is a click on a name; the brush has keys of its own.
    const isName = target instanceof Element && target.closest('button') !== null
    const isBrush = target instanceof Element && target.closest('.brush') !== null
    if (
      model === undefined ||
      isBrush ||
      (isName && event.key === 'Enter') ||
      event.altKey ||
      event.ctrlKey ||
      event.metaKey
    )
      return
    const { timeline } = model.plotted
    const move = readingMove(event, placeOfReading(timeline, this.reading), lastReadable(timeline))
    if (move === undefined || (move.kind === 'release' && this.reading === undefined)) return
    event.preventDefault()
    event.stopPropagation()
    if (move.kind === 'release') this.reading = undefined
    else if (move.kind === 'pin')
      this.#read(model, placeOfReading(timeline, this.reading) ?? lastReadable(timeline), true)
    else this.#read(model, move.place, this.reading?.isPinned ?? false)
  }

  #read({ plotted }: ChartModel, place: number | undefined, isPinned: boolean): void {
    const startMs = place === undefined ? undefined : plotted.timeline.starts[place]
    if (startMs === undefined) return
    if (this.reading?.startMs === startMs && this.reading.isPinned === isPinned) return
    this.reading = { startMs, isPinned }
  }

  readonly #onPointerMove = (event: PointerEvent): void => {
    if (this.reading?.isPinned !== true || event.pointerType === 'touch') this.#readAt(event)
  }

  readonly #onPointerDown = (event: PointerEvent): void => {
    if (event.pointerType !== 'mouse') this.#readAt(event)
  }

  #readAt(event: PointerEvent): void {
    const model = this.#worked?.model
    if (model === undefined) return
    const { x, y } = this.#pointIn(event)
    const { box, plotted, across, unit } = model
    const isOutside = y < 0 || y > box.height || x < box.left - 8 * unit || x > box.right + 8 * unit
    if (isOutside) this.#letGo()
    // A finger leaves the line where it was lifted: it has no other way to look at it.
    else this.#read(model, placeAt(plotted.timeline, across, x), event.pointerType !== 'mouse')
  }

  #pointIn(event: MouseEvent): { readonly x: number; readonly y: number } {
    const { left, top } = (event.currentTarget as Element).getBoundingClientRect()
    return { x: event.clientX - left, y: event.clientY - top }
  }

  readonly #onPointerLeave = (event: PointerEvent): void => {
    if (event.pointerType === 'mouse') this.#letGo()
  }

  readonly #onPointerElsewhere = (event: PointerEvent): void => {
    if (event.pointerType !== 'mouse' && !event.composedPath().includes(this)) this.reading = undefined
  }

  #letGo(): void {
    if (this.reading !== undefined && !this.reading.isPinned) this.reading = undefined
  }

  /** A click on a mark narrows rows to its series; elsewhere it pins the reading line, or lets it go. */
  readonly #onClick = (event: PointerEvent): void => {
    const model = this.#worked?.model
    if (model === undefined || (event.pointerType !== 'mouse' && event.pointerType !== undefined)) return
    const { x, y } = this.#pointIn(event)
    const place = placeAt(model.plotted.timeline, model.across, x)
    const at = place === undefined ? undefined : seriesAt(model, place, y)
    const series = at === undefined ? undefined : model.shown[at]
    this.renderRoot.querySelector<HTMLElement>('.chart-slider')?.focus({ preventScroll: true })
    if (series !== undefined && filterValue(model, series) !== undefined) this.#pick(series, event)
    else this.#read(model, place, this.reading?.isPinned !== true)
  }
}

/** The filter that a series is a value of; undefined if rows cannot be narrowed to it. */
function filterValue(
  { input: { head } }: ChartModel,
  { value }: PlottedSeries,
): { readonly column: string; readonly value: string } | undefined {
  const column = head.series
  if (column === null || value === undefined || !canFilter(head, column, value)) return undefined
  return { column, value: String(value) }
}
