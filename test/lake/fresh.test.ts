import { mkdirSync, rmSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { type DiskCall, tracingDisk } from '../support/hookedDisk.ts'
import { MessagesLake } from '../support/messagesLake.ts'

let messages: MessagesLake

beforeEach(async () => {
  messages = await MessagesLake.open()
})

afterEach(() => messages.close())

test('an empty folder of claims beside a landing folder that is gone does not stop --fresh', async () => {
  await messages.run(['land'])
  mkdirSync(messages.path('bronze/messages/checkpoint/land/claimed/1'))
  rmSync(messages.landing, { recursive: true })
  await messages.lake.empty(['land'])
  await messages.produce(5)
  await messages.run(['land', 'silver'])
  expect(await messages.faults()).toEqual([])
})

test('the list of an emptying goes only once it is durable that its trash is gone', async () => {
  await messages.produce(5)
  const trace: DiskCall[] = []
  await messages.on(tracingDisk(nodeDisk, trace), () => messages.lake.empty(['produce']))
  const indexOf = (operation: DiskCall['operation'], path: RegExp): number =>
    trace.findIndex((call) => call.operation === operation && path.test(call.path))
  const trashGone = indexOf('removeTree', /\.trash-/)
  const listGone = indexOf('removeFile', /\.fresh\.json$/)
  expect(trashGone).toBeGreaterThan(0)
  const between = trace.slice(trashGone + 1, listGone)
  expect(between).toContainEqual(expect.objectContaining({ operation: 'syncFolder', path: messages.root }))
})
