// What every answer tells the browser about itself.

/**
 * `page`: the page that the server shows itself. `script`: what websites load to embed a dashboard. `answer`:
 * everything else.
 */
export type AnswerKind = 'page' | 'script' | 'answer'

type Headers = Readonly<Record<string, string>>

const ALWAYS: Headers = {
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'X-Permitted-Cross-Domain-Policies': 'none',
}

/** @param origins  the websites that may show the page in a frame */
export function safetyHeaders(kind: AnswerKind, origins: readonly string[]): Headers {
  return {
    ...ALWAYS,
    'Content-Security-Policy': policyOf(kind, origins),
    // For browsers that do not know frame-ancestors; it has no list of origins.
    ...(kind === 'page' && origins.length > 0 ? {} : { 'X-Frame-Options': 'DENY' }),
    ...(kind === 'script'
      ? { 'Cross-Origin-Resource-Policy': 'cross-origin', 'Access-Control-Allow-Origin': '*' }
      : { 'Cross-Origin-Resource-Policy': 'same-origin' }),
  }
}

/** Scripts, styles and data of this server alone: nothing inline, nothing evaluated, nothing from elsewhere. */
function policyOf(kind: AnswerKind, origins: readonly string[]): string {
  // An answer that somebody opens as a page, or that a browser takes for one, can do nothing at all.
  if (kind !== 'page') return "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox"
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors ${origins.length === 0 ? "'none'" : ["'self'", ...origins].join(' ')}`,
  ].join('; ')
}

/** How long a browser may keep the answer to a preflight. */
const PREFLIGHT_SECONDS = 600

/** What a page of a listed origin may read. No cookie is ever used, so credentials are never allowed. */
export function crossOriginHeaders(origin: string): Headers {
  return {
    'Access-Control-Allow-Origin': origin,
    'Access-Control-Expose-Headers': 'ETag, Retry-After, X-Request-Id',
  }
}

/** What a page of a listed origin may send. */
export function preflightHeaders(origin: string): Headers {
  return {
    ...crossOriginHeaders(origin),
    'Access-Control-Allow-Methods': 'GET, HEAD',
    'Access-Control-Allow-Headers': 'Authorization, If-None-Match, Last-Event-ID',
    'Access-Control-Max-Age': String(PREFLIGHT_SECONDS),
  }
}
