import { listLanding } from '../sources/landing/listing.ts'
import { type LandingNotes, readNotes } from '../sources/landing/notes.ts'
import { knownError } from '../stream/failures.ts'
import type { LakeStream } from './config/resolve.ts'
import type { LeftFile } from './leftFile.ts'
import type { OpenLake } from './openLake.ts'

/** A landing folder as its stream last saw it. */
export interface LandingView {
  readonly stream: LakeStream
  /** Notes on files that are still there. */
  readonly notes: LandingNotes
  /** Names of files that wait to be taken. */
  readonly waiting: readonly string[]
}

/** What stands in the landing folders, and what their streams have said of it. */
export async function landingNotesOf(lake: OpenLake): Promise<LandingView[]> {
  const views: LandingView[] = []
  for (const stream of lake.config.streams) {
    if (stream.from.kind !== 'parquetFolder') continue
    const folder = lake.layout.below(stream.from.path)
    const listing = await listLanding(folder)
    const there = new Set([...listing.files.map(({ name }) => name), ...listing.ignored.keys()])
    const notes = await readNotes(lake.layout.checkpoint(stream))
    const rejected = keep(notes.rejected, (name) => there.has(name))
    // Seen now, too: what was dropped while nothing ran is in no note yet.
    const ignored = { ...keep(notes.ignored, (name) => there.has(name)), ...Object.fromEntries(listing.ignored) }
    const waiting = listing.files
      .map(({ name }) => name)
      .filter((name) => rejected[name] === undefined && ignored[name] === undefined)
      .sort()
    views.push({ stream, waiting, notes: { ...notes, rejected, ignored } })
  }
  return views
}

/** Every file that is left in a landing folder, but for names that begin with `_` or `.`. */
export async function leftFiles(lake: OpenLake): Promise<LeftFile[]> {
  lake.lifetime.assertOpen()
  const views = await landingNotesOf(lake).catch((cause: unknown) => {
    throw knownError(cause)
  })
  return views.flatMap(({ stream: { name: stream }, notes, waiting }) => [
    ...Object.entries(notes.rejected).map(([name, { reason }]) => ({ stream, name, why: 'rejected' as const, reason })),
    ...Object.entries(notes.ignored).map(([name, reason]) => ({ stream, name, why: 'ignored' as const, reason })),
    ...waiting.map((name) => ({ stream, name, why: 'waiting' as const, reason: '' })),
  ])
}

/** Those that cannot be taken, as their streams last saw them. */
export async function rejectedFiles(lake: OpenLake): Promise<{ stream: string; name: string; reason: string }[]> {
  const left = await leftFiles(lake)
  return left.flatMap(({ why, stream, name, reason }) => (why === 'rejected' ? [{ stream, name, reason }] : []))
}

function keep<V>(record: Readonly<Record<string, V>>, isKept: (key: string) => boolean): Record<string, V> {
  return Object.fromEntries(Object.entries(record).filter(([key]) => isKept(key)))
}
