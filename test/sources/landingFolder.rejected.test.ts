import { appendFileSync, readFileSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { RejectedFile } from '../../src/sources/landing/notes.ts'
import { LandingStream, momentAt, NO_LIMITS, portionOf, stillOpen } from '../support/landingStream.ts'
import { damagePages, int96File } from '../support/parquetFiles.ts'
import { parquetFile, stored, types } from '../support/parquetWriter.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

describe('a file that is no Parquet file', () => {
  test('is waited for while it may be unfinished, and rejected after 30 seconds without a change', async () => {
    const stream = await LandingStream.open()
    const feed = await stream.feed()
    writeFileSync(stream.path('slow.parquet'), 'PAR1')
    const nextAt = (nowMs: number) => feed.next(NO_LIMITS, momentAt(nowMs, false))
    expect(await nextAt(0)).toEqual({ kind: 'idle', recheckMs: 1000, notes: [] })
    expect(await nextAt(29_999)).toEqual({ kind: 'idle', recheckMs: 1000, notes: [] })
    expect((await stream.notes()).rejected).toEqual({})
    const told = ['rejected slow.parquet: it has no footer: it was cut off, or is not finished']
    expect(await nextAt(30_000)).toEqual({ kind: 'idle', recheckMs: undefined, notes: told })
    expect(await nextAt(31_000)).toEqual({ kind: 'idle', recheckMs: undefined, notes: [] })
    expect(Object.keys((await stream.notes()).rejected)).toEqual(['slow.parquet'])
  })

  test('counts its 30 seconds from its last change, and is taken as soon as it is whole', async () => {
    const stream = await LandingStream.open()
    const whole = readFileSync(await stream.drop('slow.parquet'))
    const feed = await stream.feed()
    const nextAt = (nowMs: number) => feed.next(NO_LIMITS, momentAt(nowMs, false))
    writeFileSync(stream.path('slow.parquet'), whole.subarray(0, 10))
    await nextAt(0)
    appendFileSync(stream.path('slow.parquet'), whole.subarray(10, 50))
    expect(await nextAt(29_000)).toEqual({ kind: 'idle', recheckMs: 1000, notes: [] })
    expect(await nextAt(58_000)).toEqual({ kind: 'idle', recheckMs: 1000, notes: [] })
    appendFileSync(stream.path('slow.parquet'), whole.subarray(50))
    expect(await nextAt(58_500)).toMatchObject({ range: { fileCount: 1 } })
    expect((await stream.notes()).rejected).toEqual({})
  })

  test('does not keep a whole file beside it waiting', async () => {
    const stream = await LandingStream.open()
    const feed = await stream.feed()
    writeFileSync(stream.path('a.parquet'), 'PAR1')
    await stream.drop('b.parquet')
    const portion = await portionOf(feed, {}, momentAt(0, false))
    expect(portion).toMatchObject({ range: { fileCount: 1, detail: { files: [{ name: 'b.parquet', rows: 1 }] } } })
  })
})

describe('a rejected file', () => {
  test('is not looked at again by a new process while it stays as it is', async () => {
    const stream = await LandingStream.open()
    writeFileSync(stream.path('bad.parquet'), 'text text text text')
    utimesSync(stream.path('bad.parquet'), 1_700_000_000, 1_700_000_000)
    await stream.run()
    const { rejected } = await stream.notes()
    const feed = await stream.feed()
    expect(await feed.next(NO_LIMITS, momentAt(0, false))).toEqual({
      kind: 'idle',
      recheckMs: undefined,
      notes: ['rejected bad.parquet: it is not a Parquet file'],
    })
    expect((await stream.notes()).rejected).toEqual(rejected)
  })

  test('is looked at again once it changes, and taken when it is good', async () => {
    const stream = await LandingStream.open()
    writeFileSync(stream.path('bad.parquet'), 'text text text text')
    await stream.run()
    expect(Object.keys((await stream.notes()).rejected)).toEqual(['bad.parquet'])
    await stream.drop('bad.parquet', "SELECT 5::BIGINT AS id, 'mended' AS name")
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 5, name: 'mended' }])
    expect((await stream.notes()).rejected).toEqual({})
    expect(stream.waiting()).toEqual([])
  })

  test('is looked at again also when only its bytes change and their number does not', async () => {
    const stream = await LandingStream.open()
    const whole = readFileSync(await stream.drop('bad.parquet'))
    writeFileSync(stream.path('bad.parquet'), Buffer.alloc(whole.length))
    await stream.run()
    expect(Object.keys((await stream.notes()).rejected)).toEqual(['bad.parquet'])
    writeFileSync(stream.path('bad.parquet'), whole)
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
    expect((await stream.notes()).rejected).toEqual({})
  })

  test('is looked at again once the columns are declared otherwise, or by another version', async () => {
    const folder = temporaryFolder()
    const typed = await LandingStream.open({ folder, columns: { id: 'BIGINT', name: 'BIGINT' } })
    await typed.drop('typed.parquet')
    writeFileSync(typed.path('text.parquet'), 'text text text text')
    await typed.run()
    expect(Object.keys((await typed.notes()).rejected).sort()).toEqual(['text.parquet', 'typed.parquet'])

    const judged = await typed.notes()
    const file = judged.rejected['text.parquet'] as RejectedFile
    const earlier = { 'text.parquet': { ...file, reason: 'too new for me', judgement: 'of an earlier version' } }
    writeFileSync(join(typed.checkpoint.folder, 'notes.json'), JSON.stringify({ ...judged, rejected: earlier }))
    await typed.run()
    expect(await typed.notes()).toEqual(judged)

    const asText = await typed.feed(typed.source({ columns: { id: 'BIGINT', name: 'VARCHAR' } }))
    expect(await portionOf(asText)).toMatchObject({ range: { fileCount: 1 } })
    expect(await typed.reasons()).toEqual({ 'text.parquet': 'it is not a Parquet file' })
  })

  test('is forgotten when it is gone', async () => {
    const stream = await LandingStream.open()
    writeFileSync(stream.path('bad.parquet'), 'text text text text')
    await stream.run()
    unlinkSync(stream.path('bad.parquet'))
    await stream.run()
    expect((await stream.notes()).rejected).toEqual({})
  })
})

describe('a file whose rows do not decode', () => {
  for (const [count, bad] of [
    [1, 0],
    [5, 4],
    [13, 6],
  ] as const) {
    test(`number ${bad + 1} of ${count} is found by halving and rejected alone`, async () => {
      const stream = await LandingStream.open()
      for (let id = 0; id < count; id++) {
        await stream.drop(`${id}.parquet`, `SELECT ${id}::BIGINT AS id, repeat('x', 50) AS name FROM range(20)`)
      }
      damagePages(stream.path(`${bad}.parquet`))
      const batches = await stream.run()
      const ids = (await stream.rows('id')).map(({ id }) => id)
      const good = Array.from({ length: count }, (_, id) => id).filter((id) => id !== bad)
      expect(ids).toEqual(good.flatMap((id) => Array.from({ length: 20 }, () => id)))
      expect(batches.reduce((sum, { inputRows }) => sum + inputRows, 0)).toBe((count - 1) * 20)
      expect(stream.waiting()).toEqual([`${bad}.parquet`])
      expect(Object.keys((await stream.notes()).rejected)).toEqual([`${bad}.parquet`])
    })
  }

  test('is rejected with the other one that does not', async () => {
    const stream = await LandingStream.open()
    for (let id = 0; id < 6; id++) {
      await stream.drop(`${id}.parquet`, `SELECT ${id}::BIGINT AS id, repeat('x', 50) AS name FROM range(20)`)
    }
    damagePages(stream.path('1.parquet'))
    damagePages(stream.path('4.parquet'))
    await stream.run()
    expect(Object.keys((await stream.notes()).rejected).sort()).toEqual(['1.parquet', '4.parquet'])
    expect(new Set((await stream.rows()).map(({ id }) => id))).toEqual(new Set([0, 2, 3, 5]))
  })

  test('does not leave later batches small', async () => {
    const stream = await LandingStream.open()
    for (let id = 0; id < 8; id++) await stream.drop(`${id}.parquet`, `SELECT ${id}::BIGINT AS id, 'x' AS name`)
    damagePages(stream.path('2.parquet'))
    const source = stillOpen(await stream.feed())
    await stream.run({}, source)
    for (let id = 10; id < 18; id++) await stream.drop(`${id}.parquet`, `SELECT ${id}::BIGINT AS id, 'x' AS name`)
    const batches = await stream.run({}, source)
    expect(batches.map(({ inputFiles }) => inputFiles)).toEqual([8])
  })

  test('that turned out well after all does not leave later batches small', async () => {
    const stream = await LandingStream.open()
    for (let id = 0; id < 4; id++) await stream.drop(`${id}.parquet`, `SELECT ${id}::BIGINT AS id, 'x' AS name`)
    const feed = await stream.feed()
    const source = stillOpen(feed)
    const portion = await portionOf(feed)
    await portion.refuse({ kind: 'data', error: new Error('Invalid Input Error: cannot decode'), failures: 2 })
    const halves = await stream.run({}, source)
    for (let id = 4; id < 8; id++) await stream.drop(`${id}.parquet`, `SELECT ${id}::BIGINT AS id, 'x' AS name`)
    const later = await stream.run({}, source)
    expect(halves.map(({ inputFiles }) => inputFiles)).toEqual([2, 2])
    expect(later.map(({ inputFiles }) => inputFiles)).toEqual([4])
  })

  test.each([
    { rows: 7, groupRows: 2, says: 'its footer counts 7 rows, its row groups 2' },
    { rows: 2, groupRows: 0, says: 'its footer counts 2 rows, its row groups 0' },
    { rows: 1, groupRows: 1, says: 'column at: its footer counts 2 values in row group 1, but rows: 1' },
    { rows: 0, groupRows: 0, says: 'column at: its footer counts 2 values in row group 1, but rows: 0' },
  ])('is rejected where its footer counts $rows rows, its row group $groupRows, and there are 2', async (claims) => {
    const stream = await LandingStream.open({ columns: { at: 'TIMESTAMPTZ' } })
    writeFileSync(stream.path('good.parquet'), int96File('at', [0n]))
    const values = [stored.int96(0n), stored.int96(1n)]
    writeFileSync(
      stream.path('lies.parquet'),
      parquetFile({ columns: [{ name: 'at', type: types.int96, values }], ...claims }),
    )
    await stream.run()
    expect(await stream.rows()).toEqual([{ at: '1970-01-01 00:00:00+00' }])
    expect(await stream.reasons()).toEqual({ 'lies.parquet': claims.says })
    expect(stream.waiting()).toEqual(['lies.parquet'])
  })
})

describe('files that are not taken are told of', () => {
  test('once, when they come, while a stream follows, and not while it takes what is there', async () => {
    const stream = await LandingStream.open()
    const feed = await stream.feed()
    const notesOf = async (draining: boolean) => (await feed.next(NO_LIMITS, momentAt(0, draining))).notes
    writeFileSync(stream.path('a.csv'), 'id\n1\n')
    expect(await notesOf(true)).toEqual([])
    expect(await notesOf(false)).toEqual(['ignores a.csv: its name does not end in .parquet'])
    expect(await notesOf(false)).toEqual([])
    for (let index = 0; index < 12; index++) writeFileSync(stream.path(`b${index}.json`), '{}')
    const notes = await notesOf(false)
    expect(notes).toHaveLength(11)
    expect(notes.at(-1)).toBe('does not take 2 more files; status names them')
  })
})
