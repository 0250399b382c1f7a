import { appendFileSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Action } from '../../src/delta/actions.ts'
import { batchActions, type FileOf, FollowedStream, metaDataOf, type TakenPortion } from '../support/followedStream.ts'
import { refusal } from '../support/followedTable.ts'

const file = (path: string, rows = 1): FileOf => ({ path: `day=2026-01-01/${path}`, rows })

const inLake = (table: string, ...paths: readonly string[]): string[] =>
  paths.map((path) => `${table}/data/day=2026-01-01/${path}`)

const SPARK = { timestamp: 0, operation: 'WRITE', operationParameters: {}, engineInfo: 'Apache-Spark/4.1.0' }

const REMEDY =
  'If the tables are as they should be, build the models again from what is there now: lakeweir run live --rebuild'

/** A commit that follows batch 2 of a table that a stream keeps for itself. */
interface Odd {
  readonly what: string
  readonly actions: (stream: FollowedStream) => readonly Action[]
  readonly code?: string
  readonly says: string | RegExp
  readonly remedy?: string | RegExp
}

const ODD: readonly Odd[] = [
  {
    what: 'a removal of rows',
    actions: () => [{ remove: { path: 'day=2026-01-01/1', dataChange: true } }],
    says: 'what live follows, stream split, was changed: table valid: version 3 removes rows (file day=2026-01-01/1).',
  },
  {
    what: 'a table that was restored to an older version',
    actions: (stream) => [{ commitInfo: { ...SPARK, operation: 'RESTORE' } }, stream.file('valid', file('old'))],
    says: 'what live follows, stream split, was changed: table valid: version 3 restores an older version.',
  },
  {
    what: 'an append of another program',
    actions: (stream) => [{ commitInfo: SPARK }, stream.file('valid', file('foreign'))],
    says:
      'what live follows, stream split, was changed: ' +
      'table valid: version 3 adds rows that no batch of the stream has (by Apache-Spark/4.1.0).',
  },
  {
    what: 'a batch of another stream that has the same name',
    actions: () => batchActions('split@22222222-2222-2222-2222-222222222222', 1),
    says: /table valid: version 3 is of another stream named split \(split@2222/,
  },
  {
    what: 'a batch that does not come next',
    actions: (stream) => batchActions(stream.streamId, 4),
    says: 'what live follows, stream split, was changed: table valid: version 3 has batch 4, but the one before is 2.',
  },
  {
    what: 'a copy of a batch',
    actions: (stream) => batchActions(stream.streamId, 2),
    code: 'LAKE_LOG_INVALID',
    says: /00000000000000000003.json has batch 2 of stream split, but an earlier commit has batch 2/,
    remedy: /Restore the table from a backup/,
  },
  {
    what: 'a protocol that needs a newer reader',
    actions: () => [{ protocol: { minReaderVersion: 3, minWriterVersion: 7, readerFeatures: ['deletionVectors'] } }],
    code: 'LAKE_PROTOCOL_UNSUPPORTED',
    says: 'table valid has the Delta feature deletionVectors, which Lakeweir does not read',
    remedy: /DROP FEATURE/,
  },
  {
    what: 'other columns than the declared ones',
    actions: () => [{ metaData: { ...metaDataOf('avalid'), schemaString: '{"type":"struct","fields":[]}' } }],
    code: 'LAKE_TABLE_MISMATCH',
    says: /table valid, which live follows: version 3 makes it another one: column id is declared/,
    remedy: /Declare the table in the config as it is now/,
  },
  {
    what: 'another id',
    actions: () => [{ metaData: metaDataOf('another') }],
    says: /table valid: version 3 makes it another one: its id is another/,
  },
]

describe.each(ODD)('what is more than a batch: $what', ({ actions, code, says, remedy }) => {
  test('stops a feed by name, after the batches before it', async () => {
    const stream = await FollowedStream.open()
    stream.publish(1, { valid: [file('1')] })
    const feed = await stream.resumed()
    const [whole] = await stream.drain(feed)
    stream.publish(2, { valid: [file('2')] })
    expect(await stream.drain(feed)).toMatchObject([{ batch: 2 }])
    stream.commit('valid', actions(stream))
    for (const open of [async () => feed, () => stream.resumed(whole?.end)]) {
      const error = await refusal(open().then((opened) => stream.drain(opened)))
      expect(error.code).toBe(code ?? 'LAKE_SOURCE_CHANGED')
      expect(error.message).toMatch(says)
      expect(error.remedy).toMatch(remedy ?? REMEDY)
      expect(error.canRetry).toBe(false)
    }
  })
})

/** A stream of three batches that was followed up to the second. */
async function upToTwo(): Promise<{ stream: FollowedStream; taken: TakenPortion; feed: () => Promise<unknown> }> {
  const stream = await FollowedStream.open()
  stream.publish(1, { valid: [file('1')] })
  stream.publish(2, { valid: [file('2')] })
  const [taken] = await stream.drain(await stream.resumed())
  if (taken === undefined) throw new Error('no portion')
  stream.publish(3, { valid: [file('3')] })
  return { stream, taken, feed: async () => stream.drain(await stream.resumed(taken.end)) }
}

describe('another history than the one that was followed', () => {
  test.each<{ what: string; change: (stream: FollowedStream) => void; says: string | RegExp }>([
    {
      what: 'a table that was restored to a state before it',
      change: (stream) => {
        for (const table of ['valid', 'corrupted'] as const) for (const _ of [3, 2]) stream.takeBack(table)
      },
      says:
        'the newest version of table valid is 1, but version 2 with batch 2 was read: ' +
        'an older state of the table was restored',
    },
    {
      what: 'a table that was restored and has gone on',
      change: (stream) => {
        for (const _ of [3, 2]) stream.takeBack('valid')
        stream.publish(2, { valid: [file('another')] }, ['valid'])
        stream.publish(3, {}, ['valid'])
      },
      says: 'version 2 of table valid is not the commit with batch 2 that was read',
    },
    {
      what: 'a commit whose text was changed',
      change: (stream) => appendFileSync(stream.logs.corrupted.commitPath(2), '\n'),
      says: 'version 2 of table corrupted is not the commit with batch 2 that was read',
    },
    {
      what: 'one table that was made anew',
      change: (stream) => {
        stream.create('b', ['corrupted'])
        for (const batch of [1, 2, 3]) stream.publish(batch, {}, ['corrupted'])
      },
      says: 'table corrupted is another one now (id bcorrupted), while others of the stream are as they were',
    },
  ])('$what is refused', async ({ change, says }) => {
    const { stream, feed } = await upToTwo()
    change(stream)
    const error = await refusal(feed())
    expect(error.code).toBe('LAKE_SOURCE_CHANGED')
    expect(error.message).toBe(`what live follows, stream split, was changed: ${says}.`)
    expect(error.state).toBe('The models stay as they were before that change.')
    expect(error.remedy).toBe(REMEDY)
  })

  test('a table that is restored while it is followed is refused, too', async () => {
    const { stream, taken } = await upToTwo()
    const feed = await stream.resumed(taken.end)
    await stream.drain(feed)
    for (const table of ['valid', 'corrupted'] as const) for (const _ of [3, 2]) stream.takeBack(table)
    expect((await refusal(stream.drain(feed))).message).toMatch(/an older state of the table was restored/)
  })

  test('a log that was copied away and back is the same', async () => {
    const { stream, feed } = await upToTwo()
    const text = readFileSync(stream.logs.valid.commitPath(2))
    rmSync(stream.logs.valid.commitPath(2))
    writeFileSync(stream.logs.valid.commitPath(2), text)
    expect(await feed()).toMatchObject([{ scope: 'added', batch: 3 }])
  })
})

/** Empties both tables and begins the stream anew, as --fresh does. */
function freshly(stream: FollowedStream): void {
  stream.create('b')
  stream.publish(1, { valid: [file('new', 7)] }, ['valid', 'corrupted'], 'split@33333333-3333-3333-3333-333333333333')
}

const ANEW = [
  {
    scope: 'all',
    batch: 1,
    rows: 7,
    files: { valid: inLake('valid', 'new') },
    notes: [
      'the tables of split are other ones than those of its batch 2, ' +
        'so all models are built again from what is there now',
    ],
  },
]

describe('a stream that was emptied and begun anew', () => {
  test('is taken from its beginning by the next process, which says so', async () => {
    const { stream, feed } = await upToTwo()
    freshly(stream)
    expect(await feed()).toMatchObject(ANEW)
  })

  test('is taken from its beginning by a feed that is open, however far it has come by then', async () => {
    const { stream, taken } = await upToTwo()
    stream.takeBack('valid')
    stream.takeBack('corrupted')
    const feed = await stream.resumed(taken.end)
    expect(await stream.drain(feed)).toEqual([])
    freshly(stream)
    expect(await stream.drain(feed)).toMatchObject(ANEW)
    stream.publish(2, { valid: [file('more')] }, ['valid', 'corrupted'], 'split@33333333-3333-3333-3333-333333333333')
    expect(await stream.drain(feed)).toMatchObject([{ scope: 'added', batch: 2, rows: 1, notes: [] }])
  })

  test('is noticed by a feed that is open, though its logs are as long as those before', async () => {
    const { stream, taken } = await upToTwo()
    const feed = await stream.resumed(taken.end)
    await stream.drain(feed)
    stream.create('b')
    const streamId = 'split@33333333-3333-3333-3333-333333333333'
    for (const batch of [1, 2, 3]) stream.publish(batch, { valid: [file(`new ${batch}`)] }, undefined, streamId)
    const files = { valid: inLake('valid', 'new 1', 'new 2', 'new 3') }
    expect(await stream.drain(feed)).toMatchObject([{ scope: 'all', batch: 3, rows: 3, files }])
  })

  test('is waited for while its tables are gone, and while they have no batch', async () => {
    const { stream, taken } = await upToTwo()
    const feed = await stream.resumed(taken.end)
    await stream.drain(feed)
    for (const { tableFolder } of Object.values(stream.logs)) rmSync(tableFolder, { recursive: true })
    expect(await stream.drain(feed)).toEqual([])
    stream.create('b')
    expect(await stream.drain(feed)).toEqual([])
    freshly(stream)
    expect(await stream.drain(feed)).toMatchObject([{ scope: 'all', batch: 1, rows: 7 }])
  })
})

describe('a log that was cleaned up', () => {
  const CLEANED =
    'the log of corrupted no longer has what follows batch 2 of split, so all models are built again from the tables'

  test('past the place that was followed makes all rows come again, which is said', async () => {
    const { stream, feed } = await upToTwo()
    await stream.cleanUp('corrupted', 3)
    const files = { valid: inLake('valid', '1', '2', '3'), corrupted: [] }
    expect(await feed()).toMatchObject([{ scope: 'all', batch: 3, rows: 3, notes: [CLEANED], files }])
  })

  test('while a feed is open does the same', async () => {
    const { stream, taken } = await upToTwo()
    const feed = await stream.resumed(taken.end)
    expect(await stream.drain(feed)).toMatchObject([{ batch: 3, scope: 'added' }])
    stream.publish(4)
    stream.publish(5)
    await stream.cleanUp('corrupted', 4)
    const notes = [expect.stringMatching(/the log of corrupted no longer has what follows batch 3/)]
    expect(await stream.drain(feed)).toMatchObject([{ scope: 'all', batch: 5, rows: 3, notes }])
  })

  test('up to that place at the most goes on from there', async () => {
    const { stream, taken, feed } = await upToTwo()
    for (const table of ['valid', 'corrupted'] as const) await stream.cleanUp(table, 2)
    expect(await feed()).toMatchObject([{ scope: 'added', batch: 3, rows: 1, notes: [] }])
    expect(await stream.filesUpTo(taken.end)).toBeUndefined()
  })

  test('up to its end goes on once there is more, and does not begin anew', async () => {
    const { stream, taken } = await upToTwo()
    const feed = await stream.resumed(taken.end)
    const [three] = await stream.drain(feed)
    for (const table of ['valid', 'corrupted'] as const) await stream.cleanUp(table, 3)
    expect(await stream.drain(feed)).toEqual([])
    const later = await stream.resumed(three?.end)
    expect(await stream.drain(later)).toEqual([])
    stream.publish(4, { corrupted: [file('4')] })
    const fourth = [{ scope: 'added', batch: 4, rows: 1, notes: [] }]
    expect(await stream.drain(feed)).toMatchObject(fourth)
    expect(await stream.drain(later)).toMatchObject(fourth)
  })

  test('is refused where it is of a stream that lacks the batch that was followed', async () => {
    const { stream, feed } = await upToTwo()
    const { valid } = stream.logs
    writeFileSync(valid.commitPath(0), `${readFileSync(valid.commitPath(0), 'utf8')}\n`)
    stream.create('a', ['valid'])
    for (let version = 1; version < 5; version++) stream.commit('valid', [stream.file('valid', file('x'))])
    await stream.cleanUp('valid', 3)
    expect((await refusal(feed())).message).toMatch(/table valid has batch 0 of split@1111.*, but batch 2 was read/)
  })
})

describe('a file of a batch', () => {
  const pathOf = (stream: FollowedStream, path: string): string =>
    join(dirname(stream.logs.valid.folder), 'day=2026-01-01', path)

  test.each([
    {
      what: 'is gone from the disk',
      change: (path: string) => rmSync(path),
      says: 'table valid: file day=2026-01-01/3 is gone from the disk.',
    },
    {
      what: 'was cut off',
      change: (path: string) => truncateSync(path, 3),
      says: 'table valid: file day=2026-01-01/3 has 3 bytes, but its log says 16.',
    },
  ])('that $what is named before anything is taken', async ({ change, says }) => {
    const { stream, feed } = await upToTwo()
    change(pathOf(stream, '3'))
    for (const open of [feed, async () => stream.drain(await stream.resumed())]) {
      const error = await refusal(open())
      expect(error.code).toBe('LAKE_DATA_LOST')
      expect(error.message).toBe(says)
      expect(error.remedy).toBe('Restore that file from a backup, then: lakeweir run live')
    }
  })

  test('that another writer has replaced and removed makes all rows come again', async () => {
    const { stream, feed } = await upToTwo()
    const moved = { dataChange: false }
    stream.commit('valid', [
      { remove: { path: 'day=2026-01-01/3', ...moved } },
      stream.file('valid', file('packed'), moved),
    ])
    rmSync(pathOf(stream, '3'))
    const notes = [
      'file day=2026-01-01/3 of table valid was replaced and removed before it was read, ' +
        'so all models are built again from the tables',
    ]
    const files = { valid: inLake('valid', '1', '2', 'packed'), corrupted: [] }
    expect(await feed()).toMatchObject([{ scope: 'all', batch: 3, rows: 3, notes, files }])
  })
})

test('tables with batches of two streams of one name are refused', async () => {
  const stream = await FollowedStream.open()
  stream.publish(1)
  stream.publish(1, {}, ['valid'], 'split@22222222-2222-2222-2222-222222222222')
  const error = await refusal(stream.resumed().then((feed) => stream.drain(feed)))
  expect(error.code).toBe('LAKE_CHECKPOINT_MISMATCH')
  expect(error.message).toMatch(/have batches of two streams named so: split@1111.* and split@2222/)
  expect(error.remedy).toMatch(/lakeweir run split --fresh/)
})
