import type { Value } from '../../../client/index.ts'
import type { PlottedSeries } from '../../charts/plotted.ts'
import { amountOf, type Exact, exactOf, sumOf } from '../../values.ts'
import { type ChartModel, nameOf } from './chartModel.ts'

/** All series at one time. */
export interface ReadOut {
  readonly place: number
  readonly isOpen: boolean
  /** The bucket's time, or its value of x. */
  readonly at: string
  readonly total: string | undefined
  /** How the sum differs from the day before; undefined where there is none, and in the open bucket. */
  readonly change: string | undefined
  readonly before: string | undefined
  readonly series: readonly { readonly name: string; readonly value: string; readonly share: string }[]
}

export function readOut(model: ChartModel, place: number): ReadOut {
  const { plotted, shown, text } = model
  const { timeline } = plotted
  const isOpen = place === timeline.openIndex
  const cells = shown.map((series) => cellOf(series, place))
  const total = model.kind === 'amounts' ? sumOf(cells.map((cell) => exactOf(cell))) : undefined
  const compared = model.kind === 'amounts' ? total : exactOf(cells[0])
  const earlier = model.before.length > 0 ? (plotted.before[place] ?? null) : null
  return {
    place,
    isOpen,
    at: placeName(model, place),
    total: total === undefined ? undefined : text.value(total),
    change: isOpen || model.kind !== 'amounts' ? undefined : changeOf(model, compared, earlier),
    before: earlier === null ? undefined : text.value(earlier),
    series: shown.map((series, index) => ({
      name: nameOf(model, series),
      value: text.value(cells[index]),
      share: total === undefined ? '' : shareOf(model, cells[index], total),
    })),
  }
}

/** Where a series has a gap nothing is read; where an amount is zero because nothing was counted, it is zero. */
function cellOf({ cells, values }: PlottedSeries, place: number): Value | undefined {
  const cell = cells[place]
  return cell === undefined || cell === null ? (values[place] ?? undefined) : cell
}

/** Of nothing there are no shares. */
function shareOf({ input }: ChartModel, cell: Value | undefined, total: Exact): string {
  return Number(total) === 0 ? '' : input.text.numbers.share((amountOf(cell) ?? 0) / Number(total), 0)
}

const MOST_TIMES = 10

function changeOf({ text }: ChartModel, value: Exact | undefined, earlier: number | null): string | undefined {
  if (value === undefined || earlier === null || earlier <= 0) return undefined
  const ratio = Number(value) / earlier
  // Ten times as much is no longer a matter of per cent.
  return ratio < MOST_TIMES ? text.text.numbers.signedShare(ratio - 1, 0) : undefined
}

/** When a bucket begins, or the value of x. */
export function placeName({ plotted, text, input }: ChartModel, place: number): string {
  const { starts, labels } = plotted.timeline
  const label = labels?.[place]
  if (label !== undefined) return label === null ? input.text.words.chart.noValue : String(label)
  return text.bucket(starts[place] ?? 0)
}

/** A read-out in one sentence, for those who hear it. */
export function spokenReadOut({ input }: ChartModel, { at, isOpen, total, before, series }: ReadOut): string {
  const { words } = input.text
  const parts = [
    ...(total === undefined ? [] : [total]),
    ...series.map(({ name, value }) => (series.length === 1 && total === undefined ? value : `${name} ${value}`)),
    ...(before === undefined ? [] : [`${words.chart.dayBefore} ${before}`]),
  ]
  return words.chart.spoken(isOpen ? words.chart.isOpen(at) : at, parts)
}
