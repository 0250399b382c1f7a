import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Disk } from '../../src/files/disk.ts'
import type { BatchRows } from '../../src/serving/input.ts'
import type { Portion, Position } from '../../src/stream/source.ts'
import { crashStatesOf, recoverEach, stepOf } from '../support/crashStates.ts'
import { drained, endOf, nextOf, positionAt } from '../support/followedStream.ts'
import { hookedDisk, StoppedError } from '../support/hookedDisk.ts'
import { liveFiles, MessagesLake } from '../support/messagesLake.ts'
import { powerCutStatesOf } from '../support/powerCuts.ts'
import { silverFollowed } from '../support/silverFollowed.ts'

// Whatever becomes of the process that writes silver: a store that follows it has each file of silver once.

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

/** What a store does that goes on after a position, in a process of its own. */
async function followFrom(last: Position | undefined): Promise<Portion<BatchRows>[]> {
  const feed = await silverFollowed(lake.open).resume(last)
  try {
    return await drained(feed)
  } finally {
    await feed.close()
  }
}

function lastOf(portions: readonly Portion<BatchRows>[], before?: Position): Position | undefined {
  const portion = portions.at(-1)
  return portion === undefined ? before : positionAt(endOf(portion))
}

function filesIn(portions: readonly Portion<BatchRows>[]): string[] {
  return portions.flatMap(({ input }) => [...input.files.values()].flat())
}

const silverFiles = (): string[] =>
  ['silver/messages/data', 'silver/messages_corrupted/data'].flatMap((table) => liveFiles(lake.path(table)))

test('a crash before or after any disk call of silver shows whole batches alone, and each of them once', {
  timeout: 300_000,
}, async () => {
  await lake.produce(20)
  await lake.run(['silver'])
  const first = await followFrom(undefined)
  await lake.produce(12, 6)
  const record = await crashStatesOf(lake, () => lake.run(['silver']))
  expect(record.states.length).toBeGreaterThan(20)
  let halves = 0
  let taken: Portion<BatchRows>[] = []
  const goOn = async (): Promise<void> => {
    const between = await followFrom(lastOf(first))
    const isHalf = filesIn([...first, ...between]).length < silverFiles().length
    if (isHalf) halves += 1
    await lake.run(['silver'])
    taken = [...first, ...between, ...(await followFrom(lastOf(between, lastOf(first))))]
  }
  const check = async (): Promise<string[]> => {
    const batches = taken.map(({ input }) => `${input.scope} ${input.batch}`)
    const twice = filesIn(taken).length - new Set(filesIn(taken)).size
    const isSame = JSON.stringify(filesIn(taken).sort()) === JSON.stringify(silverFiles().sort())
    return [
      ...(isSame && twice === 0 ? [] : [`the store has ${filesIn(taken).length} files, ${twice} of them twice`]),
      ...(/^all 1,added \d+(,added \d+)*$/.test(batches.join()) ? [] : [batches.join()]),
    ]
  }
  expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  // Some states have a batch in one table and not in the other: none of it was shown.
  expect(halves).toBeGreaterThan(0)
})

test('a power cut never takes back what a store has committed', { timeout: 300_000 }, async () => {
  await lake.produce(12)
  await lake.run(['silver'])
  await lake.produce(6)
  // Silver dies once both Delta commits are linked, before it has made them durable.
  const dieing = async (disk: Disk): Promise<void> => {
    await expect(lake.on(stoppingAfterLinks(disk, 2), () => lake.run(['silver']))).rejects.toThrow()
  }
  let committed: Position | undefined
  const follow = async (): Promise<void> => {
    const feed = await silverFollowed(lake.open).resume(undefined)
    const portion = await nextOf(feed)
    await portion?.secure()
    if (portion !== undefined) committed = positionAt(endOf(portion))
    await feed.close()
  }
  const record = await powerCutStatesOf(lake, follow, dieing)
  // The store commits after the last of these calls, so only what a power cut leaves after that counts.
  const lastCall = `call ${record.calls.length}:`
  const states = record.states.filter(({ points }) => points.some((point) => point.includes(lastCall)))
  expect(states.length).toBeGreaterThan(0)
  expect(committed?.batch).toBe(2)
  const goOn = async (): Promise<void> => {
    expect(await followFrom(committed)).toEqual([])
    await lake.run(['silver'])
    expect(await followFrom(committed)).toEqual([])
  }
  expect(await recoverEach(lake, { ...record, states }, goOn, () => lake.fileFaults())).toEqual([])
})

/** The process dies right after it has linked so many Delta commits of silver. */
function stoppingAfterLinks(disk: Disk, count: number): Disk {
  let links = 0
  return hookedDisk(disk, async (call, perform) => {
    if (links >= count) throw new StoppedError(call)
    const result = await perform()
    if (/^link silver\/.*\/_delta_log\/N\.json$/.test(stepOf(lake.root, call))) links += 1
    return result
  })
}
