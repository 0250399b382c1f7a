import { linkSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addOf } from '../../support/deltaActions.ts'
import { commitAs } from '../../support/foreignCommit.ts'
import { runsOr } from '../../support/longRuns.ts'
import { liveFiles, MessagesLake } from '../../support/messagesLake.ts'

// A partition that has thousands of tiny files. `npm run soak -- tinyFiles` has a hundred thousand of them.

const FILES = runsOr(2_500)

/** So many files at the most are open at once: see `joinFiles`. */
const OPEN_FILES = 1_000

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

/** A file system has a limit of names for one file, 65,000 on ext4. */
const LINKS = 50_000

/** Bronze with one row in each of so many files, all of the same row. */
async function manyTinyFiles(): Promise<string> {
  await lake.produce(Math.ceil(FILES / LINKS), 1)
  const data = lake.path('bronze/messages/data')
  const real = liveFiles(data)
  const adds = Array.from({ length: FILES - real.length }, (_, index) => {
    const from = real[Math.floor(index / LINKS)] ?? ''
    const path = from.slice(data.length + 1).replace(/-[0-9a-f]{12}-/, `-${String(index).padStart(12, '0')}-`)
    linkSync(from, join(data, path))
    return { add: { ...addOf(path).add, size: statSync(from).size } }
  })
  commitAs('spark', data, 'WRITE', adds)
  return data
}

async function rowsInBronze(): Promise<number> {
  return Number((await lake.lake.query('SELECT count(*)::INTEGER FROM bronze_messages')).rows[0]?.[0])
}

describe('of a partition with thousands of tiny files', { timeout: 3_600_000 }, () => {
  test('optimize makes few, with so many open at once at the most, and loses no row', async () => {
    const data = await manyTinyFiles()
    const [optimized] = await lake.lake.optimize({ tables: ['bronze_messages'] })
    expect(optimized).toMatchObject({ replacedFiles: FILES, joinedFiles: Math.ceil(FILES / OPEN_FILES), givenUp: [] })
    expect(liveFiles(data)).toHaveLength(Math.ceil(FILES / OPEN_FILES))
    expect(await rowsInBronze()).toBe(FILES)
    for (const file of liveFiles(data)) {
      const [, joined] = /lakeweir\.joined.{0,8}?(\d+)/s.exec(readFileSync(file, 'latin1')) ?? []
      expect(Number(joined)).toBeLessThanOrEqual(OPEN_FILES)
    }
    expect(await lake.lake.optimize({ tables: ['bronze_messages'] })).toMatchObject([{ joinedFiles: 1 }])
    expect(await rowsInBronze()).toBe(FILES)
  })

  test('a run joins them a part at a time, while its batches go on', async () => {
    const data = await manyTinyFiles()
    const notes: string[] = []
    const made = await lake.run(['produce'], {
      limits: { maxRows: 1 },
      generate: { rows: 20, seed: 7 },
      onNote: (_, text) => notes.push(text),
    })
    expect(made).toHaveLength(20)
    expect(notes).toEqual([])
    expect(await rowsInBronze()).toBe(FILES + 20)
    // One look at the least, of which the first joins as many as may be open at once.
    expect(liveFiles(data).length).toBeLessThanOrEqual(FILES + 20 - (OPEN_FILES - 1))
  })
})
