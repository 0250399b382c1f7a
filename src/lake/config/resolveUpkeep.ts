import { durationMsIn } from './configError.ts'
import type { CheckedConfig } from './schema.ts'

/** How the files of a lake are tended, checked; where its config says nothing, the defaults. */
export interface ResolvedUpkeep {
  /** Whether a run does it between batches; the commands do it in any case. */
  readonly isByItself: boolean
  /** The commits after which a checkpoint of a table's log is due. */
  readonly checkpointEvery: number
  /** More small files than this in a partition are joined by a run; undefined if none ever are. */
  readonly smallFiles: number | undefined
  /** How large files become that are joined. */
  readonly fileBytes: number
  /** How long a file stays on the disk after it was replaced. */
  readonly keepFilesMs: number
  /** How long a commit stays in the log after a checkpoint has taken its place. */
  readonly keepLogMs: number
  /** How long landed files stay in their archive; undefined for ever. */
  readonly keepArchiveMs: number | undefined
}

export function resolveUpkeep(upkeep: CheckedConfig['upkeep'], configFile: string): ResolvedUpkeep {
  const { keepArchive } = upkeep
  return {
    isByItself: upkeep.byItself,
    checkpointEvery: upkeep.checkpointEvery,
    smallFiles: upkeep.smallFiles === false ? undefined : upkeep.smallFiles,
    fileBytes: upkeep.fileSize,
    keepFilesMs: durationMsIn(configFile, 'upkeep.keepFiles', upkeep.keepFiles),
    keepLogMs: durationMsIn(configFile, 'upkeep.keepLog', upkeep.keepLog),
    keepArchiveMs: keepArchive === undefined ? undefined : durationMsIn(configFile, 'upkeep.keepArchive', keepArchive),
  }
}
