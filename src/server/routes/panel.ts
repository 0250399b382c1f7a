import type { Context } from 'hono'
import { accepts } from 'hono/accepts'
import { z } from 'zod'
import { suggestion } from '../../words.ts'
import { panelBody } from '../answers.ts'
import { csvOf } from '../csv.ts'
import type { Grant } from '../grant.ts'
import { momentsOf } from '../moments.ts'
import type { Panel } from '../panels/panel.ts'
import type { PanelAnswer, PanelAnswers } from '../panels/panelAnswers.ts'
import { askedValues, panelValues } from '../panels/panelValues.ts'
import type { ServerEnv, ServerRoute } from '../parts.ts'
import { ProblemError } from '../problem.ts'
import { entityTag, grantOf, isUnchanged, problemAnswer } from './answering.ts'

const FORMS = { json: 'application/json', csv: 'text/csv' } as const

type Form = keyof typeof FORMS

const timeOrDay = z.union([z.iso.datetime(), z.literal('day')])

export const panelRoute: ServerRoute = {
  path: '/api/panels/:name',
  summary: 'The rows of a panel.',
  parameters: [
    { name: 'name', in: 'path', describes: 'The panel.', schema: z.string(), isRequired: true },
    {
      name: 'from',
      in: 'query',
      describes: 'Where the range begins; day: with the UTC day that it ends in.',
      schema: timeOrDay,
    },
    {
      name: 'to',
      in: 'query',
      describes: 'Where it ends; now where left out, day: with this UTC day.',
      schema: timeOrDay,
    },
    { name: 'range', in: 'query', describes: 'Instead of from: how long it is, such as 3h.', schema: z.string() },
    { name: 'format', in: 'query', describes: 'For links, which name no Accept.', schema: z.enum(['json', 'csv']) },
  ],
  answers: {
    200: { describes: 'The rows.', content: { [FORMS.json]: panelBody, [FORMS.csv]: undefined } },
    304: { describes: 'Nothing has changed since the ETag that was sent.' },
    400: problemAnswer('A parameter does not exist, or cannot have this value.'),
    401: problemAnswer('A token is missing.'),
    403: problemAnswer('The token does not grant these values.'),
    404: problemAnswer('There is no such panel.'),
    503: problemAnswer('It cannot be answered now, or takes too long.'),
  },
  handle: async (context, parts) => {
    const { answers } = parts
    const grant = grantOf(context)
    const panel = panelNamed(answers, context.req.param('name') ?? '', grant)
    const asked = askedValues(new URL(context.req.url).searchParams)
    const form = formOf(context, asked.get('format'))
    asked.delete('format')
    const values = panelValues(panel, asked, grant, momentsOf(parts), answers.limits)
    const headers = (tag: string): Record<string, string> => ({
      ETag: entityTag(tag, form),
      'Cache-Control': 'private, no-cache',
      Vary: 'Accept, Authorization',
    })
    const known = answers.tagOf(panel, values)
    if (known !== undefined && isUnchanged(context, entityTag(known, form))) {
      return context.body(null, 304, headers(known))
    }
    const answer = await answers.answer(panel, values, isFreshWanted(context) ? 'newest' : 'soon')
    const tag = answers.tagAt(answer.position, panel, values)
    // Also where a batch came meanwhile, and the last answer is still the one to send.
    if (isUnchanged(context, entityTag(tag, form))) return context.body(null, 304, headers(tag))
    const body = form === 'json' ? answer.json : csvBody(panel, answer)
    const type = form === 'json' ? FORMS.json : `${FORMS.csv}; charset=utf-8; header=present`
    return context.body(body, 200, { ...headers(tag), 'Content-Type': type })
  },
}

/** Whether whoever asks would rather wait than get an answer that lacks the newest batch. */
function isFreshWanted(context: Context<ServerEnv>): boolean {
  return /(?:^|,)\s*no-cache\s*(?:,|$)/i.test(context.req.header('Cache-Control') ?? '')
}

/** A panel that is granted; others are as if they did not exist. @throws ProblemError 404 */
export function panelNamed(answers: PanelAnswers, name: string, { panels }: Grant): Panel {
  const names = answers.names.filter((each) => panels === 'all' || panels.has(each))
  const panel = names.includes(name) ? answers.get(name) : undefined
  if (panel !== undefined) return panel
  throw new ProblemError(404, 'There is no panel of this name.', { detail: suggestion(name, names) })
}

function formOf(context: Context<ServerEnv>, asked: readonly string[] | undefined): Form {
  const [format, ...more] = asked ?? []
  if (format === undefined) {
    const supports = Object.values(FORMS)
    const type = accepts(context, { header: 'Accept', supports, default: FORMS.json })
    return type === FORMS.csv ? 'csv' : 'json'
  }
  if ((format === 'csv' || format === 'json') && more.length === 0) return format
  throw new ProblemError(400, 'There is no such format.', { detail: 'It is json or csv.' })
}

/** A file that looks whole must be whole. @throws ProblemError 400 where rows were left out */
function csvBody({ name }: Panel, { rows: { columns, types, rows, isCut } }: PanelAnswer): string {
  if (!isCut) return csvOf(columns, types, rows)
  throw new ProblemError(400, `Panel ${name} has more than ${rows.length} rows for these values.`, {
    detail: 'Ask for a shorter range, or for fewer values.',
  })
}
