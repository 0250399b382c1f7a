import { basename } from 'node:path'
import { LakeError } from '../../errors.ts'
import { filesOf } from '../../stream/input.ts'
import type { Feed, Portion, Source } from '../../stream/source.ts'
import type { CommitRecord } from '../../tables/record.ts'
import { counted } from './phrases.ts'
import type { Route } from './route.ts'

/**
 * The rows that an import has landed, once. What Spark wrote stands for just these: if another program has added rows
 * to the table, they would count as read and be in no table of the next stream.
 * @param landed  the batch that landed them
 */
export function landedRows(source: Source, landed: CommitRecord, route: Route): Source {
  return {
    kind: source.kind,
    resume: async (last) => new LandedFeed(await source.resume(last), landed, route),
  }
}

class LandedFeed implements Feed {
  readonly #feed: Feed
  readonly #landed: CommitRecord
  readonly #route: Route
  #isTaken = false

  constructor(feed: Feed, landed: CommitRecord, route: Route) {
    this.#feed = feed
    this.#landed = landed
    this.#route = route
  }

  /** @throws LakeError LAKE_IMPORT_UNFINISHED where the table has other files than the import has put there */
  async next(...asked: Parameters<Feed['next']>): ReturnType<Feed['next']> {
    if (this.#isTaken) return { kind: 'idle', recheckMs: undefined, notes: [] }
    const found = await this.#feed.next(...asked)
    if (found.kind === 'idle') return found
    this.#assertLanded(found)
    const finish: Portion['finish'] = async (at) => {
      await found.finish(at)
      this.#isTaken = true
    }
    return { ...found, finish }
  }

  pin(): Promise<void> {
    return this.#feed.pin()
  }

  watch(...asked: Parameters<Feed['watch']>): ReturnType<Feed['watch']> {
    return this.#feed.watch(...asked)
  }

  close(): Promise<void> {
    return this.#feed.close()
  }

  #assertLanded({ input }: Portion): void {
    const { land, next } = this.#route
    const [table] = land.into
    const files = this.#landed.tables[table.name] ?? []
    const own = new Set(files.map(({ path }) => basename(path)))
    const found = filesOf(input).map((file) => basename(file))
    const others = found.filter((name) => !own.has(name))
    if (others.length === 0 && found.length === own.size) return
    const lost = own.size - found.length
    const more = others.length === 1 ? '' : ` and ${others.length - 1} more`
    const what =
      others.length === 0
        ? `${counted(lost, 'file')} of it ${lost === 1 ? 'is' : 'are'} gone`
        : `it has ${others[0]}${more}, which the import has not put there`
    const streams = [land, next].flatMap((stream) => (stream === undefined ? [] : [stream.name])).join(' ')
    throw new LakeError(
      'LAKE_IMPORT_UNFINISHED',
      `another program has changed table ${table.name} since the import has landed its rows: ${what}.`,
      {
        state: `What Spark wrote was not taken, and ${streams.replaceAll(' ', ' and ')} cannot run as they are.`,
        remedy:
          'Stop that program. Then take the files of the source instead, which makes all rows again and removes ' +
          `those that it has added: lakeweir run ${streams} --fresh --reland`,
      },
    )
  }
}
