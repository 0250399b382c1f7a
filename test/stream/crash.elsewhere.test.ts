import { readdirSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import {
  type CrashRecord,
  crashStatesOf,
  missingSteps,
  recoverEach,
  valuesBetween,
  wrongBronze,
} from '../support/crashStates.ts'
import { failingDisk } from '../support/hookedDisk.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake, rubbishIn } from '../support/messagesLake.ts'
import { powerCutStatesOf } from '../support/powerCuts.ts'
import { listTree } from '../support/tree.ts'

/** To the program, the landing folder is on another file system: no rename leaves it, as none does there. */
const elsewhere = failingDisk(
  nodeDisk,
  'EXDEV',
  ({ operation, path }) => operation === 'rename' && path.includes('/checkpoint/land/claimed/'),
)

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(async () => {
  lake.clear()
  await lake.run(['land'])
  await lake.drop('first.parquet', messageRows(0, 3))
})

afterAll(() => lake.close())

const land = () => lake.run(['land'])

/** The steps from the choice of a folder for claims to its end. */
const STEPS = [
  /^makeFolder landing\/messages\/_claimed\.\*$/,
  /^syncFolder landing\/messages$/,
  /^link .*\/land\/claims\.json$/,
  /^syncFolder .*\/checkpoint\/land$/,
  /^makeFolder landing\/messages\/_claimed\.\*\/N$/,
  /^syncFolder landing\/messages\/_claimed\.\*$/,
  /^rename landing\/messages\/_claimed\.\*\/N\/first\.parquet$/,
  /^syncFolder landing\/messages\/_claimed\.\*\/N$/,
  /^link .*\/commits\/N\.json$/,
  /^link landing\/messages\/_archive\/DATE\/first\.parquet$/,
  /^removeFile landing\/messages\/_claimed\.\*\/N\/first\.parquet$/,
  /^removeTree landing\/messages\/_claimed\.\*\/N$/,
]

async function expectEachFileOnce(record: CrashRecord, rows: number): Promise<void> {
  expect(missingSteps(lake, record, STEPS)).toEqual([])
  const goOn = async () => {
    await lake.on(elsewhere, land)
  }
  const check = async () => [
    ...rubbishIn(lake.root),
    ...(await wrongBronze(lake, valuesBetween(0, rows))),
    ...readdirSync(lake.landing).filter((name) => !/^_(archive$|claimed\.)/.test(name)),
    // However often a start dies while it makes one.
    ...readdirSync(lake.landing)
      .filter((name) => name.startsWith('_claimed.'))
      .slice(1),
    ...listTree(lake.landing)
      .map(({ path }) => path)
      .filter((path) => /^_claimed\.[^/]*\/./.test(path)),
  ]
  expect(await recoverEach(lake, record, goOn, check)).toEqual([])
}

describe('a landing folder on another file system gives each file once', { timeout: 300_000 }, () => {
  test('after a crash before or after any disk call', async () => {
    await lake.drop('second.parquet', messageRows(3, 2))
    await expectEachFileOnce(await crashStatesOf(lake, land, elsewhere), 5)
  })

  test('after a power cut in a batch, whatever came through', async () => {
    await expectEachFileOnce(await powerCutStatesOf(lake, land, async () => undefined, elsewhere), 3)
  })
})
