import { join } from 'node:path'
import type { Disk } from '../files/disk.ts'
import { moveWithoutReplacing, putBackFile } from '../files/durable.ts'
import { listFolder, statOf } from '../files/read.ts'
import type { Checkpoint } from '../stream/checkpoint.ts'
import { type CommitRecord, readRecord } from '../stream/record.ts'

/** Where the claims of a landing stream come from, stand and go. */
export interface ClaimPlaces {
  readonly disk: Disk
  /** The landing folder. */
  readonly folder: string
  readonly checkpoint: Checkpoint
  /** What becomes of a file once its rows are in the table. */
  readonly afterwards: 'archive' | 'delete'
}

/** The folder of files whose rows are in the table. */
export function archiveOf(landingFolder: string): string {
  return join(landingFolder, '_archive')
}

/** Archives or deletes the claimed files that a record names. */
export async function dropClaims(places: ClaimPlaces, record: CommitRecord): Promise<void> {
  const { disk, folder, checkpoint, afterwards } = places
  const names = (record.source.detail.files as readonly { name: string }[] | undefined) ?? []
  for (const { name } of names) {
    const file = join(checkpoint.claimFolder(record.batch), name)
    if ((await statOf(file)) === undefined) continue
    if (afterwards === 'delete') await disk.removeFile(file)
    else await moveWithoutReplacing(disk, file, archiveOf(folder), name)
  }
}

/**
 * Settles the claims that an earlier process left: files that their batch's record names are done with, the others go
 * back under their names.
 * @param last  the last batch that counts
 * @param keep  a batch whose claims stay: the one to come
 */
export async function settleClaims(
  places: ClaimPlaces,
  last: CommitRecord | undefined,
  keep: number | undefined,
): Promise<void> {
  const { disk, folder, checkpoint } = places
  for (const { name } of await listFolder(checkpoint.claimed)) {
    const batch = Number(name)
    if (batch === keep) continue
    const isCommitted = last !== undefined && batch <= last.batch
    const record = isCommitted ? await readRecord(checkpoint.commits, batch) : undefined
    if (record !== undefined) await dropClaims(places, record)
    for (const file of await listFolder(checkpoint.claimFolder(batch))) {
      await putBackFile(disk, join(checkpoint.claimFolder(batch), file.name), folder, file.name)
    }
    await disk.removeTree(checkpoint.claimFolder(batch))
  }
}
