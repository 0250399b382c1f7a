import { LakeError } from '../../errors.ts'
import { targetOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import type { DataFiles, Followed } from './followed.ts'
import { filesNow } from './wholeTables.ts'

/**
 * Asserts that files are what their logs say.
 * @returns a file that another writer has replaced and removed since, as a sentence; its rows are in other files now
 * @throws LakeError LAKE_DATA_LOST for a file that is gone although its table still has it
 */
export async function replacedFile(followed: Followed, files: DataFiles): Promise<string | undefined> {
  let now: DataFiles | undefined
  for (const [table, ofTable] of files) {
    for await (const { path, file, bytes } of inTurns(ofTable)) {
      const found = await targetOf(file)
      if (found?.isFile() === true && found.size === bytes) continue
      if (found === undefined) {
        now ??= await filesNow(followed)
        const isLive = now.get(table)?.some((live) => live.path === path) === true
        if (!isLive) return `file ${path} of table ${table} was replaced and removed before it was read`
      }
      const what = found === undefined ? 'is gone from the disk' : `has ${found.size} bytes, but its log says ${bytes}`
      throw new LakeError('LAKE_DATA_LOST', `table ${table}: file ${path} ${what}.`, {
        state: `${followed.follower} stopped before that file; the models stay as they are.`,
        remedy: `Restore that file from a backup, then: lakeweir run ${followed.follower}`,
      })
    }
  }
  return undefined
}
