import { type DeletionVector, readBitmap } from '../../delta/deletionVectors.ts'
import { logInvalid, unsupportedProtocol } from '../../delta/protocol.ts'
import { isPlain } from '../../delta/reading.ts'
import { cardinalityOf, chunksOf } from '../../delta/roaring.ts'
import { FooterReader } from '../../parquet/footer.ts'
import type { DeltaFile, DeltaInput, TableInput } from '../../stream/input.ts'
import type { SourceTable } from './sourceTable.ts'
import type { PendingFile } from './tail.ts'

// What an engine is told about the files of a batch.

/** @param kind  what the engine was told to expect: a `table` is a `delta` only where that is needed */
export function inputOf(
  of: SourceTable,
  files: readonly PendingFile[],
  kind: 'table' | 'delta',
): TableInput | DeltaInput {
  const [first] = files
  if (first === undefined) throw new RangeError('a batch has files')
  const { columns, partitionBy, storedAs } = first.reading
  if (kind === 'table' && files.every(isPlainFile)) {
    return { kind: 'table', files: files.map(({ file }) => file), columns, partitionBy }
  }
  assertStoredNames(of, files)
  return { kind: 'delta', files: files.map((file) => deltaFile(of, file)), columns, partitionBy, storedAs }
}

function isPlainFile({ reading, path, partitionValues, deletionVector }: PendingFile): boolean {
  return deletionVector === undefined && isPlain(reading, path, partitionValues)
}

function deltaFile(of: SourceTable, { file, path, partitionValues, deletionVector }: PendingFile): DeltaFile {
  const deleted = deletionVector === undefined ? null : bitmapOf(of, path, deletionVector)
  return { file, partitionValues, deleted }
}

/** The bitmap of a vector in base64, once it is certain that it has as many rows as the log says. */
function bitmapOf({ log, table }: SourceTable, path: string, vector: DeletionVector): string {
  const where = `file ${path} of table ${table.name}`
  const bitmap = readBitmap(log.tableFolder, vector, where)
  const { cardinality } = vector
  let found: number
  try {
    found = cardinalityOf(chunksOf(bitmap))
  } catch (cause) {
    throw logInvalid(`the deletion vector of ${where} is not a Roaring bitmap`, cause)
  }
  if (found !== cardinality) {
    throw logInvalid(`the deletion vector of ${where} has ${found} rows, but the log says ${cardinality}`)
  }
  return Buffer.from(bitmap).toString('base64')
}

/**
 * Where columns go by numbers, asserts that each has the name in the files that the log gives it: engines look for
 * names. Every writer of such tables sees to that, but the protocol does not ask for it.
 */
function assertStoredNames({ table }: SourceTable, files: readonly PendingFile[]): void {
  const footers = new FooterReader()
  for (const { file, path, reading } of files) {
    if (reading.ids === undefined) continue
    const footer = footers.read(file)
    if (!('columns' in footer)) continue // the engine will say what is wrong with the file
    for (const [column, id] of Object.entries(reading.ids)) {
      const stored = reading.storedAs[column] ?? column
      const found = footer.columns.find((there) => there.fieldId === id)
      if (found === undefined ? !footer.columns.some(({ name }) => name === stored) : found.name === stored) continue
      throw unsupportedProtocol(
        `file ${path} of table ${table.name} has column ${column} under another name than its log, and only its ` +
          'number tells, or has no numbers: Lakeweir looks for names',
        ['columnMapping'],
      )
    }
  }
}
