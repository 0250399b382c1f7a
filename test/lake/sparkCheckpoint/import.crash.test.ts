import { readdirSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { archivedNames } from '../../support/archive.ts'
import { crashStatesOf, missingSteps, recoverEach, TWO_HOURS_MS } from '../../support/crashStates.ts'
import { MessagesLake } from '../../support/messagesLake.ts'
import { SparkQueries } from '../../support/sparkQueries.ts'

const lake = await MessagesLake.open()
const queries = new SparkQueries(lake)

afterAll(() => lake.close())

function importBoth(): Promise<unknown> {
  const { checkpoints, sinks } = queries
  return lake.clock.passing(() => lake.lake.importSparkCheckpoint(checkpoints, { sinks }))
}

/** What an import does on the disk besides the steps of any batch. */
const STEPS: readonly RegExp[] = [
  /^writeFile .*\/staging\/import\.\*\.tmp$/,
  /^rename .*\/checkpoint\/land\/import\.json$/,
  /^rename .*\/checkpoint\/silver\/import\.json$/,
  /^rename .*\/claimed\/N\/part N\.parquet$/,
  /^link .*\/land\/commits\/N\.json$/,
  /^link .*\/silver\/commits\/N\.json$/,
  /^link .*\/_archive\/DATE\/part N\.parquet$/,
]

test('an import that dies at any call on the disk ends, once it is called again, as if it had been called once', {
  timeout: 600_000,
}, async () => {
  queries.clear()
  await queries.batches(1)
  await queries.drop(2)
  const record = await crashStatesOf(lake, importBoth)
  expect(missingSteps(lake, record, STEPS)).toEqual([])
  const goOn = async (): Promise<void> => {
    lake.clock.advance(TWO_HOURS_MS)
    await importBoth()
  }
  const check = async (): Promise<string[]> => {
    const rows: number[] = []
    for (const table of ['bronze_messages', 'messages', 'messages_corrupted'])
      rows.push((await lake.rowsOf(table)).length)
    const found = JSON.stringify({ rows, landing: readdirSync(lake.landing), archive: archivedNames(lake.landing) })
    const wanted = { rows: [4, 1, 3], landing: ['_archive', 'part 1.parquet'], archive: ['part 0.parquet'] }
    return [...(await lake.fileFaults()), ...(found === JSON.stringify(wanted) ? [] : [found])]
  }
  expect(await recoverEach(lake, record, goOn, check)).toEqual([])
  // Of the last, too, which had ended: the marks are what they should be, so all run.
  expect(await lake.run(['land', 'silver'])).toHaveLength(2)
  expect(await lake.faults()).toEqual([])
})
