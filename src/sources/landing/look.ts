import type { Checkpoint } from '../../tables/checkpoint.ts'
import type { NamedReason, SourceStatus } from '../kind.ts'
import { listLanding } from './listing.ts'
import { readNotes } from './notes.ts'

/** What is in a landing folder, and what its stream has noted about it. */
export async function lookAtLanding(folder: string, checkpoint: Checkpoint): Promise<SourceStatus> {
  const listing = await listLanding(folder)
  const there = new Set([...listing.files.map(({ name }) => name), ...listing.ignored.keys()])
  const notes = await readNotes(checkpoint)
  const rejected = Object.entries(notes.rejected).flatMap(([name, { reason }]) =>
    there.has(name) ? [{ name, reason }] : [],
  )
  const noted = Object.entries(notes.ignored).filter(([name]) => there.has(name))
  // Including what is seen now: files that were dropped while nothing ran are not in the notes yet.
  const ignored = [...new Map([...noted, ...listing.ignored])].map(([name, reason]) => ({ name, reason }))
  const isSpokenOf = new Set([...rejected, ...ignored].map(({ name }: NamedReason) => name))
  const waiting = listing.files.filter(({ name }) => !isSpokenOf.has(name))
  return {
    pending: { files: waiting.length, rows: undefined },
    waiting: waiting.map(({ name }) => name).sort(),
    // Renaming a file into the folder changes that time, and leaves when it was written.
    waitingSinceMs: waiting.length === 0 ? undefined : Math.min(...waiting.map(({ stats }) => stats.ctimeMs)),
    rejected,
    ignored,
    extraColumns: Object.keys(notes.extraColumns),
  }
}
