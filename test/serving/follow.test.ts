import { expect, test } from 'vitest'
import { type FileOf, FollowedStream } from '../support/followedStream.ts'

const file = (path: string, rows = 1, newest?: string): FileOf => ({
  path,
  rows,
  ...(newest === undefined ? {} : { newest }),
})

test('all rows come first, then each batch once, wherever the store goes on', async () => {
  const stream = await FollowedStream.open()
  stream.publish(1, { valid: [file('day=2026-01-01/a', 2)] })
  stream.publish(2, { valid: [file('day=2026-01-02/b', 3)], corrupted: [file('day=2026-01-02/c', 4)] })
  const feed = await stream.resumed()
  const [whole, ...none] = await stream.drain(feed)
  expect(none).toEqual([])
  expect(whole).toMatchObject({
    scope: 'all',
    batch: 2,
    rows: 9,
    notes: [],
    files: {
      valid: ['valid/data/day=2026-01-01/a', 'valid/data/day=2026-01-02/b'],
      corrupted: ['corrupted/data/day=2026-01-02/c'],
    },
  })
  stream.publish(3, { corrupted: [file('day=2026-01-03/d', 5)] })
  const third = {
    scope: 'added',
    batch: 3,
    rows: 5,
    files: { valid: [], corrupted: ['corrupted/data/day=2026-01-03/d'] },
  }
  expect(await stream.drain(feed)).toMatchObject([third])
  if (whole === undefined) throw new Error('no portion')
  expect(await stream.drain(await stream.resumed(whole.end))).toMatchObject([third])
})

test('a batch counts once every table has it', async () => {
  const stream = await FollowedStream.open()
  stream.publish(1)
  const feed = await stream.resumed()
  expect(await stream.drain(feed)).toHaveLength(1)
  stream.publish(2, { valid: [file('day=2026-01-01/a')] }, ['valid'])
  expect(await stream.drain(feed)).toEqual([])
  stream.publish(2, { corrupted: [file('day=2026-01-01/b')] }, ['corrupted'])
  expect(await stream.drain(feed)).toMatchObject([{ scope: 'added', batch: 2, rows: 2 }])
})

test('all rows are those up to the newest batch that every table has', async () => {
  const stream = await FollowedStream.open()
  stream.publish(1, { valid: [file('day=2026-01-01/a')] })
  stream.publish(2, { valid: [file('day=2026-01-01/b')] }, ['valid'])
  const feed = await stream.resumed()
  expect(await stream.drain(feed)).toMatchObject([{ scope: 'all', batch: 1, rows: 1 }])
  stream.publish(2, {}, ['corrupted'])
  expect(await stream.drain(feed)).toMatchObject([{ scope: 'added', batch: 2, rows: 1 }])
})
