import { getEventListeners } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { beforeEach, describe, expect, test } from 'vitest'
import type { LakeError } from '../../../src/index.ts'
import { type LoopOptions, runLoop } from '../../../src/stream/loop.ts'
import type { BatchProgress } from '../../../src/stream/progress.ts'
import type { StageFailure } from '../../../src/stream/sink.ts'
import { TestClock } from '../../support/testClock.ts'
import { MemorySink } from './sink.ts'
import { ToySource } from './source.ts'

// The loop with neither tables nor files: a source of numbers, and a sink that commits them with its cursor.

let source: ToySource
let sink: MemorySink
let clock: TestClock
let stop: AbortController
let batches: BatchProgress[]
let notes: string[]

beforeEach(() => {
  source = new ToySource()
  sink = new MemorySink()
  clock = new TestClock()
  stop = new AbortController()
  batches = []
  notes = []
})

/** One run of the stream, in a process that may have died before. Takes what there is where nothing else is said. */
function run(options: Partial<LoopOptions> = {}): Promise<void> {
  return runLoop(
    { name: 'toys', source, sink, clock },
    {
      limits: { maxFiles: 1_000, maxRows: 4, maxBytes: 1_000 },
      triggerMs: 0,
      pollMs: undefined,
      availableNow: true,
      deadlineMs: undefined,
      startedMs: 0,
      upstream: Promise.resolve(),
      signal: stop.signal,
      onStart: () => undefined,
      onBatch: (progress) => batches.push(progress),
      onNote: (note) => notes.push(note),
      ...options,
    },
  )
}

/** Lets all go on that waits for nothing but its turn. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await turn()
}

const numbers = (count: number): number[] => Array.from({ length: count }, (_, number) => number)

const failure = (cause: StageFailure['cause']): StageFailure => ({ kind: 'failed', cause, error: new Error(cause) })

/** Fails so many writes, then lets them through. */
function failWrites(times: number, cause: StageFailure['cause']): void {
  let left = times
  sink.onWrite = () => (left-- > 0 ? failure(cause) : undefined)
}

describe('a sink that commits rows and cursor in a transaction of its own', () => {
  test('has every row once, through failures, a death before the commit, one after it, and a stop', async () => {
    source.count = 10
    let writes = 0
    sink.onWrite = () => {
      writes += 1
      if (writes === 2) return failure('disk')
      if (writes === 4) throw new Error('the process dies before it commits')
      return undefined
    }
    await clock.passing(async () => {
      await expect(run()).rejects.toThrow('the process dies before it commits')
    })
    expect(sink.state.rows).toEqual(numbers(8))

    source.count = 20
    sink.onWrite = () => undefined
    await expect(run({ onBatch: () => Promise.reject(new Error('it dies after a commit')) })).rejects.toThrow()
    expect(sink.state.rows).toEqual(numbers(12))

    await run({ onBatch: () => stop.abort() })
    expect(sink.state.rows).toEqual(numbers(16))

    stop = new AbortController()
    await run()
    expect(sink.state.rows).toEqual(numbers(20))
    expect(source.resumedAt).toEqual([0, 8, 12, 16])
    expect(sink.isTaken).toBe(false)
  })

  test('tells of each batch once it is committed, numbered one after the other over all runs', async () => {
    source.count = 6
    await run()
    source.count = 9
    await run()
    expect(
      batches.map(({ batch, inputRows, startOffset, endOffset }) => [batch, inputRows, startOffset, endOffset]),
    ).toEqual([
      [1, 4, { rows: 0 }, { rows: 4 }],
      [2, 2, { rows: 4 }, { rows: 6 }],
      [3, 3, { rows: 6 }, { rows: 9 }],
    ])
    expect(batches.map(({ stream, rows }) => [stream, rows.memory])).toEqual([
      ['toys', 4],
      ['toys', 2],
      ['toys', 3],
    ])
  })
})

describe('a portion', () => {
  test('is secured, and finished once its batch is committed, before the next is asked for', async () => {
    source.count = 6
    sink.onWrite = () => void source.calls.push('write')
    await run()
    const ofBatch = (range: string): string[] => [`secure ${range}`, 'write', `finish ${range}`]
    expect(source.calls).toEqual(['pin', ...ofBatch('0-4'), ...ofBatch('4-6'), 'close'])
  })

  test('whose rows fail is refused, and asked for again where its source has other ones', async () => {
    source.count = 3
    failWrites(2, 'data')
    const refusals: unknown[] = []
    source.onRefuse = (refusal) => refusals.push(refusal) > 0
    await run()
    expect(refusals).toEqual([1, 2].map((failures) => ({ kind: 'data', error: new Error('data'), failures })))
    expect(sink.state.rows).toEqual(numbers(3))
  })

  test('that is refused for good fails the run, which leaves the sink to others', async () => {
    source.count = 3
    failWrites(1, 'data')
    await expect(run()).rejects.toMatchObject({ code: 'LAKE_BATCH_FAILED', message: 'toys batch 1 failed: data' })
    expect(source.calls).toEqual(['pin', 'secure 0-3', 'refuse 0-3', 'close'])
    expect(sink.isTaken).toBe(false)
  })

  test('takes less where the process is short of something, and more again with each batch', async () => {
    source.count = 12
    failWrites(2, 'resources')
    await run()
    expect(batches.map(({ inputRows }) => inputRows)).toEqual([1, 2, 4, 4, 1])
    expect(sink.state.rows).toEqual(numbers(12))
  })

  test('that took the least is tried with pauses, then fails', async () => {
    source.count = 1
    failWrites(100, 'resources')
    const startMs = clock.monotonicMs()
    await clock.passing(() => expect(run()).rejects.toMatchObject({ code: 'LAKE_RESOURCES_EXHAUSTED', canRetry: true }))
    expect(source.calls.filter((call) => call.startsWith('secure'))).toHaveLength(3)
    expect(clock.monotonicMs() - startMs).toBe(2_000)
  })

  test.each<[StageFailure['cause'], number, number]>([
    ['disk', 3, 2_000],
    ['lasting', 1, 0],
  ])('that fails by the disk (%s) is tried %i times in all', async (cause, tries, pausesMs) => {
    source.count = 1
    failWrites(100, cause)
    await clock.passing(() => expect(run()).rejects.toMatchObject({ code: 'LAKE_DISK_FAILED' }))
    expect(source.calls.filter((call) => call.startsWith('secure'))).toHaveLength(tries)
    expect(clock.monotonicMs()).toBe(pausesMs)
  })
})

describe('a run that is told to stop', () => {
  /** A write that goes on until it is made to fail, or let go. */
  function slowWrite(): { readonly begun: Promise<void>; readonly end: () => void } {
    let begin = (): void => undefined
    let end = (): void => undefined
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    sink.onWrite = async (): Promise<undefined> => {
      begin()
      await Promise.race([ended, sink.interrupted])
    }
    return { begun, end }
  }

  test('lets its batch go on for two seconds', async () => {
    source.count = 3
    const write = slowWrite()
    const running = run()
    await write.begun
    stop.abort()
    clock.advance(1_999)
    await settle()
    write.end()
    await running
    expect(sink.state.rows).toEqual(numbers(3))
  })

  test('then abandons it, and the next run takes it', async () => {
    source.count = 3
    const write = slowWrite()
    const running = run()
    await write.begun
    stop.abort()
    clock.advance(2_000)
    await expect(running).rejects.toMatchObject({
      code: 'LAKE_INTERRUPTED',
      exitCode: 130,
    } satisfies Partial<LakeError>)
    expect(sink.state.rows).toEqual([])
    stop = new AbortController()
    sink.onWrite = () => undefined
    await run()
    expect(sink.state.rows).toEqual(numbers(3))
  })

  test('leaves no listener on its signal, however often it waited', async () => {
    const running = run({ availableNow: false })
    for (let count = 1; count <= 30; count++) {
      await settle()
      source.count = count
      source.wake?.()
    }
    await settle()
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(1) // the wait's that is under way
    stop.abort()
    await running
    expect(getEventListeners(stop.signal, 'abort')).toEqual([])
    expect(sink.state.rows).toEqual(numbers(30))
  })
})

describe('a stream that waits', () => {
  test('goes on when its watch wakes it, also while that opens', async () => {
    const running = run({ availableNow: false })
    await settle()
    source.count = 2
    source.wake?.()
    await settle()
    expect(sink.state.rows).toEqual(numbers(2))
    source.onWatch = () => {
      if (source.count === 3) return
      source.count = 3
      source.wake?.()
    }
    source.wake?.()
    await settle()
    stop.abort()
    await running
    expect(sink.state.rows).toEqual(numbers(3))
  })

  test('looks again at once where something came while it worked, and then waits again', async () => {
    const running = run({ availableNow: false })
    await settle()
    const wakeFirst = source.wake
    source.onWatch = () => {
      if (source.looks === 2) source.wake?.()
    }
    wakeFirst?.()
    await settle()
    // The first wait was ended by its event, the second as soon as it began; the third goes on.
    expect(source.looks).toBe(3)
    wakeFirst?.() // an event that comes late ends no later wait
    await settle()
    expect(source.looks).toBe(3)
    stop.abort()
    await running
  })

  test('waits no longer once it is told to stop, and does not look again', async () => {
    const running = run({ availableNow: false })
    await settle()
    stop.abort()
    await running
    expect(source.looks).toBe(1)
  })

  test('stops where it is told to while its watch opens', async () => {
    source.onWatch = () => stop.abort()
    await run({ availableNow: false })
    expect(source.looks).toBe(1)
    expect(source.wake).toBeUndefined()
  })

  test('closes its watch whatever ends its run', async () => {
    source.onWatch = () => source.wake?.()
    source.onLook = (looks) => {
      if (looks === 2) throw new Error('the source fails')
    }
    await expect(run({ availableNow: false })).rejects.toThrow('the source fails')
    expect(source.wake).toBeUndefined()
    expect(sink.isTaken).toBe(false)
  })

  test('looks again after a minute, though no event comes', async () => {
    const running = run({ availableNow: false })
    await settle()
    source.count = 2
    clock.advance(59_999)
    await settle()
    expect(sink.state.rows).toEqual([])
    clock.advance(1)
    await settle()
    expect(sink.state.rows).toEqual(numbers(2))
    stop.abort()
    await running
  })

  test('ends when its upstream has ended, with what that brought', async () => {
    let end = (): void => undefined
    const upstream = new Promise<void>((resolve) => {
      end = resolve
    })
    const running = run({ upstream })
    await settle()
    source.count = 2
    end()
    await running
    expect(sink.state.rows).toEqual(numbers(2))
  })

  test('ends with its run, after a last look', async () => {
    const running = run({ availableNow: false, deadlineMs: 5_000 })
    await settle()
    source.count = 2
    clock.advance(5_000)
    await running
    expect(sink.state.rows).toEqual(numbers(2))
  })
})

test('a batch whose portion cannot be finished is told as published', async () => {
  source.count = 2
  source.onFinish = () => {
    throw Object.assign(new Error('EIO: injected'), { code: 'EIO' })
  }
  await expect(run()).rejects.toMatchObject({
    code: 'LAKE_DISK_FAILED',
    message: 'toys batch 1 is published, but its clean-up failed: EIO: injected',
  })
  expect(sink.state.rows).toEqual(numbers(2))
})
