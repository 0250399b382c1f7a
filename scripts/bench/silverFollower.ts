import { EventEmitter, once } from 'node:events'
import type { BatchProgress, Lake } from '../../src/index.ts'

/** The silver stream of a lake in this process, running and waiting for the next commit of bronze. */
export class SilverFollower {
  readonly #stop = new AbortController()
  readonly #events = new EventEmitter()
  readonly #ended: Promise<never>

  private constructor(lake: Lake) {
    const running = lake.run({
      streams: ['silver'],
      signal: this.#stop.signal,
      onStart: () => this.#events.emit('start'),
      onBatch: (batch) => this.#events.emit('batch', batch),
    })
    this.#ended = running.then(() => {
      throw new Error('silver has stopped')
    })
  }

  static async start(lake: Lake): Promise<SilverFollower> {
    const follower = new SilverFollower(lake)
    await Promise.race([once(follower.#events, 'start'), follower.#ended])
    return follower
  }

  /** The progress of the batch that `feed` causes. */
  async batchOf(feed: () => void): Promise<BatchProgress> {
    const reported = once(this.#events, 'batch') as Promise<[BatchProgress]>
    feed()
    const [batch] = await Promise.race([reported, this.#ended])
    return batch
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#ended.catch(() => undefined)
  }
}
