import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { Disk } from '../../src/files/disk.ts'
import { recoverEach, stepOf, valuesBetween, wrongBronze } from '../support/crashStates.ts'
import { hookedDisk, StoppedError } from '../support/hookedDisk.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { powerCutStatesOf } from '../support/powerCuts.ts'

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

test.each([
  ['its record', /^link .*\/commits\/N\.json$/],
  ['one of its two Delta commits', /^link silver\/messages\/data\/_delta_log\/N\.json$/],
])(
  'a power cut after a silver batch that died at %s, while the next run finishes it and goes on, loses nothing',
  async (_, step) => {
    await lake.produce(12)
    await lake.run(['silver'])
    await lake.produce(24, 12)

    const run = () => lake.run(['silver'], { limits: { maxFiles: 1 } })
    const dieAtStep = async (disk: Disk) => {
      await expect(lake.on(stoppingAfter(disk, step), run)).rejects.toThrow()
    }
    const record = await powerCutStatesOf(lake, run, dieAtStep)
    expect(record.states.length).toBeGreaterThan(20)
    const goOn = () => lake.run(['silver'])
    const check = async () => [...(await lake.fileFaults()), ...(await wrongBronze(lake, valuesBetween(0, 36)))]
    expect(await recoverEach(lake, record, goOn, check)).toEqual([])
    expect(await lake.faults()).toEqual([])
  },
  300_000,
)

/** The process dies right after its first call of a kind. */
function stoppingAfter(disk: Disk, step: RegExp): Disk {
  let isDead = false
  return hookedDisk(disk, async (call, perform) => {
    if (isDead) throw new StoppedError(call)
    const result = await perform()
    isDead = step.test(stepOf(lake.root, call))
    if (isDead) throw new StoppedError(call)
    return result
  })
}

test('a power cut in a landing batch takes each dropped file exactly once', async () => {
  await lake.drop('first.parquet', messageRows(0, 3))
  await lake.run(['land', 'silver'])
  await lake.drop('second.parquet', messageRows(3, 4))
  await lake.drop('third.parquet', messageRows(7, 2))

  const record = await powerCutStatesOf(lake, () => lake.run(['land']))
  expect(record.states.length).toBeGreaterThan(20)
  const goOn = async () => {
    await lake.run(['land', 'silver'])
  }
  const check = async () => [...(await lake.fileFaults()), ...(await wrongBronze(lake, valuesBetween(0, 9)))]
  expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  expect(await lake.faults()).toEqual([])
}, 300_000)
