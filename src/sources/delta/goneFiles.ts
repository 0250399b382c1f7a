import { removalOf, writerText } from '../../delta/removal.ts'
import type { LakeError } from '../../errors.ts'
import { changedError, type SourceTable } from './sourceTable.ts'
import type { PendingFile } from './tail.ts'

const REBUILD = "build the stream's tables again with --fresh, and they start from what is there now"

/**
 * The error for files that were taken out of a table and removed from the disk before the stream had read them: who did
 * it, which rows are concerned, and whether they are still in the table.
 */
export async function goneError(of: SourceTable, files: readonly PendingFile[]): Promise<LakeError> {
  const { table, log } = of
  const [first] = files
  if (first === undefined) throw new Error('no file is gone')
  const rows = files.reduce((sum, file) => sum + file.rows, 0)
  const others = files.length === 1 ? '' : ` and ${files.length - 1} more`
  const versions = [...new Set(files.map(({ version }) => version))].sort((a, b) => a - b)
  const span = versions.length === 1 ? `version ${versions[0]}` : `versions ${versions[0]} to ${versions.at(-1)}`
  const what =
    `file ${first.path}${others} of ${span}, with ${rows} row${rows === 1 ? '' : 's'}, ` +
    `${files.length === 1 ? 'is' : 'are'} gone from it and from the disk, but the stream has not read ` +
    `${files.length === 1 ? 'it' : 'them'}`
  const removal = await removalOf(log, first.path, first.version).catch(() => undefined) // what is gone is said anyway
  if (removal === undefined) {
    return changedError(of, what, `The commit that removed them is gone too: ${REBUILD}.`)
  }
  const by = writerText(removal)
  return removal.changesRows
    ? changedError(of, `${what}: ${by} removed rows`, `To go on without them, ${REBUILD}.`)
    : changedError(
        of,
        `${what}: ${by} moved the rows into other files`,
        `The rows are still in ${table.name}, among others that were read already. To get them, ${REBUILD}. ` +
          'Afterwards keep replaced files until every stream has read them, as lakeweir vacuum does.',
      )
}
