import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { namedTable } from '../../../src/lake/byName.ts'
import { withSession } from '../../../src/lake/sessions.ts'
import { tendLogs } from '../../../src/lake/upkeep/tendLogs.ts'
import { type CrashRecord, crashStatesOf, missingSteps } from '../../support/crashStates.ts'
import { MessagesLake } from '../../support/messagesLake.ts'
import { powerCutStatesOf } from '../../support/powerCuts.ts'
import { removeFolder } from '../../support/temporaryFolder.ts'
import { copyTree } from '../../support/tree.ts'

// A checkpoint of a log and the clean-up after it, ended at any of their disk calls. The rows are those of the views,
// which read from whatever checkpoint is there.

const MONTHS_MS = 60 * 86_400_000

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open(undefined, false)
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

const LOG = 'silver/messages/data/_delta_log'

const CHECKPOINT = (): string => join(lake.root, LOG, '00000000000000000003.checkpoint.parquet')

/** Three batches of silver, so long ago that the clean-up removes their commits. */
async function oldBatches(): Promise<void> {
  await lake.produce(12, 4)
  await lake.run(['silver'], { limits: { maxFiles: 1 } })
  lake.clock.advance(MONTHS_MS)
}

function tend(): Promise<void> {
  const table = namedTable(lake.open.config, 'messages')
  const never = new AbortController().signal
  return withSession(lake.open, (session) => tendLogs(lake.open, session, [table], never))
}

async function rows(): Promise<string> {
  return JSON.stringify((await lake.lake.query('SELECT * FROM messages ORDER BY value')).rows)
}

const STEPS: readonly RegExp[] = [
  /^syncFile .*\/checkpoint\/N\.checkpoint\.parquet\.\*?.*tmp$/,
  /^link .*\/_delta_log\/N\.checkpoint\.parquet$/,
  /^syncFolder .*\/_delta_log$/,
  /^rename .*\/_delta_log\/_last_checkpoint$/,
  /^removeFile .*\/_delta_log\/N\.json$/,
]

/** What is wrong in the states that came to no good end. */
async function faultsOf({ states }: CrashRecord, before: string): Promise<string[]> {
  const faults: string[] = []
  for (const { folder, points } of states) {
    copyTree(folder, lake.root)
    removeFolder(folder)
    const found: string[] = []
    try {
      if ((await rows()) !== before) found.push('other rows at once')
      // A later one finishes what this one has begun.
      await tend()
      if ((await rows()) !== before) found.push('other rows after the next one')
      // Only the hint may be missing, until the next checkpoint: readers then find the newest by listing the folder.
      if (!existsSync(CHECKPOINT())) found.push('no checkpoint')
      await lake.produce(16, 4)
      await lake.run(['silver'])
      found.push(...(await lake.lake.validate()).problems)
    } catch (error) {
      found.push(String(error))
    }
    if (found.length > 0) faults.push(`${points.join('\n')}\n  → ${found.join('\n  → ')}`)
  }
  return faults
}

describe('a checkpoint of a log and the clean-up after it', { timeout: 600_000 }, () => {
  test('remove the commits that the checkpoint stands for', async () => {
    await oldBatches()
    const before = await rows()
    await tend()
    const left = readdirSync(join(lake.root, LOG)).sort()
    expect(left).toEqual(['00000000000000000003.checkpoint.parquet', '00000000000000000003.json', '_last_checkpoint'])
    expect(await rows()).toBe(before)
  })

  test('that end by a kill at any disk call change no row, and the next ones finish them', async () => {
    await oldBatches()
    const before = await rows()
    const record = await crashStatesOf(lake, tend)
    expect(missingSteps(lake, record, STEPS)).toEqual([])
    expect(await faultsOf(record, before)).toEqual([])
  })

  test('that end by a power cut at any disk call change no row, and the next ones finish them', async () => {
    await oldBatches()
    const before = await rows()
    const record = await powerCutStatesOf(lake, tend)
    expect(missingSteps(lake, record, STEPS)).toEqual([])
    expect(await faultsOf(record, before)).toEqual([])
  })
})
