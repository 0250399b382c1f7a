import { cpSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { HeldFiles } from '../../support/heldFiles.ts'
import { KeptLake, MODELS } from '../../support/keptLake.ts'
import { builds, errorOf, openKeptLake, row, stored } from '../../support/openKeptLake.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

const { per_minute = '', by_day = '', persons = '', all_rows = '', by_zone = '' } = MODELS

const view = (keys: string, order: string): string =>
  `SELECT * FROM events QUALIFY row_number() OVER (PARTITION BY ${keys} ORDER BY ${order}) = 1`

/** Rows of a key may be equal in this order, and differ in several other columns. */
const BY_TIME = view('id, kind, place', 'seen_at')

const amounts = 'SELECT place, count(*) AS events, sum(amount) AS amount FROM first_events GROUP BY ALL'
const numbers = 'SELECT place, sum(number) AS numbers, max(person) AS last FROM first_events GROUP BY ALL'

const tied = (id: string, number: number, amount: number): string =>
  `('2026-11-22 10:00:09+00', ${number}, 'OPEN', '${id}', 'CHAT', 2000, ${number}, ${amount})`

interface Change {
  readonly what: string
  readonly before: Readonly<Record<string, string>>
  readonly after: Readonly<Record<string, string>>
  readonly views?: readonly [before: string, after: string]
  /** What else happens between the two. */
  meanwhile?(lake: KeptLake): Promise<unknown>
  /** Those that have no rows until the first rows are there. */
  readonly waiting: readonly string[]
}

const CHANGES: readonly Change[] = [
  {
    what: 'a model is added that needs one more column',
    before: { per_minute, all_rows, persons },
    after: { per_minute, all_rows, persons, by_day },
    waiting: ['by_day'],
  },
  {
    what: 'one of several models is changed, and needs one more column',
    before: { per_minute, by_zone, all_rows, persons },
    after: {
      per_minute: per_minute.replace('AS events', 'AS events, max(amount) AS most'),
      by_zone,
      all_rows,
      persons,
    },
    waiting: ['per_minute'],
  },
  {
    what: 'the new column stands before others that settle which row is the first',
    before: { amounts, all_rows },
    after: { amounts, all_rows, numbers },
    views: [BY_TIME, BY_TIME],
    waiting: ['numbers'],
  },
  {
    what: 'a model is changed that read one column and now reads another',
    before: { amounts, numbers: numbers.replace('sum(number)', 'sum(zone)'), all_rows },
    after: { amounts, numbers, all_rows },
    views: [BY_TIME, BY_TIME],
    waiting: ['numbers'],
  },
  {
    what: 'they have other keys',
    before: { per_minute, all_rows, amounts },
    after: { per_minute, all_rows, amounts },
    views: [BY_TIME, view('id', 'seen_at')],
    waiting: ['per_minute', 'amounts'],
  },
  {
    what: 'they have another order',
    before: { per_minute, all_rows, amounts },
    after: { per_minute, all_rows, amounts },
    views: [BY_TIME, view('id, kind, place', 'seen_at DESC, amount')],
    waiting: ['per_minute', 'amounts'],
  },
  {
    what: 'no model has read them for a while',
    before: { per_minute, all_rows },
    after: { per_minute, all_rows },
    meanwhile: async (lake) => {
      await lake.setModels({ all_rows })
      await lake.reopen()
      await lake.add([row(2, 'b', 1002), row(8, 'c')])
      await lake.take()
    },
    waiting: ['per_minute'],
  },
  {
    what: 'another version of DuckDB made them',
    before: { per_minute, all_rows, persons },
    after: { per_minute, all_rows, persons },
    meanwhile: (lake) => stored(lake, `COMMENT ON TABLE live.relations.first_events IS 'of another version'`),
    waiting: ['per_minute', 'persons'],
  },
]

/** What the index may use: enough, nothing, or enough for one of them alone. */
const MEMORY: Readonly<Record<string, (lake: KeptLake) => number>> = {
  'two indexes': () => 100e6,
  'no index': () => 0,
  'one index': (lake) => {
    const [{ memoryBytes } = { memoryBytes: 0 }] = lake.store.relations.filter(({ lookup }) => lookup === 'index')
    return Math.ceil(1.5 * memoryBytes)
  },
}

/** Opens a lake whose first rows have to be made anew, and stops before their files are read. */
async function openLacking(change: Change, indexBytes: (lake: KeptLake) => number) {
  const [viewBefore, viewAfter] = change.views ?? []
  const lake = await openKeptLake({ models: {} })
  if (viewBefore !== undefined) lake.setView(viewBefore)
  await lake.setModels(change.before)
  await lake.reopen()
  await lake.add([tied('t', 1, 9), tied('t', 9, 1), row(4, 'b'), row(9, 'u')])
  await lake.take()
  await lake.add([tied('u', 1, 9), tied('u', 9, 1), row(0, 'c', 1003)])
  await lake.take()
  await change.meanwhile?.(lake)
  if (viewAfter !== undefined) lake.setView(viewAfter)
  await lake.setModels(change.after)
  const before = await builds(lake)
  const bytes = indexBytes(lake)
  await lake.close()
  const { filesUpTo } = lake.parts
  lake.setParts({ indexBytes: bytes })
  const files = new HeldFiles(lake)
  files.allow(1) // the start looks whether they can be told
  await lake.openUnsettled()
  await files.asked(2)
  return { lake, files, before, filesUpTo }
}

/** What comes while they are made: earlier and later rows, of keys that are there and of new ones. */
async function takeMeanwhile(lake: KeptLake, batches: number): Promise<void> {
  for (let batch = 0; batch < batches; batch++) {
    await lake.add([
      row(batch, 'a', 1002),
      row(30 + batch, `m${batch}`),
      tied('v', batch, 9 - batch),
      row(0, 'u', batch),
    ])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
  }
}

const namesNotBuilt = (lake: KeptLake): string[] =>
  lake.store.reader.models.filter(({ isBuilt }) => !isBuilt).map(({ name }) => name)

/** What a copy gets that has nothing yet. */
const copied = (lake: KeptLake) =>
  lake.store.changes.changesSince(undefined, async ({ building, models }) => {
    const whole = models.filter(({ isWhole }) => isWhole).map(({ name }) => name)
    return { building: [...building].sort(), models: whole.filter((name) => name !== 'batches').sort() }
  })

const others = (models: Change['after'], names: readonly string[]): string[] =>
  Object.keys(models)
    .filter((name) => !names.includes(name))
    .sort()

const isBeingBuilt = (is: boolean) => ({ name: 'first_events', isBeingBuilt: is })

const states = (lake: KeptLake) =>
  stored(lake, `SELECT table_name AS name FROM duckdb_tables() WHERE schema_name = 'relations' ORDER BY ALL`)

describe('first rows are made anew beside the batches, which other models take meanwhile, where', () => {
  for (const [place, change] of CHANGES.entries()) {
    // How much memory there is matters where there are two indexes, and where there are not.
    const sizes = Object.entries(MEMORY).filter(([memory]) => memory === 'two indexes' || [0, 4].includes(place))
    for (const [memory, indexBytes] of sizes) {
      test(`${change.what}: memory for ${memory}`, async () => {
        const { lake, files, before } = await openLacking(change, indexBytes)
        await takeMeanwhile(lake, 6)
        const waiting = [...change.waiting].sort()
        expect(await copied(lake)).toEqual({ building: waiting, models: others(change.after, waiting) })
        expect(namesNotBuilt(lake)).toEqual(change.waiting)
        expect(lake.store.relations).toContainEqual(expect.objectContaining(isBeingBuilt(true)))
        expect(await lake.differencesMeanwhile()).toEqual([])
        files.allow(Number.POSITIVE_INFINITY)
        await takeMeanwhile(lake, 3)
        expect(await lake.differences()).toEqual([])
        expect(namesNotBuilt(lake)).toEqual([])
        expect(lake.store.relations).toContainEqual(expect.objectContaining(isBeingBuilt(false)))
        expect(await states(lake)).toEqual([{ name: 'first_events' }])
        expect(await copied(lake)).toEqual({ building: [], models: others(change.after, []) })
        const lookup = memory === 'no index' ? 'join' : 'index'
        expect(lake.store.relations).toContainEqual(expect.objectContaining({ name: 'first_events', lookup }))
        const after = await builds(lake)
        for (const name of Object.keys(change.after)) {
          expect([name, after[name] === before[name]]).toEqual([name, !change.waiting.includes(name)])
        }
        await takeMeanwhile(lake, 2)
        expect(await lake.differences()).toEqual([])
        expect(lake.store.relations).toContainEqual(expect.objectContaining({ name: 'first_events', lookup }))
        await lake.reopen()
        await takeMeanwhile(lake, 1)
        expect(await lake.differences()).toEqual([])
        expect(await builds(lake)).toEqual(after)
      })
    }
  }
})

/** How far they are: their files are not read yet, or their state stands there and has not the last batches. */
const PLACES = ['before they are read', 'once they are filled'] as const

async function openHalfMade(change: Change, place: (typeof PLACES)[number]) {
  const opened = await openLacking(change, () => 100e6)
  const { lake, files } = opened
  await takeMeanwhile(lake, 6)
  if (place === 'once they are filled') {
    files.allow(2)
    await files.asked(3)
    expect(await states(lake)).toContainEqual({ name: 'first_events=' })
  }
  return opened
}

const [ADDED, , , OTHER_COLUMN, OTHER_KEYS] = CHANGES as readonly [Change, Change, Change, Change, Change]

/** What the next process finds in the config. */
const NEXT: readonly (readonly [what: string, Pick<Change, 'after'> & { readonly view?: string }])[] = [
  ['the same', ADDED],
  ['what was there before', { after: ADDED.before }],
  ['another column', { after: { ...ADDED.before, by_zone } }],
  ['other keys', { after: ADDED.after, view: view('id', 'seen_at') }],
]

describe('a process that is killed while first rows are made leaves those that it had, and the next one makes', () => {
  for (const place of PLACES) {
    for (const [what, next] of NEXT) {
      test(`${what}, ${place}`, async () => {
        const { lake: killed, files } = await openHalfMade(ADDED, place)
        const folder = temporaryFolder()
        cpSync(killed.folder, folder, { recursive: true }) // what a kill leaves
        files.allow(Number.POSITIVE_INFINITY)
        const lake = await KeptLake.make(folder)
        onTestFinished(() => lake.end())
        if (next.view !== undefined) lake.setView(next.view)
        await lake.setModels(next.after)
        await lake.openUnsettled()
        expect(await lake.differencesMeanwhile()).toEqual([])
        expect(await lake.differences()).toEqual([])
        expect(await states(lake)).toEqual([{ name: 'first_events' }])
        await takeMeanwhile(lake, 2)
        expect(await lake.differences()).toEqual([])
      })
    }
  }
})

describe('first rows that were given up are not taken for those of now later', () => {
  for (const place of PLACES) {
    test(place, async () => {
      const { lake, files, filesUpTo } = await openHalfMade(OTHER_KEYS, place)
      const closed = lake.close()
      files.allow(Number.POSITIVE_INFINITY)
      await closed
      lake.setParts({ filesUpTo })
      lake.setView(BY_TIME)
      await lake.setModels(OTHER_KEYS.before)
      await lake.open()
      expect(await lake.differences()).toEqual([])
      expect(await states(lake)).toEqual([{ name: 'first_events' }])
      await takeMeanwhile(lake, 1)
      expect(await lake.differences()).toEqual([])
    })
  }
})

describe('a portion of all rows that comes while first rows are made', () => {
  for (const change of [OTHER_COLUMN, OTHER_KEYS]) {
    for (const place of PLACES) {
      test(`makes them, and nothing is left of what was begun, ${place}: ${change.what}`, async () => {
        const { lake, files } = await openHalfMade(change, place)
        const all = lake.portion(0, lake.files.length, 'all')
        const failed = await lake.write({ ...all, secure: () => Promise.reject(new Error('not secured')) })
        expect(failed).toMatchObject({ kind: 'failed' })
        await takeMeanwhile(lake, 1)
        expect(await lake.differencesMeanwhile()).toEqual([])
        expect(await lake.write(lake.portion(0, lake.files.length, 'all'))).toMatchObject({ kind: 'written' })
        expect(namesNotBuilt(lake)).toEqual([])
        await takeMeanwhile(lake, 1)
        files.allow(Number.POSITIVE_INFINITY)
        expect(await lake.differences()).toEqual([])
        expect(await states(lake)).toEqual([{ name: 'first_events' }])
        await takeMeanwhile(lake, 1)
        expect(await lake.differences()).toEqual([])
      })
    }
  }
})

describe('first rows whose files nobody can tell any more while they are made end the run, and the next begins', () => {
  for (const place of PLACES) {
    test(place, async () => {
      const { lake, files } = await openHalfMade(ADDED, place)
      const told = new Promise((resolve) => lake.writer.onFailure?.(resolve))
      files.setGone(true)
      const error = await errorOf(() => lake.settle())
      expect(await told).toBe(error)
      expect({ code: error.code, canRetry: error.canRetry }).toEqual({ code: 'LAKE_SOURCE_CHANGED', canRetry: true })
      expect(await lake.differencesMeanwhile()).toEqual([])
      files.setGone(false)
      await lake.recoverAgain()
      expect(await lake.differences()).toEqual([])
      expect(await states(lake)).toEqual([{ name: 'first_events' }])
      await takeMeanwhile(lake, 1)
      expect(await lake.differences()).toEqual([])
    })
  }
})
