import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Columns } from '../../../src/columns.ts'
import { isCount, isRecordOf } from '../../../src/files/json.ts'
import { listFolder } from '../../../src/files/read.ts'
import { endOf } from '../../../src/stream/position.ts'
import type { Feed, Idle, Limits, Offset, Portion, Position, Source, Watch } from '../../../src/stream/source.ts'

/** The number of the next message. */
export interface TopicOffset extends Offset {
  readonly next: number
}

export const isTopicOffset = isRecordOf<TopicOffset>({ next: isCount })

/** Reads the messages of a topic one after the other; takes none away. */
export class TopicSource implements Source {
  readonly kind = 'topic'
  readonly #folder: string
  readonly #columns: Columns
  readonly #first: number

  constructor(folder: string, columns: Columns, first: number) {
    this.#folder = folder
    this.#columns = columns
    this.#first = first
  }

  async resume(last: Position | undefined): Promise<Feed> {
    const next = last === undefined ? this.#first : endOf(last, isTopicOffset).next
    return new TopicFeed(this.#folder, this.#columns, next)
  }
}

class TopicFeed implements Feed {
  readonly #folder: string
  readonly #columns: Columns
  #next: number
  #end = Number.POSITIVE_INFINITY

  constructor(folder: string, columns: Columns, next: number) {
    this.#folder = folder
    this.#columns = columns
    this.#next = next
  }

  async next({ maxFiles }: Limits): Promise<Portion | Idle> {
    const start: TopicOffset = { next: this.#next }
    const end: TopicOffset = { next: Math.min(this.#end, start.next + maxFiles, await lengthOf(this.#folder)) }
    const count = end.next - start.next
    if (count <= 0) return { kind: 'idle', recheckMs: 10, notes: [] }
    const files = Array.from({ length: count }, (_, index) => join(this.#folder, `${start.next + index}.ndjson`))
    return {
      kind: 'portion',
      range: { start, end, detail: {}, fileCount: count },
      input: { kind: 'spooled', format: 'ndjson', files, columns: this.#columns },
      notes: [],
      secure: async () => files.flatMap((file) => readFileSync(file, 'utf8').trimEnd().split('\n')).length,
      finish: async () => {
        this.#next = end.next
      },
      refuse: async () => false,
    }
  }

  async pin(): Promise<void> {
    this.#end = await lengthOf(this.#folder)
  }

  async watch(): Promise<Watch> {
    return { recheckMs: 10, notes: [], close: async () => {} }
  }

  async close(): Promise<void> {}
}

/** How many messages a topic has. */
export async function lengthOf(folder: string): Promise<number> {
  return (await listFolder(folder)).length
}
