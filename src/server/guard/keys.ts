import { createHash, createPublicKey, createSecretKey, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import { LakeError, messageOf } from '../../errors.ts'

// The keys that tokens are signed with. A key has its algorithms: a token cannot choose another one for it.

/** A key by which tokens are verified. */
export interface TokenKey {
  /** What a token's header calls it. */
  readonly id: string
  /** The algorithms that this kind of key may be used with. */
  readonly algorithms: readonly string[]
  readonly key: KeyObject
}

/** A secret can also sign. */
export interface SecretKey extends TokenKey {
  readonly algorithms: readonly ['HS256']
}

export interface TokenKeys {
  /** The first signs; the others, older or newer, are accepted as well. */
  readonly secrets: readonly SecretKey[]
  readonly publicKeys: readonly TokenKey[]
}

/** HS256 needs a key at least as long as its hash; a shorter one can be guessed from any token. */
const LEAST_SECRET_BYTES = 32

/** Tokens without a key's id are tried with every key of their algorithm. */
const MAX_KEYS = 10

/** A secret with the words by which errors name it; they never contain its value. */
export interface NamedSecret {
  readonly value: string
  /** Such as `LAKEWEIR_SECRET`. */
  readonly name: string
}

/**
 * Reads the keys.
 * @param publicKeyFiles  PEM files, each with one public key; a key's id is the name of its file
 * @throws LakeError LAKE_CONFIG_INVALID naming the secret or the file
 */
export async function tokenKeys(
  secrets: readonly NamedSecret[],
  publicKeyFiles: readonly string[],
): Promise<TokenKeys> {
  if (secrets.length > MAX_KEYS || publicKeyFiles.length > MAX_KEYS) {
    throw invalid(
      `server has more than ${MAX_KEYS} secrets or public keys.`,
      'Remove those that no token uses any more.',
    )
  }
  const keys = {
    secrets: secrets.map(secretKey),
    publicKeys: await Promise.all(publicKeyFiles.map(publicKey)),
  }
  const ids = [...keys.secrets, ...keys.publicKeys].map(({ id }) => id)
  const twin = ids.find((id, index) => ids.indexOf(id) < index)
  if (twin !== undefined) {
    throw invalid(
      `server has two keys with the id ${twin}.`,
      'List each secret once, and give key files different names.',
    )
  }
  return keys
}

/** @throws LakeError LAKE_CONFIG_INVALID naming where the secret is, never its value */
function assertLongSecret(value: string, name: string): void {
  const bytes = Buffer.byteLength(value, 'utf8')
  if (bytes >= LEAST_SECRET_BYTES) return
  throw invalid(
    `the secret in ${name} has ${bytes} bytes, and needs ${LEAST_SECRET_BYTES}: a shorter one can be guessed.`,
    'Make one: openssl rand -base64 48',
  )
}

/** For a secret that is sent as it is. @throws LakeError LAKE_CONFIG_INVALID naming where it is, never its value */
export function assertSendableSecret(value: string, name: string): void {
  assertLongSecret(value, name)
  if (/^[\w.~+/=-]+$/.test(value)) return
  throw invalid(
    `the secret in ${name} has characters that no header Authorization may have.`,
    'Make one: openssl rand -hex 32',
  )
}

function secretKey({ value, name }: NamedSecret): SecretKey {
  assertLongSecret(value, name)
  const bytes = Buffer.from(value, 'utf8')
  const id = createHash('sha256').update('lakeweir key id ').update(bytes).digest('base64url').slice(0, 8)
  return { id, algorithms: ['HS256'], key: createSecretKey(bytes) }
}

async function publicKey(file: string): Promise<TokenKey> {
  const pem = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw invalid(
      `server.publicKeys: ${file} cannot be read: ${messageOf(cause)}`,
      'Check the path and permissions.',
      cause,
    )
  })
  if (pem.includes('PRIVATE KEY')) {
    throw invalid(
      `server.publicKeys: ${file} contains a private key, which only the signer should have.`,
      `Write its public half: openssl pkey -in private.pem -pubout -out ${basename(file)}`,
    )
  }
  const key = parsedKey(pem, file)
  return { id: basename(file, extname(file)), algorithms: algorithmsOf(key, file), key }
}

function parsedKey(pem: string, file: string): KeyObject {
  try {
    return createPublicKey(pem)
  } catch (cause) {
    throw invalid(`server.publicKeys: ${file} is not a public key: ${messageOf(cause)}`, PEM_REMEDY, cause)
  }
}

const PEM_REMEDY = 'It must be a PEM file that begins with -----BEGIN PUBLIC KEY-----.'

/** RSA keys that are shorter can be factored. */
const LEAST_RSA_BITS = 2048

function algorithmsOf(key: KeyObject, file: string): readonly string[] {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details = {} } = key
  if (kind === 'rsa' && (details.modulusLength ?? 0) >= LEAST_RSA_BITS) return ['RS256', 'PS256']
  if (kind === 'ec' && details.namedCurve === 'prime256v1') return ['ES256']
  if (kind === 'ed25519') return ['EdDSA', 'Ed25519']
  throw invalid(
    `server.publicKeys: ${file} has a key of a kind that is not accepted (${kind}).`,
    `Use Ed25519, EC on the curve P-256, or RSA with at least ${LEAST_RSA_BITS} bits.`,
  )
}

function invalid(what: string, remedy: string, cause?: unknown): LakeError {
  return new LakeError('LAKE_CONFIG_INVALID', what, { remedy, ...(cause === undefined ? {} : { cause }) })
}
