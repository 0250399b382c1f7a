import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Lake } from '../../src/index.ts'
import { LiveLake, PER_SHOP } from '../support/liveLake.ts'

// A run notes that all live models can be kept, so that a status need not read them. What was noted of other models, or
// was damaged, counts for nothing.

let lake: LiveLake

beforeAll(async () => {
  lake = await LiveLake.make()
  await lake.fill()
})

afterAll(() => lake.end())

/** What a status says is wrong with the models, and how often it had them read. */
async function looked(): Promise<{ readonly problem: string | undefined; readonly reads: number }> {
  await lake.reopen()
  let reads = 0
  const liveModels = () => {
    reads += 1
    return lake.open.liveModels()
  }
  const { live } = await Lake.of({ ...lake.open, liveModels }).status()
  return { problem: live?.problem, reads }
}

const SOUND = { problem: undefined, reads: 0 }
const REFUSED = { problem: expect.stringMatching(/LAKE_SQL_INVALID: live\/per_shop\.sql.*median/), reads: 1 }

test('a status reads no model that a run has found sound', async () => {
  expect(await looked()).toEqual(SOUND)
})

test('a model that was changed since is read, and refused by its name', async () => {
  lake.write('live/per_shop.sql', PER_SHOP.replace('max(amount)', 'median(amount)'))
  expect(await looked()).toEqual(REFUSED)
  // A run that leaves live out says so too, and notes nothing.
  await lake.run(['land'])
  expect(await looked()).toEqual(REFUSED)
  lake.write('live/per_shop.sql', PER_SHOP)
  expect(await looked()).toEqual(SOUND)
})

test.each([
  { what: 'is gone', spoil: () => undefined },
  { what: 'is torn', spoil: (path: string) => writeFileSync(path, '{"sound":') },
  { what: 'is of other models', spoil: (path: string) => writeFileSync(path, '{"sound":"x"}') },
  { what: 'is a folder', spoil: (path: string) => mkdirSync(path) },
])('where the note $what, the models are read, and a run notes it again', async ({ spoil }) => {
  const note = lake.open.layout.modelsNote
  rmSync(note, { recursive: true })
  spoil(note)
  expect(await looked()).toEqual({ problem: undefined, reads: 1 })
  rmSync(note, { recursive: true, force: true })
  await lake.run(['land'])
  expect(await looked()).toEqual(SOUND)
})
