import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { syncAll } from '../../files/barriers.ts'
import { assertFits, isMatching, isRecordOf, parsedJson } from '../../files/json.ts'
import { listFolder, readText } from '../../files/read.ts'
import type { Checkpoint } from '../../tables/checkpoint.ts'
import type { ClaimPlaces } from './places.ts'

/** Where claims stand that a rename from the landing folder cannot bring into the checkpoint; names their folder. */
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
      `It names the folder _claimed.… in ${folder}: write it anew as {"folder":"_claimed.…"}. ` +
      'Where there is no such folder, delete it.',
  }
  const away = parsedJson(text, path, damage)
  assertFits(away, isAwayFolder, path, damage)
  return away.folder
}

/** Names the folder of claims that is being made in a landing folder, before it is there. */
function intentPath(checkpoint: Checkpoint): string {
  return join(checkpoint.staging, 'claims.next')
}

/**
 * Makes the folder of claims in a landing folder that no rename leaves. Its name is durable before it, so that a start
 * after a crash finds and removes it; and it is durable before `claims.json`, which makes the choice. From then on that
 * stands, also where the landing folder comes to the lake's file system later: its claims come with it.
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

/** Removes what a process left that died while it made a folder of claims. */
export async function clearIntent({ disk, folder, checkpoint }: ClaimPlaces, away: string | undefined): Promise<void> {
  const intent = intentPath(checkpoint)
  const text = await readText(intent)
  if (text === undefined) return
  const name = /"folder":"(_claimed\.[0-9a-f-]{36})"/.exec(text)?.[1] // undefined where a power cut has torn it
  if (name !== undefined && name !== away && (await listFolder(join(folder, name))).length === 0) {
    await disk.removeTree(join(folder, name))
  }
  await disk.removeFile(intent)
}
