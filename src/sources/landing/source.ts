import type { Columns } from '../../columns.ts'
import { LazySession } from '../../duckdb/lazySession.ts'
import type { Session } from '../../duckdb/session.ts'
import type { Clock } from '../../stream/clock.ts'
import { endOf } from '../../stream/position.ts'
import { RefusedWatch } from '../../stream/refusedWatch.ts'
import type { Feed, Position, Source } from '../../stream/source.ts'
import { Candidates } from './candidates.ts'
import { LandingClaims } from './claims.ts'
import { DropsWatcher } from './dropsWatcher.ts'
import { isLandingOffset, LandingFeed } from './feed.ts'
import { FileNews } from './fileNews.ts'
import { ColumnMatcher } from './foreignColumns.ts'
import { judgementOf } from './judgement.ts'
import { NoteBook } from './notes.ts'
import type { ClaimPlaces } from './places.ts'
import { PlainNames } from './plainNames.ts'
import { TakenFiles } from './takenFiles.ts'

export interface LandingFolderOptions extends ClaimPlaces {
  /** The declared columns, which files are matched to. */
  readonly columns: Columns
  /** Opens a session, which the feed closes. Needed only to find the value of a file that does not fit. */
  readonly connect: () => Promise<Session>
  readonly clock: Clock
}

/**
 * Takes Parquet files that any program drops into a folder. A file with a footer is claimed for the next batch: a
 * rename puts it out of its writer's reach. After the batch it is archived or deleted.
 */
export class LandingFolderSource implements Source {
  readonly kind = 'landing'
  readonly #options: LandingFolderOptions
  readonly #matcher: ColumnMatcher
  /** Kept from one resuming to the next, so that nothing is told twice in a run. */
  readonly #news = new FileNews()
  readonly #refused: RefusedWatch

  constructor(options: LandingFolderOptions) {
    this.#options = options
    this.#matcher = new ColumnMatcher(options.columns)
    this.#refused = new RefusedWatch(options.folder)
  }

  /** Claims of committed batches are archived or deleted, those of the next batch are its files, and others go back. */
  async resume(last: Position | undefined): Promise<Feed> {
    const { disk, folder, checkpoint, columns, connect, clock } = this.#options
    const after = last === undefined ? null : endOf(last, isLandingOffset)
    const batch = (last?.batch ?? 0) + 1
    const claims = await LandingClaims.open(this.#options)
    const notes = await NoteBook.open(disk, checkpoint, judgementOf(columns))
    await claims.recover(last, batch)
    const candidates = new Candidates(folder, this.#matcher, notes)
    const plainNames = new PlainNames(disk, checkpoint.staging)
    const taken = new TakenFiles({ claims, notes, candidates, plainNames })
    await taken.takeOver(batch, this.#matcher)
    const watcher = new DropsWatcher(folder, clock, this.#refused)
    const session = new LazySession(connect)
    const news = this.#news
    return new LandingFeed({ folder, clock, session, watcher, notes, news, candidates, taken }, after)
  }
}
