import { basename, join } from 'node:path'
import { fittingJson, isLeftOutOr, isRecordOf, isText } from '../../files/json.ts'
import { listFolder, readText, statOf } from '../../files/read.ts'

/**
 * The files that a Spark streaming sink has committed to a folder, by its `_spark_metadata` log: a line with the
 * version, then one JSON object per line (source: Spark's FileStreamSinkLog). Undefined if the folder has no such log.
 */
export async function sparkFilesOf(folder: string): Promise<ReadonlySet<string> | undefined> {
  const log = join(folder, '_spark_metadata')
  if ((await statOf(log)) === undefined) return undefined
  const added = new Set<string>()
  const deleted = new Set<string>()
  for (const entry of await listFolder(log)) {
    if (!/^\d+(\.compact)?$/.test(entry.name)) continue
    const [, ...lines] = ((await readText(join(log, entry.name))) ?? '').split('\n')
    for (const line of lines) {
      const entry = entryOf(line)
      if (entry !== undefined) (entry.isDeleted ? deleted : added).add(entry.name)
    }
  }
  return new Set([...added].filter((name) => !deleted.has(name)))
}

const isEntry = isRecordOf<{ readonly path: string; readonly action?: string }>({
  path: isText,
  action: isLeftOutOr(isText),
})

function entryOf(line: string): { name: string; isDeleted: boolean } | undefined {
  const entry = fittingJson(line, isEntry)
  if (entry === undefined) return undefined // Spark has not finished this line: its file counts once it has
  try {
    return { name: decodeURIComponent(basename(entry.path)), isDeleted: entry.action === 'delete' }
  } catch {
    return undefined // a name that is not UTF-8
  }
}
