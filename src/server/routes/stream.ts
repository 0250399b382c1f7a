import { z } from 'zod'
import { ANYONE, type Grant } from '../grant.ts'
import { momentsOf } from '../moments.ts'
import { askedValues, type PanelValues, panelValues } from '../panels/panelValues.ts'
import type { ServerParts, ServerRoute } from '../parts.ts'
import { ProblemError } from '../problem.ts'
import type { StreamedPanel } from '../stream/streamed.ts'
import { cutOff, grantOf, problemAnswer } from './answering.ts'
import { panelNamed } from './panel.ts'

/** A page with more has several connections, or rather several pages. */
const MAX_PANELS = 32

const HEADERS = {
  'Content-Type': 'text/event-stream',
  // A proxy that compresses, or waits for the end, would keep every event to itself.
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
} as const

export const streamRoute: ServerRoute = {
  path: '/api/stream',
  summary: 'The panels of a page, as they change: events "snapshot", "change", "freshness" and "end".',
  parameters: [
    {
      name: 'panel',
      in: 'query',
      describes: `What stands after /api/panels/, encoded, such as sales%3Fshop%3Dnorth; up to ${MAX_PANELS} of them.`,
      schema: z.array(z.string()).min(1).max(MAX_PANELS),
      isRequired: true,
    },
    {
      name: 'Last-Event-ID',
      in: 'header',
      describes: 'The last id that came, to get nothing of it again.',
      schema: z.string(),
    },
  ],
  answers: {
    200: { describes: 'A stream that does not end by itself.', content: { 'text/event-stream': undefined } },
    400: problemAnswer('A parameter does not exist, or cannot have this value.'),
    401: problemAnswer('A token is missing.'),
    403: problemAnswer('The token does not grant these values.'),
    404: problemAnswer('There is no such panel.'),
    429: problemAnswer('Too many streams are open with this token.'),
    503: problemAnswer('Too much is followed at the moment.'),
  },
  handle: (context, parts) => {
    const grant = grantOf(context)
    const wishes = new URL(context.req.url).searchParams
    const panels = wishes.getAll('panel').map((wish) => streamedPanel(wish, grant, parts))
    assertWellAsked(wishes, panels.length)
    if (context.req.method === 'HEAD') return context.body(null, 200, HEADERS)
    const body = parts.hub.open({
      panels,
      lastId: context.req.header('Last-Event-ID'),
      holder: grant.holder,
      expiresMs: grant.expiresMs,
      cut: () => cutOff(context, parts.log, 'Its client does not read it.'),
    })
    return context.body(body, 200, HEADERS)
  },
}

function assertWellAsked(wishes: URLSearchParams, count: number): void {
  const unknown = [...wishes.keys()].find((name) => name !== 'panel')
  if (unknown !== undefined) {
    const detail = 'The values of a panel stand in its part: ?panel=sales%3Fshop%3Dnorth'
    throw new ProblemError(400, `A stream has no parameter "${unknown}".`, { detail })
  }
  if (count === 0) throw new ProblemError(400, 'No panel is named.', { detail: 'Write ?panel=NAME.' })
  if (count > MAX_PANELS) throw new ProblemError(400, `${count} panels are named; ${MAX_PANELS} are the most.`)
}

/** A panel with its values; they are checked now, and bound anew whenever it is asked: a range may move on. */
function streamedPanel(wish: string, grant: Grant, parts: ServerParts): StreamedPanel {
  const { answers } = parts
  const [name = '', ...query] = wish.split('?')
  const panel = panelNamed(answers, name, grant)
  const asked = askedValues(new URLSearchParams(query.join('?')))
  const valuesNow = (): PanelValues => panelValues(panel, asked, grant, momentsOf(parts), answers.limits)
  const { filters } = valuesNow()
  const times = [...asked].filter(([parameter]) => !Object.hasOwn(filters, parameter)).sort()
  const isInside = grant.holder === ANYONE
  return {
    name,
    key: JSON.stringify([name, times, Object.entries(filters), isInside]),
    answer: async () => {
      try {
        const { rows, head, position } = await answers.answer(panel, valuesNow(), 'newest')
        return { rows: rows.rows, head, position }
      } catch (error) {
        throw isInside && error instanceof ProblemError ? error.toldInside() : error
      }
    },
  }
}
