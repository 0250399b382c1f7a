import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { archivedNames } from '../support/archive.ts'
import {
  BATCH_STEPS,
  type CrashState,
  crashStatesOf,
  missingSteps,
  recoverEach,
  valuesBetween,
  wrongBronze,
} from '../support/crashStates.ts'
import { hookedDisk, StoppedError } from '../support/hookedDisk.ts'
import { hugeUserRows, messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

const landed = (): string[] => readdirSync(lake.landing).sort()
const archived = (): string[] => archivedNames(lake.landing)

function differing(what: string, found: readonly string[], expected: readonly string[]): string[] {
  return JSON.stringify(found) === JSON.stringify(expected) ? [] : [`${what}: ${found.join(', ')}`]
}

describe('a crash before or after any disk call', { timeout: 300_000 }, () => {
  test('of a landing batch takes each dropped file exactly once', async () => {
    await lake.produce(3, 1) // so that the table's version is not the number of the batch
    await lake.drop('first.parquet', messageRows(3, 3))
    await lake.run(['land'])
    await lake.drop('a b%41.parquet', messageRows(6, 4))
    await lake.drop('first.parquet', messageRows(10, 2))

    const record = await crashStatesOf(lake, () => lake.run(['land']))
    const steps = [
      /^makeFolder .*\/land\/claimed\/N$/,
      /^rename .*\/claimed\/N\/first\.parquet$/,
      /^syncFolder landing\/messages$/,
      /^syncFolder .*\/claimed\/N$/,
      /^link landing\/messages\/_archive\/DATE\/first \(N\.N\.[0-9a-fN]+\)\.parquet$/,
      /^removeFile .*\/claimed\/N\/first\.parquet$/,
      /^removeTree .*\/claimed\/N$/,
    ]
    expect(missingSteps(lake, record, [...steps, ...BATCH_STEPS])).toEqual([])

    const goOn = () => lake.run(['land', 'silver'])
    const check = async () => [
      ...(await lake.faults()),
      ...(await wrongBronze(lake, valuesBetween(0, 12))),
      ...differing('landing', landed(), ['_archive']),
      ...differing('archive', archived(), ['a b%41.parquet', 'first (*).parquet', 'first.parquet']),
    ]
    expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  })

  test('of batches that are halved around a file that does not cast takes every other file once', async () => {
    await lake.run(['land'])
    await lake.drop('a huge user.parquet', hugeUserRows(0, 2))
    await lake.drop('b.parquet', messageRows(2, 2))

    const record = await crashStatesOf(lake, () => lake.run(['land']))
    const steps = [
      /^link landing\/messages\/a huge user\.parquet$/,
      /^link landing\/messages\/b\.parquet$/,
      /^rename .*\/land\/notes\.json$/,
    ]
    expect(missingSteps(lake, record, steps)).toEqual([])

    const goOn = () => lake.run(['land', 'silver'])
    const check = async () => [
      ...(await lake.faults()),
      ...(await wrongBronze(lake, [2, 3])),
      ...differing('landing', landed(), ['_archive', 'a huge user.parquet']),
      ...differing('archive', archived(), ['b.parquet']),
    ]
    expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  })

  test('of an emptying leaves all as it was or empties everything, and puts claimed files back', async () => {
    await lake.produce(4)
    await lake.run(['silver'])
    await lake.drop('claimed.parquet', messageRows(100, 2))
    await claimAndDie()

    const record = await crashStatesOf(lake, () => lake.lake.empty(['land']))
    const steps = [
      /^link \.fresh\.json$/,
      /^link landing\/messages\/claimed\.parquet$/,
      /^rename \.trash-\*\/silver\.commits$/,
      /^rename \.trash-\*\/messages\.data$/,
      /^removeTree \.trash-\*$/,
      /^removeFile \.fresh\.json$/,
      /^link bronze\/messages\/data\/_delta_log\/N\.json$/,
    ]
    expect(missingSteps(lake, record, steps)).toEqual([])

    const hasList = record.states.findIndex(({ folder }) => existsSync(join(folder, '.fresh.json')))
    expect(hasList).toBeGreaterThan(0)
    const goOn = async () => {
      await lake.run(['produce', 'land', 'silver'], { generate: { rows: 0 } })
    }
    const check = async (state: CrashState) => {
      const isEmptied = record.states.indexOf(state) >= hasList
      const values = isEmptied ? [100, 101] : [...valuesBetween(0, 4), 100, 101]
      return [...(await lake.faults()), ...(await wrongBronze(lake, values))]
    }
    expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  })
})

describe('a crash before or after any disk call of an emptying that takes the archive again', {
  timeout: 300_000,
}, () => {
  test('leaves all as it was or empties everything, and every archived file is taken once more', async () => {
    await lake.produce(2)
    await lake.drop('same.parquet', messageRows(10, 2))
    await lake.run(['land'])
    await lake.drop('same.parquet', messageRows(20, 2))
    await lake.run(['land', 'silver'])
    await lake.drop('claimed.parquet', messageRows(100, 2))
    await claimAndDie()
    await lake.drop('same.parquet', messageRows(30, 2))

    const record = await crashStatesOf(lake, () => lake.lake.empty(['land'], { reland: true }))
    const steps = [
      /^link \.fresh\.json$/,
      /^link landing\/messages\/claimed\.parquet$/,
      /^link landing\/messages\/same.*\.parquet$/,
      /^syncFolder landing\/messages$/,
      /^removeFile landing\/messages\/_archive\/.*same.*\.parquet$/,
      /^removeTree \.trash-\*$/,
      /^removeFile \.fresh\.json$/,
    ]
    expect(missingSteps(lake, record, steps)).toEqual([])

    const hasList = record.states.findIndex(({ folder }) => existsSync(join(folder, '.fresh.json')))
    expect(hasList).toBeGreaterThan(0)
    const goOn = async () => {
      await lake.run(['produce', 'land', 'silver'], { generate: { rows: 0 } })
    }
    const landedValues = [10, 11, 20, 21, 30, 31, 100, 101]
    const check = async (state: CrashState) => {
      const isEmptied = record.states.indexOf(state) >= hasList
      const values = isEmptied ? landedValues : [0, 1, ...landedValues]
      return [
        ...(await lake.faults()),
        ...(await wrongBronze(lake, values)),
        ...differing('landing', landed(), ['_archive']),
      ]
    }
    expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  })
})

/** A landing stream that took its file and died before its batch was committed. */
async function claimAndDie(): Promise<void> {
  const disk = hookedDisk(nodeDisk, async (call, perform) => {
    if (call.path.endsWith('.tmp') && call.path.includes('/record.')) throw new StoppedError(call)
    if (existsSync(join(lake.landing, 'claimed.parquet')) || call.operation !== 'link') return perform()
    throw new StoppedError(call)
  })
  await expect(lake.on(disk, () => lake.run(['land']))).rejects.toThrow()
  expect(landed()).toEqual(['_archive'])
}
