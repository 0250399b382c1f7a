import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { hookedDisk } from '../support/hookedDisk.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'

/** More batches than the rows that were there can need. */
const TOO_MANY = 12

let messages: MessagesLake
beforeAll(async () => {
  messages = await MessagesLake.open()
})
afterAll(() => messages.close())
beforeEach(() => messages.clear())

/** Runs streams until nothing is left, while more comes in with every batch that a stream commits. */
async function drainBeside(stream: string, streams: readonly string[], more: (batch: number) => Promise<unknown>) {
  let batches = 0
  const disk = hookedDisk(nodeDisk, async (call, perform) => {
    const isCommit = call.operation === 'link' && call.path.includes(`/checkpoint/${stream}/commits/`)
    if (isCommit && ++batches < TOO_MANY) await more(batches)
    return perform()
  })
  return messages.on(disk, () => messages.run(streams, { limits: { maxRows: 4, maxFiles: 2 } }))
}

describe('a run that takes what there is', () => {
  test('ends beside a writer of its table that goes on and on, and the next run has the rest', async () => {
    await messages.produce(10, 4)
    const batches = await drainBeside('silver', ['silver'], () => messages.produce(3))
    expect(batches.reduce((sum, { inputRows }) => sum + inputRows, 0)).toBe(10)
    await messages.run(['silver'])
    expect(await messages.faults()).toEqual([])
  })

  test('ends beside a program that drops files on and on, and the next run has the rest', async () => {
    for (const name of ['a', 'b', 'c']) await messages.drop(`${name}.parquet`, messageRows(name.charCodeAt(0) * 10, 2))
    const batches = await drainBeside('land', ['land'], (batch) =>
      messages.drop(`later ${batch}.parquet`, messageRows(10_000 + 2 * batch, 2)),
    )
    expect(batches.reduce((sum, { inputFiles }) => sum + inputFiles, 0)).toBe(3)
    const rest = await messages.run(['land', 'silver'])
    expect(rest.find(({ stream }) => stream === 'land')?.inputFiles).toBe(batches.length)
    expect(await messages.faults()).toEqual([])
  })

  test('still takes all that the streams before it make in the same run', async () => {
    for (const name of ['a', 'b', 'c']) await messages.drop(`${name}.parquet`, messageRows(name.charCodeAt(0) * 10, 2))
    await messages.run(['land', 'silver'], { limits: { maxFiles: 1 } })
    expect((await messages.rowsOf('messages')).length + (await messages.rowsOf('messages_corrupted')).length).toBe(6)
  })
})
