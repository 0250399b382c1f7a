import type { BatchProgress, Lake, RunOptions } from '../../src/index.ts'

/** How long a fact may take to come true on a busy machine, before a test gives up on it. */
const PATIENCE_MS = 20_000

/** A run that goes on beside the test, which waits for what it wants to see. */
export class LiveRun {
  readonly batches: BatchProgress[] = []
  readonly notes: string[] = []
  readonly #stop = new AbortController()
  readonly #ended: Promise<void>
  #hasEnded = false
  #started = 0
  #look: (() => void) | undefined

  private constructor(lake: Lake, options: RunOptions) {
    const run = lake.run({
      ...options,
      signal: this.#stop.signal,
      onStart: () => {
        this.#started += 1
        this.#look?.()
      },
      onBatch: (batch) => {
        this.batches.push(batch)
        options.onBatch?.(batch)
        this.#look?.()
      },
      onNote: (stream, text) => {
        this.notes.push(`${stream} ${text}`)
        options.onNote?.(stream, text)
        this.#look?.()
      },
      onFailure: (failure) => {
        options.onFailure?.(failure)
        this.#look?.()
      },
    })
    this.#ended = run.finally(() => {
      this.#hasEnded = true
      this.#look?.()
    })
    this.#ended.catch(() => undefined) // stop() tells of it
  }

  /** Starts streams and waits until all of them are up. */
  static async start(lake: Lake, options: RunOptions): Promise<LiveRun> {
    const run = new LiveRun(lake, options)
    await run.until('every stream is up', () => run.#started === options.streams.length)
    return run
  }

  /** Waits until a fact holds; looks again at every batch, note and failure. */
  async until(fact: string, holds: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE_MS
    while (!holds()) {
      if (this.#hasEnded) await this.#ended
      if (this.#hasEnded) throw new Error(`the run ended before this came true: ${fact}`)
      if (Date.now() > deadline) throw new Error(`not true after ${PATIENCE_MS} ms: ${fact}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - Date.now() + 1)
        this.#look = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** The rows that a stream has read. */
  inputRows(stream: string): number {
    return this.batches.filter((batch) => batch.stream === stream).reduce((sum, { inputRows }) => sum + inputRows, 0)
  }

  /** Stops the run as Ctrl-C does. @throws what it failed with */
  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#ended
  }
}
