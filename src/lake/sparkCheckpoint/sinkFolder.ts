import { join, relative } from 'node:path'
import { fits, isBoolean, isCount, isOneOf, isRecordOf, isText } from '../../files/json.ts'
import { isHidden, isParquet } from '../../files/names.ts'
import { listFolder, statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import { localPath, RealPaths, realFolder } from './localPath.ts'
import { lineValue, listLog, logLines, wholeLog } from './logFiles.ts'
import { refused } from './refusal.ts'

/** What a query has written to a folder. */
export interface SparkSink {
  readonly folder: string
  /** `log`: a file sink, whose `_spark_metadata` names its files. `plain`: files that nothing names. */
  readonly kind: 'log' | 'plain'
  /** The last batch in the log. */
  readonly lastBatch: number | undefined
  readonly files: readonly WrittenFile[]
  /** Files beside them that the log does not name: below the folder. */
  readonly unnamed: readonly string[]
}

export interface WrittenFile {
  /** Absolute. */
  readonly file: string
  /** Below the sink's folder. */
  readonly path: string
  readonly bytes: number
}

const LOG = '_spark_metadata'

/** @throws LakeError LAKE_IMPORT_REFUSED */
export async function readSink(folder: string): Promise<SparkSink> {
  if ((await statOf(folder)) === undefined) throw refused(`there is no folder ${folder}.`)
  const there: FoundFile[] = []
  await findBelow(folder, '', there)
  const log = join(folder, LOG)
  if ((await statOf(log)) === undefined) {
    const other = there.find(({ path, isRegular }) => !isRegular || !isParquet(path))
    if (other === undefined) return { folder, kind: 'plain', lastBatch: undefined, files: there, unnamed: [] }
    throw refused(
      `${other.file} is no Parquet file, and no log says what it is.`,
      'Move it elsewhere, then import again.',
    )
  }
  const { lastBatch, named } = await readLog(log)
  const found = new Map(there.map((file) => [file.path, file]))
  const files: WrittenFile[] = []
  const real = realFolder(folder)
  for (const { file, bytes } of named) {
    const path = relative(real, file)
    if (path.startsWith('..')) {
      throw refused(`${log} names ${file}, which is not below ${folder}.`, 'Move the folder back to where it was.')
    }
    const written = found.get(path)
    if (written?.isRegular !== true) throw refused(`${file} is gone, which ${log} names.`, RESTORE)
    if (written.bytes !== bytes) {
      throw refused(`${file} has ${written.bytes} bytes, but ${log} says ${bytes}.`, RESTORE)
    }
    files.push(written)
    found.delete(path)
  }
  return { folder, kind: 'log', lastBatch, files, unnamed: [...found.keys()] }
}

interface FoundFile extends WrittenFile {
  readonly isRegular: boolean
}

const RESTORE = 'Restore it from a backup, then import again.'

/** The files below a folder. Names that begin with `_` or `.` are not data: Spark itself reads none of them. */
async function findBelow(folder: string, below: string, found: FoundFile[]): Promise<void> {
  for await (const { name } of inTurns(await listFolder(join(folder, below)))) {
    if (isHidden(name)) continue
    const path = below === '' ? name : `${below}/${name}`
    const file = join(folder, path)
    const stats = await statOf(file)
    if (stats?.isDirectory() === true) await findBelow(folder, path, found)
    else if (stats !== undefined) found.push({ file, path, bytes: stats.size, isRegular: stats.isFile() })
  }
}

interface NamedFile {
  readonly file: string
  readonly bytes: number
}

const isEntry = isRecordOf<{ path: string; size: number; isDir: boolean; action: 'add' | 'delete' }>({
  path: isText,
  size: isCount,
  isDir: isBoolean,
  action: isOneOf(['add', 'delete']),
})

/** The files that the batches of a file sink have added, without those that were deleted since. */
async function readLog(log: string): Promise<{ lastBatch: number | undefined; named: readonly NamedFile[] }> {
  const listing = await listLog(log)
  const paths = new RealPaths()
  const named = new Map<string, NamedFile>()
  for (const { path } of wholeLog(listing)) {
    for (const line of await logLines(path)) {
      const value = lineValue(line, path)
      if (!fits(value, isEntry) || value.isDir) throw refused(`${path} has a line that names no file.`)
      const file = paths.of(localPath(value.path, path))
      if (value.action === 'delete') named.delete(file)
      else if (named.has(file)) throw refused(`${path} names ${file}, which an earlier batch has named.`)
      else named.set(file, { file, bytes: value.size })
    }
  }
  return { lastBatch: listing.files.at(-1)?.batch, named: [...named.values()] }
}
