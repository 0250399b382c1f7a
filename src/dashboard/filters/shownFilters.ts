import type { DashboardHead, PanelAnswer } from '../../client/index.ts'
import type { Asked, Asking } from '../view/asking.ts'
import { filterNames } from '../view/view.ts'
import { askedForChoices, choicesOf, filterHeading } from './choices.ts'
import type { FilterShown } from './filterBar.ts'

/** The filters that there are to choose from, with what can be chosen. */
export function shownFilters(
  head: DashboardHead,
  asking: Asking,
  answerTo: (asked: Asked) => PanelAnswer | undefined,
): readonly FilterShown[] {
  return filterNames(head).flatMap((name): FilterShown[] => {
    const asked = askedForChoices(name, asking)
    if (asked === undefined) return []
    const answer = answerTo(asked) ?? { columns: [], rows: [] }
    const choices = choicesOf(name, asked.head, answer, asking.filters[name] ?? [])
    return [{ name, heading: filterHeading(head.panels, name), choices }]
  })
}
