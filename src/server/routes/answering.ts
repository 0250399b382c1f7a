import type { Context } from 'hono'
import type { Logger } from 'pino'
import type { PanelHead } from '../answers.ts'
import { ANYONE, type Grant } from '../grant.ts'
import type { PanelAnswers } from '../panels/panelAnswers.ts'
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

/**
 * Ends a connection whose answer cannot be finished. A stream must not fail instead: Node's adapter would print that,
 * and send its message to whoever asked.
 */
export function cutOff(context: Context<ServerEnv>, log: Logger, reason: unknown): void {
  // One that is finished was read to its end: its connection may carry the next by now.
  if (context.env.outgoing?.writableFinished === true) return
  log.warn({ requestId: context.get('requestId'), path: context.req.path, err: reason }, 'an answer was cut off')
  context.env.outgoing?.destroy()
}

export function problemAnswer(describes: string): RouteAnswer {
  return { describes, content: { [PROBLEM_TYPE]: problemBody } }
}

/**
 * What is said of the panels that are granted; one that cannot be narrowed to what the grant fixes is not. They lead
 * to nothing that is not granted.
 */
export function grantedHeads(answers: PanelAnswers, { holder, panels, fixed, rows }: Grant): readonly PanelHead[] {
  const granted = answers.heads().filter(({ name, filters }) => {
    const isNarrowed = [...fixed.keys()].every((parameter) => filters.some((filter) => filter.name === parameter))
    return (panels === 'all' || panels.has(name)) && isNarrowed
  })
  const panelOrNull = (panel: string | null): string | null =>
    granted.some(({ name }) => name === panel) ? panel : null
  return granted.map((head) => ({
    ...head,
    spark: panelOrNull(head.spark),
    brush: panelOrNull(head.brush),
    coarser: panelOrNull(head.coarser?.panel ?? null) === null ? null : head.coarser,
    rows: head.rows !== null && (rows === 'all' || rows.has(head.rows)) ? head.rows : null,
    // It names files, columns and other models.
    problem:
      head.problem !== null && holder !== ANYONE
        ? 'It cannot be answered. The log of the server says why.'
        : head.problem,
  }))
}
