import type { StreamLock } from '../duckdb/lock.ts'
import { cleanUpError } from '../stream/failures.ts'
import { StepTimer } from '../stream/progress.ts'
import type { Outcome, Sink, Writer } from '../stream/sink.ts'
import type { Moment, Portion, Position } from '../stream/source.ts'
import { commit, pruneRecord } from './commit.ts'
import type { TableParts } from './parts.ts'
import { NOWHERE, publish } from './publish.ts'
import { positionOf, rowsByTable } from './record.ts'
import { probeTargets, type RecoveredStream, recoverStream } from './recover.ts'
import { stageBatch } from './stage.ts'
import { dropStaged } from './staging.ts'

/** The Delta tables of one stream, all written with every batch, and the checkpoint that says how far the stream is. */
export class TableSink implements Sink {
  readonly #parts: TableParts

  constructor(parts: TableParts) {
    this.#parts = parts
  }

  async recover(): Promise<Writer> {
    const { checkpoint, disk, clock, lakeFolder, stream } = this.#parts
    await checkpoint.make(disk, lakeFolder)
    const lock = await checkpoint.lock(stream, clock)
    try {
      // The process that had the lock may have emptied the stream meanwhile, including its folders.
      await checkpoint.make(disk, lakeFolder)
      return new TableWriter(this.#parts, await recoverStream(this.#parts), lock)
    } catch (error) {
      lock.release()
      throw error
    }
  }
}

class TableWriter implements Writer {
  readonly #parts: TableParts
  readonly #lock: StreamLock
  #stream: RecoveredStream
  readonly #stop = new AbortController()
  /** Whether it is known that staged files can be linked into the tables. */
  #isProbed = false
  readonly last: Position | undefined
  readonly notes: readonly string[]

  constructor(parts: TableParts, stream: RecoveredStream, lock: StreamLock) {
    this.#parts = parts
    this.#stream = stream
    this.#lock = lock
    this.last = stream.last === undefined ? undefined : positionOf(stream.last)
    this.notes = notesOn(parts, stream)
  }

  async write(portion: Portion, moment: Moment): Promise<Outcome> {
    const { disk, checkpoint, clock } = this.#parts
    if (!this.#isProbed) await probeTargets(this.#parts)
    this.#isProbed = true
    const timer = new StepTimer(() => clock.monotonicMs())
    const staged = await stageBatch(this.#parts, this.#stream, portion, moment, timer, this.#stop.signal)
    if (staged.kind === 'failed') return staged
    const { record, recordFile, stageMs, syncMs, engineReason } = staged
    await commit(disk, checkpoint, record, recordFile)
    const commitMs = timer.step()
    const heads = await publish(this.#parts, record, this.#stream.heads, NOWHERE)
    this.#stream = { ...this.#stream, last: record, heads }
    await pruneRecord(disk, checkpoint, record.batch).catch((cause: unknown) => {
      throw cleanUpError(this.#parts.stream, record.batch, cause)
    })
    const { inputRows, inputFiles, engine } = record
    const written = {
      position: positionOf(record),
      inputRows,
      inputFiles,
      rows: rowsByTable(record),
      durationMs: { stage: stageMs, sync: syncMs, commit: commitMs, publish: timer.step() },
      engine: { name: engine, reason: engineReason },
    }
    return { kind: 'written', written }
  }

  async idle(): Promise<void> {
    await dropStaged(this.#parts, this.#stream.last)
  }

  interrupt(): void {
    this.#stop.abort()
  }

  async close(): Promise<void> {
    this.#lock.release()
  }
}

/** A table may hold rows of an old SELECT and of the new one: nobody should have to learn that from a report. */
function notesOn({ stream, sqlHash }: TableParts, { last }: RecoveredStream): string[] {
  if (last === undefined || last.sqlHash === sqlHash) return []
  return [
    `its SQL has changed since batch ${last.batch}, and what that and earlier batches made stays as it is; ` +
      `to make all of it again: lakeweir run ${stream} --fresh`,
  ]
}
