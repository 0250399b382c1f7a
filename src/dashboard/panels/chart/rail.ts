import { html, nothing, type TemplateResult } from 'lit'
import type { PlottedSeries } from '../../charts/plotted.ts'
import { placed } from '../../style/placed.ts'
import type { ChartMarks } from './chartMarks.ts'
import type { ChartModel } from './chartModel.ts'
import { inkClass } from './drawing.ts'
import type { ReadOut } from './readOut.ts'

/** What a click on a name does. */
export interface RailActions {
  readonly pick: (series: PlottedSeries, event: MouseEvent) => void
  /** Whether rows can be narrowed to this series. */
  readonly canFilter: (series: PlottedSeries) => boolean
  /** Whether they are. */
  readonly isPicked: (series: PlottedSeries) => boolean
  readonly isHidden: (series: PlottedSeries) => boolean
  readonly nameOf: (series: PlottedSeries) => string
}

/** What is read above the plot. */
interface TopParts {
  readonly shown: ReadOut | undefined
  readonly open: ReadOut | undefined
  /** Shows the rows behind a place; undefined if they may not be seen. */
  readonly showRows: ShowRows | undefined
}

export type ShowRows = (place: number) => void

/** What stands above the plot: the only series' values, and what has come of the open bucket. */
export function topRow(model: ChartModel, parts: TopParts): TemplateResult {
  const { shown, open, showRows } = parts
  const { rail, text, box } = model
  const edges = { left: `${box.left}px`, right: `${rail === 'side' ? box.width - box.right : 0}px` }
  const note = open === undefined ? nothing : openNote(model, open, text.grainName)
  return html`<div class="chart-top" ${placed(edges)}>
    ${rail === 'none' && shown !== undefined && shown.series.length > 0 ? onlySeries(model, shown, showRows) : nothing}
    <span class="chart-open-note">${note}</span>
  </div>`
}

/** `14:31  3.4%  Yesterday 3.1%` */
function onlySeries(
  model: ChartModel,
  { place, at, isOpen, total, before, series }: ReadOut,
  showRows: ShowRows | undefined,
): TemplateResult {
  const { chart, panel } = model.input.text.words
  const earlier = before === undefined ? nothing : html`<span class="quiet">${dayBefore(model)} ${before}</span>`
  const link = rowsLink(model, { place, at }, showRows)
  return html`<span class="chart-only">
    <b>${isOpen ? chart.isOpen(at) : at}</b><span>${total ?? series[0]?.value ?? panel.none}</span>${earlier}${link}
  </span>`
}

/** The way to the rows of a bucket. */
function rowsLink(
  { input }: ChartModel,
  { place, at }: Pick<ReadOut, 'place' | 'at'>,
  showRows: ShowRows | undefined,
): TemplateResult | typeof nothing {
  if (showRows === undefined) return nothing
  const { table } = input.text.words
  const show = (event: Event): void => {
    event.stopPropagation()
    showRows(place)
  }
  return html`<button type="button" class="link" aria-label=${table.rowsOf(at)} @click=${show}>${table.rows}</button>`
}

/** In units: what the whole note and the values before it need. */
const SHORT_BELOW_UNITS = 560

/** `open minute 14:32, 8 s in: 235 so far`, or `14:32 so far: 235` */
function openNote({ input, plotted, rail, box, unit }: ChartModel, open: ReadOut, grain: string): string {
  const { text, view, head } = input
  const startMs = plotted.timeline.starts[open.place] ?? view.nowMs
  const stepMs = (head.grainMs ?? 0) >= 3_600_000 ? 60_000 : 1_000
  const since = text.numbers.duration(Math.max(0, Math.floor((view.nowMs - startMs) / stepMs) * stepMs))
  const value = open.total ?? (open.series.length === 1 ? open.series[0]?.value : undefined)
  const { chart } = text.words
  // Beside the values of the only series there is less room.
  if (rail === 'none' && box.width < SHORT_BELOW_UNITS * unit && value !== undefined)
    return chart.openShort(open.at, value)
  return value === undefined
    ? text.words.chart.openSince(grain, open.at, since)
    : text.words.chart.open(grain, open.at, since, value)
}

/** The day before a range that ends now is yesterday. */
function dayBefore({ input }: ChartModel): string {
  const { chart } = input.text.words
  return input.view.isPaused ? chart.dayBefore : chart.yesterday
}

/** What the rail shows. */
interface RailParts {
  readonly marks: ChartMarks
  readonly shown: ReadOut | undefined
  readonly isReading: boolean
  readonly actions: RailActions
  readonly showRows: ShowRows | undefined
}

/** The names of the series with their values: the legend and the read-out in one. */
export function rail(model: ChartModel, parts: RailParts): TemplateResult {
  const { marks, shown, isReading, actions, showRows } = parts
  const { input, plotted, kind } = model
  const { chart, panel } = input.text.words
  const hasShares = kind === 'amounts'
  let visible = -1
  return html`<div class="chart-head">
      <span>${headText(model, shown, isReading)}${summary(model, shown)}
        ${shown === undefined ? nothing : rowsLink(model, shown, showRows)}</span>
      ${hasShares ? html`<span class="quiet chart-share-head">${chart.share}</span>` : nothing}
    </div>
    <div class="chart-rail ${hasShares ? 'has-shares' : ''}">
      ${shown === undefined || !hasShares ? nothing : sums(model, marks, shown)}
      ${plotted.series.map((series) => {
        const index = actions.isHidden(series) ? -1 : ++visible
        const { value = panel.none, share = '' } = shown?.series[index] ?? {}
        return entry(series, { model, actions, value, share, place: marks.labels.series[index] })
      })}
    </div>
    ${plotted.leftOutCount === 0 ? nothing : leftOut(model)}`
}

/** The sum of all series, and what it was a day before. */
function sums(model: ChartModel, { labels }: ChartMarks, { total, change, before }: ReadOut): TemplateResult {
  const { chart } = model.input.text.words
  const all = html`<div class="chart-entry is-total" ${standing(model, labels.total)}>
    <span></span><b>${chart.all}</b><b>${total}</b><span class="chart-share">${change ?? ''}</span>
  </div>`
  const earlier = html`<div class="chart-entry is-before" ${standing(model, labels.before)}>
    <i class="chart-dash"></i><span>${dayBefore(model)}</span><span>${before}</span><span></span>
  </div>`
  return html`${total === undefined ? nothing : all}${before === undefined ? nothing : earlier}`
}

/** A name's height beside the plot; below it, names stand in a list. */
function standing({ rail, unit }: ChartModel, middle: number | undefined): ReturnType<typeof placed> {
  const isPlaced = rail === 'side' && middle !== undefined
  return placed({ top: isPlaced ? `${Math.round(middle - (NAME_UNITS / 2) * unit)}px` : undefined })
}

const NAME_UNITS = 18

function leftOut({ plotted, input }: ChartModel): TemplateResult {
  const { words, numbers } = input.text
  return html`<p class="chart-note">${words.chart.leftOut(numbers.whole(plotted.leftOutCount))}</p>`
}

function entry(
  series: PlottedSeries,
  about: {
    readonly model: ChartModel
    readonly actions: RailActions
    readonly value: string
    readonly share: string
    readonly place: number | undefined
  },
): TemplateResult {
  const { model, actions, value, share, place } = about
  const { chart } = model.input.text.words
  const name = actions.nameOf(series)
  const isHidden = actions.isHidden(series)
  const canFilter = actions.canFilter(series)
  const hint = isHidden ? chart.show(name) : canFilter ? chart.pick(name) : chart.hide(name)
  return html`<button type="button" class="chart-entry ${isHidden ? 'is-hidden' : ''}" title=${hint}
      aria-pressed=${canFilter ? String(actions.isPicked(series)) : nothing} ${standing(model, place)}
      @click=${(event: MouseEvent) => actions.pick(series, event)}>
    <i class="swatch ${inkClass(series.slot)}"></i><span class="chart-name">${name}</span
    ><span>${value}</span><span class="chart-share">${share}</span
    >${isHidden ? html`<span class="hidden-text">${chart.isHidden}</span>` : nothing}
  </button>`
}

/** `14:31, last complete`, or the time that is read. */
function headText({ input }: ChartModel, shown: ReadOut | undefined, isReading: boolean): string {
  const { chart } = input.text.words
  if (shown === undefined) return ''
  if (shown.isOpen) return chart.isOpen(shown.at)
  return isReading ? shown.at : chart.lastComplete(shown.at)
}

/** Below the chart, where the list has no rows of its own for the sum and the day before. */
function summary(model: ChartModel, shown: ReadOut | undefined): TemplateResult | typeof nothing {
  if (model.rail !== 'below' || shown?.total === undefined) return nothing
  const change =
    shown.change === undefined ? '' : `, ${model.input.text.words.chart.changeOn(shown.change, dayBefore(model))}`
  return html`<span>: ${shown.total}${change}</span>`
}
