import type { Context } from 'hono'
import type { Grant } from '../grant.ts'
import type { RouteAnswer, ServerEnv } from '../parts.ts'
import { PROBLEM_TYPE, ProblemError, problemBody } from '../problem.ts'

/** @throws ProblemError 401 where no guard has granted anything */
export function grantOf(context: Context<ServerEnv>): Grant {
  const grant = context.get('grant')
  if (grant === undefined) throw new ProblemError(401, 'This needs a token.')
  return grant
}

/** A tag as a header names it, by what it is a tag of. */
export function entityTag(tag: string, form: string): string {
  return `"${tag}.${form}"`
}

/** Whether whoever asks has this already. */
export function isUnchanged(context: Context<ServerEnv>, entity: string): boolean {
  const known = context.req.header('If-None-Match')
  if (known === undefined) return false
  return known.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === entity)
}

export function problemAnswer(describes: string): RouteAnswer {
  return { describes, content: { [PROBLEM_TYPE]: problemBody } }
}
