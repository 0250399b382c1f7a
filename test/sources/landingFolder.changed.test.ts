import { appendFileSync, copyFileSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LakeError } from '../../src/errors.ts'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import type { Portion } from '../../src/stream/source.ts'
import { hookedDisk } from '../support/hookedDisk.ts'
import { LandingStream, momentAt, NO_LIMITS, portionOf, positionAfter } from '../support/landingStream.ts'

/** What a batch fails with on a row: DuckDB's own text, which blames nobody. */
const ROW_ERROR = { kind: 'data', error: new Error('Conversion Error: of a row') } as const

const names = ({ range: { detail } }: Portion): string[] => {
  return ((detail as { files?: { name: string }[] }).files ?? []).map(({ name }) => name)
}

describe('when a batch fails', () => {
  test('a claim that its writer has gone on writing goes back at once, and is judged as it is then', async () => {
    const stream = await LandingStream.open()
    await stream.drop('grown.parquet')
    await stream.drop('sound.parquet')
    const feed = await stream.feed()
    const portion = await portionOf(feed)
    expect(names(portion).sort()).toEqual(['grown.parquet', 'sound.parquet'])
    appendFileSync(join(stream.checkpoint.claimFolder(1), 'grown.parquet'), 'more')

    expect(await portion.refuse({ ...ROW_ERROR, failures: 1 })).toBe(true)
    expect(stream.waiting()).toEqual(['grown.parquet'])
    expect(names(await portionOf(feed))).toEqual(['sound.parquet'])
    expect(await stream.reasons()).toEqual({})
  })

  test.each([
    ['has another size', (path: string) => appendFileSync(path, 'more')],
    ['has another time', (path: string) => utimesSync(path, new Date(1_000), new Date(1_000))],
  ])('a claim that %s than when it was taken is a changed one', async (_, change) => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet')
    const feed = await stream.feed()
    const portion = await portionOf(feed)
    change(join(stream.checkpoint.claimFolder(1), 'a.parquet'))
    expect(await portion.refuse({ ...ROW_ERROR, failures: 1 })).toBe(true)
    expect(stream.waiting()).toEqual(['a.parquet'])
  })

  test('an unchanged claim stays for the second try', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet')
    const feed = await stream.feed()
    const portion = await portionOf(feed)
    expect(await portion.refuse({ ...ROW_ERROR, failures: 1 })).toBe(true)
    expect(stream.waiting()).toEqual([])
    expect(names(await portionOf(feed))).toEqual(['a.parquet'])
  })

  test('an error that is ours, and what the system says, is held against no file', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet')
    const feed = await stream.feed()
    const portion = await portionOf(feed)
    for (const error of [new LakeError('LAKE_SPLIT_FAILED', 'ours'), Object.assign(new Error(), { code: 'ENOENT' })]) {
      for (const failures of [1, 2]) {
        expect(await portion.refuse({ kind: 'data', error, failures })).toBe(false)
      }
    }
    expect(names(await portionOf(feed))).toEqual(['a.parquet'])
    expect(await stream.reasons()).toEqual({})
  })

  test('a file is not rejected where there is no memory to find out what is wrong with it', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet', "SELECT 1::UBIGINT AS id, 'a' AS name")
    const short = new Proxy(stream.session, {
      get(target, name) {
        if (name === 'rows') return () => Promise.reject(new Error('Out of Memory Error: failed to allocate data'))
        const value: unknown = Reflect.get(target, name)
        return typeof value === 'function' ? value.bind(target) : value
      },
    })
    const portion = await portionOf(await stream.feed(stream.source({ connect: async () => short })))
    await expect(portion.refuse({ ...ROW_ERROR, failures: 2 })).rejects.toThrow('Out of Memory Error')
    expect(await stream.reasons()).toEqual({})
  })

  test('a file that is written anew while it goes back is not rejected for what it was', async () => {
    let onRemoved = (): void => undefined
    const disk: Disk = hookedDisk(nodeDisk, async (call, perform) => {
      const result = await perform()
      if (call.operation === 'removeFile' && call.path.endsWith('/claimed/1/a.parquet')) onRemoved()
      return result
    })
    const stream = await LandingStream.open({ disk })
    const newer = readFileSync(await stream.drop('a.parquet', "SELECT 2::BIGINT AS id, 'newer' AS name"))
    await stream.drop('a.parquet', "SELECT 1::BIGINT AS id, 'old' AS name FROM range(3)")
    const feed = await stream.feed()
    const portion = await portionOf(feed)
    onRemoved = () => {
      // In place: the name stays the same file.
      writeFileSync(stream.path('a.parquet'), newer)
    }
    expect(await portion.refuse({ ...ROW_ERROR, failures: 2 })).toBe(true)
    const { range } = await portionOf(feed)
    expect(await stream.reasons()).toEqual({})
    expect(range.detail).toMatchObject({ files: [{ name: 'a.parquet', rows: 1 }] })
  })
})

test('a drain takes nothing that comes after it began, also under a name that it had looked at', async () => {
  const stream = await LandingStream.open()
  await stream.drop('a.parquet')
  await stream.drop('b.parquet')
  const kept = stream.path('../kept.parquet')
  copyFileSync(stream.path('b.parquet'), kept)
  const feed = await stream.feed()
  const one = { maxRows: 1 }
  const first = await portionOf(feed, one)
  expect(names(first)).toEqual(['a.parquet'])
  // Its claims are done with; that of b.parquet is known by now to be whole.
  await first.finish(positionAfter(first))
  await feed.pin()
  const second = await portionOf(feed, one, momentAt(0, true, 2))
  expect(names(second)).toEqual(['b.parquet'])
  await second.finish(positionAfter(second, 2))
  copyFileSync(kept, stream.path('b.parquet'))
  expect(await feed.next({ ...NO_LIMITS, ...one }, momentAt(0, true, 3))).toMatchObject({ kind: 'idle' })
  expect(stream.waiting()).toEqual(['b.parquet'])
})

describe('claims of a dead process for the batch to come', () => {
  test('are taken up where they still fit, and go back where they do not', async () => {
    const stream = await LandingStream.open()
    const dead = await stream.feed()
    for (const name of ['sound.parquet', 'cut.parquet']) await stream.drop(name)
    await portionOf(dead)
    writeFileSync(join(stream.checkpoint.claimFolder(1), 'cut.parquet'), 'cut')

    const feed = await stream.feed()
    expect(stream.waiting()).toEqual(['cut.parquet'])
    expect(names(await portionOf(feed))).toEqual(['sound.parquet'])
  })
})
