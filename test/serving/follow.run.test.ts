import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Lake } from '../../src/index.ts'
import { closeLake, type OpenLake, openLake } from '../../src/lake/openLake.ts'
import type { BatchRows } from '../../src/serving/input.ts'
import { systemClock } from '../../src/stream/clock.ts'
import { runLoop } from '../../src/stream/loop.ts'
import type { Sink, Writer } from '../../src/stream/sink.ts'
import type { Portion, Position } from '../../src/stream/source.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { endOf, positionAt } from '../support/followedStream.ts'
import { LiveRun } from '../support/liveRun.ts'
import { messageRows } from '../support/messageRows.ts'
import { liveFiles } from '../support/messagesLake.ts'
import { silverFollowed } from '../support/silverFollowed.ts'
import { rawSql } from '../support/sql.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

const CONFIG = fileURLToPath(new URL('../../lakeweir.config.ts', import.meta.url))

/** Fails at its time limit where nothing wakes: a look without an event comes after a minute only. */
const TIMEOUT = { timeout: 50_000 }

let folder: string
let open: OpenLake
let lake: Lake

beforeAll(async () => {
  folder = makeTemporaryFolder()
})

beforeEach(async () => {
  open = await openLake({ config: CONFIG, lake: join(folder, 'lake'), database: { threads: 1 } })
  lake = Lake.of(open)
  return () => {
    closeLake(open)
    removeFolder(join(folder, 'lake'))
  }
})

afterAll(() => removeFolder(folder))

/** Keeps which files it was given, as a store that commits each portion with its position. */
class FileStore implements Sink<BatchRows> {
  readonly batches: number[] = []
  readonly files: string[] = []
  #last: Position | undefined
  #look: () => void = () => undefined

  async recover(): Promise<Writer<BatchRows>> {
    return {
      last: this.#last,
      notes: [],
      write: async (portion) => {
        const inputRows = await portion.secure()
        const position = this.#take(portion)
        this.#look()
        const durationMs = { stage: 0, sync: 0, commit: 0, publish: 0 }
        return { kind: 'written', written: { position, inputRows, inputFiles: 0, rows: {}, durationMs } }
      },
      idle: async () => undefined,
      interrupt: () => undefined,
      close: async () => undefined,
    }
  }

  /** Waits until a fact holds; looks again after each commit. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#look = resolve
      })
    }
  }

  #take(portion: Portion<BatchRows>): Position {
    const { scope, batch, files } = portion.input
    if (scope === 'all') this.files.splice(0)
    this.batches.push(batch)
    this.files.push(...[...files.values()].flat())
    this.#last = positionAt(endOf(portion))
    return this.#last
  }
}

/** Follows silver as `run live` does, until it is stopped. */
function following(store: FileStore, notes: string[] = []): { stop: () => Promise<void> } {
  const stop = new AbortController()
  const run = runLoop(
    { name: 'live', source: silverFollowed(open), sink: store, clock: systemClock },
    {
      limits: { maxFiles: 1_000, maxRows: 1_000_000, maxBytes: 1_000_000_000 },
      triggerMs: 0,
      pollMs: undefined,
      availableNow: false,
      deadlineMs: undefined,
      startedMs: systemClock.monotonicMs(),
      upstream: new Promise(() => undefined),
      signal: stop.signal,
      onStart: () => undefined,
      onBatch: () => undefined,
      onNote: (note) => notes.push(note),
    },
  )
  run.catch(() => undefined) // stop() tells of it
  return {
    stop: async () => {
      stop.abort()
      await run
    },
  }
}

async function drop(name: string, first: number, count: number): Promise<void> {
  const landing = join(open.config.root, 'landing/messages')
  mkdirSync(landing, { recursive: true })
  const file = join(folder, name)
  await inDuckdb((session) => session.run(rawSql`COPY (${messageRows(first, count)}) TO '${file}' (FORMAT parquet)`))
  renameSync(file, join(landing, name))
}

const silverFiles = (): string[] =>
  ['silver/messages/data', 'silver/messages_corrupted/data'].flatMap((table) =>
    liveFiles(join(open.config.root, table)),
  )

describe('while land and silver run', () => {
  test(
    'each batch of silver comes once, woken by its commits, from before its tables were there',
    TIMEOUT,
    async () => {
      const store = new FileStore()
      const notes: string[] = []
      const follower = following(store, notes)
      const run = await LiveRun.start(lake, { streams: ['land', 'silver'] })
      for (let number = 0; number < 6; number++) {
        await drop(`${number}.parquet`, number * 10, 10)
        await run.until(`file ${number} is in silver`, () => run.inputRows('silver') === (number + 1) * 10)
        const newest = run.batches.filter(({ stream }) => stream === 'silver').length
        await store.until(() => store.batches.at(-1) === newest)
      }
      await run.stop()
      await follower.stop()
      expect([...store.files].sort()).toEqual(silverFiles().sort())
      expect(store.batches).toEqual([...store.batches].sort((a, b) => a - b))
      expect(new Set(store.batches).size).toBe(store.batches.length)
      expect(notes.length).toBeLessThanOrEqual(2)
    },
  )

  test('a store that was away catches up in few portions, and follows a silver that begins anew', TIMEOUT, async () => {
    const store = new FileStore()
    const run = await LiveRun.start(lake, { streams: ['land', 'silver'] })
    await drop('first.parquet', 0, 10)
    await run.until('it is in silver', () => run.inputRows('silver') === 10)
    const early = following(store)
    await store.until(() => store.batches.length === 1)
    await early.stop()
    for (let number = 0; number < 5; number++) {
      await drop(`${number}.parquet`, number * 10, 10)
      await run.until(`file ${number} is in silver`, () => run.inputRows('silver') === (number + 2) * 10)
    }
    const notes: string[] = []
    const late = following(store, notes)
    await store.until(() => store.batches.at(-1) === 6)
    expect(store.batches.length).toBeLessThanOrEqual(3)
    await run.stop()
    await lake.empty(['silver'])
    await lake.run({ streams: ['silver'], availableNow: true })
    await store.until(() => store.batches.at(-1) === 1)
    await late.stop()
    expect(notes.filter((note) => note.includes('built again'))).toHaveLength(1)
    expect([...store.files].sort()).toEqual(silverFiles().sort())
  })
})
