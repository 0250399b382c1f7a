import { panelListBody, positionOf } from '../answers.ts'
import type { ServerRoute } from '../parts.ts'
import { grantOf, problemAnswer } from './answering.ts'

export const panelsRoute: ServerRoute = {
  path: '/api/panels',
  summary: 'The panels: what each shows, and what it can be narrowed to.',
  answers: {
    200: { describes: 'All that may be asked for.', content: { 'application/json': panelListBody } },
    401: problemAnswer('A token is missing.'),
  },
  handle: (context, { answers, watch }) => {
    const { panels: granted, fixed } = grantOf(context)
    const panels = answers.heads().filter(({ name, filters }) => {
      const isNarrowed = [...fixed.keys()].every((parameter) => filters.some((filter) => filter.name === parameter))
      return (granted === 'all' || granted.has(name)) && isNarrowed
    })
    const position = watch.current === undefined ? null : positionOf(watch.current)
    return context.json({ panels, position }, 200, { 'Cache-Control': 'no-store' })
  },
}
