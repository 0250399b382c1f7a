import type { PanelAnswer, PanelHead } from '../../client/index.ts'
import { type Asked, type Asking, asked } from '../view/asking.ts'
import { withValues } from '../view/view.ts'

// What can be chosen comes from a panel's answer, asked without the filter: what a token may not see never appears.

/** A value that a filter can have. */
export interface Choice {
  readonly value: string
  readonly label: string
  /** What it comes to; undefined where it is chosen, and has no rows. */
  readonly amount: number | undefined
  readonly isChosen: boolean
}

/** The panel whose rows name the values of a filter: one that has both the filter and a column of its name. */
export function choicesPanel(panels: readonly PanelHead[], filter: string): PanelHead | undefined {
  const fitting = panels.filter(
    ({ filters, columns, y, problem }) =>
      problem === null && y.length > 0 && [filters, columns].every((all) => all.some(({ name }) => name === filter)),
  )
  // One where it is the first thing that is shown has all values; a chart of minutes has only those of its range.
  const rank = ({ x, over, series, group }: PanelHead): number =>
    (x === filter ? 0 : series === filter || group === filter ? 1 : 2) + (over === 'view' ? 4 : 0)
  return [...fitting].sort((one, other) => rank(one) - rank(other))[0]
}

/** How the panel is asked, so that other choices of the same filter stay visible. */
export function askedForChoices(filter: string, asking: Asking): Asked | undefined {
  const head = choicesPanel(asking.panels, filter)
  if (head === undefined) return undefined
  return asked(head, { ...asking, filters: withValues(asking.filters, filter, []) })
}

/** The values with what they come to: in the panel's order of them, else the largest first. */
export function choicesOf(
  filter: string,
  head: PanelHead,
  answer: Pick<PanelAnswer, 'columns' | 'rows'>,
  chosen: readonly string[],
): readonly Choice[] {
  const place = (name: string | undefined): number => answer.columns.findIndex((column) => column.name === name)
  const valueAt = place(filter)
  const amountAt = place(head.y[0])
  const amounts = new Map<string, number>()
  for (const row of answer.rows) {
    const value = row[valueAt]
    // NULL is no value that a row could be asked to have.
    if (value === null || value === undefined || typeof value === 'object') continue
    const amount = Number(row[amountAt] ?? 0)
    amounts.set(String(value), (amounts.get(String(value)) ?? 0) + (Number.isFinite(amount) ? amount : 0))
  }
  const fixed = head.series === filter ? head.order : []
  const rank = (value: string): number => (fixed.includes(value) ? fixed.indexOf(value) : fixed.length)
  return [...new Set([...amounts.keys(), ...chosen])]
    .sort(
      (one, other) =>
        rank(one) - rank(other) ||
        (amounts.get(other) ?? -1) - (amounts.get(one) ?? -1) ||
        (one < other ? -1 : one > other ? 1 : 0),
    )
    .map((value) => ({
      value,
      label: labelOf(head, value),
      amount: amounts.get(value),
      isChosen: chosen.includes(value),
    }))
}

/** What a value is called. */
export function labelOf({ labels }: Pick<PanelHead, 'labels'>, value: string): string {
  return labels.find((each) => each.value === value)?.label ?? value
}

/** What a filter is called: as a panel heads its column, else by its name. */
export function filterHeading(panels: readonly PanelHead[], filter: string): string {
  // One that only draws by its values may call them so: "By shop".
  const about = panels.filter(({ x, group }) => x === filter || group === filter)
  const heading = about.map(({ headings }) => headings[filter]).find((each) => each !== undefined)
  if (heading !== undefined) return heading
  const words = filter.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
