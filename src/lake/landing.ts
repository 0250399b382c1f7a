import { listFolder } from '../files/read.ts'
import { type LandingNotes, readNotes } from '../sources/landingNotes.ts'
import type { Lake } from './lake.ts'
import type { LakeStream } from './resolve.ts'

/** A landing folder as its stream last saw it. */
export interface LandingView {
  readonly stream: LakeStream
  /** Notes on files that are still there. */
  readonly notes: LandingNotes
  /** Names of files that wait to be taken. */
  readonly waiting: readonly string[]
}

/** What stands in the landing folders, and what their streams have said of it. */
export async function landingNotesOf(lake: Lake): Promise<LandingView[]> {
  const views: LandingView[] = []
  for (const stream of lake.resolved.streams) {
    if (stream.from.kind !== 'parquetFolder') continue
    const folder = lake.layout.below(stream.from.path)
    const entries = await listFolder(folder)
    const there = new Set(entries.map(({ name }) => name))
    const notes = await readNotes(lake.layout.checkpoint(stream))
    const rejected = keep(notes.rejected, (name) => there.has(name))
    const waiting = entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.parquet') && !/^[_.]/.test(entry.name))
      .map(({ name }) => name)
      .filter((name) => rejected[name] === undefined && notes.ignored[name] === undefined)
    const ignored = keep(notes.ignored, (name) => there.has(name))
    views.push({ stream, waiting, notes: { ...notes, rejected, ignored } })
  }
  return views
}

function keep<V>(record: Readonly<Record<string, V>>, isKept: (key: string) => boolean): Record<string, V> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => isKept(key)))
}
