import type { Commit } from '../../delta/actions.ts'
import { LakeError, systemCodeOf } from '../../errors.ts'
import { fittingJson, isNullOr, isObject } from '../../files/json.ts'
import { inTurns } from '../../files/turns.ts'
import type { Offset } from '../../stream/source.ts'
import { isIdOf } from '../../stream/streamId.ts'
import type { Checkpoint } from '../../tables/checkpoint.ts'
import { type LeftProgress, readLeftProgress } from '../../tables/leftProgress.ts'
import { isCounted } from '../../tables/logCommits.ts'
import { type CommitRecord, readRecord, rowsByTable } from '../../tables/record.ts'
import type { BatchFacts } from '../input.ts'
import type { TracedStream, TracedTable } from './traced.ts'

// What is known of batches: from the commits of their tables, from their records while they are kept, and from what
// their runs have left. All of it is for people to look at, so what is missing or damaged is left out.

/** So many commits of a table are read for one batch that was made from them; of more, only the newest. */
const MAX_COMMITS = 1_000

/** A batch of more landed files than this is not told with their names. */
const MAX_LANDED_FILES = 10_000

/** After reading so much of what batches were made of, panels that this process answers get their turn. */
const BATCHES_A_TURN = 10

/** For so many batches at the most it is looked again whether their runs have left something by now. */
const MAX_AWAITED = 1_000

/** A batch, as the commits of its tables say it. */
export interface CommittedBatch {
  readonly streamId: string
  readonly batch: number
  /** Of one of its commits. */
  readonly parameters: Commit['parameters']
  /** Table → rows. */
  readonly rows: Readonly<Record<string, number>>
}

/** What is known of a batch of a stream. */
interface Known {
  readonly stream: TracedStream
  readonly facts: BatchFacts
}

/** What a batch was made of. */
interface Origin {
  /** Undefined if it is no longer known. */
  readonly landedFiles: readonly string[] | undefined
  /** The batches that it was made from, and those that these were made from. */
  readonly made: readonly Known[]
}

/** Finds out what is known of the batches of a stream and of those that feed it. */
export class Trace {
  readonly #stream: TracedStream
  /** Batches whose runs had not yet left where their time went when they were committed. */
  #awaited: ReadonlyMap<string, Known> = new Map()
  /** The same once what was returned last is committed, too. */
  #then: ReadonlyMap<string, Known> = new Map()

  constructor(stream: TracedStream) {
    this.#stream = stream
  }

  /**
   * What is known of these batches and of those that they were made from, oldest first, each once; before them, what
   * has become known since of batches that were returned earlier.
   */
  async of(batches: readonly CommittedBatch[]): Promise<BatchFacts[]> {
    const found = new Map<string, Known>()
    for await (const batch of inTurns(batches, BATCHES_A_TURN)) {
      for (const known of await traced(this.#stream, batch)) {
        const key = keyOf(known)
        if (!found.has(key)) found.set(key, known)
      }
    }
    const all = new Map([...this.#awaited, ...found])
    const left = await leftOf([...all.values()])
    const awaited: [string, Known][] = []
    const facts: BatchFacts[] = []
    for (const [key, known] of all) {
      const ofStream = left.get(known.stream)
      const own = ofStream?.get(known.facts.batch)
      const isTimed = own?.batchTime === known.facts.batchTime
      if (isTimed) facts.push(timed(known.facts, own))
      else if (found.has(key)) facts.push(known.facts)
      // A run leaves its batches in order, so what is passed over never comes.
      const isPassedOver = [...(ofStream?.values() ?? [])].some(({ batch, batchTime }) => {
        return batch > known.facts.batch && batchTime >= known.facts.batchTime
      })
      if (!isTimed && !isPassedOver) awaited.push([key, known])
    }
    this.#then = new Map(awaited.slice(-MAX_AWAITED))
    return facts
  }

  /** What was returned last is committed: what is known by now of a batch is not told again. */
  finish(): void {
    this.#awaited = this.#then
  }
}

/** What is known of a batch, after what is known of those that it was made from. */
async function traced(stream: TracedStream, committed: CommittedBatch): Promise<readonly Known[]> {
  const { streamId, batch, parameters, rows } = committed
  const record = await recordOf(stream.checkpoint, streamId, batch)
  const { landedFiles, made } = await originOf(stream, parameters, record)
  const batchTime = parameters.batchTime ?? record?.batchTime
  if (batchTime === undefined) return made
  const facts: BatchFacts = {
    stream: stream.name,
    streamId,
    batch,
    batchTime,
    rows: { ...(record === undefined ? {} : rowsByTable(record)), ...rows },
    inputRows: record?.inputRows,
    sourceStart: parameters.startOffset,
    sourceEnd: parameters.endOffset,
    landedFiles,
    durationMs: undefined,
    lagMs: undefined,
  }
  return [...made, { stream, facts }]
}

async function originOf(
  { landedFiles, follows }: TracedStream,
  { startOffset, endOffset }: Commit['parameters'],
  record: CommitRecord | undefined,
): Promise<Origin> {
  if (landedFiles !== undefined) {
    const names = record === undefined ? undefined : landedFiles(record.source.detail)
    return { landedFiles: names !== undefined && names.length <= MAX_LANDED_FILES ? names : undefined, made: [] }
  }
  if (follows === undefined) return { landedFiles: [], made: [] }
  const [start, end] = [offsetIn(startOffset), offsetIn(endOffset) ?? undefined]
  const versions = start === undefined || end === undefined ? undefined : follows.versionsIn(start, end)
  return versions === undefined ? { landedFiles: undefined, made: [] } : madeFrom(follows, versions)
}

/** The batches that are in some commits of a table. */
async function madeFrom(table: TracedTable, { first, last }: { first: number; last: number }): Promise<Origin> {
  const from = Math.max(first, last - MAX_COMMITS + 1)
  const made: Known[] = []
  const landed = new Set<string>()
  let isKnown = from === first
  for await (const version of inTurns(numbers(from, last), BATCHES_A_TURN)) {
    const commit = await soundCommit(table, version)
    isKnown &&= commit !== undefined
    const known = commit === undefined ? [] : await writtenIn(table, commit)
    made.push(...known)
    const own = known.at(-1)?.facts.landedFiles ?? []
    isKnown &&= known.every(({ facts }) => facts.landedFiles !== undefined)
    for (const name of own) landed.add(name)
  }
  return { landedFiles: isKnown && landed.size <= MAX_LANDED_FILES ? [...landed] : undefined, made }
}

function* numbers(first: number, last: number): Generator<number> {
  for (let number = first; number <= last; number++) yield number
}

/** The batch that a commit is of, after those that it was made from; none if no stream of the lake made the commit. */
async function writtenIn({ name, writers }: TracedTable, commit: Commit): Promise<readonly Known[]> {
  const [txn] = commit.txns
  const writer = isCounted(commit) ? writers.find((stream) => isIdOf(stream.name, txn?.appId ?? '')) : undefined
  if (txn === undefined || writer === undefined) return []
  const rows = { [name]: rowsIn(commit) }
  return traced(writer, { streamId: txn.appId, batch: txn.version, parameters: commit.parameters, rows })
}

/** The rows that a commit adds, as its writer counted them. */
export function rowsIn({ adds }: Commit): number {
  return adds.reduce((sum, { rows, dataChange }) => sum + (dataChange ? (rows ?? 0) : 0), 0)
}

/** A commit, or undefined if it is gone or damaged: whoever reads the table itself reports that. */
async function soundCommit({ log }: TracedTable, version: number): Promise<Commit | undefined> {
  return log.readCommit(version).catch(ignored)
}

async function recordOf(checkpoint: Checkpoint, streamId: string, batch: number): Promise<CommitRecord | undefined> {
  const record = await readRecord(checkpoint.commits, batch).catch(ignored)
  return record?.streamId === streamId ? record : undefined
}

function ignored(error: unknown): undefined {
  if (error instanceof LakeError || systemCodeOf(error) !== undefined) return undefined
  throw error
}

/** What runs have left of batches: stream → batch → that. Only as much is read as these batches need. */
async function leftOf(
  batches: readonly Known[],
): Promise<ReadonlyMap<TracedStream, ReadonlyMap<number, LeftProgress>>> {
  const lowest = new Map<TracedStream, number>()
  for (const { stream, facts } of batches) {
    lowest.set(stream, Math.min(lowest.get(stream) ?? facts.batch, facts.batch))
  }
  const all = new Map<TracedStream, Map<number, LeftProgress>>()
  for (const [stream, first] of lowest) {
    const left = new Map<number, LeftProgress>()
    let next = Number.POSITIVE_INFINITY
    for await (const progress of readLeftProgress(stream.checkpoint)) {
      // Where the numbers rise, the lines of an earlier stream with this name begin.
      if (progress.batch < first || progress.batch >= next) break
      next = progress.batch
      left.set(progress.batch, progress)
    }
    all.set(stream, left)
  }
  return all
}

function timed(facts: BatchFacts, { inputRows, durationMs, lagMs }: LeftProgress): BatchFacts {
  return { ...facts, inputRows, durationMs, lagMs: lagMs ?? undefined }
}

/** An offset in a commit; undefined if there is none. */
function offsetIn(text: string | undefined): Offset | null | undefined {
  return text === undefined ? undefined : fittingJson(text, isNullOr(isObject))
}

function keyOf({ facts }: Known): string {
  return `${facts.streamId} ${facts.batch}`
}
