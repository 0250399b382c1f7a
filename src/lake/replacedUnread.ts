import { resolve } from 'node:path'
import { removalOf, writerText } from '../delta/removal.ts'
import { targetOf } from '../files/read.ts'
import type { SourceNow, UnreadFiles } from '../sources/kind.ts'

/** What is known of files that a stream has not read, and that another program has put others in the place of. */
export interface ReplacedUnread {
  /** Why rows are only counted: the new files have rows that were read and rows that were not. */
  readonly notCompared: string
  /** Set where the old files are gone from the disk, so that the stream cannot go on. */
  readonly problem: string | undefined
}

/** Undefined where every unread file is still in the table. */
export async function replacedUnread(
  stream: string,
  source: string,
  { log, files }: SourceNow,
  { paths }: UnreadFiles,
): Promise<ReplacedUnread | undefined> {
  const there = new Set(files.map(({ path }) => path))
  const replaced = [...paths].filter((path) => !there.has(path))
  const [first] = replaced
  if (first === undefined) return undefined
  const removal = await removalOf(log, first, 0)
  const by = removal === undefined ? 'another program' : writerText(removal)
  const what = `${replaced.length} file${replaced.length === 1 ? '' : 's'} of ${source} that it has not read`
  let gone = 0
  for (const path of replaced) if ((await targetOf(resolve(log.tableFolder, path))) === undefined) gone += 1
  const replacedBy = `${stream}: ${what} were replaced by ${by}`
  return {
    notCompared: `${replacedBy}, so its rows are counted, not compared, until it has.`,
    problem:
      gone === 0
        ? undefined
        : `${replacedBy}, and ${gone} of them are gone from the disk: a run says what can be done.`,
  }
}
