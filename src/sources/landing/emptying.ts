import { ensureFolder } from '../../files/folders.ts'
import { fits, isCount } from '../../files/json.ts'
import type { CommitRecord } from '../../tables/record.ts'
import type { Origin, SourceEmptying, SourcePlace, WrittenRows } from '../kind.ts'
import { listArchive } from './archive.ts'
import { LandingClaims } from './claims.ts'
import type { AfterCommit } from './config.ts'
import { removeNotes } from './notes.ts'

/** What a landing folder does when the tables of its stream are emptied. */
export function emptyingOf(path: string, afterCommit: AfterCommit): SourceEmptying {
  const openClaims = async (place: SourcePlace): Promise<LandingClaims> => {
    const { disk, root: lakeFolder, checkpoint } = place
    const folder = place.below(path)
    await ensureFolder(disk, lakeFolder, folder)
    return LandingClaims.open({ disk, lakeFolder, folder, checkpoint, afterCommit })
  }
  return {
    assertCanBegin: async (place) => {
      await openClaims(place)
    },
    giveBack: async (place, last, isRelanding) => {
      const claims = await openClaims(place)
      await claims.recover(last, undefined)
      await claims.syncRecovered()
      if (isRelanding) await claims.reland()
      await removeNotes(place.disk, place.checkpoint)
    },
    kept: async (place) => {
      const folder = place.below(path)
      return { folder, files: (await listArchive(folder)).length }
    },
    originOf: async (rows) => originOf(afterCommit, rows),
  }
}

/** Where rows from files can come from again. */
function originOf(afterCommit: AfterCommit, { last, kept: { files, isRelanded } }: WrittenRows): Origin {
  const taken = takenBy(last)
  if (taken === undefined) return { from: 'nowhere', how: 'no record says how many files they came from' }
  if (files >= taken) {
    return { from: 'archive', how: isRelanded ? 'their files are taken again' : '--reland takes their files again' }
  }
  if (afterCommit === 'delete') return { from: 'nowhere', how: 'their files were deleted once they were taken' }
  return { from: 'nowhere', how: `only ${files} of their ${taken} files are still in the archive` }
}

function takenBy(last: CommitRecord | undefined): number | undefined {
  const files = last?.source.end.files
  return fits(files, isCount) ? files : undefined
}
