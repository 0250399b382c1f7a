import type { Clock } from './clock.ts'
import { fieldsOf } from './fields.ts'
import { LakeweirError, type ParameterValue, type RowsParameter } from './types.ts'

/** Returns a token, or undefined where none is needed. Asked for the first one, and when one was refused or expired. */
export type TokenSource = (about: { readonly isRefused: boolean }) => string | undefined | Promise<string | undefined>

/** What the client asks of `fetch`. */
export interface FetchOptions {
  readonly headers: Record<string, string>
  readonly cache: 'no-store'
  readonly signal?: AbortSignal
}

export type Fetch = (url: string, options: FetchOptions) => Promise<Response>

export interface RequestParts {
  /** Ends with a slash. */
  readonly url: string
  readonly token: TokenSource | undefined
  readonly fetch: Fetch
  readonly clock: Clock
}

/** A website that returns no token for so long is asked for it again. */
const TOKEN_MS = 20_000

export interface Wish {
  readonly signal?: AbortSignal | undefined
  readonly headers?: Readonly<Record<string, string>>
}

/** What is asked of the server, each time with the token that is good by then. */
export class Requests {
  readonly #parts: RequestParts
  /** One for all requests: many of them may find at once that it has expired. */
  #token: Promise<string | undefined> | undefined

  constructor(parts: RequestParts) {
    this.#parts = parts
  }

  /** @throws LakeweirError unless the answer is there, or is the one that whoever asks has: 304 */
  async get(path: string, { signal, headers = {} }: Wish): Promise<Response> {
    const token = this.#token ?? this.#newToken(false)
    let response = await this.#send(path, await unlessAborted(token, signal), { signal, headers })
    if (response.status === 401 && this.#parts.token !== undefined) {
      await response.body?.cancel()
      const known = this.#token
      const newer = known === undefined || known === token ? this.#newToken(true) : known
      response = await this.#send(path, await unlessAborted(newer, signal), { signal, headers })
    }
    if (response.ok || response.status === 304) return response
    throw await refusal(response)
  }

  /** The next request asks for a new one. */
  forgetToken(): void {
    this.#token = undefined
  }

  /** Asks for a token that all requests share; after one that could not be had, the next request asks again. */
  #newToken(isRefused: boolean): Promise<string | undefined> {
    const token = this.#askedToken(isRefused)
    this.#token = token
    token.catch(() => {
      if (this.#token === token) this.#token = undefined
    })
    return token
  }

  async #askedToken(isRefused: boolean): Promise<string | undefined> {
    const { token, clock } = this.#parts
    if (token === undefined) return undefined
    let cancel = (): void => undefined
    const late = new Promise<never>((_, reject) => {
      cancel = clock.after(TOKEN_MS, () =>
        reject(new LakeweirError(`No token came within ${TOKEN_MS / 1_000} seconds.`)),
      )
    })
    try {
      return await Promise.race([token({ isRefused }), late])
    } finally {
      cancel()
    }
  }

  async #send(path: string, token: string | undefined, { signal, headers }: Wish): Promise<Response> {
    const authorization = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    // The browser's own cache knows nothing of tokens; what is kept is kept by whoever asks.
    return this.#parts.fetch(this.#parts.url + path, {
      headers: { ...headers, ...authorization },
      cache: 'no-store',
      ...(signal === undefined ? {} : { signal }),
    })
  }
}

/** Whoever gives up does not wait for what others still want. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason)
    if (signal.aborted) return abort()
    signal.addEventListener('abort', abort)
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}

async function refusal(response: Response): Promise<LakeweirError> {
  const { status, headers } = response
  const seconds = Number(headers.get('Retry-After') ?? Number.NaN)
  let problem: Readonly<Record<string, unknown>> = {}
  try {
    problem = fieldsOf(await response.json(), 'the problem')
  } catch {
    // A proxy's answer is no problem of the server's; its status says enough.
  }
  const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  return new LakeweirError(text(problem.title) ?? `The server answered with status ${status}.`, {
    status,
    detail: text(problem.detail),
    requestId: text(problem.requestId),
    retryAfterMs: Number.isFinite(seconds) ? seconds * 1_000 : undefined,
  })
}

/** Parameters as an address has them; of several values each has its own place. */
export function queryOf(parameters: Readonly<Record<string, ParameterValue>>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value === undefined) continue
    for (const one of Array.isArray(value) ? value : [value]) {
      query.append(name, one instanceof Date ? one.toISOString() : String(one))
    }
  }
  return query.toString()
}

/** What rows must have, as an address has it: the columns that may be NULL are named. */
export function rowsQueryOf(values: Readonly<Record<string, RowsParameter>>): string {
  const given: Record<string, ParameterValue> = {}
  const nulls: string[] = []
  for (const [name, value] of Object.entries(values)) {
    if (!Array.isArray(value)) given[name] = value === null ? undefined : (value as ParameterValue)
    else given[name] = (value as readonly (string | null)[]).filter((one) => one !== null)
    if (value === null || (Array.isArray(value) && value.includes(null))) nulls.push(name)
  }
  const named = queryOf({ null: nulls })
  return [queryOf(given), named].filter((text) => text !== '').join('&')
}
