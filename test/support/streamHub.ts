import { onTestFinished } from 'vitest'
import { StreamHub, type Visit } from '../../src/server/stream/hub.ts'
import type { StreamedAnswer, StreamedPanel } from '../../src/server/stream/streamed.ts'
import type { Waiting } from '../../src/server/waiting.ts'
import type { ServedPosition } from '../../src/serving/reader.ts'
import { TestClock } from './testClock.ts'

export interface StreamEvent {
  readonly id?: string
  readonly event?: string
  readonly data?: unknown
  readonly retry?: string
}

type Rows = StreamedAnswer['rows']

/** A clock whose time of day can be set, as people do it. */
class SettableClock extends TestClock {
  setForwardMs = 0

  override nowMs(): number {
    return super.nowMs() + this.setForwardMs
  }
}

/** A hub over numbers that a test commits. */
export class HubUnderTest {
  readonly clock = new SettableClock()
  readonly errors: unknown[] = []
  readonly hub: StreamHub
  generation = 'g1'
  batch = 0
  waiting: Waiting | undefined = { files: 0, sinceMs: undefined }
  readonly #listeners = new Set<(position: ServedPosition) => void>()

  constructor() {
    const current = (): ServedPosition | undefined => (this.batch === 0 ? undefined : this.position)
    this.hub = new StreamHub({
      watch: {
        get current() {
          return current()
        },
        onCommit: (listener) => {
          this.#listeners.add(listener)
          return () => this.#listeners.delete(listener)
        },
      },
      clock: this.clock,
      clientsPerToken: 2,
      waiting: () => this.waiting,
      onError: (error) => this.errors.push(error),
    })
  }

  get position(): ServedPosition {
    const nowMs = this.clock.nowMs()
    const { generation, batch } = this
    return { generation, batch, batchTimeMs: nowMs, takenMs: nowMs, newestEventMs: 0 }
  }

  commit(): void {
    this.batch += 1
    for (const listener of this.#listeners) listener(this.position)
  }

  /** Commits, and lets the time pass until it is shown. */
  commitShown(): void {
    this.commit()
    this.clock.advance(250)
  }

  /** A panel whose rows are what the function returns. */
  panel(name: string, rows: () => Rows | Promise<Rows>): StreamedPanel & { asked: number } {
    const panel = {
      name,
      key: name,
      asked: 0,
      answer: async (): Promise<StreamedAnswer> => {
        panel.asked += 1
        const { position } = this
        return { position, head: { columns: ['x', 'y'] }, rows: [...(await rows())] }
      },
    }
    return panel
  }

  visit(panels: readonly StreamedPanel[], visit: Omit<Partial<Visit>, 'panels'> = {}): Visitor {
    return new Visitor(this.hub, { holder: 'anyone', cut: () => undefined, ...visit, panels })
  }
}

/** Reads a stream's events one after another. */
export class Visitor {
  isCut = false
  /** Events that came together with one that was read. */
  readonly #read: StreamEvent[] = []
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>

  constructor(hub: StreamHub, visit: Visit) {
    const body = hub.open({
      ...visit,
      cut: () => {
        this.isCut = true
        visit.cut()
      },
    })
    this.#reader = body.getReader()
    onTestFinished(() => this.leave())
  }

  /** The next event; undefined at the end. */
  async next(): Promise<StreamEvent | undefined> {
    const next = this.#read.shift()
    if (next !== undefined) return next
    const { done, value } = await this.#reader.read()
    if (done) return undefined
    const texts = new TextDecoder().decode(value).split('\n\n').slice(0, -1)
    const [first = {}, ...others] = texts.map(eventIn)
    this.#read.push(...others)
    return first
  }

  /** The next event with this name that fits. */
  async nextOf(name: string, fits: (data: unknown) => boolean = () => true): Promise<StreamEvent> {
    for (;;) {
      const event = await this.next()
      if (event === undefined) throw new Error(`the stream ended without an event "${name}"`)
      if (event.event === name && fits(event.data)) return event
    }
  }

  /** All that comes until the end. */
  async all(): Promise<StreamEvent[]> {
    const events: StreamEvent[] = []
    for (let event = await this.next(); event !== undefined; event = await this.next()) events.push(event)
    return events
  }

  leave(): Promise<void> {
    return this.#reader.cancel()
  }
}

function eventIn(text: string): StreamEvent {
  const fields = text
    .split('\n')
    .map((line) => /^(\w+): (.*)$/.exec(line))
    .flatMap((match) =>
      match === null ? [] : [[match[1], match[1] === 'data' ? JSON.parse(match[2] ?? '') : match[2]]],
    )
  return Object.fromEntries(fields)
}

/** All that is under way without a timer is done. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
