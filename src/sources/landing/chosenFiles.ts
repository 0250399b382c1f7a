import type { Stats } from 'node:fs'
import { basename, join } from 'node:path'
import { LakeError } from '../../errors.ts'
import { statOf } from '../../files/read.ts'
import { inTurns } from '../../files/turns.ts'
import { FooterReader, plainEndOf } from '../../parquet/footer.ts'
import type { ForeignGroup } from '../../stream/input.ts'
import { endOf } from '../../stream/position.ts'
import type { Feed, Idle, Portion, Position, Range, Source } from '../../stream/source.ts'
import type { ChosenFile, ChosenFiles, ChosenLook, NamedReason } from '../kind.ts'
import { readAway } from './awayFolder.ts'
import { LandingClaims } from './claims.ts'
import { bySchema, isLandingOffset, type LandingOffset } from './feed.ts'
import { ColumnMatcher } from './foreignColumns.ts'
import { listLanding } from './listing.ts'
import { PlainNames } from './plainNames.ts'
import { matchWhole } from './readyFile.ts'
import type { LandingFolderOptions } from './source.ts'

/** A batch of chosen files is the stream's first. */
const BATCH = 1

/** A chosen file where it is now, looked at. */
interface FoundFile {
  readonly name: string
  readonly file: string
  /** The path by which DuckDB can read it. */
  readonly plainPath: string
  readonly rows: number
  readonly bytes: number
  readonly columns: ForeignGroup['columns']
}

/**
 * Files of a landing folder that another program has read before. They become the first batch of the stream, all
 * together; one that cannot be taken makes the whole batch fail, and all go back.
 */
export function chosenFiles(
  options: LandingFolderOptions,
  chosen: readonly ChosenFile[],
  about: Range['detail'],
): ChosenFiles {
  return {
    look: () => look(options, chosen),
    open: () => new ChosenFilesSource(options, chosen, about),
  }
}

/** Looks where an earlier attempt may have left them, too: among the claims of the batch. */
async function look(options: LandingFolderOptions, chosen: readonly ChosenFile[]): Promise<ChosenLook> {
  const { folder, columns, checkpoint } = options
  const away = await readAway(options)
  const claims = join(away === undefined ? checkpoint.claimed : join(folder, away), String(BATCH))
  const reader = new FileLooks(new ColumnMatcher(columns))
  const faults: NamedReason[] = []
  const found: FoundFile[] = []
  for await (const one of inTurns(chosen)) {
    const { name } = one
    const claimed = join(claims, name)
    const file = isUnchanged(await statOf(claimed), one) ? claimed : join(folder, name)
    const looked = await reader.at(file, one)
    if ('reason' in looked) faults.push({ name, reason: looked.reason })
    else found.push({ ...looked, plainPath: file })
  }
  const names = new Set(chosen.map(({ name }) => name))
  const others = (await listLanding(folder)).files.filter(({ name }) => !names.has(name)).map(({ name }) => name)
  const rows = found.reduce((sum, file) => sum + file.rows, 0)
  const bytes = found.reduce((sum, file) => sum + file.bytes, 0)
  return { rows, bytes, faults, others, groups: bySchema(found) }
}

function isUnchanged(stats: Stats | undefined, { modifiedMs }: ChosenFile): boolean {
  return stats?.isFile() === true && Math.floor(stats.mtimeMs) === modifiedMs
}

/** Looks at files of which it is known what they were. */
class FileLooks {
  readonly #matcher: ColumnMatcher
  readonly #footers = new FooterReader()

  constructor(matcher: ColumnMatcher) {
    this.#matcher = matcher
  }

  /** @param readable  makes the path by which DuckDB can read it */
  async at(
    file: string,
    chosen: ChosenFile,
    readable: (plain: Parameters<typeof plainEndOf>[1]) => Promise<string> = async () => file,
  ): Promise<FoundFile | { readonly reason: string }> {
    const { name } = chosen
    const stats = await statOf(file)
    if (stats === undefined) return { reason: 'it is gone' }
    if (!stats.isFile()) return { reason: 'it is not a regular file' }
    if (!isUnchanged(stats, chosen)) {
      const [was, is] = [chosen.modifiedMs, stats.mtimeMs].map((ms) => new Date(ms).toISOString())
      return { reason: `it was changed since: it is of ${is} now, and was of ${was} then` }
    }
    const footer = this.#footers.read(file)
    if ('reason' in footer) return footer
    const match = await matchWhole(this.#matcher, file, footer)
    if ('reason' in match) return match
    const plainPath = await readable(match.plain)
    return { name, file, plainPath, rows: footer.rows, bytes: stats.size, columns: match.columns }
  }
}

class ChosenFilesSource implements Source {
  readonly kind = 'landing'
  readonly #options: LandingFolderOptions
  readonly #chosen: readonly ChosenFile[]
  readonly #about: Range['detail']

  constructor(options: LandingFolderOptions, chosen: readonly ChosenFile[], about: Range['detail']) {
    this.#options = options
    this.#chosen = chosen
    this.#about = about
  }

  async resume(last: Position | undefined): Promise<Feed> {
    const claims = await LandingClaims.open(this.#options)
    if (last !== undefined) {
      endOf(last, isLandingOffset)
      await claims.recover(last, undefined)
      return new ChosenFeed(async () => IDLE)
    }
    await claims.recover(last, BATCH)
    const taking = new Taking(this.#options, claims, this.#chosen)
    return new ChosenFeed(() => taking.portion(this.#about))
  }
}

const IDLE: Idle = { kind: 'idle', recheckMs: undefined, notes: [] }

/** One portion with all files, then nothing. */
class ChosenFeed implements Feed {
  #take: () => Promise<Portion | Idle>

  constructor(take: () => Promise<Portion | Idle>) {
    this.#take = take
  }

  async next(): Promise<Portion | Idle> {
    const found = await this.#take()
    if (found.kind === 'idle') return found
    const finish = async (at: Position): Promise<void> => {
      await found.finish(at)
      this.#take = async () => IDLE
    }
    return { ...found, finish }
  }

  async pin(): Promise<void> {}

  async watch(): Promise<{ recheckMs: undefined; notes: readonly string[]; close: () => Promise<void> }> {
    return { recheckMs: undefined, notes: [], close: async () => {} }
  }

  async close(): Promise<void> {}
}

/** Claims the files. */
class Taking {
  readonly #claims: LandingClaims
  readonly #plainNames: PlainNames
  readonly #chosen: readonly ChosenFile[]
  readonly #looks: FileLooks

  constructor(
    { disk, checkpoint, columns }: LandingFolderOptions,
    claims: LandingClaims,
    chosen: readonly ChosenFile[],
  ) {
    this.#claims = claims
    this.#plainNames = new PlainNames(disk, checkpoint.staging)
    this.#chosen = chosen
    this.#looks = new FileLooks(new ColumnMatcher(columns))
  }

  async portion(about: Range['detail']): Promise<Portion> {
    const claims = this.#claims
    const left = new Map((await claims.resume(BATCH)).map((claim) => [claim.name, claim.file]))
    await claims.begin(BATCH)
    const files: FoundFile[] = []
    try {
      for await (const one of inTurns(this.#chosen)) {
        files.push(await this.#take(one, left.get(one.name)))
        left.delete(one.name)
      }
      // What an earlier process had claimed for a batch of its own is not part of this one.
      await claims.putBack([...left].map(([name, file]) => ({ name, file })))
    } catch (error) {
      await this.#putBack(files)
      throw error
    }
    const end: LandingOffset = { files: files.length }
    const detail = { ...about, files: files.map(({ file, rows, bytes }) => ({ name: basename(file), rows, bytes })) }
    return {
      kind: 'portion',
      range: { start: null, end, detail, fileCount: files.length },
      input: { kind: 'foreign', groups: bySchema(files) },
      notes: [],
      secure: async () => {
        await claims.sync(BATCH)
        return files.reduce((sum, file) => sum + file.rows, 0)
      },
      finish: async (at) => {
        await claims.drop(at)
        await this.#plainNames.clear()
      },
      refuse: async () => {
        await this.#putBack(files)
        return false
      },
    }
  }

  async #take(chosen: ChosenFile, claimed: string | undefined): Promise<FoundFile> {
    const { name } = chosen
    const taken = claimed === undefined ? await this.#claims.take(name, BATCH) : { file: claimed }
    if (taken === undefined) throw cannotBeTaken(name, 'it is gone')
    if ('reason' in taken) throw cannotBeTaken(name, taken.reason)
    const { file } = taken
    const looked = await this.#looks.at(file, chosen, (plain) =>
      plain.length === 0 ? this.#plainNames.pathOf(file) : this.#plainNames.copyOf(file, plainEndOf(file, plain)),
    )
    if (!('reason' in looked)) return looked
    await this.#claims.putBack([{ name, file }])
    throw cannotBeTaken(name, looked.reason)
  }

  async #putBack(files: readonly FoundFile[]): Promise<void> {
    await this.#plainNames.clear()
    await this.#claims.putBack(files.map(({ name, file }) => ({ name, file })))
    await this.#claims.removeEmpty(BATCH)
  }
}

function cannotBeTaken(name: string, reason: string): LakeError {
  return new LakeError('LAKE_IMPORT_REFUSED', `${name} cannot be taken: ${reason}.`, {
    state: 'Nothing was committed, and the files that were taken are back in their folder.',
    remedy: 'Put the file back as it was, then import again.',
  })
}
