import { dashboardBody, dashboardHeadOf } from '../dashboardHead.ts'
import { newestRange } from '../newestRange.ts'
import type { ServerRoute } from '../parts.ts'
import { grantOf, problemAnswer } from './answering.ts'

export const dashboardRoute: ServerRoute = {
  path: '/api/dashboard',
  summary: 'What a dashboard is made of: its panels, in order, and the newest range that has rows.',
  answers: {
    200: { describes: 'All that whoever asks may see.', content: { 'application/json': dashboardBody } },
    401: problemAnswer('A token is missing.'),
  },
  handle: async (context, parts) => {
    const grant = grantOf(context)
    const newest = await newestRange(parts, grant)
    return context.json(dashboardHeadOf(parts, grant, newest), 200, { 'Cache-Control': 'no-store' })
  },
}
