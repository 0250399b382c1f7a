import { panelListBody, positionOf } from '../answers.ts'
import { panelTypes } from '../panels/panelTypes.ts'
import type { ServerRoute } from '../parts.ts'
import { grantedHeads, grantOf, problemAnswer } from './answering.ts'

export const panelsRoute: ServerRoute = {
  path: '/api/panels',
  summary: 'The panels: what each shows, and what it can be narrowed to.',
  answers: {
    200: { describes: 'All that may be asked for.', content: { 'application/json': panelListBody } },
    401: problemAnswer('A token is missing.'),
  },
  handle: (context, { answers, watch }) => {
    const panels = grantedHeads(answers, grantOf(context))
    const position = watch.current === undefined ? null : positionOf(watch.current)
    return context.json({ panels, position }, 200, { 'Cache-Control': 'no-store' })
  },
}

export const panelTypesRoute: ServerRoute = {
  path: '/api/panels.d.ts',
  summary: "The types of the panels as TypeScript, for lakeweir's client.",
  answers: {
    200: { describes: 'A file that exports the interface Panels.', content: { 'text/plain': undefined } },
    401: problemAnswer('A token is missing.'),
  },
  handle: (context, { answers }) =>
    context.text(panelTypes(grantedHeads(answers, grantOf(context))), 200, { 'Cache-Control': 'no-store' }),
}
