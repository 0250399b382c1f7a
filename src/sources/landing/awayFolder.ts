import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { syncAll } from '../../files/barriers.ts'
import { assertFits, isMatching, isRecordOf, parsedJson } from '../../files/json.ts'
import { listFolder, readText } from '../../files/read.ts'
import type { Checkpoint } from '../../tables/checkpoint.ts'
import type { ClaimPlaces } from './places.ts'

/** Names the folder of claims in a landing folder from which no rename leads into the checkpoint. */
interface AwayFolder {
  readonly folder: string
}

function awayPath(checkpoint: Checkpoint): string {
  return join(checkpoint.folder, 'claims.json')
}

const isAwayFolder = isRecordOf<AwayFolder>({
  folder: isMatching(/^_claimed\.[0-9a-f-]{36}$/, 'the name of a folder of claims'),
})

/** @throws LakeError LAKE_VALUE_UNEXPECTED */
export async function readAway({ checkpoint, folder }: ClaimPlaces): Promise<string | undefined> {
  const path = awayPath(checkpoint)
  const text = await readText(path)
  if (text === undefined) return undefined
  const damage = {
    state: 'Nothing was taken.',
    remedy:
      `It should name the folder _claimed.… in ${folder}: write it again as {"folder":"_claimed.…"}. ` +
      'If there is no such folder, delete the file.',
  }
  const away = parsedJson(text, path, damage)
  assertFits(away, isAwayFolder, path, damage)
  return away.folder
}

/** A file that names a folder of claims before that folder is made. */
function intentPath(checkpoint: Checkpoint): string {
  return join(checkpoint.staging, 'claims.next')
}

/**
 * Makes the folder of claims in a landing folder that is on another file system than the lake. Its name is durable
 * before the folder is made, so that a start after a crash can find and remove it; and the folder is durable before
 * `claims.json`, which decides that claims are there. That is final, even if the landing folder is moved to the lake's
 * file system later: its claims move with it.
 */
export async function makeAway({ disk, folder, checkpoint }: ClaimPlaces): Promise<string> {
  const away: AwayFolder = { folder: `_claimed.${randomUUID()}` }
  const intent = intentPath(checkpoint)
  await disk.writeFile(intent, `${JSON.stringify(away)}\n`)
  await syncAll(disk, [intent], [checkpoint.staging])
  await disk.makeFolder(join(folder, away.folder))
  await disk.syncFolder(folder)
  await disk.link(intent, awayPath(checkpoint))
  await disk.syncFolder(checkpoint.folder)
  await disk.removeFile(intent)
  return join(folder, away.folder)
}

/** Removes what a process left behind that died while it made a folder of claims. */
export async function clearIntent({ disk, folder, checkpoint }: ClaimPlaces, away: string | undefined): Promise<void> {
  const intent = intentPath(checkpoint)
  const text = await readText(intent)
  if (text === undefined) return
  const name = /"folder":"(_claimed\.[0-9a-f-]{36})"/.exec(text)?.[1] // undefined if a power cut tore the file
  if (name !== undefined && name !== away && (await listFolder(join(folder, name))).length === 0) {
    await disk.removeTree(join(folder, name))
  }
  await disk.removeFile(intent)
}
