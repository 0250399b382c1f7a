import { expect, onTestFinished, test } from 'vitest'
import { LakeError } from '../../../src/errors.ts'
import type { CopyChanges, CopyPosition, CopySource, CopyTarget } from '../../../src/serving/copies/copy.ts'
import { Publisher } from '../../../src/serving/copies/publisher.ts'
import { TestClock } from '../../support/testClock.ts'
import { changes, LAKE, modelOf } from './kit.ts'

/** A store that is at a batch. */
class BatchSource implements CopySource {
  lake = LAKE
  batch = 0
  #listener: () => void = () => undefined

  async changesSince<T>(position: CopyPosition | undefined, use: (changes: CopyChanges) => Promise<T>) {
    if (this.batch === 0 || position?.batch === this.batch) return undefined
    return use({ ...changes(this.batch, modelOf(position === undefined, [])), lake: this.lake })
  }

  onCommit(listener: () => void): () => void {
    this.#listener = listener
    return () => undefined
  }

  commit(batch: number): void {
    this.batch = batch
    this.#listener()
  }
}

/** A copy that counts what it is given, and fails when it is told to. */
class CountedTarget implements CopyTarget {
  readonly name = 'postgres://host/db'
  position: CopyPosition | undefined
  readonly written: number[] = []
  opened = 0
  /** Called before each write and each opening. */
  fail: (() => never) | undefined
  onWritten: (batch: number) => void = () => undefined

  assertFits(): void {
    // Everything fits.
  }

  /** What a write waits for, if it is to wait. */
  answer: Promise<void> | undefined
  cut: () => void = () => undefined

  async open() {
    this.fail?.()
    this.opened += 1
    return {
      position: async () => this.position,
      write: async ({ lake, position: { generation, batch }, models }: CopyChanges) => {
        this.fail?.()
        await this.answer
        this.position = { lake, generation, batch, models: new Map(models.map(({ name, build }) => [name, build])) }
        this.written.push(batch)
        this.onWritten(batch)
      },
      close: async () => undefined,
    }
  }

  /** Resolves once a batch is written. */
  has(batch: number): Promise<void> {
    return new Promise((resolve) => {
      this.onWritten = (written) => {
        if (written === batch) resolve()
      }
      if (this.written.includes(batch)) resolve()
    })
  }
}

interface Published {
  readonly source: BatchSource
  readonly target: CountedTarget
  readonly clock: TestClock
  readonly notes: string[]
  readonly publisher: Publisher
}

function published(batch: number, position?: CopyPosition): Published {
  const [source, target, clock, notes] = [new BatchSource(), new CountedTarget(), new TestClock(), [] as string[]]
  source.batch = batch
  target.position = position
  const publisher = new Publisher({ source, target, clock, onNote: (text) => notes.push(text) })
  const stop = new AbortController()
  const ended = publisher.run(stop.signal)
  onTestFinished(async () => {
    stop.abort()
    await ended
  })
  return { source, target, clock, notes, publisher }
}

const away = (): never => {
  throw new LakeError('LAKE_COPY_FAILED', 'postgres://host/db: connection refused.', { canRetry: true })
}

test('writes what there is at its start, then each commit', async () => {
  const { source, target, publisher, notes } = published(4)
  await target.has(4)
  source.commit(5)
  await target.has(5)
  source.commit(6)
  await target.has(6)
  expect(target.written).toEqual([4, 5, 6])
  expect(target.opened).toBe(1)
  await expect.poll(() => publisher.state).toEqual({ target: 'postgres://host/db', batch: 6, error: undefined })
  expect(notes).toEqual([])
})

test('continues after what the copy has already', async () => {
  const { source, target } = published(4, { lake: LAKE, generation: 'first', batch: 4, models: new Map() })
  await expect.poll(() => target.opened).toBe(1)
  source.commit(5)
  await target.has(5)
  expect(target.written).toEqual([5])
})

test('tries a copy that is away again and again, says so once, and takes everything when it is back', async () => {
  const { source, target, clock, notes, publisher } = published(1)
  await target.has(1)
  target.fail = away
  source.commit(2)
  await expect
    .poll(() => publisher.state.error?.message)
    .toBe('LAKE_COPY_FAILED: postgres://host/db: connection refused.')
  source.commit(3)
  for (let tries = 0; tries < 5; tries++) {
    await clock.waitedFor(1)
    clock.advance(60_000)
  }
  await clock.waitedFor(1)
  expect(target.written).toEqual([1])
  target.fail = undefined
  clock.advance(60_000)
  await target.has(3)
  expect(target.written).toEqual([1, 3])
  await expect.poll(() => publisher.state.error).toBeUndefined()
  expect(notes).toEqual([
    'its copy in postgres://host/db waits and is tried again: LAKE_COPY_FAILED: postgres://host/db: connection refused.',
    'its copy in postgres://host/db is reached again and catches up',
  ])
})

test('never overwrites the copy of another lake', async () => {
  const other = { lake: '/srv/other', generation: 'first', batch: 9, models: new Map() }
  const { target, publisher } = published(4, other)
  await expect
    .poll(() => publisher.state.error?.message)
    .toBe('LAKE_COPY_HELD: postgres://host/db has a copy of another lake, /srv/other, not of /srv/lake.')
  expect(target.written).toEqual([])
})

test('a copy that says nothing more holds up no end', async () => {
  const [source, target, clock] = [new BatchSource(), new CountedTarget(), new TestClock()]
  let isAsked: () => void = () => undefined
  const asked = new Promise<void>((resolve) => {
    isAsked = resolve
  })
  target.fail = () => isAsked() as never
  target.answer = new Promise((_, reject) => {
    target.cut = () => reject(new LakeError('LAKE_COPY_FAILED', 'the connection was cut', { canRetry: true }))
  })
  source.batch = 1
  const stop = new AbortController()
  const publisher = new Publisher({ source, target, clock, onNote: () => undefined })
  const ended = publisher.run(stop.signal)
  await asked
  await clock.waitedFor(0)
  stop.abort()
  clock.advance(10_000)
  await ended
  expect([target.written, publisher.state.error?.message]).toEqual([[], 'LAKE_COPY_FAILED: the connection was cut'])
  await clock.waitedFor(0)
})
