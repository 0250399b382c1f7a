import { z } from 'zod'
import { LakeError, type LakeErrorOptions } from '../errors.ts'

export const PROBLEM_TYPE = 'application/problem+json'

/** An error as a client reads it (RFC 9457). */
export const problemBody = z.strictObject({
  title: z.string(),
  status: z.int(),
  detail: z.string().optional(),
  /** By which the log names the request. */
  requestId: z.string().optional(),
})

export type ProblemBody = z.infer<typeof problemBody>

export interface ProblemOptions extends Pick<LakeErrorOptions, 'cause'> {
  /** What to do about it, as a sentence. */
  readonly detail?: string
  /** What is wrong inside: in place of the detail for whoever works on the server's machine. */
  readonly inside?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Nothing is wrong: what is asked for is not there yet, and the log has a line for it, not an error. */
  readonly isNotYet?: boolean
}

/** A request that is not answered as asked. Its text is for whoever asked, who may be anybody. */
export class ProblemError extends Error {
  readonly status: number
  readonly detail: string | undefined
  readonly inside: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly isNotYet: boolean

  constructor(status: number, title: string, options: ProblemOptions = {}) {
    const { detail, inside, headers = {}, isNotYet = false, cause } = options
    super(title, cause === undefined ? undefined : { cause })
    this.name = 'ProblemError'
    this.status = status
    this.detail = detail
    this.inside = inside
    this.headers = headers
    this.isNotYet = isNotYet
  }

  /** The same for whoever works on the server's machine. */
  toldInside(): ProblemError {
    const { inside, headers, cause } = this
    return inside === undefined
      ? this
      : new ProblemError(this.status, this.message, { detail: inside, inside, headers, cause })
  }

  body(requestId: string | undefined): ProblemBody {
    return {
      title: this.message,
      status: this.status,
      ...(this.detail === undefined ? {} : { detail: this.detail }),
      ...(requestId === undefined ? {} : { requestId }),
    }
  }
}

/** What there is to do about what only the log explains. */
export const SEE_LOG = "The server's log says why, under this request's id."

/** What whoever asked is told of an error; the log has the whole of it. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof LakeError && error.canRetry) {
    return new ProblemError(503, 'This cannot be answered now.', { headers: { 'Retry-After': '5' }, cause: error })
  }
  return new ProblemError(500, 'This could not be answered.', {
    detail: SEE_LOG,
    cause: error,
  })
}
