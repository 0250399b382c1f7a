import { join } from 'node:path'
import type { LazySession } from '../../duckdb/lazySession.ts'
import { firstUnfitValue } from '../../duckdb/parquet.ts'
import { unreadableReason } from '../../duckdb/reasons.ts'
import { isResourceError } from '../../duckdb/resourceErrors.ts'
import { messageOf, UnfitValueError } from '../../errors.ts'
import { isCount, isRecordOf } from '../../files/json.ts'
import { statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import type { ForeignColumn } from '../../parquet/foreignColumn.ts'
import type { Clock } from '../../stream/clock.ts'
import type { ForeignGroup } from '../../stream/input.ts'
import type { Feed, Idle, Limits, Moment, Offset, Portion, Refusal, Watch } from '../../stream/source.ts'
import type { Candidates } from './candidates.ts'
import type { DropsWatcher } from './dropsWatcher.ts'
import { halvesOf, verdictOn } from './fault.ts'
import type { FileNews } from './fileNews.ts'
import { isSameFile, type NoteBook } from './notes.ts'
import type { ClaimedFile, TakenFiles } from './takenFiles.ts'

/** How many files were taken so far. Which files a range has is in its `detail`. */
export interface LandingOffset extends Offset {
  readonly files: number
}

export const isLandingOffset = isRecordOf<LandingOffset>({ files: isCount })

/** What a feed works with. */
export interface LandingFeedParts {
  /** The landing folder. */
  readonly folder: string
  readonly clock: Clock
  readonly session: LazySession
  readonly watcher: DropsWatcher
  readonly notes: NoteBook
  /** Those of the run. */
  readonly news: FileNews
  readonly candidates: Candidates
  readonly taken: TakenFiles
}

/** The files of a landing folder, one portion at a time. */
export class LandingFeed implements Feed {
  readonly #parts: LandingFeedParts
  #after: LandingOffset | null

  constructor(parts: LandingFeedParts, after: LandingOffset | null) {
    this.#parts = parts
    this.#after = after
  }

  async next(limits: Limits, moment: Moment): Promise<Portion | Idle> {
    const { notes, news, candidates, taken } = this.#parts
    if (taken.files.length === 0) await this.#take(limits, moment)
    await notes.save()
    // A run that takes what is there names these files at its end.
    const told = moment.draining ? [] : news.of(notes.faults())
    if (taken.files.length > 0) return this.#portionOf(taken.files, moment.batch, told)
    candidates.assertNoneSetAside()
    return { kind: 'idle', recheckMs: candidates.recheckMs, pollMs: candidates.pollMs, notes: told }
  }

  async pin(): Promise<void> {
    const { candidates, clock } = this.#parts
    await candidates.pin(clock.nowMs())
  }

  async watch(wake: () => void): Promise<Watch> {
    const { candidates, clock, watcher } = this.#parts
    const watch = await watcher.open(wake)
    try {
      // What came since the last look, but before the watch, causes no event.
      if (watch.recheckMs === undefined && (await candidates.hasNews(clock.nowMs()))) wake()
    } catch (error) {
      await watch.close()
      throw error
    }
    return watch
  }

  async close(): Promise<void> {
    await this.#parts.session.close()
  }

  async #take(limits: Limits, moment: Moment): Promise<void> {
    const { candidates, taken } = this.#parts
    await candidates.refill(moment.nowMs)
    while (taken.files.length === 0) {
      const ready = await candidates.next(limits, moment)
      if (ready.length === 0) return
      await taken.take(ready, moment.batch, moment.nowMs)
    }
  }

  #portionOf(files: readonly ClaimedFile[], batch: number, notes: readonly string[]): Portion {
    const { taken } = this.#parts
    const end: LandingOffset = { files: (this.#after?.files ?? 0) + files.length }
    const detail = { files: files.map(({ name, rows, bytes }) => ({ name, rows, bytes })) }
    return {
      kind: 'portion',
      range: { start: this.#after, end, detail, fileCount: files.length },
      input: { kind: 'foreign', groups: bySchema(files) },
      notes,
      secure: async () => {
        await taken.secure(batch)
        return files.reduce((sum, file) => sum + file.rows, 0)
      },
      finish: async (at) => {
        await taken.finish(at)
        this.#after = end
      },
      refuse: (refusal) => this.#refuse(files, refusal),
    }
  }

  async #refuse(files: readonly ClaimedFile[], refusal: Refusal): Promise<boolean> {
    if (refusal.kind === 'resources') return this.#spare(files, refusal.isLast)
    if (await this.#putChangedBack(files)) return true
    const { candidates, taken } = this.#parts
    const verdict = verdictOn(files, refusal.error, refusal.failures)
    if (verdict.kind === 'apart') candidates.putFirst(await taken.putBack(verdict.back), verdict.maxFiles)
    if (verdict.kind === 'at fault') await this.#reject(verdict.file, refusal.error)
    return verdict.kind !== 'blameless'
  }

  /** Puts half of the files back; a single file only once it has been tried often enough. */
  async #spare(files: readonly ClaimedFile[], isLast: boolean): Promise<boolean> {
    const { candidates, taken } = this.#parts
    const [only, ...others] = files
    if (only === undefined || (others.length === 0 && !isLast)) return false
    if (others.length > 0) candidates.putFirst(await taken.putBack(halvesOf(files).back))
    else for (const name of await taken.putBack(files)) candidates.setAside({ name, stats: only.stats })
    return true
  }

  /** Puts back the files that were written to after they were taken. @returns whether there were any */
  async #putChangedBack(files: readonly ClaimedFile[]): Promise<boolean> {
    const { candidates, taken } = this.#parts
    const changed: ClaimedFile[] = []
    for await (const file of inTurns(files)) {
      const stats = await statOf(file.file)
      if (stats === undefined || !isSameFile(stats, file.stats)) changed.push(file)
    }
    candidates.putLast(await taken.putBack(changed))
    return changed.length > 0
  }

  /** Rejects a file that failed alone. */
  async #reject(file: ClaimedFile, error: unknown): Promise<void> {
    const { folder, notes, candidates, taken } = this.#parts
    const reason = error instanceof UnfitValueError ? messageOf(error) : await this.#reasonOf(file, error)
    const [name = file.name] = await taken.putBack([file])
    const stats = await statOf(join(folder, name))
    // If somebody has written to it meanwhile, the next listing takes another look at it.
    if (stats !== undefined && isSameFile(stats, file.stats)) notes.reject(name, stats, reason)
    candidates.endCut()
  }

  /** Why a file that fails alone cannot be taken: the value that does not fit, with its place, or what DuckDB says. */
  async #reasonOf({ plainPath, columns }: ClaimedFile, error: unknown): Promise<string> {
    try {
      return (await firstUnfitValue(await this.#parts.session.open(), plainPath, columns)) ?? unreadableReason(error)
    } catch (unreadable) {
      if (isResourceError(unreadable)) throw unreadable
      return unreadableReason(unreadable)
    }
  }
}

/**
 * Groups files that map to the declared columns in the same way, to be read together. Files without rows are not read.
 */
export function bySchema(files: readonly Pick<ClaimedFile, 'plainPath' | 'columns' | 'rows'>[]): ForeignGroup[] {
  const groups = new Map<string, { files: string[]; columns: readonly ForeignColumn[] }>()
  /** Most files share the same array, so its key is computed once. */
  const keys = new Map<readonly ForeignColumn[], string>()
  for (const { plainPath, columns, rows } of files) {
    if (rows === 0) continue
    const key = keys.get(columns) ?? JSON.stringify(columns)
    keys.set(columns, key)
    const group = groups.get(key) ?? { files: [], columns }
    group.files.push(plainPath)
    groups.set(key, group)
  }
  return [...groups.values()]
}
