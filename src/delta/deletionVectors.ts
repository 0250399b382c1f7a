import { join } from 'node:path'
import { LakeError, messageOf } from '../errors.ts'
import { FileBytes } from '../files/read.ts'
import { decodePath, localPath } from './paths.ts'
import { logInvalid, unsupportedProtocol } from './protocol.ts'

// Which rows of a data file are deleted, as the Delta Transaction Log Protocol says it under "Deletion Vectors": a
// bitmap of row positions, in the log itself or in a file that may hold several.

/** As the log describes it. */
export interface DeletionVector {
  /** `i`: in the log; `u`: in a file of the table's folder; `p`: in a file with a path of its own. */
  readonly storageType: 'i' | 'u' | 'p'
  readonly pathOrInlineDv: string
  /** Where it begins in its file; undefined: behind the byte with the format's version. */
  readonly offset: number | undefined
  readonly sizeInBytes: number
  /** How many rows are deleted. */
  readonly cardinality: number
}

/** The first bytes of every vector that the protocol describes. */
const MAGIC = 1_681_511_377
const MAGIC_BYTES = 4
const VERSION_BYTES = 1
/** In a file, the size stands before a vector and a checksum after it. */
const SIZE_BYTES = 4
const CHECKSUM_BYTES = 4
/** The characters of a UUID in Z85, after a prefix of any length. */
const UUID_CHARACTERS = 20

/** Nothing that a table holds needs more: two billion rows take at most this many bytes. */
const MAX_VECTOR_BYTES = 512 * 1024 * 1024

/**
 * The bitmap of a vector: 64-bit Roaring in its portable format, without Delta's magic.
 * @param where  the data file, for messages
 * @throws LakeError LAKE_LOG_INVALID, LAKE_DATA_LOST
 */
export function readBitmap(tableFolder: string, vector: DeletionVector, where: string): Uint8Array {
  const { sizeInBytes } = vector
  if (sizeInBytes < MAGIC_BYTES || sizeInBytes > MAX_VECTOR_BYTES) {
    throw logInvalid(`the deletion vector of ${where} has ${sizeInBytes} bytes`)
  }
  const bytes =
    vector.storageType === 'i'
      ? decodeZ85(vector.pathOrInlineDv, where).subarray(0, sizeInBytes)
      : bytesInFile(tableFolder, vector, where)
  const view = viewOf(bytes)
  if (bytes.length < sizeInBytes) throw logInvalid(`the deletion vector of ${where} is cut off`)
  const magic = view.getUint32(0, true)
  if (magic !== MAGIC) throw logInvalid(`the deletion vector of ${where} begins with ${magic}, not ${MAGIC}`)
  return bytes.subarray(MAGIC_BYTES)
}

/** The file that a vector is in; undefined for one in the log. */
export function vectorFile(tableFolder: string, { storageType, pathOrInlineDv }: DeletionVector, where: string) {
  if (storageType === 'i') return undefined
  if (storageType === 'p') return localPath(decodePath(pathOrInlineDv), where)
  const prefix = pathOrInlineDv.slice(0, -UUID_CHARACTERS)
  const hex = Buffer.from(decodeZ85(pathOrInlineDv.slice(-UUID_CHARACTERS), where)).toString('hex')
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return join(tableFolder, prefix, `deletion_vector_${uuid}.bin`)
}

function bytesInFile(tableFolder: string, vector: DeletionVector, where: string): Uint8Array {
  const file = vectorFile(tableFolder, vector, where) ?? ''
  const bytes = openedBytes(file, vector, where)
  const { sizeInBytes } = vector
  const view = viewOf(bytes)
  const says = bytes.length < SIZE_BYTES ? undefined : view.getUint32(0)
  if (says !== sizeInBytes || bytes.length < SIZE_BYTES + sizeInBytes + CHECKSUM_BYTES) {
    throw lostVector(`${file}, the deletion vector of ${where}, is not the one that the log names`)
  }
  const found = bytes.subarray(SIZE_BYTES, SIZE_BYTES + sizeInBytes)
  if (view.getUint32(SIZE_BYTES + sizeInBytes) !== crc32(found)) {
    throw lostVector(`${file}, the deletion vector of ${where}, is damaged: its checksum is another`)
  }
  return found
}

function openedBytes(file: string, { offset, sizeInBytes }: DeletionVector, where: string): Uint8Array {
  let opened: FileBytes
  try {
    opened = FileBytes.open(file)
  } catch (cause) {
    throw lostVector(`${file}, the deletion vector of ${where}, cannot be read: ${messageOf(cause)}`, cause)
  }
  try {
    return opened.at(offset ?? VERSION_BYTES, SIZE_BYTES + sizeInBytes + CHECKSUM_BYTES)
  } finally {
    opened.close()
  }
}

/** Without its vector, deleted rows would come back. */
function lostVector(what: string, cause?: unknown): LakeError {
  return new LakeError('LAKE_DATA_LOST', `${what}.`, {
    ...(cause === undefined ? {} : { cause }),
    state: 'Nothing of that data file was read: without the vector, deleted rows would come back.',
    remedy: 'Put the file back from a copy of the table, or build the table again with the writer that owns it.',
  })
}

const Z85 = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#'

/** Five characters for four bytes, the first of them the highest. */
function decodeZ85(text: string, where: string): Uint8Array {
  const bytes = new Uint8Array((text.length / 5) * 4)
  for (let group = 0; group * 5 < text.length; group++) {
    let value = 0
    for (const character of text.slice(group * 5, group * 5 + 5)) {
      const digit = Z85.indexOf(character)
      value = digit < 0 ? Number.NaN : value * 85 + digit
    }
    if (text.length % 5 !== 0 || !(value <= 0xffff_ffff)) {
      throw logInvalid(`the deletion vector of ${where} is not Z85 text`)
    }
    viewOf(bytes).setUint32(group * 4, value)
  }
  return bytes
}

function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb8_8320 : 0)
  }
  return ~crc >>> 0
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** What a log says about a file's vector, whoever wrote it. @throws LakeError LAKE_LOG_INVALID */
export function deletionVectorOf(value: unknown, where: string): DeletionVector | undefined {
  if (value === null || value === undefined) return undefined
  const { storageType, pathOrInlineDv, offset, sizeInBytes, cardinality } = value as Record<string, unknown>
  if (storageType !== 'i' && storageType !== 'u' && storageType !== 'p') {
    throw unsupportedProtocol(`${where} has a deletion vector stored in a way that Lakeweir does not know`, [
      'deletionVectors',
    ])
  }
  const isCounted =
    isCount(sizeInBytes) && isCount(cardinality) && (offset === undefined || offset === null || isCount(offset))
  if (typeof pathOrInlineDv !== 'string' || !isCounted) {
    throw logInvalid(`${where}: deletionVector is ${JSON.stringify(value)}, not a deletion vector`)
  }
  return { storageType, pathOrInlineDv, offset: isCount(offset) ? offset : undefined, sizeInBytes, cardinality }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0
}
