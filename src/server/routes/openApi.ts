import { z } from 'zod'
import { versionOf } from '../../files/version.ts'
import { openApi } from '../openApi.ts'
import type { ServerRoute } from '../parts.ts'
import { grantedHeads, grantOf, problemAnswer } from './answering.ts'

/** @param routes  all of the server's, this one too, once they are known */
export function openApiRoute(routes: () => readonly ServerRoute[]): ServerRoute {
  return {
    path: '/api/openapi.json',
    summary: 'This description.',
    answers: {
      200: { describes: 'OpenAPI 3.1.', content: { 'application/json': z.looseObject({ openapi: z.string() }) } },
      401: problemAnswer('A token is missing.'),
    },
    handle: (context, { answers }) => {
      const heads = grantedHeads(answers, grantOf(context))
      return context.json(openApi(routes(), heads, versionOf()), 200, { 'Cache-Control': 'private, no-cache' })
    },
  }
}
