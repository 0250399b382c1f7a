import { createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LakeError } from '../../../src/errors.ts'
import { type TokenKeys, tokenKeys } from '../../../src/server/guard/keys.ts'
import { signedToken, type TokenClaims, verifiedToken } from '../../../src/server/guard/token.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

const NOW_MS = Date.UTC(2026, 10, 26, 10)
const NOW = NOW_MS / 1000
const LIFE_MS = 15 * 60_000

const SECRET = 'the secret that signs, of forty characters'
const OLDER = 'the secret that signed before this one was'
const FOREIGN = 'a secret of somebody else, also long enough'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ed = generateKeyPairSync('ed25519')
const foreignEd = generateKeyPairSync('ed25519')

const pem = (key: KeyObject): string =>
  String(key.export({ type: key.type === 'public' ? 'spki' : 'pkcs8', format: 'pem' }))

function keyFile(name: string, text: string): string {
  const file = join(temporaryFolder(), name)
  writeFileSync(file, text)
  return file
}

async function keys(): Promise<TokenKeys> {
  return tokenKeys(
    [
      { value: SECRET, name: 'NEW_SECRET' },
      { value: OLDER, name: 'OLD_SECRET' },
    ],
    [
      keyFile('shop-rsa.pem', pem(rsa.publicKey)),
      keyFile('shop-ec.pem', pem(ec.publicKey)),
      keyFile('shop-ed.pem', pem(ed.publicKey)),
    ],
  )
}

type Json = Readonly<Record<string, unknown>>

const HEADER: Json = { alg: 'HS256', typ: 'lakeweir-embed+jwt' }
const CLAIMS: Json = { aud: 'lakeweir', iat: NOW, exp: NOW + 600, panels: ['sales'], fixed: { channel: 'SMS' } }

const encoded = (value: Json | string): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')

/** A token as no library would make it. */
function handMade(header: Json, claims: Json | string, signer: (text: string) => Buffer | string): string {
  const text = `${encoded(header)}.${encoded(claims)}`
  return `${text}.${Buffer.from(signer(text)).toString('base64url')}`
}

const hmac =
  (secret: string | KeyObject, hash = 'sha256') =>
  (text: string): Buffer =>
    createHmac(hash, secret).update(text).digest()

const signer =
  (key: KeyObject, hash: string | null = 'sha256') =>
  (text: string): Buffer =>
    sign(hash, Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' })

const without = (claims: Json, name: string): Json =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name))

const verify = async (text: string): ReturnType<typeof verifiedToken> =>
  verifiedToken(text, await keys(), { nowMs: NOW_MS, maxLifeMs: LIFE_MS })

describe('a token that is signed by a key of the server', () => {
  test.each<[name: string, header: Json, sign: (text: string) => Buffer]>([
    ['by the first secret', HEADER, hmac(SECRET)],
    ['by an older secret, while it is listed', HEADER, hmac(OLDER)],
    ['by an RSA key', { ...HEADER, alg: 'RS256' }, signer(rsa.privateKey)],
    ['by an RSA key that is named', { ...HEADER, alg: 'RS256', kid: 'shop-rsa' }, signer(rsa.privateKey)],
    ['by an EC key', { ...HEADER, alg: 'ES256' }, signer(ec.privateKey)],
    ['by an Ed25519 key', { ...HEADER, alg: 'EdDSA' }, signer(ed.privateKey, null)],
  ])('allows what it says: %s', async (_, header, sign_) => {
    expect(await verify(handMade(header, CLAIMS, sign_))).toEqual({
      panels: new Set(['sales']),
      fixed: new Map([['channel', ['SMS']]]),
      origins: undefined,
      rows: new Set(),
      expiresMs: NOW_MS + 605_000,
    })
  })

  test.each<[name: string, claims: TokenClaims]>([
    ['everything', { panels: 'all', fixed: new Map(), origins: undefined, rows: new Set() }],
    [
      'some panels of some channels on one website',
      {
        panels: new Set(['sales', 'users']),
        fixed: new Map([
          ['channel', ['SMS', 'a "quoted", <b>bold</b> \u202Etext']],
          ['country', ['']],
        ]),
        origins: ['https://shop.example', 'http://localhost:3000'],
        rows: new Set(['sales_corrupted']),
      },
    ],
  ])('says what it was made to say: %s', async (_, claims) => {
    const { secrets } = await keys()
    const [first] = secrets
    if (first === undefined) throw new Error('no secret')
    const text = await signedToken(claims, first, NOW_MS + 400, 600_000)
    expect(await verify(text)).toEqual({ ...claims, expiresMs: NOW_MS + 605_000 })
    await expect(verifiedToken(text, await keys(), { nowMs: NOW_MS + 606_000, maxLifeMs: LIFE_MS })).rejects.toThrow(
      'The token has expired.',
    )
  })

  test('as long as it is accepted, what it allows has not ended: a stream would be opened by it again and again', async () => {
    const text = handMade(HEADER, CLAIMS, hmac(SECRET))
    let accepted = 0
    for (let nowMs = NOW_MS + 590_000; nowMs < NOW_MS + 610_000; nowMs += 100) {
      const verified = await verifiedToken(text, await keys(), { nowMs, maxLifeMs: LIFE_MS }).catch(() => undefined)
      if (verified === undefined) continue
      accepted += 1
      expect(verified.expiresMs).toBeGreaterThan(nowMs)
    }
    expect(accepted).toBeGreaterThan(100)
  })

  test('numbers and booleans are the texts that a URL has for them', async () => {
    const claims = { ...CLAIMS, fixed: { country: [4, -1], isPaid: true } }
    const { fixed } = await verify(handMade(HEADER, claims, hmac(SECRET)))
    expect([...fixed]).toEqual([
      ['country', ['4', '-1']],
      ['isPaid', ['true']],
    ])
  })

  test('is refused once its secret is no longer listed', async () => {
    const rotated = await tokenKeys([{ value: SECRET, name: 'NEW_SECRET' }], [])
    const text = handMade(HEADER, CLAIMS, hmac(OLDER))
    await expect(verifiedToken(text, rotated, { nowMs: NOW_MS, maxLifeMs: LIFE_MS })).rejects.toThrow(
      'The token is not signed by a key of this server.',
    )
  })
})

const NOT_OURS = 'The token is not signed by a key of this server.'
const NO_JWT = 'The token is not a signed JWT.'

describe('an attack by a token is refused', () => {
  const rsaPem = pem(rsa.publicKey)
  const good = handMade(HEADER, CLAIMS, hmac(SECRET))
  const [goodHeader = '', goodClaims = '', goodSignature = ''] = good.split('.')
  const wider = encoded({ ...CLAIMS, panels: 'all', fixed: {} })

  test.each<[name: string, text: string, says: string]>([
    ['empty', '', NO_JWT],
    ['no JWT', 'Bearer', NO_JWT],
    ['two parts', `${goodHeader}.${goodClaims}`, NO_JWT],
    ['five parts', `${good}.a.b`, NO_JWT],
    ['no signature', `${goodHeader}.${goodClaims}.`, NOT_OURS],
    ['a header that is no JSON', `${encoded('{')}.${goodClaims}.${goodSignature}`, NO_JWT],
    ['a header that is a list', `${encoded('[]')}.${goodClaims}.${goodSignature}`, NO_JWT],
    ['forged: another secret', handMade(HEADER, CLAIMS, hmac(FOREIGN)), NOT_OURS],
    ['forged: the empty secret', handMade(HEADER, CLAIMS, hmac('')), NOT_OURS],
    ['forged: other claims under the signature', `${goodHeader}.${wider}.${goodSignature}`, NOT_OURS],
    [
      'forged: another header over the signature',
      `${encoded({ ...HEADER, kid: undefined, x: 1 })}.${goodClaims}.${goodSignature}`,
      NOT_OURS,
    ],
    ['forged: a signature with one bit changed', `${goodHeader}.${goodClaims}.${flipped(goodSignature)}`, NOT_OURS],
    ['forged: a signature that is cut', `${goodHeader}.${goodClaims}.${goodSignature.slice(0, 22)}`, NOT_OURS],
    ['alg none, no signature', `${encoded({ ...HEADER, alg: 'none' })}.${wider}.`, NOT_OURS],
    ['alg None', `${encoded({ ...HEADER, alg: 'None' })}.${wider}.`, NOT_OURS],
    ['alg none with a good signature', handMade({ ...HEADER, alg: 'none' }, CLAIMS, hmac(SECRET)), NOT_OURS],
    ['no alg', handMade({ typ: HEADER.typ }, CLAIMS, hmac(SECRET)), NOT_OURS],
    ['alg is a list', handMade({ ...HEADER, alg: ['HS256'] }, CLAIMS, hmac(SECRET)), NOT_OURS],
    ['HS512 with the right secret', handMade({ ...HEADER, alg: 'HS512' }, CLAIMS, hmac(SECRET, 'sha512')), NOT_OURS],
    ['HS256 with the public key as secret', handMade(HEADER, CLAIMS, hmac(rsaPem)), NOT_OURS],
    ['HS256 with the public key, by its id', handMade({ ...HEADER, kid: 'shop-rsa' }, CLAIMS, hmac(rsaPem)), NOT_OURS],
    [
      'HS256 with the DER of the public key',
      handMade(HEADER, CLAIMS, hmac(String(rsa.publicKey.export({ type: 'spki', format: 'der' })))),
      NOT_OURS,
    ],
    [
      'RS256 with the id of a secret',
      handMade({ ...HEADER, alg: 'RS256', kid: 'x' }, CLAIMS, signer(rsa.privateKey)),
      NOT_OURS,
    ],
    [
      'ES256 with the id of an RSA key',
      handMade({ ...HEADER, alg: 'ES256', kid: 'shop-rsa' }, CLAIMS, signer(ec.privateKey)),
      NOT_OURS,
    ],
    [
      'ES256 with zeros as the signature',
      handMade({ ...HEADER, alg: 'ES256' }, CLAIMS, () => Buffer.alloc(64)),
      NOT_OURS,
    ],
    [
      'another Ed25519 key',
      handMade({ ...HEADER, alg: 'EdDSA' }, CLAIMS, signer(foreignEd.privateKey, null)),
      NOT_OURS,
    ],
    [
      'a key that the token brings along',
      handMade(
        { ...HEADER, alg: 'EdDSA', jwk: foreignEd.publicKey.export({ format: 'jwk' }) },
        CLAIMS,
        signer(foreignEd.privateKey, null),
      ),
      NOT_OURS,
    ],
    [
      'a key at an address that the token names',
      handMade(
        { ...HEADER, alg: 'EdDSA', jku: 'https://evil.example/jwks' },
        CLAIMS,
        signer(foreignEd.privateKey, null),
      ),
      NOT_OURS,
    ],
    ['an unknown kid', handMade({ ...HEADER, kid: 'other' }, CLAIMS, hmac(SECRET)), NOT_OURS],
    ['a kid that is a path', handMade({ ...HEADER, kid: '../../../dev/null' }, CLAIMS, hmac('')), NOT_OURS],
    ['a kid that is no text', handMade({ ...HEADER, kid: { $ne: '' } }, CLAIMS, hmac(SECRET)), NOT_OURS],
    [
      'an extension that must be understood',
      handMade({ ...HEADER, crit: ['b64'], b64: false }, CLAIMS, hmac(SECRET)),
      NO_JWT,
    ],
    ['another extension', handMade({ ...HEADER, crit: ['x'], x: 1 }, CLAIMS, hmac(SECRET)), NO_JWT],
    ['claims that are no JSON', handMade(HEADER, '{"panels":', hmac(SECRET)), NO_JWT],
    ['claims that are a list', handMade(HEADER, '[]', hmac(SECRET)), NO_JWT],
    ['oversized', handMade({ ...HEADER, x: 'a'.repeat(5_000) }, CLAIMS, hmac(SECRET)), 'The token is too long.'],
    ['oversized, of a megabyte', 'a'.repeat(1_000_000), 'The token is too long.'],
  ])('%s', async (_, text, says) => {
    await expect(verify(text)).rejects.toThrow(says)
  })
})

describe('a genuine token is refused', () => {
  test.each<[name: string, claims: Json | string, says: string]>([
    ['expired', { ...CLAIMS, iat: NOW - 700, exp: NOW - 100 }, 'The token has expired.'],
    ['expired beyond the tolerance', { ...CLAIMS, iat: NOW - 600, exp: NOW - 6 }, 'The token has expired.'],
    ['without an expiry', without(CLAIMS, 'exp'), 'missing required "exp" claim'],
    ['without a time of issue', without(CLAIMS, 'iat'), 'missing required "iat" claim'],
    ['an expiry that is text', { ...CLAIMS, exp: '9999999999' }, '"exp" claim must be a number'],
    [
      'an endless expiry',
      JSON.stringify(CLAIMS).replace(/"exp":\d+/, '"exp":1e999'),
      'valid for longer than 900 seconds',
    ],
    ['valid for longer than allowed', { ...CLAIMS, exp: NOW + 901 }, 'The token is valid for longer than 900 seconds.'],
    [
      'valid for years, near its end',
      { ...CLAIMS, iat: NOW - 1e8, exp: NOW + 60 },
      'The token is valid for longer than 900 seconds.',
    ],
    ['issued in the future', { ...CLAIMS, iat: NOW + 6 }, 'The token was issued in the future.'],
    ['not valid yet', { ...CLAIMS, nbf: NOW + 60 }, '"nbf" claim timestamp check failed'],
    ['for another audience', { ...CLAIMS, aud: 'shop' }, 'unexpected "aud" claim value'],
    ['for no audience', without(CLAIMS, 'aud'), 'missing required "aud" claim'],
    ['without panels', without(CLAIMS, 'panels'), 'claim "panels" must be "all" or a list'],
    ['no panels', { ...CLAIMS, panels: [] }, 'claim "panels" must be "all" or a list'],
    ['panels that are no names', { ...CLAIMS, panels: [1] }, 'claim "panels" must be "all" or a list'],
    ['panels *', { ...CLAIMS, panels: '*' }, 'claim "panels" must be "all" or a list'],
    ['without fixed', without(CLAIMS, 'fixed'), 'claim "fixed" must be an object'],
    ['fixed misspelt', { ...without(CLAIMS, 'fixed'), fixd: { channel: 'SMS' } }, 'claim "fixd", which is not known'],
    ['a claim that is not known', { ...CLAIMS, sql: 'SELECT 1' }, 'claim "sql", which is not known'],
    ['fixed is a list', { ...CLAIMS, fixed: ['channel'] }, 'claim "fixed" must be an object'],
    ['fixed to nothing', { ...CLAIMS, fixed: { channel: [] } }, 'no values for a filter in "channel"'],
    ['fixed to null', { ...CLAIMS, fixed: { channel: null } }, 'no values for a filter in "channel"'],
    ['fixed to an object', { ...CLAIMS, fixed: { channel: { $ne: 'SMS' } } }, 'no values for a filter in "channel"'],
    ['fixed to a list in a list', { ...CLAIMS, fixed: { channel: [['SMS']] } }, 'no values for a filter in "channel"'],
    ['a fixed time', { ...CLAIMS, fixed: { from: '2026-11-26' } }, 'no values for a filter in "from"'],
    ['fixed SQL', { ...CLAIMS, fixed: { "channel'; DROP": 'SMS' } }, 'no values for a filter in "channel???DROP"'],
    [
      'fixed __proto__',
      JSON.stringify(CLAIMS).replace('"channel"', '"__proto__"'),
      'no values for a filter in "__proto__"',
    ],
    ['origins *', { ...CLAIMS, origins: ['*'] }, 'claim "origins" must be a list'],
    ['origins null', { ...CLAIMS, origins: ['null'] }, 'claim "origins" must be a list'],
    ['origins with a path', { ...CLAIMS, origins: ['https://shop.example/'] }, 'claim "origins" must be a list'],
    ['rows all', { ...CLAIMS, rows: 'all' }, 'claim "rows" must be a list'],
    ['no rows', { ...CLAIMS, rows: [] }, 'claim "rows" must be a list'],
    ['no origins', { ...CLAIMS, origins: [] }, 'claim "origins" must be a list'],
  ])('%s', async (_, claims, says) => {
    await expect(verify(handMade(HEADER, claims, hmac(SECRET)))).rejects.toThrow(says)
  })

  test.each<[name: string, header: Json]>([
    ['of another type', { ...HEADER, typ: 'JWT' }],
    ['without a type', { alg: 'HS256' }],
  ])('%s', async (_, header) => {
    await expect(verify(handMade(header, CLAIMS, hmac(SECRET)))).rejects.toThrow('"typ" JWT header value')
  })
})

describe('a key that would not protect anything is refused when the server starts', () => {
  test.each<[name: string, secrets: readonly string[], files: () => readonly string[], says: string]>([
    ['a short secret', ['tiny!'], () => [], 'the secret in SECRET_0 has 5 bytes, and needs 32'],
    ['the same secret twice', [SECRET, SECRET], () => [], 'server has two keys with the id'],
    ['eleven secrets', Array.from({ length: 11 }, (_, index) => `${SECRET}${index}`), () => [], 'more than 10 secrets'],
    ['a file that is not there', [], () => [join(temporaryFolder(), 'none.pem')], 'none.pem cannot be read: ENOENT'],
    ['a file without a key', [], () => [keyFile('a.pem', 'hello')], 'a.pem is not a public key'],
    ['a private key', [], () => [keyFile('b.pem', pem(ed.privateKey))], 'b.pem contains a private key'],
    [
      'a short RSA key',
      [],
      () => [keyFile('c.pem', pem(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey))],
      'of a kind that is not accepted (rsa)',
    ],
    [
      'another curve',
      [],
      () => [keyFile('d.pem', pem(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).publicKey))],
      'of a kind that is not accepted (ec)',
    ],
    [
      'a key for encryption',
      [],
      () => [keyFile('e.pem', pem(generateKeyPairSync('x25519').publicKey))],
      'of a kind that is not accepted (x25519)',
    ],
  ])('%s', async (_, secrets, files, says) => {
    const named = secrets.map((value, index) => ({ value, name: `SECRET_${index}` }))
    const error = await tokenKeys(named, files()).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(LakeError)
    expect((error as LakeError).describe()).toContain(says)
    for (const value of secrets) expect((error as LakeError).describe()).not.toContain(value)
  })
})

function flipped(signature: string): string {
  const bytes = Buffer.from(signature, 'base64url')
  bytes[0] = (bytes[0] ?? 0) ^ 1
  return bytes.toString('base64url')
}
