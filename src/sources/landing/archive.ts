import { basename, dirname, join } from 'node:path'
import type { Disk } from '../../files/disk.ts'
import { moveWithoutReplacing } from '../../files/moves.ts'
import { isParquet } from '../../files/names.ts'
import { listFolder, statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import type { Position } from '../../stream/source.ts'

/** A file whose rows are in the table. */
export interface ArchivedFile {
  readonly path: string
  /** Its name in the archive: the one that it landed under, with a suffix where that was taken. */
  readonly name: string
  readonly bytes: number
}

/** The folder for files whose rows are in the table. It has a folder for each day on which batches were made. */
export function archiveOf(landingFolder: string): string {
  return join(landingFolder, '_archive')
}

/** The name of a day's folder, in UTC. */
const DAY = /^\d{4}-\d\d-\d\d$/

/** What distinguishes the archived files of one committed batch from those of all others. */
type BatchAt = Pick<Position, 'batch' | 'batchTime' | 'attempt'>

/** Where the files of one batch go. Depends on its commit alone, so that a second try finds what the first one did. */
export class BatchArchive {
  readonly folder: string
  readonly #disk: Disk
  readonly #at: BatchAt

  constructor(disk: Disk, landingFolder: string, at: BatchAt) {
    this.folder = join(archiveOf(landingFolder), at.batchTime.slice(0, 10))
    this.#disk = disk
    this.#at = at
  }

  /** Archives one file. @param index  its position among the files in the record */
  async take(file: string, name: string, index: number): Promise<void> {
    // Only this attempt at this batch makes this suffix, so the name with it is free.
    const suffix = ` (${this.#at.batch}.${index}.${this.#at.attempt.slice(0, 8)})`
    try {
      await moveWithoutReplacing(this.#disk, file, this.folder, name, suffix)
    } catch (error) {
      if ((await statOf(file)) !== undefined) throw error
      // An earlier process has archived it.
    }
  }
}

/**
 * Every file in the archive of a landing folder, oldest day first. Files outside the days' folders come first: earlier
 * versions had no such folders. A file with two names, as a crash between a link and a removal can leave it, is listed
 * once.
 */
export async function listArchive(landingFolder: string): Promise<ArchivedFile[]> {
  const archive = archiveOf(landingFolder)
  const days = (await listFolder(archive)).filter((entry) => entry.isDirectory() && DAY.test(entry.name))
  const archived: ArchivedFile[] = []
  const seen = new Set<string>()
  for (const folder of [archive, ...days.map(({ name }) => join(archive, name))]) {
    for await (const { name } of inTurns(await listFolder(folder))) {
      const stats = isParquet(name) ? await statOf(join(folder, name)) : undefined
      if (stats?.isFile() !== true || seen.has(`${stats.dev}:${stats.ino}`)) continue
      seen.add(`${stats.dev}:${stats.ino}`)
      archived.push({ path: join(folder, name), name, bytes: stats.size })
    }
  }
  return archived
}

/** The archived files of batches of days that were over by this time. Files outside the days' folders have no day. */
export async function archivedBefore(landingFolder: string, timeMs: number): Promise<ArchivedFile[]> {
  const archive = archiveOf(landingFolder)
  const lastDay = new Date(timeMs).toISOString().slice(0, 10)
  return (await listArchive(landingFolder)).filter(({ path }) => {
    const day = basename(dirname(path))
    return dirname(path) !== archive && DAY.test(day) && day < lastDay
  })
}
