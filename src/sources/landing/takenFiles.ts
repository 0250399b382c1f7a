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
  /** The path by which DuckDB can read it. */
  readonly plainPath: string
}

/** What is needed to take files. */
export interface TakenFilesParts {
  readonly claims: LandingClaims
  readonly notes: NoteBook
  readonly candidates: Candidates
  readonly plainNames: PlainNames
}

/** The files that were taken for the next batch. */
export class TakenFiles {
  readonly #parts: TakenFilesParts
  #files: readonly ClaimedFile[] = []

  constructor(parts: TakenFilesParts) {
    this.#parts = parts
  }

  get files(): readonly ClaimedFile[] {
    return this.#files
  }

  /** Takes over the claims that an earlier process left for the next batch. */
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

  /** Takes those of the files that have not changed since they were looked at. */
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
        // It was replaced after its footer was read, so it goes back, to be looked at again.
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

  /** Puts some of them back into the landing folder. @returns their names there, in order */
  async putBack(files: readonly ClaimedFile[]): Promise<string[]> {
    if (files.length === 0) return []
    const names = await this.#parts.claims.putBack(files)
    const back = new Set(files)
    this.#files = this.#files.filter((file) => !back.has(file))
    return names
  }

  /**
   * Makes the claims durable, and also that those of the batch before are gone. The contents of the files are left to
   * their writers to sync: once the batch is committed, nothing reads them any more.
   */
  async secure(batch: number): Promise<void> {
    await this.#parts.claims.sync(batch)
  }

  /** Archives or deletes them: their rows are in the tables. */
  async finish(at: Position): Promise<void> {
    const { claims, plainNames } = this.#parts
    await claims.drop(at)
    await plainNames.clear()
    this.#files = []
  }

  /**
   * The path by which DuckDB can read a claimed file: of a copy, if DuckDB must not see how some columns are annotated.
   */
  #readablePath(file: string, plain: readonly Column[]): Promise<string> {
    const { plainNames } = this.#parts
    return plain.length === 0 ? plainNames.pathOf(file) : plainNames.copyOf(file, plainEndOf(file, plain))
  }
}
