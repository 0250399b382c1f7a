import { LakeError, messageOf } from '../../errors.ts'
import type { Clock, Timer } from '../../stream/clock.ts'
import { retryPauseMs } from '../../stream/retry.ts'
import type { CopyChanges, CopyPosition, CopySource, CopyTarget, CopyWriter } from './copy.ts'

/** How a copy is doing, for `status` and metrics. */
export interface CopyState {
  /** Where it is kept, without a password. */
  readonly target: string
  /** The last batch in it, once it is known. */
  readonly batch: number | undefined
  /** What stopped it and since when, in milliseconds since 1970; undefined while it works. */
  readonly error: { readonly message: string; readonly sinceMs: number } | undefined
}

/** How often a copy is looked at while there is nothing to write: somebody may have emptied it. */
const LOOK_MS = 30_000

/** How long a copy has, once live ends, to take what it lacks: one that says nothing must not hold up the end. */
const LAST_MS = 10_000

export interface PublisherParts {
  readonly source: CopySource
  readonly target: CopyTarget
  readonly clock: Clock
  /** Called once when it begins to fail, and once when it works again. */
  readonly onNote: (text: string) => void
}

/**
 * Keeps a copy as new as the store. A copy that cannot be reached is tried again for as long as it takes, and then
 * takes everything since; the store never waits for it.
 */
export class Publisher {
  readonly #parts: PublisherParts
  #state: CopyState
  /** Whether something may be newer than what was last read. */
  #isWoken = true
  #wake: () => void = () => undefined

  constructor(parts: PublisherParts) {
    this.#parts = parts
    this.#state = { target: parts.target.name, batch: undefined, error: undefined }
  }

  get state(): CopyState {
    return this.#state
  }

  /** Runs until the signal is aborted; a copy that can be reached then still takes what the store has. */
  async run(signal: AbortSignal): Promise<void> {
    const { source, clock } = this.#parts
    const stopListening = source.onCommit(() => this.#awake())
    let cut: Timer | undefined
    const awake = (): void => {
      cut = clock.after(LAST_MS, () => this.#parts.target.cut())
      this.#awake()
    }
    signal.addEventListener('abort', awake, { once: true })
    try {
      for (let failures = 0; ; ) {
        try {
          return await this.#publish(signal, () => {
            failures = 0
          })
        } catch (error) {
          failures += 1
          this.#noteError(error)
          if (signal.aborted) return
          await clock.sleep(retryPauseMs(failures), signal)
          if (signal.aborted) return
        }
      }
    } finally {
      signal.removeEventListener('abort', awake)
      cut?.cancel()
      stopListening()
    }
  }

  /** Writes what is new, again and again, until there is nothing and the signal is aborted, or the copy fails. */
  async #publish(signal: AbortSignal, onWritten: () => void): Promise<void> {
    const writer = await this.#parts.target.open()
    try {
      let position = await writer.position()
      this.#noteBatch(position?.batch)
      for (;;) {
        this.#isWoken = false
        const written = await this.#writeChanges(writer, position)
        if (written !== undefined) position = written
        // Also where there was nothing to write: the copy has been reached, and is as new as the store.
        this.#noteBatch(position?.batch)
        onWritten()
        if (written !== undefined) continue
        if (signal.aborted) return
        if (!(await this.#woken(signal))) position = await writer.position()
      }
    } finally {
      await writer.close()
    }
  }

  #writeChanges(writer: CopyWriter, position: CopyPosition | undefined): Promise<CopyPosition | undefined> {
    const { source, target } = this.#parts
    return source.changesSince(position, async (changes) => {
      if (position !== undefined && position.lake !== changes.lake) throw otherLake(target.name, position, changes)
      for (const model of changes.models) target.assertFits(model)
      await writer.write(changes)
      return positionOf(changes)
    })
  }

  #awake(): void {
    this.#isWoken = true
    this.#wake()
  }

  /** Waits until there may be something to write. @returns false if it is only time to look at the copy */
  async #woken(signal: AbortSignal): Promise<boolean> {
    if (this.#isWoken || signal.aborted) return true
    let timer: Timer | undefined
    await new Promise<void>((resolve) => {
      this.#wake = resolve
      timer = this.#parts.clock.after(LOOK_MS, resolve)
    })
    timer?.cancel()
    return this.#isWoken || signal.aborted
  }

  #noteBatch(batch: number | undefined): void {
    const { target, onNote } = this.#parts
    if (this.#state.error !== undefined) onNote(`its copy in ${target.name} is reached again and catches up`)
    this.#state = { target: target.name, batch, error: undefined }
  }

  #noteError(error: unknown): void {
    const { target, clock, onNote } = this.#parts
    const message = error instanceof LakeError ? `${error.code}: ${error.message}` : messageOf(error)
    if (this.#state.error?.message !== message) {
      onNote(`its copy in ${target.name} waits and is tried again: ${message}`)
    }
    const sinceMs = this.#state.error?.sinceMs ?? clock.nowMs()
    this.#state = { ...this.#state, error: { message, sinceMs } }
  }
}

function otherLake(target: string, { lake }: CopyPosition, changes: CopyChanges): LakeError {
  return new LakeError('LAKE_COPY_HELD', `${target} has a copy of another lake, ${lake}, not of ${changes.lake}.`, {
    state: 'Nothing was changed there.',
    remedy: 'Give this lake a database of its own. If it was moved, drop the schemas live and live_kept there first.',
  })
}

function positionOf({ lake, position, models }: CopyChanges): CopyPosition {
  const { generation, batch } = position
  return { lake, generation, batch, models: new Map(models.map(({ name, build }) => [name, build])) }
}
