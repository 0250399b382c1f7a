import type { Outcome, Sink, StageFailure, Writer } from '../../../src/stream/sink.ts'
import type { Moment, Portion, Position } from '../../../src/stream/source.ts'

/** Keeps rows in memory. They and the cursor change in one assignment: there is nothing to recover. */
export class MemorySink implements Sink {
  state: { readonly rows: readonly number[]; readonly last: Position | undefined } = { rows: [], last: undefined }
  isTaken = false
  /** Ends once a write is made to fail. */
  interrupted: Promise<void> = Promise.resolve()
  /** Asked before each commit: a failure instead of it, or an error for a process that dies. */
  onWrite: (portion: Portion, moment: Moment) => StageFailure | undefined | Promise<StageFailure | undefined> = () =>
    undefined

  async recover(): Promise<Writer> {
    this.isTaken = true
    const stop = new AbortController()
    this.interrupted = new Promise((resolve) => stop.signal.addEventListener('abort', () => resolve()))
    return {
      last: this.state.last,
      notes: [],
      write: (portion, moment) => this.#write(portion, moment, stop.signal),
      idle: async () => undefined,
      interrupt: () => stop.abort(),
      close: async () => {
        this.isTaken = false
      },
    }
  }

  async #write(portion: Portion, moment: Moment, stop: AbortSignal): Promise<Outcome> {
    const { range, input } = portion
    const inputRows = await portion.secure()
    const failure = await this.onWrite(portion, moment)
    if (failure !== undefined) return failure
    if (stop.aborted) return { kind: 'failed', cause: 'resources', error: new Error('interrupted') }
    const made = input.kind === 'generated' ? Array.from({ length: inputRows }, (_, row) => input.first + row) : []
    const { start, end, detail, fileCount } = range
    const position: Position = {
      streamId: 'toy@memory',
      batch: moment.batch,
      batchTime: new Date(moment.nowMs).toISOString(),
      attempt: 'memory',
      recordedIn: 'memory',
      source: { kind: 'toy', start, end, detail },
    }
    this.state = { rows: [...this.state.rows, ...made], last: position } // the commit
    const durationMs = { stage: 0, sync: 0, commit: 0, publish: 0 }
    const rows = { memory: made.length }
    return { kind: 'written', written: { position, inputRows, inputFiles: fileCount, rows, durationMs } }
  }
}
