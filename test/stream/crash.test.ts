import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  BATCH_STEPS,
  crashStatesOf,
  missingSteps,
  recoverEach,
  valuesBetween,
  wrongBronze,
} from '../support/crashStates.ts'
import { MessagesLake } from '../support/messagesLake.ts'

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

describe('a crash before or after any disk call', { timeout: 300_000 }, () => {
  test('of a silver batch for two tables leaves every bronze row in silver exactly once', async () => {
    await lake.produce(20)
    await lake.run(['silver'])
    await lake.produce(12, 6)

    const record = await crashStatesOf(lake, () => lake.run(['silver']))
    const steps = [...BATCH_STEPS, /^link silver\/messages_corrupted\/data\/date=DATE\/.*\.parquet$/]
    expect(missingSteps(lake, record, steps)).toEqual([])

    const goOn = () => lake.run(['silver'])
    const check = async () => [...(await lake.faults()), ...(await wrongBronze(lake, valuesBetween(0, 32)))]
    expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  })

  test('of a producing batch makes its rows once or not at all, and the next run counts on from there', async () => {
    await lake.produce(4)

    const record = await crashStatesOf(lake, () => lake.produce(3))
    expect(missingSteps(lake, record, BATCH_STEPS)).toEqual([])

    const goOn = async () => {
      if ((await lake.bronzeValues()).length < 9) await lake.produce(2)
      await lake.run(['produce', 'silver'], { generate: { rows: 0 } })
    }
    const check = async () => [
      ...(await lake.faults()),
      ...(await wrongBronze(lake, valuesBetween(0, 6), valuesBetween(0, 9))),
    ]
    expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  })

  test('of the very first start leaves a folder that the next start makes a lake of', async () => {
    const record = await crashStatesOf(lake, () => lake.produce(3))
    const steps = [
      /^makeFolder bronze$/,
      /^syncFolder bronze\/messages$/,
      /^link silver\/messages_corrupted\/data\/_delta_log\/N\.json$/,
      /^rename lake\.sql$/,
      /^link bronze\/messages\/checkpoint\/produce\/holder\.duckdb$/,
    ]
    expect(missingSteps(lake, record, [...steps, ...BATCH_STEPS])).toEqual([])

    const goOn = async () => {
      if ((await lake.bronzeValues()).length < 5) await lake.produce(2)
      await lake.run(['produce', 'silver'], { generate: { rows: 0 } })
    }
    const check = async () => [
      ...(await lake.faults()),
      ...(await wrongBronze(lake, valuesBetween(0, 2), valuesBetween(0, 5))),
    ]
    expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  })
})
