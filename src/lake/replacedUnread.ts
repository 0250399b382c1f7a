import { removalOf, writerText } from '../delta/removal.ts'
import type { LiveFile } from '../delta/snapshot.ts'
import { targetOf } from '../files/read.ts'
import type { UnreadFiles } from '../sources/kind.ts'
import type { LakeTable } from '../tables/table.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

/** What is known of files that a stream has not read, and that another program has put others in the place of. */
export interface ReplacedUnread {
  /** Why rows are only counted: the new files have rows that were read and rows that were not. */
  readonly notCompared: string
  /** Set where the old files are gone from the disk, so that the stream cannot go on. */
  readonly problem: string | undefined
}

/** Undefined where every unread file is still in the table. */
export async function replacedUnread(
  lake: OpenLake,
  stream: string,
  source: LakeTable,
  live: readonly LiveFile[],
  { paths }: UnreadFiles,
): Promise<ReplacedUnread | undefined> {
  const there = new Set(live.map(({ path }) => path))
  const replaced = [...paths].filter((path) => !there.has(path))
  const [first] = replaced
  if (first === undefined) return undefined
  const removal = await removalOf(logOf(lake, source), first, 0)
  const by = removal === undefined ? 'another program' : writerText(removal)
  const what = `${replaced.length} file${replaced.length === 1 ? '' : 's'} of ${source.name} that it has not read`
  let gone = 0
  for (const path of replaced) if ((await targetOf(`${lake.layout.data(source)}/${path}`)) === undefined) gone += 1
  const replacedBy = `${stream}: ${what} were replaced by ${by}`
  return {
    notCompared: `${replacedBy}, so its rows are counted, not compared, until it has.`,
    problem:
      gone === 0
        ? undefined
        : `${replacedBy}, and ${gone} of them are gone from the disk: a run says what can be done.`,
  }
}
