import { LakeError } from '../errors.ts'
import { readText } from '../files/read.ts'
import { replaceFile } from '../files/wholeFiles.ts'
import type { OpenLake } from './openLake.ts'
import { withRunSession } from './sessions.ts'
import { lakeSql, loadViews } from './views.ts'

/** The `lake.sql` of a run, before it is written. */
export interface PendingLakeSql {
  readonly onStart: (stream: string) => void
  /** Aborted if the text cannot be written, which ends the run. */
  readonly failed: AbortSignal
  readonly written: () => Promise<void>
}

/**
 * Writes `lake.sql` once every stream of a run has started. By then everything was checked that a run can be refused
 * for, so a refused run leaves the old text.
 */
export function lakeSqlAfterStarts(lake: OpenLake, streams: readonly { readonly name: string }[]): PendingLakeSql {
  const awaited = new Set(streams.map(({ name }) => name))
  const failure = new AbortController()
  let writing: Promise<void> | undefined
  return {
    onStart: (stream) => {
      awaited.delete(stream)
      if (awaited.size > 0 || writing !== undefined) return
      writing = writeLakeSql(lake)
      writing.catch(() => failure.abort())
    },
    failed: failure.signal,
    written: async () => writing,
  }
}

/** Writes `lake.sql`, unless its views cannot be made over the tables as they are: that would replace a good one. */
async function writeLakeSql(lake: OpenLake): Promise<void> {
  const { config, layout, disk } = lake
  const text = lakeSql(config, layout)
  // A text that cannot be read is replaced.
  if ((await readText(layout.lakeSql).catch(() => undefined)) === text) return
  try {
    await withRunSession(lake, (session) => loadViews(lake, session))
  } catch (error) {
    if (error instanceof LakeError) return
    throw error
  }
  await replaceFile(disk, layout.lakeSql, text)
}
