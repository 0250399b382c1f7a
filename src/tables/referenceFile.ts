import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { LakeError, systemCodeOf } from '../errors.ts'
import type { Reference } from './engine.ts'

// What can be checked in a reference file without reading it as a table.

/**
 * Asserts that a reference file is there and that its first line names the declared columns.
 * @throws LakeError LAKE_REFERENCE_INVALID
 */
export async function assertReferenceReadable(reference: Reference): Promise<void> {
  assertHeader(reference, await readReferenceBytes(reference))
}

/** The hash that a batch's record keeps of a reference file. @throws LakeError LAKE_REFERENCE_INVALID */
export async function referenceHash(reference: Reference): Promise<string> {
  return hashOfBytes(await readReferenceBytes(reference))
}

/** @throws LakeError LAKE_REFERENCE_INVALID */
export async function readReferenceBytes(reference: Reference): Promise<Buffer> {
  const { name, file } = reference
  try {
    return readFileSync(file) // synchronous, because it is small and read for every batch
  } catch (cause) {
    const isGone = systemCodeOf(cause) === 'ENOENT'
    const what = isGone ? `there is no file ${file}.` : `${file} cannot be read: ${systemCodeOf(cause)}.`
    const remedy = isGone ? 'Put it there' : 'Make it a file that can be read'
    throw referenceError(reference, what, {
      cause,
      remedy: `${remedy}, or change reference.${name}.file in the config.`,
    })
  }
}

export function hashOfBytes(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** @returns the names in the file's first line; @throws LakeError LAKE_REFERENCE_INVALID where a column is missing */
export function assertHeader(reference: Reference, bytes: Buffer): string[] {
  const { file, columns } = reference
  const declared = Object.keys(columns)
  const remedy = `Its first line must name the columns, with commas in between, like this: ${declared.join(',')}`
  const header = headerOf(bytes)
  if (header.length === 0) throw referenceError(reference, `${file} is empty.`, { remedy })
  for (const column of declared) {
    const found = header.filter((name) => name.toLowerCase() === column.toLowerCase())
    if (found.length === 1) continue
    const names = header.map((name) => `"${name}"`).join(', ')
    if (found.length === 0) {
      throw referenceError(reference, `${file} has no column ${column}; its first line names ${names}.`, { remedy })
    }
    throw referenceError(reference, `${file} has the column ${column} ${found.length} times.`, {
      remedy: 'Rename all but one of them in its first line.',
    })
  }
  return header
}

/** The fields of the first line of a CSV file; none if the file is empty. */
function headerOf(bytes: Buffer): string[] {
  const text = bytes.toString('utf8').replace(/^\ufeff?[\r\n]*/, '')
  const names: string[] = []
  if (text === '') return names
  for (const [, quoted, plain = '', end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,\r\n]*))(,|[\r\n]|$)/g)) {
    names.push(quoted?.replaceAll('""', '"') ?? plain.trim())
    if (end !== ',') break
  }
  return names
}

export function referenceError(
  reference: Reference,
  what: string,
  options: { remedy?: string; cause?: unknown },
): LakeError {
  return new LakeError('LAKE_REFERENCE_INVALID', `reference ${reference.name}: ${what}`, options)
}
