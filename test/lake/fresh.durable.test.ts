import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { recordName } from '../../src/tables/record.ts'
import { type DiskCall, hookedDisk, StoppedError, tracingDisk } from '../support/hookedDisk.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'

let messages: MessagesLake
let list: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  list = messages.path('.fresh.json')
})
beforeEach(async () => {
  messages.clear()
  await messages.drop('landed.parquet', messageRows(0, 3))
  await messages.run(['land', 'silver'])
  await messages.produce(5)
  await messages.run(['silver'])
})
afterAll(() => messages.close())

const LAND = 'bronze/messages/checkpoint/land'

/** The disk calls of an emptying. */
async function callsOfEmptying(streams: readonly string[]): Promise<DiskCall[]> {
  const trace: DiskCall[] = []
  await messages.on(tracingDisk(nodeDisk, trace), () => messages.lake.empty(streams))
  return trace
}

function placeOf(
  trace: readonly DiskCall[],
  operation: DiskCall['operation'],
  path: string | RegExp,
  after = -1,
): number {
  return trace.findIndex((call, place) => {
    const isPath = typeof path === 'string' ? call.path === path : path.test(call.path)
    return place > after && call.operation === operation && isPath
  })
}

describe('an emptying', () => {
  test('has its list durable before it takes anything away, and its end before streams go on', async () => {
    const trace = await callsOfEmptying(['land'])
    const listed = placeOf(trace, 'link', list)
    // Only the list names the trash.
    const trashMade = placeOf(trace, 'makeFolder', /\.trash-/)
    expect(listed).toBeGreaterThan(-1)
    const durable = placeOf(trace, 'syncFolder', messages.root, listed)
    expect(durable).toBeGreaterThan(listed)
    expect(durable).toBeLessThan(trashMade)

    const ended = placeOf(trace, 'removeFile', list)
    expect(trace[ended + 1]).toMatchObject({ operation: 'syncFolder', path: messages.root })
  })

  test('makes each move durable before the next, and all of them in the trash before that goes', async () => {
    const trace = await callsOfEmptying(['land'])
    const moves = trace.flatMap((call, place) =>
      call.operation === 'rename' && call.path.includes('/.trash-') ? [{ call, next: trace[place + 1] }] : [],
    )
    expect(moves.length).toBeGreaterThan(6)
    for (const { call, next } of moves) {
      expect(next?.operation, call.path).toBe('syncFolder')
      expect(next?.path, call.path).not.toContain('.trash-')
    }
    const trash = dirname(moves[0]?.call.path ?? '')
    const gone = placeOf(trace, 'removeTree', trash)
    const durable = placeOf(trace, 'syncFolder', trash)
    expect(durable).toBeGreaterThan(trace.findLastIndex(({ operation }) => operation === 'rename'))
    expect(durable).toBeLessThan(gone)
  })

  test('makes it durable where taken files went before their records go', async () => {
    mkdirSync(messages.path(LAND, 'claimed/2'), { recursive: true })
    writeFileSync(messages.path(LAND, 'claimed/2/taken.parquet'), 'text')
    const trace = await callsOfEmptying(['land'])
    expect(readdirSync(messages.landing)).toContain('taken.parquet')
    const back = placeOf(trace, 'link', join(messages.landing, 'taken.parquet'))
    const settled = placeOf(trace, 'syncFolder', messages.path(LAND, 'claimed'), back)
    const recordsGo = placeOf(trace, 'rename', /\.trash-[^/]*\/land\.commits$/)
    expect(back).toBeGreaterThan(-1)
    expect(settled).toBeGreaterThan(back)
    expect(settled).toBeLessThan(recordsGo)
  })

  test('takes with it all streams that write or read an emptied table, and their notes', async () => {
    writeFileSync(join(messages.landing, 'rejected.parquet'), 'no Parquet')
    await messages.run(['land'])
    expect(existsSync(messages.path(LAND, 'notes.json'))).toBe(true)
    await messages.lake.empty(['produce'])
    for (const stream of ['bronze/messages/checkpoint/produce', LAND, 'silver/messages/checkpoint/silver']) {
      expect(existsSync(messages.path(stream, 'commits')), stream).toBe(false)
    }
    for (const table of ['bronze/messages', 'silver/messages', 'silver/messages_corrupted']) {
      expect(readdirSync(messages.path(table, 'data')), table).toEqual(['_delta_log'])
    }
    expect(existsSync(messages.path(LAND, 'notes.json'))).toBe(false)
  })

  test('is possible where records cannot be read: it is the way out', async () => {
    writeFileSync(messages.path(LAND, 'commits', recordName(1)), 'no JSON')
    await messages.lake.empty(['land'])
    await messages.drop('again.parquet', messageRows(0, 3))
    await messages.run(['land', 'silver'])
    expect(await messages.faults()).toEqual([])
  })

  test('is refused while another process runs a stream that it touches, with nothing changed', async () => {
    const checkpoint = messages.checkpoint('silver')
    const lock = await checkpoint.lock('silver', messages.clock)
    await expect(messages.lake.empty(['land'])).rejects.toMatchObject({ code: 'LAKE_STREAM_HELD' })
    lock.release()
    expect(await messages.faults()).toEqual([])
    await messages.lake.empty(['land'])
  })

  test('is refused while another one is under way, whose list stays', async () => {
    const other = `${JSON.stringify({ trash: '.trash-other', tables: [], streams: [] })}\n`
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      if (call.operation === 'link' && call.path === list) writeFileSync(list, other)
      return perform()
    })
    await expect(messages.on(disk, () => messages.lake.empty(['land']))).rejects.toMatchObject({
      code: 'LAKE_STREAM_HELD',
      message: `another process is emptying ${messages.root}.`,
    })
    expect(readFileSync(list, 'utf8')).toBe(other)
    expect(await messages.bronzeValues()).toHaveLength(8)
  })
})

describe('an emptying that was cut short', () => {
  /** The process dies right after its first move into the trash. */
  async function die(): Promise<void> {
    let isDead = false
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      if (isDead) throw new StoppedError(call)
      const result = await perform()
      isDead = call.operation === 'rename' && call.path.includes('/.trash-')
      if (isDead) throw new StoppedError(call)
      return result
    })
    await expect(messages.on(disk, () => messages.lake.empty(['land']))).rejects.toThrow()
    expect(existsSync(list)).toBe(true)
  }

  test('is finished by the next start, though that makes folders again which had been moved away', async () => {
    await die()
    await messages.run(['silver'])
    expect(existsSync(list)).toBe(false)
    expect(await messages.bronzeValues()).toEqual([])
    expect(await messages.faults()).toEqual([])
  })

  test('and that another process has finished meanwhile is not carried out a second time', async () => {
    await die()
    const text = readFileSync(list, 'utf8')
    await messages.run(['silver'])
    await messages.produce(4)
    // As a start that has read the list finds it gone, once it has the locks.
    writeFileSync(list, text)
    const disk = hookedDisk(nodeDisk, async (call, perform) => {
      if (call.path.includes('/checkpoint/')) rmSync(list, { force: true })
      return perform()
    })
    await messages.on(disk, () => messages.run(['silver']))
    expect(await messages.bronzeValues()).toEqual([0, 1, 2, 3])
    expect(await messages.faults()).toEqual([])
  })
})
