import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { recoverEach, TWO_HOURS_MS, valuesBetween, wrongBronze } from '../support/crashStates.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { powerCutStatesOf } from '../support/powerCuts.ts'

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

test('a power cut in a silver batch loses and doubles nothing, whichever unsynced names came through', async () => {
  await lake.produce(20)
  await lake.run(['silver'])
  await lake.produce(12)

  const record = await powerCutStatesOf(lake, () => lake.run(['silver']))
  expect(record.states.length).toBeGreaterThan(20)
  const goOn = () => lake.run(['silver'])
  const check = () => wrongBronze(lake, valuesBetween(0, 32))
  expect(await recoverEach(lake, record, goOn, check)).toEqual([])
}, 120_000)

test('a power cut in a landing batch takes each dropped file exactly once', async () => {
  await lake.drop('first.parquet', messageRows(0, 3))
  await lake.run(['land', 'silver'])
  await lake.drop('second.parquet', messageRows(3, 4))
  await lake.drop('third.parquet', messageRows(7, 2))

  const record = await powerCutStatesOf(lake, () => lake.run(['land']))
  expect(record.states.length).toBeGreaterThan(20)
  const goOn = async () => {
    await lake.clock.sleep(TWO_HOURS_MS)
    await lake.run(['land', 'silver'])
  }
  const check = () => wrongBronze(lake, valuesBetween(0, 9))
  expect(await recoverEach(lake, record, goOn, check)).toEqual([])
}, 120_000)
