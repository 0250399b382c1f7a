import type { Session } from '../duckdb/session.ts'
import { badKeys, readCsvLines, readReference } from '../duckdb/sql/references.ts'
import { createTempTable } from '../duckdb/sql/statements.ts'
import { LakeError, messageOf } from '../errors.ts'
import type { Reference } from './engine.ts'
import { assertHeader, hashOfBytes, readReferenceBytes, referenceError } from './referenceFile.ts'

/** How often a file that changes while it is read is read again. */
const MAX_READS = 5

/** The longest line of a CSV file that DuckDB reads. */
const MAX_LINE_BYTES = '2,000,000'

/**
 * Reads a reference file into a temporary table of its name, unless the table was made from the same bytes already.
 * @param loaded  the hash of the bytes that the table was made from; undefined if there is no table yet
 * @returns the hash of the bytes that the table is made from now
 * @throws LakeError LAKE_REFERENCE_INVALID
 */
export async function loadReference(
  session: Session,
  reference: Reference,
  loaded: string | undefined,
): Promise<string> {
  for (let reads = 0; reads < MAX_READS; reads++) {
    const bytes = await readReferenceBytes(reference)
    const hash = hashOfBytes(bytes)
    if (hash === loaded) return hash
    const failure = await tableFailure(session, reference, bytes)
    // DuckDB opens the file again: the hash must be that of what it read, and a fault must be in the file as it is now.
    if (hashOfBytes(await readReferenceBytes(reference)) !== hash) continue
    if (failure !== undefined) throw failure
    return hash
  }
  throw referenceError(reference, `${reference.file} changes while it is read.`, {
    remedy: 'Write a new one beside it, then rename it into place.',
  })
}

/** Makes the table. @returns what is wrong with the file, which DuckDB finds as it reads it, or undefined */
async function tableFailure(session: Session, reference: Reference, bytes: Buffer): Promise<LakeError | undefined> {
  const { name, file, key } = reference
  try {
    const header = assertHeader(reference, bytes)
    try {
      await session.run(createTempTable(name, readReference(reference)))
    } catch (cause) {
      throw (await lineError(session, reference, header.length, cause)) ?? valueError(reference, cause)
    }
    const bad = await session.rows(badKeys(name, key))
    if (bad.length === 0) return undefined
    const keys = bad.map((row) => `${row.key ?? 'NULL'} (${row.count}×)`).join(', ')
    return referenceError(reference, `every ${key} must occur once in ${file}, but: ${keys}.`, {
      remedy: 'A key that occurs twice would double rows; a NULL key matches none. Fix the file.',
    })
  } catch (error) {
    if (error instanceof LakeError) return error
    return referenceError(reference, `${file}: ${messageOf(error)}`, { cause: error })
  }
}

/** What DuckDB says about a line that is not valid CSV, and what that means. */
const LINE_FAULTS: readonly { readonly says: string; readonly what: string; readonly remedy: string }[] = [
  {
    says: 'Expected Number of Columns',
    what: 'has more or fewer values than the first line has names',
    remedy: 'Put a value with a comma in it in double quotes.',
  },
  {
    says: 'unterminated quote',
    what: 'has a quote that does not end where its value does',
    remedy: 'Put a value with a double quote in it in double quotes, and write the one in it twice.',
  },
  { says: 'not utf-8', what: 'is not UTF-8', remedy: 'Save the file in that encoding.' },
  { says: 'Maximum line size', what: `is longer than ${MAX_LINE_BYTES} bytes`, remedy: 'Shorten it.' },
]

/** Finds the line at which a file stops being CSV: DuckDB names it only if it need not guess the file's form. */
async function lineError(
  session: Session,
  reference: Reference,
  columns: number,
  cause: unknown,
): Promise<LakeError | undefined> {
  const failure = await session.rows(readCsvLines(reference.file, columns)).then(
    () => '',
    (error: unknown) => messageOf(error),
  )
  const line = /CSV Error on Line: (\d+)/.exec(failure)?.[1]
  const fault = LINE_FAULTS.find(({ says }) => failure.includes(says))
  if (line === undefined || fault === undefined) return undefined
  const { what, remedy } = fault
  return referenceError(reference, `line ${line} of ${reference.file} ${what}.`, { cause, remedy })
}

/** The error for a value that does not fit its column's type; the SELECT that reads the file has worded it. */
function valueError(reference: Reference, cause: unknown): LakeError {
  const { name, file } = reference
  const [reason = ''] = messageOf(cause).split('\n')
  const [, what = reason] = reason.split(`reference ${name}: `)
  return referenceError(reference, `${what}, in ${file}.`, {
    cause,
    remedy: `Fix the value, or change the column's type in the config.`,
  })
}
