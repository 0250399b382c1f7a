// The shape of a request, before anything is done for it.

/** A request as it came. */
export interface RequestShape {
  readonly method: string
  /** Path and query, as they were sent. */
  readonly target: string
  readonly headerCount: number
  /** `Content-Length` and `Transfer-Encoding`. */
  readonly contentLength: string | undefined
  readonly transferEncoding: string | undefined
}

/** Why a request is refused as such. */
export interface Misshapen {
  readonly status: 400 | 405 | 413 | 414 | 431
  readonly title: string
}

const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])
const MAX_TARGET_CHARACTERS = 8_000
const MAX_HEADERS = 100

/** What is wrong with a request, if anything is: nothing here takes a body, or changes anything. */
export function misshapenRequest(request: RequestShape): Misshapen | undefined {
  if (!METHODS.has(request.method)) return { status: 405, title: 'Only GET and HEAD are answered.' }
  if (request.target.length > MAX_TARGET_CHARACTERS) {
    return { status: 414, title: `The URL is longer than ${MAX_TARGET_CHARACTERS} characters.` }
  }
  if (request.headerCount > MAX_HEADERS) {
    return { status: 431, title: `The request has more than ${MAX_HEADERS} headers.` }
  }
  const hasBody = request.transferEncoding !== undefined || !/^0*$/.test(request.contentLength ?? '')
  if (hasBody) return { status: 413, title: 'No request has a body here.' }
  // What looks like one path to us must not look like another to a proxy in front, or to the disk.
  const [path = ''] = request.target.split('?')
  if (!path.startsWith('/') || path.startsWith('//') || /%(?:00|2f|5c)|[\\\0]|\/\.{1,2}(?:\/|$)|%2e/i.test(path)) {
    return { status: 400, title: 'The path of the URL is not a plain one.' }
  }
  return undefined
}
