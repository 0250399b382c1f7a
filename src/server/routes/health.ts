import { z } from 'zod'
import type { ServerParts, ServerRoute } from '../parts.ts'

const healthBody = z.strictObject({ status: z.literal('ok') })

/** Whether the process answers at all: whoever supervises it starts it again if not. */
export const healthRoute: ServerRoute = {
  path: '/healthz',
  summary: 'Whether the server answers.',
  answers: { 200: { describes: 'It does.', content: { 'application/json': healthBody } } },
  handle: (context) => context.json({ status: 'ok' }, 200, { 'Cache-Control': 'no-store' }),
}

const readyBody = z.strictObject({
  isReady: z.boolean(),
  reason: z.string().nullable(),
  waitingFiles: z.int().nullable(),
})

export const readyRoute: ServerRoute = {
  path: '/readyz',
  summary: 'Whether the numbers are those of now.',
  answers: {
    200: { describes: 'They are.', content: { 'application/json': readyBody } },
    503: { describes: 'There are none yet, or they are stale.', content: { 'application/json': readyBody } },
  },
  handle: async (context, parts) => {
    const reason = staleReason(parts) ?? (await unreadableReason(parts))
    const body = { isReady: reason === undefined, reason: reason ?? null, waitingFiles: parts.waiting()?.files ?? null }
    return context.json(body, reason === undefined ? 200 : 503, { 'Cache-Control': 'no-store' })
  },
}

/** Why the numbers are not those of now. A quiet night is no reason: what counts is how long something has waited. */
function staleReason({ watch, waiting, staleAfterMs, clock }: ServerParts): string | undefined {
  const { current } = watch
  if (current === undefined) return 'No batch has been taken yet.'
  const { files = 0, sinceMs } = waiting() ?? {}
  if (sinceMs === undefined) return undefined
  const quietMs = clock.nowMs() - Math.max(sinceMs, current.takenMs)
  if (quietMs <= staleAfterMs) return undefined
  return `${files} files or batches are waiting, and nothing was taken for ${Math.round(quietMs / 1_000)} s.`
}

/** What was answered before may still be there. */
async function unreadableReason({ reader, log }: ServerParts): Promise<string | undefined> {
  try {
    await reader.position()
    return undefined
  } catch (err) {
    log.warn({ err }, 'the models cannot be read')
    return 'The models cannot be read at the moment.'
  }
}
