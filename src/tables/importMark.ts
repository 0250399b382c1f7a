import { LakeError } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import { assertFits, isListOf, isOneOf, isRecordOf, isText, parsedJson } from '../files/json.ts'
import { readText } from '../files/read.ts'
import { writeTemporary } from '../files/wholeFiles.ts'
import type { Checkpoint } from './checkpoint.ts'

/**
 * What was imported into the tables of a stream, or is being imported, in its checkpoint. While it is `begun`, the
 * stream does not run: its tables may have a part of what is imported, and the part that they lack would be missed.
 */
export interface ImportMark {
  readonly state: 'begun' | 'done'
  /** The ids of the queries that it came from. */
  readonly queries: readonly string[]
  /** The command that goes on with it. */
  readonly command: string
}

const isImportMark = isRecordOf<ImportMark>({
  state: isOneOf(['begun', 'done']),
  queries: isListOf(isText),
  command: isText,
})

/** @throws LakeError LAKE_VALUE_UNEXPECTED */
export async function readImportMark({ importFile }: Checkpoint): Promise<ImportMark | undefined> {
  const text = await readText(importFile)
  if (text === undefined) return undefined
  const damage = {
    state: 'Nothing was changed. The file says what was imported into the stream.',
    remedy: 'Restore it from a backup, or empty the tables of the stream with --fresh and import again.',
  }
  const mark = parsedJson(text, importFile, damage)
  assertFits(mark, isImportMark, importFile, damage)
  return mark
}

/** Writes it durably. */
export async function writeImportMark(disk: Disk, checkpoint: Checkpoint, mark: ImportMark): Promise<void> {
  const temporary = await writeTemporary(disk, checkpoint.staging, 'import', `${JSON.stringify(mark)}\n`)
  await disk.rename(temporary, checkpoint.importFile)
  await disk.syncFolder(checkpoint.folder)
}

/** @throws LakeError LAKE_IMPORT_UNFINISHED */
export async function assertNotImporting(stream: string, checkpoint: Checkpoint): Promise<void> {
  const mark = await readImportMark(checkpoint)
  if (mark?.state !== 'begun') return
  throw new LakeError('LAKE_IMPORT_UNFINISHED', `an import into the tables of ${stream} has not ended.`, {
    state: 'What it has committed stays; the stream did not run.',
    remedy: `Let it end, or where it was cut short, go on with it: ${mark.command}`,
  })
}
