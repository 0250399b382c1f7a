import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BatchProgress } from '../../src/index.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'

let messages: MessagesLake

beforeAll(async () => {
  messages = await MessagesLake.open()
})
afterAll(() => messages.close())

test('a callback that throws stops all streams of its run, which fails with just that', {
  timeout: 20_000,
}, async () => {
  await messages.drop('a.parquet', messageRows(0, 3))
  const mine = new Error('of the caller')
  const onBatch = ({ stream }: BatchProgress): void => {
    if (stream === 'land') throw mine
  }
  // Without an end of their own: they follow until they are told to stop.
  await expect(messages.run(['land', 'silver'], { availableNow: false, retry: true, onBatch })).rejects.toBe(mine)
  await messages.run(['land', 'silver'])
  expect(await messages.faults()).toEqual([])
})
