import { basename } from 'node:path'
import { statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import { type Column, FooterReader, plainEndOf } from '../../parquet/footer.ts'
import type { Position } from '../../stream/source.ts'
import type { Candidates } from './candidates.ts'
import type { LandingClaims } from './claims.ts'
import type { ColumnMatcher } from './foreignColumns.ts'
import { isSameFile, type NoteBook } from './notes.ts'
import type { PlainNames } from './plainNames.ts'
import { type FittingFile, matchWhole, type ReadyFile } from './readyFile.ts'

/** A file that was taken from the landing folder. */
export interface ClaimedFile extends FittingFile {
  readonly file: string
  /** Where DuckDB finds it. */
  readonly plainPath: string
}

/** What files that are taken pass through. */
export interface TakenFilesParts {
  readonly claims: LandingClaims
  readonly notes: NoteBook
  readonly candidates: Candidates
  readonly plainNames: PlainNames
}

/** The files that were taken for the batch to come. */
export class TakenFiles {
  readonly #parts: TakenFilesParts
  #files: readonly ClaimedFile[] = []

  constructor(parts: TakenFilesParts) {
    this.#parts = parts
  }

  get files(): readonly ClaimedFile[] {
    return this.#files
  }

  /** Takes over the claims that an earlier process left for the batch to come. */
  async takeOver(batch: number, matcher: ColumnMatcher): Promise<void> {
    const { claims } = this.#parts
    const resumed = await claims.resume(batch)
    const footers = new FooterReader()
    const taken: ClaimedFile[] = []
    for (const { file, name } of resumed) {
      const stats = await statOf(file)
      const footer = footers.read(file)
      const match = 'reason' in footer ? footer : await matchWhole(matcher, file, footer)
      if (stats === undefined || 'reason' in footer || 'reason' in match) {
        await claims.putBack([{ file, name }])
        continue
      }
      const plainPath = await this.#readablePath(file, match.plain)
      taken.push({ name, file, plainPath, stats, rows: footer.rows, bytes: stats.size, columns: match.columns })
    }
    this.#files = taken
  }

  /** Takes files, those of them that are still what they were when they were looked at. */
  async take(files: readonly ReadyFile[], batch: number, nowMs: number): Promise<void> {
    const { claims } = this.#parts
    await claims.begin(batch)
    try {
      this.#files = await this.#takeEach(files, batch, nowMs)
    } finally {
      if (this.#files.length === 0) await claims.removeEmpty(batch)
    }
  }

  async #takeEach(files: readonly ReadyFile[], batch: number, nowMs: number): Promise<ClaimedFile[]> {
    const { claims, notes, candidates } = this.#parts
    const claimed: ClaimedFile[] = []
    for await (const { name, stats, rows, bytes, columns, extra, plain } of inTurns(files)) {
      const taken = await claims.take(name, batch)
      if (taken === undefined) continue
      if ('reason' in taken) {
        notes.leave(name, stats, taken.reason, nowMs)
        continue
      }
      if (!isSameFile(taken.stats, stats)) {
        // Replaced since its footer was read: it goes back, to be looked at again.
        candidates.putLast(await claims.putBack([{ file: taken.file, name }]))
        continue
      }
      notes.forget(name)
      notes.noteExtraColumns(name, extra)
      const plainPath = await this.#readablePath(taken.file, plain)
      claimed.push({
        name: basename(taken.file),
        file: taken.file,
        plainPath,
        stats: taken.stats,
        rows,
        bytes,
        columns,
      })
    }
    return claimed
  }

  /** Gives some of them back to the landing folder. @returns their names there, in order */
  async putBack(files: readonly ClaimedFile[]): Promise<string[]> {
    if (files.length === 0) return []
    const names = await this.#parts.claims.putBack(files)
    const back = new Set(files)
    this.#files = this.#files.filter((file) => !back.has(file))
    return names
  }

  /**
   * Makes the claims durable, and with them that those of the batch before are gone. What is in the files is their
   * writers' to sync: once the batch is committed, nobody reads them any more.
   */
  async secure(batch: number): Promise<void> {
    await this.#parts.claims.sync(batch)
  }

  /** Lets go of them: their rows are in the tables. */
  async finish(at: Position): Promise<void> {
    const { claims, plainNames } = this.#parts
    await claims.drop(at)
    await plainNames.clear()
    this.#files = []
  }

  /** Where DuckDB reads a claimed file: a copy, where it must not see some columns as they are annotated. */
  #readablePath(file: string, plain: readonly Column[]): Promise<string> {
    const { plainNames } = this.#parts
    return plain.length === 0 ? plainNames.pathOf(file) : plainNames.copyOf(file, plainEndOf(file, plain))
  }
}
