import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose'
import { LakeError, messageOf } from '../../errors.ts'
import { originOf } from '../../lake/config/webNames.ts'
import type { SecretKey, TokenKey, TokenKeys } from './keys.ts'

// Embed tokens: a website signs one for each visitor, who sends it with every request. It says what they may see.

/** What a token allows. */
export interface TokenClaims {
  readonly panels: 'all' | ReadonlySet<string>
  /** Filter → the values that every panel is narrowed to. */
  readonly fixed: ReadonlyMap<string, readonly string[]>
  /** The origins whose pages may use it; undefined: all that the config lists. */
  readonly origins: readonly string[] | undefined
  /** The tables whose rows may be looked at. */
  readonly rows: ReadonlySet<string>
}

/** A token that was verified. */
export interface VerifiedToken extends TokenClaims {
  /** From when on it is refused, in milliseconds since 1970. */
  readonly expiresMs: number
}

/** Why a token is refused, as a sentence for whoever sent it. */
export class TokenRefused extends Error {}

/** Tells our tokens from others that are signed with the same key. */
const AUDIENCE = 'lakeweir'
const TYPE = 'lakeweir-embed+jwt'

/** A longer one is refused before it is decoded. */
const MAX_TOKEN_CHARACTERS = 4096

/** How far the clocks of two machines may differ. */
const CLOCK_TOLERANCE_MS = 5_000

const MAX_PANELS = 200
const MAX_FIXED = 20
const MAX_VALUES = 100

/** Signs a token that is valid from now on. */
export async function signedToken(
  { panels, fixed, origins, rows }: TokenClaims,
  { id, key }: SecretKey,
  nowMs: number,
  lifeMs: number,
): Promise<string> {
  const issued = Math.floor(nowMs / 1000)
  const claims = {
    panels: panels === 'all' ? 'all' : [...panels],
    fixed: Object.fromEntries(fixed),
    ...(origins === undefined ? {} : { origins: [...origins] }),
    ...(rows.size === 0 ? {} : { rows: [...rows] }),
  }
  const text = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: TYPE, kid: id })
    .setAudience(AUDIENCE)
    .setIssuedAt(issued)
    .setExpirationTime(issued + Math.floor(lifeMs / 1000))
    .sign(key)
  if (text.length <= MAX_TOKEN_CHARACTERS) return text
  throw new LakeError(
    'LAKE_ARGUMENT_INVALID',
    `the token would have ${text.length} characters, and ${MAX_TOKEN_CHARACTERS} are the most.`,
    { remedy: 'Name fewer panels or fixed values.' },
  )
}

/**
 * Verifies a token: its signature first, then its times and what it allows.
 * @param maxLifeMs  the longest time from issue to expiry
 * @throws TokenRefused
 */
export async function verifiedToken(
  text: string,
  keys: TokenKeys,
  { nowMs, maxLifeMs }: { readonly nowMs: number; readonly maxLifeMs: number },
): Promise<VerifiedToken> {
  if (text.length > MAX_TOKEN_CHARACTERS) throw new TokenRefused('The token is too long.')
  const payload = await verifiedPayload(text, candidates(text, keys), nowMs)
  const [issued, expires] = [Number(payload.iat), Number(payload.exp)]
  if (issued * 1000 > nowMs + CLOCK_TOLERANCE_MS) throw new TokenRefused('The token was issued in the future.')
  if ((expires - issued) * 1000 > maxLifeMs) {
    throw new TokenRefused(`The token is valid for longer than ${Math.floor(maxLifeMs / 1000)} seconds.`)
  }
  return { ...claimsOf(payload), expiresMs: expires * 1000 + CLOCK_TOLERANCE_MS }
}

/** The keys that may have signed a token. Its algorithm only selects among them: each key has its own. */
function candidates(text: string, { secrets, publicKeys }: TokenKeys): readonly TokenKey[] {
  const { alg = '', kid } = headerOf(text)
  const fitting = [...secrets, ...publicKeys].filter(({ algorithms }) => algorithms.includes(alg))
  return kid === undefined ? fitting : fitting.filter(({ id }) => id === kid)
}

function headerOf(text: string): { readonly alg?: string | undefined; readonly kid?: string | undefined } {
  try {
    return decodeProtectedHeader(text)
  } catch {
    throw new TokenRefused('The token is not a signed JWT.')
  }
}

async function verifiedPayload(
  text: string,
  keys: readonly TokenKey[],
  nowMs: number,
): Promise<Readonly<Record<string, unknown>>> {
  for (const { key, algorithms } of keys) {
    try {
      const { payload } = await jwtVerify(text, key, {
        algorithms: [...algorithms],
        audience: AUDIENCE,
        typ: TYPE,
        requiredClaims: ['iat', 'exp'],
        currentDate: new Date(nowMs),
        clockTolerance: CLOCK_TOLERANCE_MS / 1000,
      })
      return payload
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw refusedFor(error)
    }
  }
  throw new TokenRefused('The token is not signed by a key of this server.')
}

/** Said only of tokens whose signature is right, except that they may not be a JWT. */
function refusedFor(error: unknown): TokenRefused {
  if (error instanceof errors.JWTExpired) return new TokenRefused('The token has expired.')
  if (error instanceof errors.JWTClaimValidationFailed) {
    return new TokenRefused(`The token is not for this: ${messageOf(error)}.`)
  }
  return new TokenRefused('The token is not a signed JWT.')
}

/** Claims that say nothing about what is allowed. */
const REGISTERED: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'])
const OURS: ReadonlySet<string> = new Set(['panels', 'fixed', 'origins', 'rows'])

/**
 * `panels` and `fixed` are required, and no other claim is ignored: a restriction that is misspelt or left out must not
 * become a token that allows everything.
 */
function claimsOf(payload: Readonly<Record<string, unknown>>): TokenClaims {
  const unknown = Object.keys(payload).find((name) => !REGISTERED.has(name) && !OURS.has(name))
  if (unknown !== undefined) throw new TokenRefused(`The token has a claim "${shown(unknown)}", which is not known.`)
  return {
    panels: panelsOf(payload.panels),
    fixed: fixedOf(payload.fixed),
    origins: originsOf(payload.origins),
    rows: rowsOf(payload.rows),
  }
}

function panelsOf(value: unknown): TokenClaims['panels'] {
  if (value === 'all') return 'all'
  if (isTexts(value, MAX_PANELS)) return new Set(value)
  throw new TokenRefused('The token\'s claim "panels" must be "all" or a list of names.')
}

/** Rows as they came say more than panels do: a token says that it allows them. */
function rowsOf(value: unknown): TokenClaims['rows'] {
  if (value === undefined) return new Set()
  if (isTexts(value, MAX_VALUES)) return new Set(value)
  throw new TokenRefused('The token\'s claim "rows" must be a list of tables.')
}

/** Names of filters; `from` and `to` are times that the client chooses. */
export function mayBeFixed(name: string): boolean {
  return /^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(name) && name !== 'from' && name !== 'to'
}

function fixedOf(value: unknown): ReadonlyMap<string, readonly string[]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TokenRefused('The token\'s claim "fixed" must be an object, {} for nothing.')
  }
  const entries = Object.entries(value).map(([name, given]) => {
    const values = Array.isArray(given) ? given : [given]
    const isFit = mayBeFixed(name) && values.length > 0 && values.length <= MAX_VALUES && values.every(isScalar)
    if (!isFit) throw new TokenRefused(`The token's claim "fixed" has no values for a filter in "${shown(name)}".`)
    return [name, values.map(String)] as const
  })
  if (entries.length > MAX_FIXED) throw new TokenRefused(`The token fixes more than ${MAX_FIXED} filters.`)
  return new Map(entries)
}

function originsOf(value: unknown): TokenClaims['origins'] {
  if (value === undefined) return undefined
  if (isTexts(value, MAX_VALUES) && value.every((text) => originOf(text) === text)) return value
  throw new TokenRefused('The token\'s claim "origins" must be a list like ["https://shop.example"].')
}

function isTexts(value: unknown, max: number): value is readonly string[] {
  return (
    Array.isArray(value) && value.length > 0 && value.length <= max && value.every((item) => typeof item === 'string')
  )
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'boolean' || Number.isSafeInteger(value)
}

function shown(name: string): string {
  return name.replaceAll(/[^\w.-]/g, '?').slice(0, 40)
}
